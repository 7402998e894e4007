"""What of the compose file hangs on the engine and on what was given."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from ruamel.yaml import YAML

from okamochi.model.plan import Plan
from okamochi.model.process import Process, ProcessType
from okamochi.oci.reference import Reference
from okamochi.run.docker import DockerEngine
from okamochi.run.state import AppState
from okamochi.system.process import Completed
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.env_values import Values
from okamochi.workflows.starting.stack import new_stack
from tests.detect.plans import planned
from tests.recorded_runner import RecordedRunner, answer

APP = (
    "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
    "url = os.environ.get('DATABASE_URL', 'sqlite:///x.db')\nkey = os.environ.get('MAPS_API_KEY')\n"
)


@pytest.fixture
def plan() -> Plan:
    found = planned(
        {"requirements.txt": "flask\npsycopg\nredis\n", "app.py": APP + "os.environ['REDIS_URL']\n"}
    )
    optional = tuple(msgspec.structs.replace(one, required=one.name != "redis") for one in found.services)
    return msgspec.structs.replace(found, services=optional)


def written(plan: Plan, folder: Path, values: Values, config: Completed) -> dict[str, Any]:
    """The services of the file that a start would use."""
    runner = RecordedRunner(
        {
            ("docker", "info"): answer('{"ServerVersion": "20.10.24"}'),
            ("docker", "compose", "version"): answer("2.17.3"),
            ("docker", "compose"): config,
        }
    )
    real = World.real({}, SilentReporter(), offline=True, cache_root=folder)
    world = msgspec.structs.replace(real, runner=runner)
    app = App("shop-123456", folder, AppState.of(folder / "state", "shop-123456"))
    app.state.keep_secret("ANY", "x")
    reference = Reference.parse("shop:1")
    new_stack(app, plan, reference, values, 8000, DockerEngine(runner, {}), world)
    text = (app.state.folder / "compose.yaml").read_text()
    return dict(YAML(typ="safe", pure=True).load(text)["services"])


def test_an_older_compose_gets_a_file_that_it_takes(plan: Plan, tmp_path: Path) -> None:
    says = answer(stderr="services.web.depends_on.redis: Additional property required", returncode=15)
    older = written(plan, tmp_path, Values((), ()), says)
    assert older["web"]["depends_on"]["redis"] == {"condition": "service_healthy"}


def test_a_compose_that_knows_optional_services_is_told_of_them(plan: Plan, tmp_path: Path) -> None:
    newer = written(plan, tmp_path, Values((), ()), answer())
    assert newer["web"]["depends_on"]["redis"]["required"] is False


def test_what_was_given_reaches_the_processes_though_no_code_was_seen_to_read_it(
    plan: Plan, tmp_path: Path
) -> None:
    values = Values((("GUNICORN_TIMEOUT", "60"),), ("MAPS_API_KEY", "SENTRY_DSN"))
    web = written(plan, tmp_path, values, answer())["web"]
    assert "GUNICORN_TIMEOUT" in web["environment"]
    assert {"MAPS_API_KEY_FILE", "SENTRY_DSN_FILE"} <= set(web["environment"])


def test_the_address_for_migrations_is_known_to_them_alone(plan: Plan, tmp_path: Path) -> None:
    release = Process(name="release", type=ProcessType.RELEASE, argv=("/opt/venv/bin/flask", "db", "upgrade"))
    with_release = msgspec.structs.replace(plan, processes=(*plan.processes, release))
    values = Values((), ("DATABASE_URL", "MIGRATION_DATABASE_URL"))
    found = written(with_release, tmp_path, values, answer())
    assert "MIGRATION_DATABASE_URL_FILE" in found["release"]["environment"]
    assert "MIGRATION_DATABASE_URL" not in str(found["web"])
    assert "release-secrets:/run/secrets:ro" in found["release"]["volumes"]
    assert "app-secrets:/run/secrets:ro" in found["web"]["volumes"]
    asked = [one.partition("=")[0] for one in found["secrets"]["command"]]
    assert "release/MIGRATION_DATABASE_URL?" in asked and "app/MIGRATION_DATABASE_URL?" not in asked
