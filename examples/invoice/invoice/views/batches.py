"""Batches of PDFs: start one from a list of invoices, watch it, download it."""

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from structlog import get_logger

from invoice import batches
from invoice.extensions import db
from invoice.forms import ActionForm
from invoice.i18n import select_language
from invoice.models import Batch, BatchStatus
from invoice.queueing import QueueError
from invoice.views.invoices import listed_ids

blueprint = Blueprint("batches", __name__, url_prefix="/batches")
log = get_logger()


@blueprint.get("")
def index():
    rows = db.session.scalars(select(Batch).order_by(Batch.created_at.desc(), Batch.id)).all()
    return render_template("batches/index.html", rows=rows, state=_state)


@blueprint.post("")
def create():
    """Of the invoices that the list shows: the same filter and search."""
    found = listed_ids(request.form.get("status", "all"), request.form.get("q", ""))
    if not found:
        flash(_("There is no invoice to make a PDF of."), "error")
        return redirect(url_for("invoices.index"))
    if len(found) > batches.MOST_INVOICES:
        flash(_("Too many at once: at most %(most)s.", most=batches.MOST_INVOICES), "error")
        return redirect(url_for("invoices.index"))
    batch = batches.create(found, select_language())
    return _started(batch)


@blueprint.get("/<batch_id>")
def show(batch_id: str):
    batch = _batch(batch_id)
    return render_template(
        "batches/show.html",
        batch=batch,
        state=_state(batch),
        queued=bool(current_app.config["REDIS_URL"]),
        action=ActionForm(formdata=None),
    )


@blueprint.get("/<batch_id>/progress")
def progress(batch_id: str):
    batch = _batch(batch_id)
    return {"state": _state(batch), "done": batch.done, "total": batch.total}


@blueprint.get("/<batch_id>/download")
def download(batch_id: str):
    batch = _batch(batch_id)
    path = batches.file_of(current_app, batch.id)
    if batch.status is not BatchStatus.DONE or not path.is_file():
        abort(404)
    return send_file(path, mimetype="application/zip", as_attachment=True, download_name="invoices.zip")


@blueprint.post("/<batch_id>/again")
def again(batch_id: str):
    batch = _batch(batch_id)
    if _state(batch) not in ("failed", "interrupted"):
        abort(400)
    return _started(batch)


def _started(batch: Batch):
    try:
        batches.start(batch)
    except QueueError as error:
        log.warning("the queue does not answer", error=str(error))
        flash(_("The queue does not answer at the moment; try again in a few seconds."), "error")
    return redirect(url_for(".show", batch_id=batch.id))


def _batch(batch_id: str) -> Batch:
    return db.get_or_404(Batch, batch_id)


def _state(batch: Batch) -> str:
    return "interrupted" if batches.is_interrupted(batch) else batch.status.value
