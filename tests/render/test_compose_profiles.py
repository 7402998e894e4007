"""Workers in a profile of Compose, where that was asked for."""

from typing import Any

import pytest
import yaml

from okamochi.errors import UsageError
from okamochi.model.plan import Plan
from okamochi.render.compose import render_compose
from okamochi.workflows.starting.stack import profiles_of
from tests.detect.plans import FLASK_APP, planned

PROCFILE = "web: gunicorn app:app\nworker: python work.py\n"


def plan_of(**settings: str) -> Plan:
    text = "".join(f'{name} = "{value}"\n' for name, value in settings.items())
    files = {"app.py": FLASK_APP, "work.py": "print('works')\n", "Procfile": PROCFILE, "okamochi.toml": text}
    return planned(files)


def services_of(plan: Plan) -> dict[str, Any]:
    (file,) = (one for one in render_compose(plan).files if one.path == "compose.yaml")
    found: dict[str, Any] = yaml.safe_load(file.content)["services"]
    return found


def test_workers_start_with_the_rest_unless_a_profile_is_set() -> None:
    plan = plan_of()
    assert "profiles" not in services_of(plan)["worker"]
    assert profiles_of(plan) == {}


def test_only_workers_are_in_the_profile_and_up_runs_it() -> None:
    plan = plan_of(**{"worker-profile": "workers", "domain": "example.org"})
    services = services_of(plan)
    assert services["worker"]["profiles"] == ["workers"]
    assert "profiles" not in services["web"]
    assert profiles_of(plan) == {"COMPOSE_PROFILES": "domain,workers"}


@pytest.mark.parametrize("name", ["domain", "two words", "-x", "a,b"])
def test_what_cannot_be_a_profile_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the profile of workers"):
        plan_of(**{"worker-profile": name})
