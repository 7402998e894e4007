"""The PDF itself, read back. Needs Pango and a Japanese font on the machine (see README.md)."""

import io
import re
from decimal import Decimal

import pypdf
import pytest
from invoice.extensions import db
from invoice.models import Company, Invoice
from invoice.tax import TaxRate
from weasyprint.urls import URLFetcher


def read(response) -> tuple[pypdf.PdfReader, str]:
    assert response.status_code == 200, response.get_data(as_text=True)
    assert response.mimetype == "application/pdf"
    reader = pypdf.PdfReader(io.BytesIO(response.data))
    return reader, re.sub(r"\s+", "", "".join(page.extract_text() for page in reader.pages))


def test_the_pdf_has_everything_a_qualified_invoice_needs(browser):
    _, text = read(browser.get("/invoices/4/pdf?lang=ja"))
    for part in (
        "請求書",
        "岡持ち商店株式会社",
        "登録番号T1234567890123",
        "青空商事株式会社",
        "御中",
        "取引日",
        "季節の松花堂弁当※",
        "※は軽減税率（8%）対象",
        "10%対象¥4,500¥450",
        "8%対象※¥43,925¥3,514",
        "¥52,389",
    ):
        assert part in text, part


def test_the_pdf_speaks_english_too_and_keeps_japanese_names(browser):
    _, text = read(browser.get("/invoices/4/pdf?lang=en"))
    assert "Invoice" in text
    assert "10%taxable¥4,500¥450" in text
    assert "青空商事株式会社" in text


def test_the_fonts_are_embedded_and_no_character_is_missing(browser):
    reader, _ = read(browser.get("/invoices/4/pdf?lang=ja"))
    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)


def test_era_dates_are_printed_when_the_company_wants_them(browser, seeded):
    with seeded.app_context():
        Company.current().era_dates = True
        db.session.commit()
    assert "令和" in read(browser.get("/invoices/4/pdf?lang=ja"))[1]
    assert "令和" not in read(browser.get("/invoices/4/pdf?lang=en"))[1]


def test_a_long_invoice_has_several_numbered_pages(browser, seeded):
    with seeded.app_context():
        invoice = db.session.get(Invoice, 6)
        lines = [invoice.lines[0].of(**_line(number)) for number in range(45)]
        invoice.set_lines(lines)
        db.session.commit()
    reader, text = read(browser.get("/invoices/6/pdf?lang=ja"))
    assert len(reader.pages) >= 2
    assert f"1/{len(reader.pages)}" in text
    assert "品物44" in text


def _line(number: int) -> dict:
    return {
        "description": f"品物{number}",
        "quantity": Decimal(1),
        "unit": "個",
        "unit_price_yen": 100,
        "rate": TaxRate.STANDARD,
    }


def test_the_logo_is_in_the_pdf_and_its_absence_is_no_error(browser, seeded):
    reader, _ = read(browser.get("/invoices/4/pdf"))
    assert len(reader.pages[0].images) == 1
    with seeded.app_context():
        (seeded.config["UPLOAD_DIR"] / Company.current().logo).unlink()
    reader, _ = read(browser.get("/invoices/4/pdf"))
    assert len(reader.pages[0].images) == 0


@pytest.mark.parametrize("address", ["http://localhost/x.png", "file:///etc/passwd"])
def test_the_pdf_fetches_nothing(address):
    with pytest.raises(ValueError, match="protocol"):
        URLFetcher(allowed_protocols=("data",)).fetch(address)
