"""A guest book: who took a parcel in, and what they said."""

import os
from pathlib import Path
from typing import Any

from flask import Flask

from parcel import messages, pages

MAX_FORM_BYTES = 16 * 1024


def create_app(**overrides: Any) -> Flask:
    """The application; overrides are Flask configuration keys that win over the environment.

    SECRET_KEY is required: KeyError without it. GREETING has a default.
    """
    app = Flask(__name__, instance_path=str(Path(__file__).resolve().parents[2] / "instance"))
    app.config.update(
        SECRET_KEY=os.environ["SECRET_KEY"],
        GREETING=os.environ.get("GREETING", "A parcel for you"),
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.config.update(overrides)

    database = Path(app.instance_path) / "parcel.sqlite3"
    database.parent.mkdir(parents=True, exist_ok=True)
    app.config.setdefault("DATABASE", database)
    messages.create_table(app.config["DATABASE"])
    app.register_blueprint(pages.blueprint)
    return app
