"""Customers: list, new, edit, delete."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from invoice.extensions import db
from invoice.forms import ActionForm, CustomerForm
from invoice.models import Customer, Invoice

blueprint = Blueprint("customers", __name__, url_prefix="/customers")


@blueprint.get("")
def index():
    rows = db.session.execute(
        select(Customer, func.count(Invoice.id), func.coalesce(func.sum(Invoice.total_yen), 0))
        .outerjoin(Customer.invoices)
        .group_by(Customer.id)
        .order_by(Customer.name)
    ).all()
    return render_template("customers/index.html", rows=rows)


@blueprint.route("/new", methods=["GET", "POST"])
def create():
    form = CustomerForm()
    if form.validate_on_submit():
        customer = Customer()
        form.populate_obj(customer)
        db.session.add(customer)
        db.session.commit()
        flash(_("Customer saved."))
        return redirect(url_for(".index"))
    return render_template("customers/form.html", form=form, customer=None, deletable=False)


@blueprint.route("/<int:customer_id>/edit", methods=["GET", "POST"])
def edit(customer_id: int):
    customer = db.get_or_404(Customer, customer_id)
    form = CustomerForm(obj=customer)
    if form.validate_on_submit():
        form.populate_obj(customer)
        db.session.commit()
        flash(_("Customer saved."))
        return redirect(url_for(".index"))
    return render_template(
        "customers/form.html",
        form=form,
        customer=customer,
        deletable=not _has_invoices(customer),
        action=ActionForm(formdata=None),
    )


@blueprint.post("/<int:customer_id>/delete")
def delete(customer_id: int):
    customer = db.get_or_404(Customer, customer_id)
    if _has_invoices(customer):
        flash(_("A customer with invoices cannot be deleted."), "error")
        return redirect(url_for(".edit", customer_id=customer.id))
    db.session.delete(customer)
    db.session.commit()
    flash(_("Customer deleted."))
    return redirect(url_for(".index"))


def _has_invoices(customer: Customer) -> bool:
    return (
        db.session.scalar(select(Invoice.id).where(Invoice.customer_id == customer.id).limit(1)) is not None
    )
