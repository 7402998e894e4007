"""Error pages, in the reader's language and the app's look."""

from flask import Flask, current_app, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, ServiceUnavailable

from invoice.extensions import db

TITLES = {
    400: _l("The form could not be accepted"),
    401: _l("Please log in"),
    403: _l("Not allowed"),
    404: _l("Page not found"),
    405: _l("Not possible here"),
    413: _l("The file is too large"),
    500: _l("Something went wrong"),
    503: _l("Just a moment"),
}


def register(app: Flask) -> None:
    app.register_error_handler(HTTPException, show)
    for unreachable in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(unreachable, database_is_away)


def database_is_away(error: SQLAlchemyError):
    """A database that restarts is no mistake of ours: 503, and soon again."""
    current_app.logger.warning("the database does not answer: %s", str(error).splitlines()[0])
    db.session.rollback()
    page, code = show(ServiceUnavailable())
    return page, code, {"Retry-After": "5"}


def show(error: HTTPException):
    code = error.code or 500
    title = TITLES.get(code, error.name)
    return render_template("error.html", code=code, title=title, advice=_advice(error)), code


def _advice(error: HTTPException) -> str:
    match error:
        case CSRFError():
            return _("The page was open for too long. Go back, reload it and try again.")
        case RequestEntityTooLarge():
            return _("Choose a smaller file and try again.")
        case _ if error.code == 503:
            return _("The database does not answer. Nothing was lost; try again in a few seconds.")
        case _ if error.code == 404:
            return _("It may have been deleted, or the address has a typing mistake.")
        case _:
            return _("Go back and try again. If it happens again, look into the log.")
