"""After a plan was remembered, every kind of evidence that changes is seen in the next plan."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from okamochi.model.plan import Plan
from okamochi.system.world import World
from okamochi.workflows.plan import plan_project
from tests.pypi.wheel_making import make_world

SETTLE_SECONDS = 0.05
APP = "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
Seen = Callable[[Plan], object]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "requirements.txt").write_text("flask\n")
    return folder


def planned(root: Path, world: World) -> Plan:
    time.sleep(SETTLE_SECONDS)
    return plan_project(root, world).plan


def variables(plan: Plan) -> object:
    return [one.name for one in plan.environment]


def modules(plan: Plan) -> object:
    return plan.native.modules


CHANGES: dict[str, tuple[str, str, Seen]] = {
    "a variable that is read": ("app.py", APP + "os.environ['PAYMENT_KEY']\n", variables),
    "an import": ("app.py", APP + "import psycopg\n", modules),
    "another application object": (
        "app.py",
        APP.replace("app =", "site ="),
        lambda plan: plan.application.object_reference,
    ),
    "a route that tells of health": (
        "app.py",
        APP + "@app.route('/healthz')\ndef healthz():\n    return 'ok'\n",
        lambda plan: plan.web.probe,
    ),
    "a place that is written": ("app.py", APP + "open('data/x.txt', 'w')\n", lambda plan: plan.volumes),
    "a module beside it": ("mail.py", "import os\nos.environ['MAIL_KEY']\n", variables),
    "a process": (
        "Procfile",
        "web: gunicorn app:app\nworker: python worker.py\n",
        lambda plan: len(plan.processes),
    ),
    "a requirement": ("requirements.txt", "flask\ngunicorn\n", lambda plan: plan.dependencies.added),
    "an ignore file": (".dockerignore", "drafts/\n", lambda plan: plan.source.exclude),
    "a setting": ("okamochi.toml", "port = 9000\n", lambda plan: plan.web.port),
    "a setting in pyproject.toml": (
        "pyproject.toml",
        "[tool.okamochi]\nport = 9100\n",
        lambda plan: plan.web.port,
    ),
    "a Python version": (".python-version", "3.11\n", lambda plan: plan.python_version),
    "a compose file": (
        "docker-compose.yml",
        "services:\n  web:\n    build: .\n    volumes: ['kept:/app/kept']\nvolumes:\n  kept:\n",
        lambda plan: plan.volumes,
    ),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_is_seen_and_so_is_its_end(kind: str, root: Path, tmp_path: Path) -> None:
    path, text, seen = CHANGES[kind]
    world = make_world(tmp_path, {})
    before = planned(root, world)
    assert planned(root, world) == before
    old = (root / path).read_text() if (root / path).exists() else None
    (root / path).write_text(text)
    assert seen(planned(root, world)) != seen(before)
    if old is None:
        (root / path).unlink()
    else:
        (root / path).write_text(old)
    assert planned(root, world) == before


def test_a_damaged_record_costs_only_time(root: Path, tmp_path: Path) -> None:
    world = make_world(tmp_path, {})
    before = planned(root, world)
    records = [path for path in tmp_path.rglob("records/plan/*/*") if path.is_file()]
    assert records
    for path in records:
        path.chmod(0o644)
        path.write_bytes(b"\x00 no plan\n{}")
    assert planned(root, world) == before
