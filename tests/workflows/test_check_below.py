"""`okamochi check` where the app lies in a folder below the one that it is given."""

import datetime
from pathlib import Path

from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.check import check
from tests.detect.plans import FLASK_APP

TODAY = datetime.date(2026, 11, 29)
DOCKERFILE = 'FROM python:3.13-slim\nCMD ["gunicorn", "-b", ":8000", "app:app"]\n'
COMPOSE = """\
services:
  web:
    build: ./web
    healthcheck:
      test: [CMD, python, -c, "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/nowhere')"]
"""


def test_files_around_the_app_are_looked_at_together_with_its_plan(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    (folder / "web").mkdir(parents=True)
    (folder / "web/app.py").write_text(FLASK_APP)
    (folder / "web/requirements.txt").write_text("flask==3.1.3\ngunicorn==27.0.1\n")
    (folder / "web/Dockerfile").write_text(DOCKERFILE)
    (folder / "compose.yaml").write_text(COMPOSE)
    world = World.real(
        {"OKAMOCHI_STATE_DIR": str(tmp_path / "state")},
        SilentReporter(),
        offline=True,
        cache_root=tmp_path / "cache",
    )
    checked = check(folder, world, today=TODAY)
    assert checked.not_understood == ""
    found = {(one.rule, one.found.path, one.found.line) for one in checked.report.findings}
    assert ("health/no-such-path", "compose.yaml", 5) in found  # the plan knows that it is a Flask app
    assert ("user/root", "web/Dockerfile", 2) in found
    assert "health/missing" not in {rule for rule, _, _ in found}  # Compose has one


def test_a_sample_is_there_to_be_filled_in(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(FLASK_APP)
    (tmp_path / "requirements.txt").write_text("flask\n")
    text = "SECRET_KEY=changeme\nSECRET_KEY=changeme\n"
    for name in (".env.example", ".env.sample", "web.env.template", ".env"):
        (tmp_path / name).write_text(text)
    world = World.real({}, SilentReporter(), offline=True, cache_root=tmp_path / "cache")
    findings = check(tmp_path, world, today=TODAY).report.findings
    told = {(one.found.path, one.rule) for one in findings}
    assert (".env", "env/placeholder") in told
    assert {path for path, rule in told if rule == "env/placeholder"} == {".env"}
    assert (".env.example", "env/repeated") in told
