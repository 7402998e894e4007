"""examples/invoice, served: a real invoice through its forms, and its PDF read back."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.examples.conftest import Browser, Serving, served

pytestmark = [pytest.mark.network, pytest.mark.slow]

# Reads a PDF's text where no pdftotext is installed; uv fetches pypdf for this one process.
READER = "import pypdf, sys; print('\\n'.join(p.extract_text() for p in pypdf.PdfReader(sys.argv[1]).pages))"
CUSTOMER = {"name": "株式会社みなと食堂", "honorific": "御中", "address": "横浜市中区海岸通1-1"}
COMPANY = {
    "name": "岡持ち試験商店",
    "registration_number": "T1234567890123",
    "address": "東京都千代田区1-1-1",
    "rounding": "floor",
}
HEAD = {
    "subject": "四月分の弁当",
    "issue_date": "2031-04-30",
    "supply_date": "2031-04-30",
    "due_date": "2031-05-31",
}
LINES = (
    {"description": "季節の弁当", "quantity": "33", "unit": "個", "unit_price_yen": "119", "tax_rate": "8"},
    {"description": "配達料", "quantity": "1", "unit": "式", "unit_price_yen": "1,005", "tax_rate": "10"},
)


@pytest.fixture(scope="module")
def serving(private_program: Program, make_example: Callable[[str], Path], engine: str) -> Iterator[Serving]:
    yield from served(private_program, make_example("invoice"), engine)


def text_of(pdf: bytes, folder: Path) -> str:
    """Without white space, which readers put where they like."""
    place = folder / "invoice.pdf"
    place.write_bytes(pdf)
    if shutil.which("pdftotext"):
        argv: tuple[str, ...] = ("pdftotext", "-layout", str(place), "-")
    else:
        import uv

        with_reader = ("run", "--no-project", "--isolated", "--with", "pypdf", "python", "-c", READER)
        argv = (uv.find_uv_bin(), *with_reader, str(place))
    done = subprocess.run(argv, capture_output=True, check=True)
    return re.sub(r"\s+", "", done.stdout.decode())


def submit(browser: Browser, page: str, fields: dict[str, str]) -> str:
    answer = browser.submit(page, fields, token="csrf_token")
    assert answer.status == 200, answer.text[:2000]
    assert 'class="errors"' not in answer.text, answer.text
    return answer.url


def test_the_main_pages_answer_in_both_languages(serving: Serving) -> None:
    browser = serving.browser()
    for path in ("/", "/customers", "/company", "/invoices/new", "/readyz", "/healthz"):
        assert browser.get(path).status == 200, path
    assert "請求書" in browser.get("/?lang=ja").text
    assert "Invoices" in browser.get("/?lang=en").text
    assert browser.get("/").headers["content-security-policy"]


def test_a_form_without_its_token_is_refused(serving: Serving) -> None:
    assert serving.browser().post("/customers/new", CUSTOMER).status == 400


def test_an_invoice_goes_from_the_forms_to_a_pdf_with_its_japanese_text(
    serving: Serving, tmp_path: Path
) -> None:
    browser = serving.browser()
    browser.get("/?lang=ja")
    submit(browser, "/company", COMPANY)
    submit(browser, "/customers/new", CUSTOMER)
    choice = re.search(
        r'<option[^>]*value="(\d+)"[^>]*>株式会社みなと食堂', browser.get("/invoices/new").text
    )
    assert choice is not None
    rows = {f"lines-{at}-{name}": value for at, line in enumerate(LINES) for name, value in line.items()}
    shown = submit(browser, "/invoices/new", {"customer_id": choice[1], **HEAD, **rows})
    number = re.search(r"/invoices/(\d+)", shown)
    assert number is not None

    started = time.monotonic()
    pdf = browser.get(f"/invoices/{number[1]}/pdf?lang=ja")
    assert time.monotonic() - started < 30
    assert (pdf.status, pdf.headers["content-type"]) == (200, "application/pdf")
    text = text_of(pdf.content, tmp_path)
    # 33 × 119 = 3,927 and 8% of it 314.16; 1,005 and 10% of it 100.5; rounded down once for each rate
    for part in (
        "請求書",
        "株式会社みなと食堂",
        "御中",
        "岡持ち試験商店",
        "T1234567890123",
        "2031",
        "季節の弁当",
        "配達料",
        "¥3,927",
        "¥314",
        "¥1,005",
        "¥100",
        "¥5,346",
    ):
        assert part in text, f"{part} is not in {text}"


def test_a_one_off_command_works_on_the_same_data(serving: Serving) -> None:
    answer = serving.execute("flask", "seed-demo")
    assert answer.code == 0, answer.stderr
    assert "data" in answer.stdout
