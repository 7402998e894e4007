"""What the configuration does for applications that gunicorn alone cannot load or log well."""

import json
import logging
import runpy
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from tests.kit.laid import lay_kit

ASYNC = SimpleNamespace(cfg=SimpleNamespace(worker_class_str="uvicorn_worker.UvicornWorker"))


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    lay_kit(tmp_path)
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
    module.maker = SimpleNamespace(default_app=lambda: "the default one")
    monkeypatch.setenv("OKAMOCHI_OBJECT", "some_dash_app:maker.default_app()")
    assert served.application == "the default one"


def test_a_worker_has_none_of_the_arguments_of_its_server(
    configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/opt/venv/bin/gunicorn", "--config", "x", "app:app"])
    settings = runpy.run_path(str(configuration))
    assert sys.argv[1:] == ["--config", "x", "app:app"]
    settings["post_fork"](None, SimpleNamespace(load_wsgi=None))
    assert sys.argv == ["/opt/venv/bin/gunicorn"]


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


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            {"r": "GET /back?code=s3cret&page=2 HTTP/1.1", "f": "https://idp/?token=s3cret", "a": "curl"},
            "GET /back?code=...&page=2 HTTP/1.1 https://idp/ curl",
        ),
        ({"r": "GET /plain HTTP/1.1", "f": "-", "a": "what?code=1"}, "GET /plain HTTP/1.1 - what?code=1"),
        (("10.0.0.7:1", "GET", "/back?code=s3cret", "1.1", 200), "10.0.0.7:1 GET /back?code=... 1.1 200"),
    ],
)
def test_the_log_as_text_keeps_no_secrets_of_addresses_either(
    configuration: Path, monkeypatch: pytest.MonkeyPatch, arguments: Any, line: str
) -> None:
    monkeypatch.setenv("OKAMOCHI_ACCESS_LOG", "text")
    formatter = runpy.run_path(str(configuration))["logconfig_dict"]["formatters"]["access"]["()"]()
    form = "%(r)s %(f)s %(a)s" if isinstance(arguments, dict) else "%s %s %s %s %d"
    record = logging.LogRecord("gunicorn.access", logging.INFO, "", 0, form, (arguments,), None)
    record.args = arguments
    assert formatter.format(record) == line
    assert record.args == arguments, "other handlers get it as it was"


def test_an_app_whose_static_files_cannot_be_listed_serves_without_them(
    configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKAMOCHI_SERVE_STATIC", "1")
    monkeypatch.setitem(sys.modules, "django.conf", None)
    warned: list[str] = []
    log = SimpleNamespace(warning=lambda text, *arguments: warned.append(text % arguments))
    worker = SimpleNamespace(cfg=ASYNC.cfg, log=log, wsgi="the app")
    runpy.run_path(str(configuration))["post_worker_init"](worker)
    assert worker.wsgi == "the app"
    assert warned[0].startswith("okamochi: nothing serves the static files: ")


def test_uvicorn_s_access_log_is_json_as_well(configuration: Path) -> None:
    settings = runpy.run_path(str(configuration))
    formatter = settings["logconfig_dict"]["formatters"]["access"]["()"]()
    arguments = ("203.0.113.9:4711", "GET", "/callback?code=abc&next=/", "1.1", 302)
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, "%s %s %s %s %d", arguments, None)
    line = json.loads(formatter.format(record))
    assert (line["path"], line["query"], line["status"]) == ("/callback", "code=...&next=/", 302)
    assert line["remote_addr"] == "203.0.113.9"


def test_the_access_log_can_be_off(configuration: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKAMOCHI_ACCESS_LOG", "off")
    logs = runpy.run_path(str(configuration))["logconfig_dict"]
    assert logs["loggers"]["gunicorn.access"]["handlers"] == []
