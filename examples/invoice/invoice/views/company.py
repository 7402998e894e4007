"""The issuing company: /company, its logo at /company/logo."""

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    send_from_directory,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from invoice import logo as logos
from invoice.extensions import db
from invoice.forms import ActionForm, CompanyForm, LogoForm
from invoice.models import Company

blueprint = Blueprint("company", __name__, url_prefix="/company")


@blueprint.route("", methods=["GET", "POST"])
def edit():
    company = Company.current()
    form = CompanyForm(obj=company)
    if form.validate_on_submit():
        form.populate_obj(company)
        db.session.add(company)
        db.session.commit()
        flash(_("Company saved."))
        return redirect(url_for(".edit"))
    return _page(company, form, LogoForm())


@blueprint.get("/logo")
def logo():
    company = Company.current()
    if company.logo is None:
        abort(404)
    response = send_from_directory(
        current_app.config["UPLOAD_DIR"], company.logo, mimetype="image/png", max_age=0
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@blueprint.post("/logo")
def upload_logo():
    company, form = Company.current(), LogoForm()
    if not form.validate():
        return _page(company, CompanyForm(formdata=None, obj=company), form), 422
    content = form.logo.data.stream.read(current_app.config["MAX_UPLOAD_BYTES"] + 1)
    if len(content) > current_app.config["MAX_UPLOAD_BYTES"]:
        raise RequestEntityTooLarge
    try:
        company.logo = logos.store(content, current_app.config["UPLOAD_DIR"])
    except logos.LogoError:
        form.logo.errors = [_("This is no PNG, JPEG or WebP picture, or it has too many pixels.")]
        return _page(company, CompanyForm(formdata=None, obj=company), form), 422
    db.session.add(company)
    db.session.commit()
    flash(_("Logo saved."))
    return redirect(url_for(".edit"))


@blueprint.post("/logo/remove")
def remove_logo():
    company = Company.current()
    company.logo = None
    db.session.commit()
    flash(_("Logo removed."))
    return redirect(url_for(".edit"))


def _page(company: Company, form: CompanyForm, logo_form: LogoForm) -> str:
    return render_template(
        "company/form.html", company=company, form=form, logo_form=logo_form, action=ActionForm(formdata=None)
    )
