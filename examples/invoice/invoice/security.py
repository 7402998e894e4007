"""Response headers and session cookie."""

from flask import Flask, Response, current_app, request
from flask.sessions import SecureCookieSessionInterface
from werkzeug.middleware.proxy_fix import ProxyFix

# Everything comes from the app itself; no inline script or style, no frame, no other origin.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
ONE_YEAR_SECONDS = 365 * 24 * 3600


class SessionInterface(SecureCookieSessionInterface):
    """Session cookie that is Secure whenever the request came over HTTPS, unless a setting decides."""

    def get_cookie_secure(self, app: Flask) -> bool:
        forced = app.config["SESSION_COOKIE_SECURE"]
        return request.is_secure if forced is None else forced


def add_headers(response: Response) -> Response:
    """A view's own header wins."""
    response.headers.setdefault("Content-Security-Policy", current_app.config["CONTENT_SECURITY_POLICY"])
    for name, value in HEADERS:
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={ONE_YEAR_SECONDS}")
    return response


def register(app: Flask, *, trusted_proxy_hops: int, form_targets: tuple[str, ...]) -> None:
    """`form_targets` are origins beside our own that a form may lead to."""
    own = "form-action 'self'"
    app.config["CONTENT_SECURITY_POLICY"] = CONTENT_SECURITY_POLICY.replace(
        own, " ".join((own, *form_targets))
    )
    app.session_interface = SessionInterface()
    app.after_request(add_headers)
    if trusted_proxy_hops:
        hops = trusted_proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
