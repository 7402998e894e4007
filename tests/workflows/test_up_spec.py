"""What `up` starts as the web process."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from okamochi.model.kit_programs import LOADER
from okamochi.run.state import AppState
from okamochi.workflows.apps import App
from okamochi.workflows.env_values import Values
from okamochi.workflows.start import spec_of
from tests.detect.plans import FLASK_APP, planned

STREAMLIT = {"requirements.txt": "streamlit\n", "app.py": "import streamlit as st\nst.title('x')\n"}


@pytest.mark.parametrize(
    ("files", "names", "loaded"),
    [(STREAMLIT, ("API_KEY",), True), (STREAMLIT, (), False), ({"app.py": FLASK_APP}, ("API_KEY",), False)],
)
def test_a_program_that_loads_no_secrets_itself_has_them_loaded(
    tmp_path: Path, files: dict[str, str], names: tuple[str, ...], loaded: bool
) -> None:
    plan = planned(files)
    app = App("shop", tmp_path, AppState(tmp_path))
    built = cast("Any", SimpleNamespace(plan=plan))
    spec = spec_of(app, built, "shop:1", Values(plain=(), secret_names=names), 8000)
    assert spec.process.argv == ((*LOADER, *plan.web.argv) if loaded else plan.web.argv)
