"""What `up` starts as the web process."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from okamochi.kit.secret_files import LISTED, load
from okamochi.model.kit_programs import LOADER
from okamochi.oci.reference import Reference
from okamochi.run.state import AppState
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.built_and_loaded import Loaded
from okamochi.workflows.starting.env_values import Values
from okamochi.workflows.starting.start import spec_of
from okamochi.workflows.starting.web_spec import web_spec
from tests.detect.plans import FLASK_APP, planned

STREAMLIT = {"requirements.txt": "streamlit\n", "app.py": "import streamlit as st\nst.title('x')\n"}


@pytest.mark.parametrize(
    ("files", "names", "by_loader"),
    [(STREAMLIT, ("API_KEY",), True), (STREAMLIT, (), False), ({"app.py": FLASK_APP}, ("API_KEY",), False)],
)
def test_a_program_that_loads_no_secrets_itself_has_them_loaded(
    tmp_path: Path, files: dict[str, str], names: tuple[str, ...], by_loader: bool
) -> None:
    plan = planned(files)
    app = App("shop", tmp_path, AppState(tmp_path))
    built = cast("Any", SimpleNamespace(plan=plan))
    reference = Reference.parse("shop:1")
    loaded = Loaded(built=built, reference=reference, fresh=True, pages=(), front_page=True)
    spec = spec_of(app, loaded, Values(plain=(), secret_names=names), 8000)
    assert spec.process.argv == ((*LOADER, *plan.web.argv) if by_loader else plan.web.argv)


@pytest.mark.parametrize("front_page", [True, False])
def test_whether_there_is_a_page_at_the_front_reaches_what_waits(tmp_path: Path, front_page: bool) -> None:
    built = cast("Any", SimpleNamespace(plan=planned({"app.py": FLASK_APP})))
    reference = Reference.parse("shop:1")
    loaded = Loaded(built=built, reference=reference, fresh=True, pages=(), front_page=front_page)
    app = App("shop", tmp_path, AppState(tmp_path))
    assert spec_of(app, loaded, Values(plain=(), secret_names=()), 8000).front_page is front_page


SQLITE = {
    "requirements.txt": "flask\nflask-sqlalchemy\n",
    "app.py": FLASK_APP
    + "import os\nfrom flask_sqlalchemy import SQLAlchemy\n"
    + 'app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]\ndb = SQLAlchemy(app)\n',
}


def test_a_given_database_is_not_met_by_the_images_own(tmp_path: Path) -> None:
    plan = planned(SQLITE)
    assert "DATABASE_URL" in dict(plan.image_environment)
    app = App("shop", tmp_path, AppState(tmp_path))
    values = Values(plain=(("DEBUG", "0"),), secret_names=("DATABASE_URL", "SECRET_KEY"))
    told = dict(web_spec(app, plan, Reference.parse("shop:1"), values, 8000).full_environment)
    assert told["DATABASE_URL"] == ""
    assert "SECRET_KEY" not in told
    assert told["DATABASE_URL_FILE"] == "/run/secrets/DATABASE_URL"
    secret = tmp_path / "url"
    secret.write_text("postgresql://db/shop\n")
    environ = {
        **dict(plan.image_environment),
        **told,
        "DATABASE_URL_FILE": str(secret),
        LISTED: "DATABASE_URL",
    }
    assert load(environ) == ["DATABASE_URL"]
    assert environ["DATABASE_URL"] == "postgresql://db/shop"
