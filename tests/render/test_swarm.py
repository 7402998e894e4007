"""A stack for Swarm: what its own words say, and the script that makes its secrets."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from ruamel.yaml import YAML

from okamochi.model.plan import Plan
from okamochi.model.process import EnvironmentVariable, VariableKind, Volume
from okamochi.render.kubernetes import KubernetesRenderer
from okamochi.render.rendering import Language, Rendering
from okamochi.render.swarm import SwarmRenderer
from okamochi.render.swarm_secrets import double_quoted
from tests.render.test_kubernetes import DB, RELEASE, WORKER, plan_of, with_processes

FOREIGN = {
    "build",
    "depends_on",
    "container_name",
    "profiles",
    "security_opt",
    "restart",
    "tmpfs",
    "pull_policy",
}


def rendered(plan: Plan) -> Rendering:
    return SwarmRenderer().render(plan, Language.ENGLISH)


def texts(plan: Plan) -> dict[str, str]:
    return {file.path.removeprefix("swarm/"): file.content.decode() for file in rendered(plan).files}


def stack(plan: Plan) -> dict[str, Any]:
    return dict(YAML(typ="safe", pure=True).load(texts(plan)["stack.yaml"]))


def test_no_service_has_a_word_that_swarm_leaves_out() -> None:
    plan = with_processes(RELEASE, WORKER, services=(DB,), worker_profile="worker")
    for name, service in stack(plan)["services"].items():
        assert not FOREIGN & service.keys(), name
    assert stack(plan)["services"]["worker"]["deploy"]["replicas"] == 0


def test_web_is_replaced_without_a_pause_and_takes_itself_back() -> None:
    web = stack(plan_of())["services"]["web"]
    assert web["deploy"]["replicas"] == 2
    assert web["deploy"]["update_config"] == {
        "order": "start-first",
        "failure_action": "rollback",
        "monitor": "90s",
    }
    assert web["image"].startswith("${OKAMOCHI_IMAGE:?")


def test_a_volume_binds_web_to_one_node() -> None:
    plan = plan_of(volumes=(Volume(name="uploads", path="/app/uploads"),))
    deploy = stack(plan)["services"]["web"]["deploy"]
    assert deploy["replicas"] == 1 and deploy["update_config"]["order"] == "stop-first"
    assert deploy["placement"] == {"constraints": ["node.labels.okamochi.data == true"]}
    assert "--label-add okamochi.data=true" in texts(plan)["stack.yaml"]
    assert "placement" not in stack(plan_of())["services"]["web"]["deploy"]


def test_migrations_are_a_job_and_web_has_time_for_them() -> None:
    services = stack(with_processes(RELEASE, services=(DB,)))["services"]
    assert services["release"]["deploy"]["mode"] == "replicated-job"
    assert services["web"]["healthcheck"]["start_period"] == "300s"
    assert services["db"]["deploy"]["endpoint_mode"] == "dnsrr"


def test_secrets_are_files_of_the_app_s_user_alone() -> None:
    plan = plan_of(services=(DB,))
    found = stack(plan)
    one = next(one for one in found["services"]["web"]["secrets"] if one["source"] == "SECRET_KEY")
    assert (one["uid"], one["gid"], one["mode"]) == ("10001", "10001", 0o400)
    assert found["secrets"]["DATABASE_URL"] == {"external": True, "name": "shop_DATABASE_URL"}


def test_a_file_of_small_letters_has_its_second_name() -> None:
    key = EnvironmentVariable(name="api_key", kind=VariableKind.SECRET, required=True, as_file=True)
    plan = replace(plan_of(), environment=(key,))
    assert [one["target"] for one in stack(plan)["services"]["web"]["secrets"]] == ["api_key", "api-key"]
    listed = {
        file.path: file.content.decode() for file in KubernetesRenderer().render(plan, Language.ENGLISH).files
    }
    assert 'files: [secrets/api_key, "api-key=secrets/api_key"]' in listed["kubernetes/kustomization.yaml"]


def test_the_script_makes_each_secret_once(tmp_path: Path) -> None:
    (tmp_path / "docker").write_text(
        "#!/bin/sh\n"
        'case "$2" in inspect) grep -qx "$3" made;; create) echo "$3" >>made; cat "$4" >"value-$3";; esac\n'
    )
    (tmp_path / "docker").chmod(0o755)
    plan = plan_of(services=(DB,))
    for path, text in texts(plan).items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    made = tmp_path / "secrets" / "made"
    made.touch()
    for _ in range(2):
        environ = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        subprocess.run(("sh", tmp_path / "secrets.sh"), env=environ, check=True)
    assert sorted(made.read_text().split()) == ["shop_DATABASE_URL", "shop_DB_PASSWORD", "shop_SECRET_KEY"]
    password = (tmp_path / "secrets" / "DB_PASSWORD").read_text()
    address = (tmp_path / "secrets" / "value-shop_DATABASE_URL").read_text()
    assert len(password) == 48 and address == f"postgresql://shop:{password}@db:5432/shop"
    assert (tmp_path / "secrets" / "DB_PASSWORD").stat().st_mode & 0o077 == 0


def test_a_secret_of_others_must_be_given(tmp_path: Path) -> None:
    key = EnvironmentVariable(name="PAYMENT_KEY", kind=VariableKind.SECRET, required=True)
    plan = plan_of()
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets.sh").write_text(
        texts(replace(plan, environment=(*plan.environment, key)))["secrets.sh"]
    )
    done = subprocess.run(("sh", tmp_path / "secrets.sh"), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no value for PAYMENT_KEY: write it to the file swarm/secrets/PAYMENT_KEY" in done.stderr


@pytest.mark.parametrize("text", ["plain", 'a"b', "a$b`c`", "a\\b", "{NAME}@db"])
def test_a_template_reaches_the_secret_as_it_is(text: str, tmp_path: Path) -> None:
    (tmp_path / "NAME").write_text("$(value)")
    program = f"printf %s {double_quoted(text)}"
    done = subprocess.run(("sh", "-c", program), cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == text.replace("{NAME}", "$(value)")
