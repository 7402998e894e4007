"""Error pages, in the reader's language and the app's look."""

from flask import Flask, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

TITLES = {
    400: _l("The form could not be accepted"),
    403: _l("Not allowed"),
    404: _l("Page not found"),
    405: _l("Not possible here"),
    413: _l("The file is too large"),
    500: _l("Something went wrong"),
}


def register(app: Flask) -> None:
    app.register_error_handler(HTTPException, show)


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
        case _ if error.code == 404:
            return _("It may have been deleted, or the address has a typing mistake.")
        case _:
            return _("Go back and try again. If it happens again, look into the log.")
