"""compose.dev.yaml: what it changes for the desk, and that Compose merges it."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from ruamel.yaml import YAML

from okamochi.model.development import development_environment, development_packages
from okamochi.model.plan import Development, Plan
from okamochi.render.compose import ComposeRenderer
from okamochi.render.compose_dev import mount_points, render_compose_dev
from okamochi.render.rendering import Language
from tests.detect.plans import planned

FLASK = """
import os
from flask import Flask
app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
app.config["UPLOAD_FOLDER"] = os.path.join(app.root_path, "uploads")
open(os.path.join(app.config["UPLOAD_FOLDER"], "x"), "w")
"""
FILES = {
    "app.py": FLASK,
    "requirements.txt": "flask\npsycopg[binary]\n",
    "Procfile": "worker: rq worker jobs\n",
}


def override(plan: Plan, name: str = "web") -> Any:
    content = render_compose_dev(plan).content.decode()
    return YAML(typ="safe", pure=True).load(content)["services"][name]


def served(framework: str, source: str, **files: str) -> list[str]:
    found = override(planned({"requirements.txt": framework, "app.py": source, **files}))
    start = found["entrypoint"].index("--") + 1
    command: list[str] = found["entrypoint"][start:]
    return command


def test_flask_debugs_only_here_and_the_source_is_mounted() -> None:
    web = override(planned(FILES))
    assert web["environment"]["FLASK_DEBUG"] == "1"
    assert web["volumes"] == [".:/app"]
    assert web["entrypoint"][-6:] == ["/opt/venv/bin/flask", "run", "--host", "0.0.0.0", "--port", "8000"]
    both = ComposeRenderer().render(planned(FILES), Language.ENGLISH)
    production = next(one for one in both.files if one.path == "compose.yaml")
    assert b"FLASK_DEBUG" not in production.content and b".:/app" not in production.content


def test_the_source_may_lie_in_a_folder_of_any_name_when_okamochi_starts_it() -> None:
    content = render_compose_dev(planned(FILES), any_path=True).content.decode()
    (mount,) = YAML(typ="safe", pure=True).load(content)["services"]["web"]["volumes"]
    assert (mount["type"], mount["source"], mount["target"]) == ("bind", ".", "/app")
    assert "read_only" not in mount


def test_the_files_stay_the_users_own() -> None:
    web = override(planned(FILES))
    assert web["user"] == "${OKAMOCHI_UID:-1000}:${OKAMOCHI_GID:-1000}"
    assert web["build"] == {"target": "development", "args": {"USER_ID": "${OKAMOCHI_UID:-1000}"}}
    assert mount_points(planned(FILES)) == ("uploads",)


def test_a_debugger_is_published_on_loopback_only_and_the_address_is_told_to_the_guard() -> None:
    web = override(planned(FILES))
    assert web["ports"] == ["127.0.0.1:${OKAMOCHI_DEBUG_PORT:-0}:5678"]
    assert web["environment"]["OKAMOCHI_ADDRESS"] == "${OKAMOCHI_ADDRESS:-127.0.0.1}"


def test_a_worker_starts_again_when_the_code_changes_and_a_release_is_left_alone() -> None:
    files = {
        **FILES,
        "requirements.txt": "flask\nrq\nflask-migrate\n",
        **dict.fromkeys(("migrations/env.py", "migrations/versions/1.py"), ""),
    }
    files["app.py"] = FLASK + "from flask_migrate import Migrate\nMigrate(app, None)\n"
    plan = planned(files)
    worker, release = override(plan, "worker"), override(plan, "release")
    assert "/opt/venv/bin/watchfiles" in worker["entrypoint"]
    kept = "/opt/venv/bin/python /opt/okamochi/heartbeat.py -- /opt/venv/bin/rq worker jobs"
    assert worker["entrypoint"][-2:] == [kept, "/app"]
    assert "entrypoint" not in release and "build" not in release
    assert release["volumes"] == [".:/app"]


@pytest.mark.parametrize(
    ("framework", "source", "command"),
    [
        (
            "fastapi",
            "from fastapi import FastAPI\napp = FastAPI()\n",
            "/opt/venv/bin/uvicorn --reload --host 0.0.0.0 --port 8000 app:app",
        ),
        (
            "fastapi",
            "from fastapi import FastAPI\ndef create_app():\n    return FastAPI()\n",
            "/opt/venv/bin/uvicorn --reload --factory --host 0.0.0.0 --port 8000 app:create_app",
        ),
        (
            "dash",
            "from dash import Dash\napp = Dash()\n",
            "/opt/venv/bin/flask run --host 0.0.0.0 --port 8000",
        ),
    ],
)
def test_each_framework_reloads_in_its_own_way(framework: str, source: str, command: str) -> None:
    assert " ".join(served(framework, source)) == command


@pytest.mark.parametrize(
    ("framework", "source", "worker"),
    [
        ("aiohttp", "from aiohttp import web\napp = web.Application()\n", "aiohttp.GunicornWebWorker"),
        ("tornado", "from tornado.web import Application\napp = Application([])\n", "tornado"),
    ],
)
def test_what_has_an_interface_of_its_own_keeps_its_server(framework: str, source: str, worker: str) -> None:
    watcher, *_, command, folder = served(framework, source)
    assert (watcher, folder) == ("/opt/venv/bin/watchfiles", "/app")
    assert command.startswith("/opt/venv/bin/python /opt/venv/bin/gunicorn ")
    assert f"--worker-class {worker} " in command and command.endswith(" app:app")
    assert "gunicorn --graceful-timeout 1 " in command  # longer, an open page would keep the port


def test_an_object_that_the_flask_command_does_not_take_is_followed_by_a_module_of_the_kit() -> None:
    web = override(planned({"requirements.txt": "dash", "app.py": "from dash import Dash\napp = Dash()\n"}))
    assert web["environment"]["FLASK_APP"] == "/opt/okamochi/development/okamochi_object:application"
    assert web["environment"]["PYTHONPATH"].endswith("/opt/okamochi/development")


def test_streamlit_watches_its_files() -> None:
    command = served("streamlit", "import streamlit as st\nst.write('hi')\n")
    assert "--server.fileWatcherType=auto" in command and "--server.fileWatcherType=none" not in command


@pytest.mark.parametrize(
    ("framework", "source"),
    [
        ("flask", "from flask import Flask\napp = Flask(__name__)\n"),
        ("streamlit", "import streamlit as st\nst.write('hi')\n"),
    ],
)
def test_any_watchdog_serves_so_that_none_contradicts_a_lock(framework: str, source: str) -> None:
    desk = planned({"requirements.txt": framework, "app.py": source})
    assert [one for one in development_packages(desk) if one.startswith("watchdog")] == ["watchdog"]


def test_werkzeug_watches_by_a_pattern_that_watchdog_7_takes_too() -> None:
    """Beside what the project's own compose file gives the desk."""
    flask = {"requirements.txt": "flask", "app.py": "from flask import Flask\napp = Flask(__name__)\n"}
    assert override(planned(flask))["environment"]["FLASK_RUN_EXTRA_FILES"] == "/app/**/*.py"
    own = Development(environment=(("FLASK_RUN_EXTRA_FILES", "conf.yml"),))
    desk = msgspec.structs.replace(planned(flask), development=own)
    assert development_environment(desk)["FLASK_RUN_EXTRA_FILES"] == "conf.yml:/app/**/*.py"


@pytest.mark.parametrize("language", list(Language))
def test_the_plan_is_not_read_from_what_was_rendered(language: Language) -> None:
    first = planned(FILES)
    rendered = {one.path: one.content for one in ComposeRenderer().render(first, language).files}
    assert planned({**FILES, **rendered}) == first


@pytest.mark.skipif(shutil.which("docker") is None, reason="asks docker compose")
def test_compose_merges_both_files(tmp_path: Path) -> None:
    for one in ComposeRenderer().render(planned(FILES), Language.ENGLISH).files:
        (tmp_path / one.path).parent.mkdir(exist_ok=True)
        (tmp_path / one.path).write_bytes(one.content)
    argv = ("docker", "compose", "-f", "compose.yaml", "-f", "compose.dev.yaml", "config", "--format", "json")
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    web = json.loads(done.stdout)["services"]["web"]
    assert web["user"] == "1000:1000" and web["read_only"] is True and web["cap_drop"] == ["ALL"]
    targets = {one["target"]: one["type"] for one in web["volumes"]}
    assert targets == {"/app": "bind", "/app/uploads": "volume", "/run/secrets": "volume"}
    assert {one["host_ip"] for one in web["ports"]} == {"127.0.0.1"}
