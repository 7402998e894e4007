"""What the configuration does for applications that gunicorn alone cannot load or log well."""

import logging
import runpy
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from okamochi.kit import kit_files


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    for name, content in kit_files():
        (tmp_path / name).write_bytes(content)
    return tmp_path / "gunicorn.conf.py"


def test_an_attribute_of_a_module_s_object_is_what_the_server_loads(
    configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Holder:
        server = "the application"

    module: Any = ModuleType("some_dash_app")
    module.app = Holder()
    monkeypatch.setitem(sys.modules, "some_dash_app", module)
    monkeypatch.setitem(sys.modules, "okamochi_object", ModuleType("okamochi_object"))
    monkeypatch.setenv("OKAMOCHI_OBJECT", "some_dash_app:app.server")
    runpy.run_path(str(configuration))
    served: Any = sys.modules["okamochi_object"]
    assert served.application == "the application"
    assert not hasattr(served, "other")


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (("127.0.0.1:4711", "GET", "/health", "1.1", 200), False),
        (("127.0.0.1:4711", "GET", "/health", "1.1", 500), True),
        (("127.0.0.1:4711", "GET", "/", "1.1", 200), True),
        (("10.0.0.7:4711", "GET", "/health", "1.1", 200), True),
    ],
)
def test_uvicorn_s_access_log_leaves_answered_health_checks_out(
    configuration: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[object, ...], shown: bool
) -> None:
    monkeypatch.setenv("OKAMOCHI_HEALTH_PATH", "/health")
    settings = runpy.run_path(str(configuration))
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, "%s %s %s %s %d", arguments, None)
    assert settings["logconfig_dict"]["filters"]["not_a_probe"]["()"]().filter(record) is shown
