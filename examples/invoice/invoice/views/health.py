"""Probes: /healthz asks whether the process answers, /readyz whether it can do its work."""

from flask import Blueprint, current_app
from sqlalchemy.exc import SQLAlchemyError

from invoice import queueing, schema

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz():
    """Liveness: no dependencies, because a restart mends no database."""
    return {"status": "ok"}


@blueprint.get("/readyz")
def readyz():
    """Readiness: the database answers and has this code's schema, and Redis answers where it is used."""
    found = {"database": "ok", "migrations": "current", "redis": _redis()}
    try:
        if not schema.is_current():
            found["migrations"] = "pending"
    except SQLAlchemyError as error:
        current_app.logger.warning("not ready: %s", error)
        found |= {"database": "unreachable", "migrations": "unknown"}
    ready = found["migrations"] == "current" and found["redis"] != "unreachable"
    return {"status": "ok" if ready else "unavailable", **found}, 200 if ready else 503


def _redis() -> str:
    match queueing.answers(current_app):
        case None:
            return "not used"
        case True:
            return "ok"
        case _:
            return "unreachable"
