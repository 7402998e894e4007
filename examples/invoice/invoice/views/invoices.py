"""Invoices: list with totals, form, page, PDF, status."""

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload
from wtforms import SelectChoice

from invoice import demo, pdf
from invoice.extensions import db
from invoice.formats import today
from invoice.forms import MAX_LINES, ActionForm, InvoiceForm
from invoice.models import Company, Customer, Invoice, InvoiceStatus
from invoice.numbering import add_numbered

blueprint = Blueprint("invoices", __name__)

PAGE_SIZE = 25
PAYMENT_DAYS = 30
FILTERS = ("all", "draft", "sent", "overdue", "paid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What the cards above the list show, in yen."""

    open_yen: int
    overdue_yen: int
    paid_this_year_yen: int


@blueprint.get("/")
def index():
    status = request.args.get("status", "all")
    search = request.args.get("q", "").strip()[:100]
    if status not in FILTERS:
        abort(404)
    shown = _listed(status, search).options(joinedload(Invoice.customer))
    page = db.paginate(shown, per_page=PAGE_SIZE, max_per_page=PAGE_SIZE)
    return render_template(
        "invoices/index.html",
        page=page,
        sums=_sums(),
        status=status,
        search=search,
        filters=FILTERS,
        empty=demo.is_empty(),
        action=ActionForm(formdata=None),
    )


@blueprint.post("/demo-data")
def load_demo():
    if demo.load():
        flash(_("Sample data loaded. Look around."))
    else:
        flash(_("There is data already; nothing was changed."), "error")
    return redirect(url_for(".index"))


@blueprint.route("/invoices/new", methods=["GET", "POST"])
def create():
    customers = _customer_choices()
    if not customers:
        flash(_("Add a customer first."))
        return redirect(url_for("customers.create"))
    day = today()
    form = InvoiceForm(issue_date=day, supply_date=day, due_date=day + timedelta(days=PAYMENT_DAYS))
    form.customer_id.choices = customers
    if _asks_for_a_line(form):
        return _form_page(form, None)
    if not form.validate_on_submit():
        return _form_page(form, None)
    invoice = Invoice(status=InvoiceStatus.DRAFT, rounding=Company.current().rounding)
    _fill(invoice, form)
    add_numbered(invoice)
    flash(_("Invoice %(number)s saved as a draft.", number=invoice.number))
    return redirect(url_for(".show", invoice_id=invoice.id))


@blueprint.get("/invoices/<int:invoice_id>")
def show(invoice_id: int):
    return render_template(
        "invoices/show.html",
        invoice=_invoice(invoice_id),
        company=Company.current(),
        action=ActionForm(formdata=None),
    )


@blueprint.route("/invoices/<int:invoice_id>/edit", methods=["GET", "POST"])
def edit(invoice_id: int):
    invoice = _invoice(invoice_id)
    if invoice.status is not InvoiceStatus.DRAFT:
        flash(_("Only a draft can be edited."), "error")
        return redirect(url_for(".show", invoice_id=invoice.id))
    form = InvoiceForm(obj=None, data=_form_data(invoice))
    form.customer_id.choices = _customer_choices()
    if _asks_for_a_line(form) or not form.validate_on_submit():
        return _form_page(form, invoice)
    _fill(invoice, form)
    db.session.commit()
    flash(_("Invoice %(number)s saved.", number=invoice.number))
    return redirect(url_for(".show", invoice_id=invoice.id))


@blueprint.get("/invoices/<int:invoice_id>/pdf")
def download(invoice_id: int):
    invoice = _invoice(invoice_id)
    response = Response(pdf.render(invoice, Company.current()), mimetype="application/pdf")
    response.headers.set("Content-Disposition", "inline", filename=f"invoice-{invoice.number}.pdf")
    return response


@blueprint.post("/invoices/<int:invoice_id>/status")
def set_status(invoice_id: int):
    invoice = _invoice(invoice_id)
    try:
        invoice.status = InvoiceStatus(request.form.get("status", ""))
    except ValueError:
        abort(400)
    db.session.commit()
    return redirect(url_for(".show", invoice_id=invoice.id))


@blueprint.post("/invoices/<int:invoice_id>/delete")
def delete(invoice_id: int):
    invoice = _invoice(invoice_id)
    if invoice.status is not InvoiceStatus.DRAFT:
        flash(_("Only a draft can be deleted."), "error")
        return redirect(url_for(".show", invoice_id=invoice.id))
    db.session.delete(invoice)
    db.session.commit()
    flash(_("Draft deleted."))
    return redirect(url_for(".index"))


def _invoice(invoice_id: int) -> Invoice:
    return db.get_or_404(
        Invoice, invoice_id, options=[joinedload(Invoice.customer), selectinload(Invoice.lines)]
    )


def listed_ids(status: str, search: str) -> list[int]:
    """The invoices that the list shows for a filter and a search, in its order."""
    if status not in FILTERS:
        abort(404)
    query = _listed(status, search.strip()[:100]).with_only_columns(Invoice.id)
    return list(db.session.scalars(query))


def _listed(status: str, search: str) -> Select[tuple[Invoice]]:
    query = select(Invoice).join(Invoice.customer)
    if status == "overdue":
        query = query.where(_overdue(today()))
    elif status != "all":
        query = query.where(Invoice.status == InvoiceStatus(status))
    if search:
        columns = (Invoice.number, Invoice.subject, Customer.name)
        query = query.where(or_(*(column.icontains(search, autoescape=True) for column in columns)))
    return query.order_by(Invoice.issue_date.desc(), Invoice.id.desc())


def _overdue(day: date) -> ColumnElement[bool]:
    return and_(Invoice.status == InvoiceStatus.SENT, Invoice.due_date < day)


def _sums() -> Sums:
    day = today()
    return Sums(
        open_yen=_sum(Invoice.status == InvoiceStatus.SENT),
        overdue_yen=_sum(_overdue(day)),
        paid_this_year_yen=_sum(
            and_(Invoice.status == InvoiceStatus.PAID, Invoice.issue_date >= date(day.year, 1, 1))
        ),
    )


def _sum(condition: ColumnElement[bool]) -> int:
    return int(db.session.scalar(select(func.coalesce(func.sum(Invoice.total_yen), 0)).where(condition)))


def _customer_choices() -> list[SelectChoice]:
    rows = db.session.execute(select(Customer.id, Customer.name).order_by(Customer.name))
    return [SelectChoice(customer_id, name) for customer_id, name in rows]


def _asks_for_a_line(form: InvoiceForm) -> bool:
    """Without JavaScript the button "Add line" is a form submission: one row more, nothing stored."""
    if "add_line" not in request.form:
        return False
    if len(form.lines) < MAX_LINES:
        form.lines.append_entry()
    return True


def _form_page(form: InvoiceForm, invoice: Invoice | None) -> str:
    rounding = invoice.rounding if invoice else Company.current().rounding
    return render_template(
        "invoices/form.html", form=form, invoice=invoice, rounding=rounding, max_lines=MAX_LINES
    )


def _form_data(invoice: Invoice) -> dict[str, object]:
    return {
        "customer_id": invoice.customer_id,
        "subject": invoice.subject,
        "issue_date": invoice.issue_date,
        "supply_date": invoice.supply_date,
        "due_date": invoice.due_date,
        "notes": invoice.notes,
        "lines": [
            {
                "description": line.description,
                "quantity": line.quantity,
                "unit": line.unit,
                "unit_price_yen": line.unit_price_yen,
                "tax_rate": line.tax_percent,
            }
            for line in invoice.lines
        ],
    }


def _fill(invoice: Invoice, form: InvoiceForm) -> None:
    invoice.customer_id = form.customer_id.data
    invoice.subject = form.subject.data
    invoice.issue_date = form.issue_date.data
    invoice.supply_date = form.supply_date.data
    invoice.due_date = form.due_date.data
    invoice.notes = form.notes.data
    invoice.set_lines(form.to_lines())
