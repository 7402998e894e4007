"""examples/flask-minimal, served."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.examples.conftest import Serving, served

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def serving(private_program: Program, make_example: Callable[[str], Path], engine: str) -> Iterator[Serving]:
    yield from served(private_program, make_example("flask-minimal"), engine)


def test_the_page_and_the_health_check_answer(serving: Serving) -> None:
    browser = serving.browser()
    assert "毎度あり" in browser.get("/").text
    health = browser.get("/health")
    assert (health.status, json.loads(health.text)) == (200, {"status": "ok"})
    assert browser.get("/nothing").status == 404


def test_ps_logs_and_exec_know_it(serving: Serving) -> None:
    listed = serving.program.ok("ps", serving.root).stdout
    assert serving.container in listed and serving.url in listed and "running" in listed
    serving.browser().get("/?seen=4711")
    assert "worker" in serving.program.ok("logs", serving.root).stdout
    version = serving.execute("flask", "--version")
    assert version.code == 0 and "Flask 3." in version.stdout
    assert serving.execute("python", "-c", "raise SystemExit(42)").code == 42


def test_up_again_changes_nothing_but_keeps_the_address(serving: Serving) -> None:
    before = serving.record
    serving.up()
    assert serving.record == before
    assert serving.browser().get("/").status == 200
