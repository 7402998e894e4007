"""Examples of other frameworks than Flask, served in their hardened container."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.examples.conftest import answering, served

pytestmark = [pytest.mark.network, pytest.mark.engine]

HEAVY = pytest.mark.matrix


@pytest.mark.parametrize(
    ("example", "health", "words"),
    [
        ("fastapi-uv", "/health", "毎度あり"),
        pytest.param("django-poetry", "/health/", "毎度あり", marks=HEAVY),
        pytest.param("panel", "/liveness", "毎度あり", marks=HEAVY),
        pytest.param("quart", "/health", "毎度あり", marks=HEAVY),
        pytest.param("dash", "/_dash-layout", "毎度あり", marks=HEAVY),
        pytest.param("flask-celery", "/healthz", "毎度あり", marks=HEAVY),
        pytest.param("streamlit-pipenv", "/_stcore/script-health-check", "Streamlit", marks=HEAVY),
    ],
)
def test_the_page_and_the_health_page_answer(
    private_program: Program, make_example: Callable[[str], Path], example: str, health: str, words: str
) -> None:
    for serving in served(private_program, make_example(example), answering("docker")):
        browser = serving.browser()
        page = browser.get("/")
        assert page.status == 200 and words in page.text
        assert browser.get(health).status == 200
        assert serving.inspected()["HostConfig"]["ReadonlyRootfs"] is True


@HEAVY
def test_the_worker_cooks_what_the_page_orders(
    private_program: Program, make_example: Callable[[str], Path]
) -> None:
    for serving in served(private_program, make_example("flask-celery"), answering("docker")):
        browser = serving.browser()
        order = browser.post("/orders", {})
        for _ in range(60):
            page = browser.get(order.url)
            if "お待たせしました" in page.text:
                break
            time.sleep(0.5)
        assert "かけそば、お待たせしました" in page.text
