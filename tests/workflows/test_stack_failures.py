"""Why a stack did not start, told from what Compose and the containers say."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from okamochi.errors import EngineError, UnhealthyError
from okamochi.model.plan import Plan
from okamochi.run.compose import ComposeProject
from okamochi.run.compose_program import DockerCompose, PodmanCompose
from okamochi.run.ports import taken_by
from okamochi.system.process import Completed
from okamochi.workflows.starting.stack_failures import release_failure, tell_running, told, with_firewall_told
from tests.detect.plans import planned
from tests.recorded_runner import RecordedRunner, answer

APP = (
    "import os\nfrom flask import Flask\nfrom flask_migrate import Migrate\napp = Flask(__name__)\n"
    "Migrate(app)\nurl = os.environ['DATABASE_URL']\n"
)
COMPOSE = ("docker", "compose")
REFUSED = 'FATAL:  password authentication failed for user "app"'


def inspected(service: str, **state: object) -> Completed:
    labels = {"com.docker.compose.service": service}
    return answer(json.dumps([{"Name": f"/shop-{service}-1", "State": state, "Config": {"Labels": labels}}]))


def plan() -> Plan:
    requirements = "flask\nflask-migrate\npsycopg\n"
    return planned(
        {
            "requirements.txt": requirements,
            "app.py": APP,
            **dict.fromkeys(("migrations/env.py", "migrations/versions/1.py"), ""),
        }
    )


def project(log: str, release: int = 1, **answers: Completed) -> ComposeProject:
    places = ("--file", "compose.yaml", "--project-directory", ".", "--ansi", "never")
    base = (*COMPOSE, "--project-name", "shop", *places)
    runner = RecordedRunner(
        {
            ("docker", "ps"): answer("1f"),
            ("docker", "container", "inspect"): inspected("release", Status="exited", ExitCode=release),
            (*base, "logs"): answer(log),
            ("docker", "exec"): answers.get("inside", answer()),
        }
    )
    return ComposeProject(runner, DockerCompose({}), "shop", Path("compose.yaml"), Path())


def failure(*details: str) -> EngineError:
    return EngineError("the stack could not be started", hint="", details=details)


def test_a_password_that_the_volume_refuses_is_told_with_three_ways_on() -> None:
    one = project(REFUSED, inside=answer(stderr=REFUSED, returncode=2))
    error = told(one, plan(), failure())
    assert "the data of db was made with another password" in error.message
    assert "shop_db-data is older than DB_PASSWORD" in error.message
    for way in ("OKAMOCHI_STATE_DIR", "docker exec shop-db-1", "ALTER USER app", "down --volumes"):
        assert way in error.hint


def test_a_password_that_only_the_code_has_wrong_stays_the_codes_fault() -> None:
    error = told(project(REFUSED), plan(), failure())
    assert "another password" not in error.message
    assert "the database refuses the password of app" in error.message
    assert error.hint.endswith("the password that the code has: DB_PASSWORD=... with --env-file FILE")


def test_a_service_that_may_not_write_its_data_is_told_as_that() -> None:
    said = "initdb: error: could not change permissions of directory: Permission denied"
    details = ("dependency failed to start: container shop-db-1 is unhealthy",)
    error = told(project(said, release=0), plan(), failure(*details))
    assert "the service db" in error.message
    assert "may not write its data" in error.hint and "shop_db-data" in error.hint


@pytest.mark.parametrize(
    "error", [failure("no space left on device"), taken_by(8000, "container blog-db-1 (docker)")]
)
def test_what_is_nobodys_fault_that_is_known_is_composes_own_words(error: EngineError) -> None:
    assert told(project("", release=0), plan(), error) is error


def test_the_service_that_is_at_fault_is_named_and_not_the_first_that_compose_speaks_of() -> None:
    source = APP + "import redis\nr = redis.from_url(os.environ['REDIS_URL'])\n"
    both = planned({"requirements.txt": "flask\npsycopg\nredis\n", "app.py": source})
    assert [one.name for one in both.services] == ["db", "redis"]
    started = " Container shop-db-1  Started"
    for last in (
        "dependency failed to start: container shop-redis-1 exited (127)",
        "dependency failed to start: container shop-redis-1 is unhealthy",
        'Error response from daemon: container "redis" cannot be started',
    ):
        error = told(
            project("", release=0), both, failure(started, " Container shop-redis-1  Starting", last)
        )
        assert "the service redis" in error.message
    error = told(project("", release=0), both, failure(started))
    assert "the service db" in error.message


def test_of_a_service_that_said_nothing_composes_own_words_are_shown() -> None:
    words = ("Container shop-db-1  Error", "Error response from daemon: no free address pool")
    error = told(project("", release=0), plan(), failure(*words))
    assert "the service db" in error.message
    assert error.details == words
    assert "docker compose's own" in error.hint


def test_a_service_that_was_just_starting_is_not_blamed_for_an_image_that_is_missing() -> None:
    error = failure(" Container shop-db-1  Creating", "Error response from daemon: no such image: shop:1")
    assert told(project("", release=0), plan(), error) is error


def test_on_podman_a_time_out_is_told_with_dockers_firewall() -> None:
    slow = "psycopg.errors.ConnectionTimeout: connection timeout expired"
    assert "DOCKER-USER" not in told(project(slow), plan(), failure()).hint
    beside = replace(project(slow), program=PodmanCompose(project(slow).runner, {}, ("docker", "compose")))
    error = with_firewall_told(beside, release_failure(project(slow), "release", {"release": 1}))
    assert "iptables -I DOCKER-USER -i podman+ -o podman+ -j ACCEPT" in error.hint


@pytest.mark.parametrize(
    ("address", "state", "hint"),
    [
        ("db:5433", "running", "db runs and is healthy, and listens on port 5432"),
        ("db", "running", "docker logs shop-db-1"),
        ("db", "exited", "start it"),
        ("elsewhere:5432", "running", "start it"),
    ],
)
def test_a_service_that_runs_need_not_be_started(address: str, state: str, hint: str) -> None:
    db = inspected("db", Status=state, Health={"Status": "healthy"})
    one = project("")
    answers = {call: db if call[-1] == "inspect" else told for call, told in one.runner.answers.items()}  # type: ignore[attr-defined]
    failed = UnhealthyError(
        f"web ended: the service at {address} cannot be reached", hint="start it and give"
    )
    tell_running(replace(one, runner=RecordedRunner(answers)), plan(), failed)
    assert hint in failed.hint
