"""The page, its form and the health check."""

import hmac
import secrets

from flask import Blueprint, abort, current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from parcel import messages

blueprint = Blueprint("pages", __name__)

NAME_LENGTH = 40
TEXT_LENGTH = 400


@blueprint.get("/")
def index() -> str:
    session.setdefault("form_token", secrets.token_urlsafe(16))
    return render_template(
        "index.html",
        greeting=current_app.config["GREETING"],
        messages=messages.newest(current_app.config["DATABASE"]),
        name_length=NAME_LENGTH,
        text_length=TEXT_LENGTH,
    )


@blueprint.post("/messages")
def write() -> Response:
    expected = session.get("form_token", "")
    if not expected or not hmac.compare_digest(expected.encode(), request.form.get("token", "").encode()):
        abort(400, "The form has expired: reload the page and try again.")
    name = request.form.get("name", "").strip()[:NAME_LENGTH]
    text = request.form.get("text", "").strip()[:TEXT_LENGTH]
    if not name or not text:
        abort(400, "Both a name and a message are needed.")
    messages.add(current_app.config["DATABASE"], name=name, text=text)
    return redirect(url_for(".index"), code=303)


@blueprint.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}
