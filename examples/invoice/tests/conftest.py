"""An application on an empty, migrated SQLite file in a temporary folder."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from invoice import create_app, demo
from invoice.extensions import db
from invoice.schema import upgrade_at_first_start

KEY = "a-key-for-the-tests-0123456789"
ENVIRONMENT = (
    "SECRET_KEY_FILE",
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "INVOICE_DATA_DIR",
    "INVOICE_AUTO_MIGRATE",
    "INVOICE_DEFAULT_LANGUAGE",
    "INVOICE_TIMEZONE",
    "INVOICE_MAX_UPLOAD_BYTES",
    "TRUSTED_PROXY_HOPS",
    "SESSION_COOKIE_SECURE",
    "FLASK_DEBUG",
    "REDIS_URL",
    "AUTH0_DOMAIN",
    "AUTH0_CLIENT_ID",
    "AUTH0_CLIENT_SECRET",
    "AUTH0_CLIENT_SECRET_FILE",
    "AUTH0_CALLBACK_URL",
    "OIDC_DISCOVERY_URL",
    "OIDC_CLIENT_ID",
    "OIDC_CLIENT_SECRET",
    "OIDC_CLIENT_SECRET_FILE",
    "OIDC_CALLBACK_URL",
    "INVOICE_ALLOWED_EMAILS",
    "INVOICE_METRICS_TOKEN",
    "INVOICE_METRICS_TOKEN_FILE",
    "INVOICE_STATEMENT_SECONDS",
    "PROMETHEUS_MULTIPROC_DIR",
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the developer's own environment; only the key is set."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SECRET_KEY", KEY)


@pytest.fixture
def make_app() -> Iterator[Callable[[Path], Flask]]:
    """Makes applications on a data folder, and closes their databases after the test."""
    made: list[Flask] = []

    def make(data_dir: Path) -> Flask:
        made.append(create_app(DATA_DIR=data_dir, TESTING=True))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def unmigrated(make_app: Callable[[Path], Flask], tmp_path: Path) -> Flask:
    return make_app(tmp_path)


@pytest.fixture
def app(unmigrated: Flask) -> Flask:
    upgrade_at_first_start(unmigrated)
    return unmigrated


@pytest.fixture
def seeded(app: Flask) -> Flask:
    with app.app_context():
        assert demo.load()
    return app


class Browser:
    """A client that does as browsers do: loads the page, sends its CSRF token along."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **options):
        return self.client.get(path, **options)

    def submit(self, page: str, data: dict, *, to: str | None = None, **options):
        text = self.client.get(page).get_data(as_text=True)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text)
        assert token is not None, f"{page} has no form"
        return self.client.post(to or page, data={"csrf_token": token[1], **data}, **options)


@pytest.fixture
def browser(seeded: Flask) -> Browser:
    return Browser(seeded.test_client())


@pytest.fixture
def empty_browser(app: Flask) -> Browser:
    return Browser(app.test_client())
