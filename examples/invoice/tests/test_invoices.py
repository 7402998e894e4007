from datetime import date
from decimal import Decimal

import pytest
from invoice import demo, numbering
from invoice.extensions import db
from invoice.models import Company, Customer, Invoice, InvoiceLine, InvoiceStatus
from invoice.tax import Rounding, TaxRate
from sqlalchemy import func, select

LINE = {"description": "弁当", "quantity": "3", "unit": "個", "unit_price_yen": "119", "tax_rate": "8"}
HEAD = {"customer_id": "1", "subject": "試験", "issue_date": "2031-04-01", "supply_date": "2031-03-31"}


def filled(*lines: dict, **head: str) -> dict:
    rows = {f"lines-{i}-{name}": value for i, line in enumerate(lines) for name, value in line.items()}
    return {**HEAD, **head, **rows}


def newest() -> Invoice:
    return db.session.scalars(select(Invoice).order_by(Invoice.id.desc())).first()


def test_an_invoice_is_written_numbered_and_shown(browser, seeded):
    response = browser.submit("/invoices/new", filled(LINE), follow_redirects=True)
    text = response.get_data(as_text=True)
    assert "2031-0001" in text
    assert "¥385" in text
    with seeded.app_context():
        invoice = newest()
        assert (invoice.net_yen, invoice.tax_yen, invoice.total_yen) == (357, 28, 385)
        assert invoice.status is InvoiceStatus.DRAFT


def test_numbers_go_on_within_a_year_and_begin_anew_in_the_next(browser, seeded):
    for issued in ("2031-04-01", "2031-12-31", "2032-01-01"):
        browser.submit("/invoices/new", filled(LINE, issue_date=issued))
    with seeded.app_context():
        numbers = db.session.scalars(select(Invoice.number).order_by(Invoice.id.desc()).limit(3)).all()
    assert numbers == ["2032-0001", "2031-0002", "2031-0001"]


def test_numbers_may_be_typed_full_width_and_with_separators(browser, seeded):
    browser.submit("/invoices/new", filled({**LINE, "quantity": "１２．５", "unit_price_yen": "１，０００"}))
    with seeded.app_context():
        assert newest().net_yen == 12_500


def test_empty_rows_are_left_out(browser, seeded):
    empty = {"description": "", "quantity": "", "unit": "", "unit_price_yen": "", "tax_rate": "10"}
    browser.submit("/invoices/new", filled(empty, LINE, empty))
    with seeded.app_context():
        assert [line.description for line in newest().lines] == ["弁当"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": "0"},
        {"quantity": "-1"},
        {"quantity": "1.2345"},
        {"quantity": "NaN"},
        {"quantity": "Infinity"},
        {"quantity": "1e9"},
        {"quantity": "many"},
        {"unit_price_yen": "1.5"},
        {"unit_price_yen": "99999999999"},
        {"tax_rate": "5"},
        {"description": "x" * 201},
        {"description": ""},
    ],
    ids=str,
)
def test_a_wrong_line_is_shown_again_and_nothing_is_stored(browser, seeded, wrong):
    response = browser.submit("/invoices/new", filled({**LINE, **wrong}))
    assert response.status_code == 200
    text = response.get_data(as_text=True)
    assert text.count('class="errors"') == 1
    told = text.partition('class="errors"')[2].partition("</ul>")[0]
    assert told.count("<li>") == 1, "one mistake is told once"
    with seeded.app_context():
        assert newest().issue_date.year != 2031


def test_mistakes_in_a_line_are_told_in_the_language_of_the_page(browser, seeded):
    wrong = filled({**LINE, "description": "", "quantity": "many", "unit_price_yen": "x"})
    shown = browser.submit("/invoices/new?lang=ja", wrong).get_data(as_text=True)
    assert shown.count('class="errors"') == 3
    for english in ("This field is required", "Not a valid"):
        assert english not in shown


@pytest.mark.parametrize(
    "head", [{"customer_id": "999"}, {"issue_date": ""}, {"issue_date": "soon"}, {"due_date": "2031-03-01"}]
)
def test_a_wrong_head_is_refused(browser, seeded, head):
    assert browser.submit("/invoices/new", filled(LINE, **head)).status_code == 200
    with seeded.app_context():
        assert newest().issue_date.year != 2031


def test_an_invoice_without_lines_is_refused(browser):
    response = browser.submit("/invoices/new?lang=en", filled())
    assert "Add at least one line." in response.get_data(as_text=True)


def test_without_javascript_the_button_adds_a_row_and_stores_nothing(browser, seeded):
    response = browser.submit("/invoices/new", {**filled(LINE), "add_line": "1"})
    assert 'name="lines-1-description"' in response.get_data(as_text=True)
    with seeded.app_context():
        assert newest().issue_date.year != 2031


def test_only_drafts_can_be_edited_and_deleted(browser, seeded):
    assert browser.get("/invoices/4/edit").status_code == 302
    browser.submit("/invoices/4", {}, to="/invoices/4/delete")
    browser.submit("/invoices/6", {}, to="/invoices/6/delete")
    with seeded.app_context():
        assert db.session.get(Invoice, 4) is not None
        assert db.session.get(Invoice, 6) is None


