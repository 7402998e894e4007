"""What the configuration does for applications that gunicorn alone cannot load or log well."""

import json
import logging
import runpy
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from okamochi.kit import kit_files

ASYNC = SimpleNamespace(cfg=SimpleNamespace(worker_class_str="uvicorn_worker.UvicornWorker"))


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
    module.maker = SimpleNamespace(default_app=lambda: "the default one")
    monkeypatch.setenv("OKAMOCHI_OBJECT", "some_dash_app:maker.default_app()")
    assert served.application == "the default one"


def test_a_worker_has_none_of_the_arguments_of_its_server(
    configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/opt/venv/bin/gunicorn", "--config", "x", "app:app"])
    settings = runpy.run_path(str(configuration))
    assert sys.argv[1:] == ["--config", "x", "app:app"]
    settings["post_fork"](None, None)
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


def test_the_second_worker_waits_for_the_first_to_boot(configuration: Path) -> None:
    settings = runpy.run_path(str(configuration))
    alive = subprocess.Popen((sys.executable, "-c", "input()"), stdin=subprocess.PIPE)

    def forking(*workers: int) -> threading.Thread:
        server = SimpleNamespace(WORKERS=dict.fromkeys(workers))
        thread = threading.Thread(target=settings["pre_fork"], args=(server, None), daemon=True)
        thread.start()
        return thread

    try:
        assert ended(forking())
        second = forking(alive.pid)
        second.join(0.4)
        assert second.is_alive()
        settings["post_worker_init"](ASYNC)
        assert ended(second)
        assert ended(forking(alive.pid))
    finally:
        alive.communicate()


def ended(thread: threading.Thread) -> bool:
    """Well before the server's own time limit, which ends every wait."""
    thread.join(20)
    return not thread.is_alive()


def test_a_first_worker_that_ends_holds_nobody_up(configuration: Path) -> None:
    settings = runpy.run_path(str(configuration))
    first = subprocess.Popen((sys.executable, "-c", ""))
    server = SimpleNamespace(WORKERS={first.pid: None})
    second = threading.Thread(target=settings["pre_fork"], args=(server, None), daemon=True)
    second.start()
    assert ended(second)
    first.wait()


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


@pytest.mark.parametrize(("chosen", "formatter"), [("text", "%(message)s"), ("off", None)])
def test_the_access_log_can_be_text_or_off(
    configuration: Path, monkeypatch: pytest.MonkeyPatch, chosen: str, formatter: str | None
) -> None:
    monkeypatch.setenv("OKAMOCHI_ACCESS_LOG", chosen)
    logs = runpy.run_path(str(configuration))["logconfig_dict"]
    if formatter is None:
        assert logs["loggers"]["gunicorn.access"]["handlers"] == []
    else:
        assert logs["formatters"]["access"] == {"format": formatter}
