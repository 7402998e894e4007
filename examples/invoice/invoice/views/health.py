"""Probes: /healthz asks whether the process answers, /readyz whether it can do its work."""

from flask import Blueprint, current_app
from sqlalchemy.exc import SQLAlchemyError

from invoice import schema

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz():
    """Liveness: no dependencies, because a restart mends no database."""
    return {"status": "ok"}


@blueprint.get("/readyz")
def readyz():
    """Readiness: the database answers and has this code's schema."""
    try:
        current = schema.is_current()
    except SQLAlchemyError as error:
        current_app.logger.warning("not ready: %s", error)
        return {"status": "unavailable", "database": "unreachable"}, 503
    if not current:
        return {"status": "unavailable", "database": "ok", "migrations": "pending"}, 503
    return {"status": "ok", "database": "ok", "migrations": "current"}
