"""Customers, qualified invoices (適格請求書) and their PDFs."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.helpers import get_debug_flag

from invoice import errors, formats, i18n, login, logs, metrics, queueing, schema, security, settings
from invoice.cli import seed_demo
from invoice.extensions import csrf, db, migrate
from invoice.views import BLUEPRINTS

FORM_OVERHEAD_BYTES = 64 * 1024
SESSION_HOURS = 8


def create_app(**overrides: Any) -> Flask:
    """The application; overrides are Flask configuration keys that win over the environment."""
    app = Flask(__name__)
    logs.configure(debug=get_debug_flag())
    chosen = settings.from_environment(debug=get_debug_flag())
    _configure(app, chosen, overrides)
    if app.config["SECRET_KEY"] == settings.DEBUG_KEY:
        app.logger.warning("SECRET_KEY is not set; debug mode signs sessions with a publicly known key")

    db.init_app(app)
    csrf.init_app(app)
    migrate.init_app(app, db, directory=str(schema.MIGRATIONS), render_as_batch=True)
    app.extensions["expected_heads"] = schema.expected_heads()
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            schema.configure_sqlite(db.engine)

    logs.register(app)
    metrics.register(app)
    queueing.register(app)
    i18n.register(app)
    formats.register(app)
    errors.register(app)
    login.register(app, chosen.login)
    security.register(
        app,
        trusted_proxy_hops=chosen.trusted_proxy_hops,
        form_targets=login.provider_origins(chosen.login),
    )
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.cli.add_command(seed_demo)
    return app


def _configure(app: Flask, chosen: settings.Settings, overrides: dict[str, Any]) -> None:
    data_dir = Path(overrides.pop("DATA_DIR", None) or chosen.data_dir or app.instance_path)
    data_dir.mkdir(parents=True, exist_ok=True)
    app.config.update(
        SECRET_KEY=chosen.secret_key,
        SQLALCHEMY_DATABASE_URI=chosen.database_url or f"sqlite:///{data_dir / 'invoice.sqlite3'}",
        SQLALCHEMY_ENGINE_OPTIONS=schema.engine_options(chosen.database_url, chosen.statement_seconds),
        REDIS_URL=chosen.redis_url,
        ALLOWED_EMAILS=chosen.allowed_emails,
        METRICS_TOKEN=chosen.metrics_token,
        DATA_DIR=data_dir,
        UPLOAD_DIR=data_dir / "uploads",
        AUTO_MIGRATE=chosen.auto_migrate,
        MAX_UPLOAD_BYTES=chosen.max_upload_bytes,
        MAX_CONTENT_LENGTH=chosen.max_upload_bytes + FORM_OVERHEAD_BYTES,
        MAX_FORM_MEMORY_SIZE=500_000,
        SESSION_COOKIE_NAME="invoice_session",
        SESSION_COOKIE_SECURE=chosen.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_HOURS),
        BABEL_DEFAULT_LOCALE=chosen.default_language,
        BABEL_DEFAULT_TIMEZONE=chosen.timezone,
        WTF_CSRF_TIME_LIMIT=8 * 3600,
    )
    app.config.update(overrides)
