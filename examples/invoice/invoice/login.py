"""Login by OpenID Connect: Auth0, or any provider that has a discovery document.

Authorization code with PKCE and nonce; logout at the provider, too (RP-initiated logout). Without settings
for it there is no login, and each page says so: demo mode.
"""

from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, abort, current_app, redirect, render_template, request, session, url_for
from requests import RequestException
from structlog import get_logger

from invoice.forms import ActionForm
from invoice.settings import Login

PUBLIC = frozenset(
    {
        "static",
        "health.healthz",
        "health.readyz",
        "metrics.metrics",
        "login.begin",
        "login.callback",
        "login.bye",
    }
)
PROVIDER_SECONDS = 10
ID_TOKEN_MOST = 1800  # a cookie holds 4 kB

blueprint = Blueprint("login", __name__)
log = get_logger()


def register(app: Flask, settings: Login | None) -> None:
    app.config["LOGIN"] = settings
    app.before_request(_ask_who_is_there)
    app.context_processor(_for_templates)
    if settings is None:
        return
    oauth = OAuth(app)
    oauth.register(
        "provider",
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        server_metadata_url=settings.discovery_url,
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "default_timeout": PROVIDER_SECONDS,
        },
    )
    app.extensions["oauth"] = oauth


def _for_templates() -> dict[str, Any]:
    return {
        "demo_mode": current_app.config["LOGIN"] is None,
        "user": session.get("user"),
        "logout_form": ActionForm(formdata=None),
    }


def _ask_who_is_there():
    if current_app.config["LOGIN"] is None or "user" in session or request.endpoint in PUBLIC:
        return None
    if request.method != "GET" or request.accept_mimetypes.best == "application/json":
        abort(401)
    session["next"] = request.full_path.rstrip("?")
    return redirect(url_for("login.begin"))


def _provider() -> Any:
    if current_app.config["LOGIN"] is None:
        abort(404)
    return current_app.extensions["oauth"].provider


@blueprint.get("/login")
def begin():
    try:
        return _provider().authorize_redirect(_callback_address())
    except (RequestException, OAuthError) as error:
        return _failed("the provider does not answer", error)


@blueprint.get("/login/callback")
def callback():
    provider = _provider()
    try:
        token = provider.authorize_access_token()
    except (RequestException, OAuthError, ValueError) as error:
        return _failed("the provider's answer was refused", error)
    claims = token.get("userinfo") or {}
    if not claims.get("sub"):
        return _failed("the provider sent no ID token", None)
    if not _is_allowed(claims):
        log.warning("login refused: not in INVOICE_ALLOWED_EMAILS", sub=claims["sub"])
        abort(403)
    target = _own_path(session.get("next", ""))
    session.clear()  # nothing of before the login is carried over
    session.permanent = True
    name = claims.get("name") or claims.get("nickname") or claims.get("email") or claims["sub"]
    session["user"] = {
        "sub": claims["sub"],
        "name": str(name)[:80],
        "email": str(claims.get("email", ""))[:254],
    }
    if len(token.get("id_token", "")) <= ID_TOKEN_MOST:
        session["id_token"] = token["id_token"]
    log.info("logged in", sub=claims["sub"])
    return redirect(target)


@blueprint.post("/logout")
def end():
    settings = current_app.config["LOGIN"]
    id_token = session.get("id_token", "")
    session.clear()
    back = url_for(".bye", _external=True)
    if settings is None:
        return redirect(back)
    parameters = {"client_id": settings.client_id, "post_logout_redirect_uri": _beside_callback(back)}
    if id_token:
        parameters["id_token_hint"] = id_token
    try:
        address = _provider().load_server_metadata().get("end_session_endpoint", "")
    except RequestException:
        address = ""
    return redirect(f"{address}?{urlencode(parameters)}" if address else back)


@blueprint.get("/logged-out")
def bye():
    return render_template("logged_out.html")


def _failed(what: str, error: Exception | None):
    log.warning("login failed", what=what, error=str(error or ""))
    return render_template("login_failed.html"), 502


def _is_allowed(claims: dict[str, Any]) -> bool:
    """INVOICE_ALLOWED_EMAILS: addresses, or domains with their @; empty: whoever the provider lets in."""
    allowed = current_app.config["ALLOWED_EMAILS"]
    email = str(claims.get("email", "")).lower()
    if not allowed:
        return True
    if not email or claims.get("email_verified") is False:
        return False
    return email in allowed or f"@{email.rpartition('@')[2]}" in allowed


def _own_path(text: str) -> str:
    """A path of this app; never another host."""
    parts = urlsplit(text)
    if parts.scheme or parts.netloc or not text.startswith("/") or text.startswith(("//", "/\\")):
        return url_for("invoices.index")
    return text


def _callback_address() -> str:
    return current_app.config["LOGIN"].callback_url or url_for("login.callback", _external=True)


def _beside_callback(address: str) -> str:
    """The page after logout, on the host that the provider knows from the callback's address."""
    callback = urlsplit(_callback_address())
    return urlsplit(address)._replace(scheme=callback.scheme, netloc=callback.netloc).geturl()


def provider_origins(settings: Login | None) -> tuple[str, ...]:
    """Where a form may lead to: Chromium holds the redirect after the logout form against form-action."""
    if settings is None:
        return ()
    parts = urlsplit(settings.discovery_url)
    return (f"{parts.scheme}://{parts.netloc}",)