def test_an_edited_draft_keeps_its_number(browser, seeded):
    page = browser.get("/invoices/6/edit").get_data(as_text=True)
    assert 'value="12.5"' in page
    browser.submit("/invoices/6/edit", filled(LINE))
    with seeded.app_context():
        invoice = db.session.get(Invoice, 6)
        assert (invoice.number[-4:], invoice.total_yen, len(invoice.lines)) == ("0006", 385, 1)


def test_the_status_can_be_changed_to_known_ones_only(browser, seeded):
    browser.submit("/invoices/4", {"status": "paid"}, to="/invoices/4/status")
    assert browser.submit("/invoices/4", {"status": "x"}, to="/invoices/4/status").status_code == 400
    with seeded.app_context():
        assert db.session.get(Invoice, 4).status is InvoiceStatus.PAID


def test_an_old_invoice_keeps_the_rounding_of_its_day(browser, seeded):
    browser.submit("/company", {"name": "新社名", "rounding": "ceiling", "registration_number": ""})
    browser.submit("/invoices/new", filled(LINE))
    with seeded.app_context():
        assert Company.current().rounding is Rounding.CEILING
        assert newest().tax_yen == 29
        assert db.session.get(Invoice, 4).rounding is Rounding.FLOOR


def test_the_list_filters_by_status_and_text(browser):
    overdue = browser.get("/?status=overdue").get_data(as_text=True)
    assert "業務用食材 9月分" in overdue
    assert "法事お料理一式" not in overdue
    found = browser.get("/?q=kestrel").get_data(as_text=True)
    assert "Kestrel Coffee" in found
    assert "山田" not in found
    assert "山田" not in browser.get("/?q=%25").get_data(as_text=True)
    assert browser.get("/?status=nonsense").status_code == 404


def test_a_customer_with_invoices_stays(browser, seeded):
    browser.submit("/customers/new", {"name": "新規", "honorific": "様"})
    for customer_id in (1, 5):
        browser.submit("/customers/1/edit", {}, to=f"/customers/{customer_id}/delete")
    with seeded.app_context():
        assert db.session.get(Customer, 1) is not None
        assert db.session.get(Customer, 5) is None


def test_a_wrong_registration_number_is_refused(browser, seeded):
    browser.submit("/company", {"name": "社", "rounding": "floor", "registration_number": "T12"})
    with seeded.app_context():
        assert Company.current().registration_number == "T1234567890123"


def test_an_empty_book_offers_sample_data(empty_browser, app):
    assert "/demo-data" in empty_browser.get("/").get_data(as_text=True)
    assert empty_browser.submit("/", {}, to="/demo-data", follow_redirects=True).status_code == 200
    assert "/demo-data" not in empty_browser.get("/").get_data(as_text=True)


def test_sample_data_is_loaded_once_and_touches_nothing(app):
    runner = app.test_cli_runner()
    assert "loaded" in runner.invoke(args=["seed-demo"]).output
    with app.app_context():
        before = db.session.scalar(select(func.count(Invoice.id)))
    assert "nothing was changed" in runner.invoke(args=["seed-demo"]).output
    with app.app_context():
        assert db.session.scalar(select(func.count(Invoice.id))) == before == len(demo.INVOICES)


def test_sample_data_stays_away_when_a_company_was_entered(app):
    with app.app_context():
        db.session.add(Company(id=1, name="本物"))
        db.session.commit()
        assert not demo.load()


def test_a_sent_invoice_is_overdue_from_the_day_after_its_due_date():
    invoice = Invoice(status=InvoiceStatus.SENT, due_date=date(2026, 11, 30))
    assert not invoice.is_overdue(date(2026, 11, 30))
    assert invoice.is_overdue(date(2026, 12, 1))


def test_an_unknown_invoice_is_a_friendly_404(browser):
    response = browser.get("/invoices/999?lang=en")
    assert response.status_code == 404
    assert "Page not found" in response.get_data(as_text=True)


def test_a_number_that_somebody_else_took_meanwhile_is_passed_over(seeded, monkeypatch):
    with seeded.app_context():
        taken = db.session.get(Invoice, 4)
        answers = iter([taken.number, "2031-0001"])
        monkeypatch.setattr(numbering, "next_number", lambda _year: next(answers))
        invoice = Invoice(customer_id=1, issue_date=date(2031, 4, 1), supply_date=date(2031, 4, 1))
        invoice.rounding = Rounding.FLOOR
        line = InvoiceLine.of(
            description="弁当", quantity=Decimal(3), unit="個", unit_price_yen=119, rate=TaxRate.REDUCED
        )
        invoice.set_lines([line])
        numbering.add_numbered(invoice)
        stored = newest()
        assert (stored.number, stored.total_yen, len(stored.lines)) == ("2031-0001", 385, 1)
