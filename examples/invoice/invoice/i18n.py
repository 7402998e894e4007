"""The reader's language: ?lang=, then the cookie, then Accept-Language, then the default."""

from flask import Flask, Response, current_app, has_request_context, request, url_for

from invoice.extensions import babel
from invoice.settings import LANGUAGES

COOKIE = "lang"
COOKIE_SECONDS = 365 * 24 * 3600


def select_language() -> str:
    default = current_app.config["BABEL_DEFAULT_LOCALE"]
    if not has_request_context():
        return default
    for asked in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if asked in LANGUAGES:
            return asked
    return request.accept_languages.best_match(LANGUAGES, default) or default


def same_page_in(language: str) -> str:
    """The address of the current page in another language."""
    if request.endpoint is None or request.method != "GET":
        return url_for("invoices.index", lang=language)
    arguments = {**request.args.to_dict(), **(request.view_args or {}), "lang": language}
    return url_for(request.endpoint, **arguments)


def remember_language(response: Response) -> Response:
    asked = request.args.get("lang")
    if asked in LANGUAGES and request.cookies.get(COOKIE) != asked:
        response.set_cookie(
            COOKIE,
            asked,
            max_age=COOKIE_SECONDS,
            secure=request.is_secure,
            httponly=True,
            samesite="Lax",
        )
    return response


def register(app: Flask) -> None:
    babel.init_app(app, locale_selector=select_language)
    app.after_request(remember_language)
    app.add_template_global(same_page_in)
    app.add_template_global(select_language, "language")
