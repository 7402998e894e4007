"""Many PDFs in one file, rendered in the background.

With Redis an RQ worker renders, in a process of its own; without, a thread of the web process does, one batch
at a time. Progress stands in the database either way, so that any web worker can show it.
"""

import secrets
import threading
import time
import zipfile
from pathlib import Path

from flask import Flask, current_app
from redis.exceptions import RedisError
from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from structlog import get_logger

from invoice import metrics, pdf
from invoice.extensions import db
from invoice.models import Batch, BatchStatus, Company, Invoice
from invoice.queueing import QueueError, queue_of

KEPT = 20
MOST_INVOICES = 2000
JOB_SECONDS = 3600
SILENT_SECONDS = 90

log = get_logger()
_one_at_a_time = threading.Lock()


def create(invoice_ids: list[int], language: str) -> Batch:
    """A new batch, stored; the oldest ones and their files go."""
    batch = Batch(
        id=secrets.token_hex(16),
        created_at=int(time.time()),
        updated_at=int(time.time()),
        status=BatchStatus.WAITING,
        total=len(invoice_ids),
        done=0,
        language=language,
        invoice_ids=invoice_ids,
    )
    db.session.add(batch)
    for old in db.session.scalars(select(Batch).order_by(Batch.created_at.desc()).offset(KEPT)):
        file_of(current_app, old.id).unlink(missing_ok=True)
        db.session.delete(old)
    db.session.commit()
    return batch


def start(batch: Batch) -> None:
    """Hand a batch to whoever renders; QueueError when there is a queue and it does not answer."""
    batch.status, batch.done, batch.updated_at = BatchStatus.WAITING, 0, int(time.time())
    db.session.commit()
    queue = queue_of(current_app)
    if queue is not None:
        try:
            queue.enqueue("invoice.worker.render_batch", batch.id, job_timeout=JOB_SECONDS, result_ttl=0)
        except (RedisError, OSError) as error:
            batch.status = BatchStatus.FAILED
            db.session.commit()
            raise QueueError(str(error)) from error
        return
    app = current_app._get_current_object()
    threading.Thread(target=_render_in_turn, args=(app, batch.id), daemon=True).start()


def _render_in_turn(app: Flask, batch_id: str) -> None:
    with _one_at_a_time:
        render(app, batch_id)


def render(app: Flask, batch_id: str) -> None:
    """Render every invoice of the batch; the file appears when it is complete."""
    with app.app_context():
        batch = db.session.get(Batch, batch_id)
        if batch is None or batch.status is BatchStatus.DONE:
            return
        try:
            _render(app, batch)
        except Exception:
            log.exception("batch failed", batch=batch_id)
            _tell_failure(batch_id)
            raise


def _render(app: Flask, batch: Batch) -> None:
    begun = time.monotonic()
    _step(batch, status=BatchStatus.RUNNING)
    target = file_of(app, batch.id)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w") as archive:
        for done, invoice_id in enumerate(batch.invoice_ids, start=1):
            with app.test_request_context(f"/?lang={batch.language}"):
                invoice = db.session.get(Invoice, invoice_id)
                if invoice is not None:
                    archive.writestr(f"invoice-{invoice.number}.pdf", pdf.render(invoice, Company.current()))
            _step(batch, done=done)
    partial.replace(target)
    _step(batch, status=BatchStatus.DONE)
    metrics.BATCHES.labels("done").inc()
    log.info("batch done", batch=batch.id, pdfs=batch.total, seconds=round(time.monotonic() - begun, 1))


def _step(batch: Batch, **changes: object) -> None:
    db.session.execute(
        update(Batch).where(Batch.id == batch.id).values(updated_at=int(time.time()), **changes)
    )
    db.session.commit()


def _tell_failure(batch_id: str) -> None:
    metrics.BATCHES.labels("failed").inc()
    try:
        db.session.rollback()
        db.session.execute(update(Batch).where(Batch.id == batch_id).values(status=BatchStatus.FAILED))
        db.session.commit()
    except SQLAlchemyError:
        log.exception("the failure could not be stored", batch=batch_id)


def file_of(app: Flask, batch_id: str) -> Path:
    return app.config["DATA_DIR"] / "batches" / f"{batch_id}.zip"


def is_interrupted(batch: Batch) -> bool:
    """Whether nobody renders it any more: the process that did was stopped. One that waits in a queue may
    wait long; one that waits for a thread may not."""
    silent = time.time() - batch.updated_at > SILENT_SECONDS
    waits_in_queue = batch.status is BatchStatus.WAITING and queue_of(current_app) is not None
    return silent and not waits_in_queue and batch.status in (BatchStatus.WAITING, BatchStatus.RUNNING)
