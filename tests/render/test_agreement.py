"""All targets agree on every example: port, user, environment, command, probe, limits, secrets, stop."""

import json
import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from okamochi.build.configuration import image_configuration
from okamochi.model.process import ProcessType
from okamochi.oci.platform import Platform
from okamochi.render.compose_secrets import compose_secrets, wanted
from tests.judges.files import EXAMPLES, plan_of, rendered_files

EVERY = pytest.mark.parametrize("example", EXAMPLES)
PLATFORM = Platform.parse("linux/amd64")


def production(example: str) -> dict[str, str]:
    """The last stage's instructions, each with its arguments on one line."""
    text = rendered_files(example)["Dockerfile"].partition(" AS production\n")[2].replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {line.partition(" ")[0]: line.partition(" ")[2].strip() for line in lines}


def image(example: str) -> dict[str, Any]:
    config = image_configuration(plan_of(example), PLATFORM, created="1970-01-01T00:00:00Z")
    return dict(json.loads(config.to_bytes(()))["config"])


def compose(example: str) -> dict[str, Any]:
    return dict(YAML(typ="safe", pure=True).load(rendered_files(example)["compose.yaml"]))


def desk(example: str) -> dict[str, Any]:
    text = rendered_files(example)[".devcontainer/devcontainer.json"]
    return dict(json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)))


@EVERY
def test_the_dockerfile_s_configuration_is_the_image_s(example: str) -> None:
    lines, config = production(example), image(example)
    assert json.loads(lines["ENTRYPOINT"]) == config["Entrypoint"]
    assert lines["USER"] == config["User"]
    assert lines["STOPSIGNAL"] == config["StopSignal"]
    assert lines["WORKDIR"] == config["WorkingDir"]
    assert [f"{lines['EXPOSE']}/tcp"] == list(config["ExposedPorts"])
    assert dict(re.findall(r'(\w+)="([^"]*)"', lines["ENV"])) == dict(
        one.split("=", 1) for one in config["Env"]
    )
    check = json.loads(lines["HEALTHCHECK"].partition("CMD ")[2])
    assert ["CMD", *check] == config["Healthcheck"]["Test"]
    assert "--interval=30s --timeout=5s --start-period=60s --retries=3" in lines["HEALTHCHECK"]
    assert config["Healthcheck"]["Interval"] == 30 * 10**9


@EVERY
def test_compose_starts_every_process_as_the_image_does(example: str) -> None:
    plan, document, config = plan_of(example), compose(example), image(example)
    for process in plan.processes:
        service = document["services"][process.name]
        argv = [one.replace("$$", "$") for one in service["entrypoint"]]
        assert argv[-len(process.argv) :] == list(process.argv), process.name
        assert service["user"] == config["User"]
        assert service["stop_signal"] == process.stop_signal
        assert service["stop_grace_period"] == f"{process.stop_grace_seconds}s"
        limits = service["deploy"]["resources"]["limits"]
        assert limits["memory"] == f"{process.resources.memory_bytes // 2**20}M"
        assert float(limits["cpus"]) == process.resources.cpus
        assert limits["pids"] == process.resources.pids
        mounted = [one.partition(":")[2] for one in service.get("volumes", ())]
        assert mounted[: len(plan.volumes)] == [volume.path for volume in plan.volumes]
        if process.type is ProcessType.WEB:
            assert service["healthcheck"]["test"] == config["Healthcheck"]["Test"]
            assert service["ports"][0].endswith(f":{process.port}")
            assert "OKAMOCHI_HEALTH_PATH" not in service["environment"] or (
                f"OKAMOCHI_HEALTH_PATH={service['environment']['OKAMOCHI_HEALTH_PATH']}" in config["Env"]
            )


@EVERY
def test_kubernetes_starts_every_process_as_the_image_does(example: str) -> None:
    plan, config, found = plan_of(example), image(example), containers(example)
    for process in plan.processes:
        container = found[process.name if process.type is not ProcessType.WEB else "web"]
        argv = [one.replace("$$(", "$(") for one in container["command"]]
        assert argv[-len(process.argv) :] == list(process.argv), process.name
        limits = container["resources"]["limits"]
        assert limits["memory"] == f"{process.resources.memory_bytes // 2**20}Mi"
        assert limits["cpu"] == f"{process.resources.cpus * 1000:g}m"
        places = [one["mountPath"] for one in container["volumeMounts"]]
        assert {volume.path for volume in plan.volumes} <= set(places)
        if process.type is ProcessType.WEB:
            assert container["readinessProbe"]["exec"]["command"] == config["Healthcheck"]["Test"][1:]
            assert container["ports"][0]["containerPort"] == process.port
        elsewhere = compose(example)["services"][process.name].get("environment", {})
        told = {one["name"]: one["value"] for one in container.get("env", ())}
        assert {name for name in told if name.endswith("_FILE")} == {
            name for name in elsewhere if name.endswith("_FILE")
        }


def containers(example: str) -> dict[str, Any]:
    """Of all pods, by the name of their process."""
    found: dict[str, Any] = {}
    for path, text in rendered_files(example).items():
        if not path.startswith("kubernetes/") or not path.endswith(".yaml"):
            continue
        for node in YAML(typ="safe", pure=True).load_all(text):
            if node["kind"] != "Deployment":
                continue
            spec = node["spec"]["template"]["spec"]
            name = node["metadata"]["labels"]["app.kubernetes.io/component"]
            found[name] = spec["containers"][0]
            uid, gid = spec["securityContext"]["runAsUser"], spec["securityContext"]["runAsGroup"]
            assert f"{uid}:{gid}" == image(example)["User"]
            for one in spec.get("initContainers", ()):
                found[one["name"].rpartition("-")[2]] = one
    return found


@EVERY
def test_secrets_are_named_everywhere_and_their_values_nowhere(example: str) -> None:
    plan, files = plan_of(example), rendered_files(example)
    names = compose_secrets(plan)
    web = compose(example)["services"]["web"]
    assert ("app-secrets:/run/secrets:ro" in web.get("volumes", ())) == bool(names)
    asked = {one.partition("=")[0].rstrip("?") for one in wanted(plan, plan.services)}
    assert {f"app/{name}" for name in names} <= asked
    assert not set(names) & {name for name, value in web.get("environment", {}).items() if value}
    for variable in plan.environment:
        assert re.search(rf"^(# )?{variable.name}=", files[".env.sample"], re.MULTILINE), variable.name
    for name in names:
        assert name in files[".devcontainer/initialize.sh"]


@EVERY
def test_the_devcontainer_forwards_the_app_s_port_and_reaches_every_service(example: str) -> None:
    plan, configuration = plan_of(example), desk(example)
    assert configuration["forwardPorts"][0] == plan.web.port
    assert configuration["workspaceFolder"] == image(example)["WorkingDir"]
    if not plan.services:
        assert configuration["build"]["target"] == "development"
        return
    text = rendered_files(example)[".devcontainer/compose.yaml"]
    service = YAML(typ="safe", pure=True).load(text)["services"]["desk"]
    assert set(service["depends_on"]) == {one.name for one in plan.services}
    assert set(service["networks"]) == set(compose(example)["services"]["web"]["networks"])
    assert service["build"]["target"] == "development"


@EVERY
def test_ci_installs_by_the_project_s_own_tool_and_tests_on_its_python(example: str) -> None:
    plan, files = plan_of(example), rendered_files(example)
    for path in (".github/workflows/image.yml", ".gitlab-ci.yml"):
        assert plan.python_version in files[path]
        assert "python -m pytest" in files[path] and "okamochi push --locked" in files[path]
