"""Kubernetes objects of a plan: what each says, and what is left to people."""

from typing import Any

import pytest
from msgspec.structs import replace
from ruamel.yaml import YAML

from okamochi.model.backing_service import BackingService, ServiceKind, ServiceVariable
from okamochi.model.plan import Plan, ServerInterface
from okamochi.model.process import (
    EnvironmentVariable,
    HeartbeatProbe,
    Process,
    ProcessType,
    TemporaryFolder,
    VariableKind,
    Volume,
)
from okamochi.render.kubernetes import KubernetesRenderer
from okamochi.render.kubernetes_words import app_name
from okamochi.render.rendering import Language, Rendering
from tests.detect.plans import planned

APP = """
import os
from flask import Flask
app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
PARTNER = os.environ["PARTNER_ADDRESS"]
COLOUR = os.environ.get("COLOUR", "red")
@app.get("/healthz")
def healthz(): return "ok"
"""
DB = BackingService(
    kind=ServiceKind.POSTGRES,
    name="db",
    image="postgres:17",
    port=5432,
    user="shop",
    database="shop",
    variables=(
        ServiceVariable(
            name="DATABASE_URL", template="postgresql://{user}:{password}@{host}:{port}/{database}"
        ),
    ),
)
CACHE = BackingService(
    kind=ServiceKind.REDIS,
    name="redis",
    image="valkey/valkey:8.1",
    port=6379,
    variables=(ServiceVariable(name="REDIS_URL", template="redis://{host}:{port}/0"),),
)
RELEASE = Process(name="release", type=ProcessType.RELEASE, argv=("/opt/venv/bin/flask", "db", "upgrade"))
WORKER = Process(
    name="worker",
    type=ProcessType.WORKER,
    argv=("/opt/venv/bin/rq", "worker", "$(date)"),
    probe=HeartbeatProbe(path="/tmp/okamochi-heartbeat"),
)


def plan_of(**changes: Any) -> Plan:
    return replace(planned({"app.py": APP, "requirements.txt": "flask\n"}), name="shop", **changes)


def rendered(plan: Plan, language: Language = Language.ENGLISH) -> Rendering:
    return KubernetesRenderer().render(plan, language)


def texts(plan: Plan, language: Language = Language.ENGLISH) -> dict[str, str]:
    files = rendered(plan, language).files
    return {file.path.removeprefix("kubernetes/"): file.content.decode() for file in files}


def objects(plan: Plan, file: str) -> list[dict[str, Any]]:
    return list(YAML(typ="safe", pure=True).load_all(texts(plan)[file]))


def kinds(plan: Plan, file: str) -> list[str]:
    return [str(one["kind"]) for one in objects(plan, file)]


def pod(plan: Plan, file: str = "web.yaml") -> dict[str, Any]:
    return dict(objects(plan, file)[0]["spec"]["template"]["spec"])


def variables(container: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container["env"]}


def with_processes(*processes: Process, **changes: Any) -> Plan:
    plan = plan_of(**changes)
    return replace(plan, processes=(*plan.processes, *processes))


def test_a_stateless_app_scales_and_is_replaced_without_a_pause() -> None:
    plan = plan_of()
    assert kinds(plan, "web.yaml") == [
        "Deployment",
        "Service",
        "PodDisruptionBudget",
        "HorizontalPodAutoscaler",
    ]
    deployment = objects(plan, "web.yaml")[0]["spec"]
    assert "replicas" not in deployment  # the autoscaler's, which an apply would set back
    assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert "volumes.yaml" not in texts(plan) and "ingress.yaml" not in texts(plan)


def test_readiness_asks_the_app_and_liveness_only_its_port() -> None:
    (web,) = pod(plan_of())["containers"]
    assert web["readinessProbe"]["exec"] == web["startupProbe"]["exec"]
    assert web["readinessProbe"]["exec"]["command"][-1] == "/opt/okamochi/healthcheck.py"
    assert web["livenessProbe"]["tcpSocket"] == {"port": "http"}
    assert variables(web)["OKAMOCHI_HEALTH_PATH"] == "/healthz"
    assert (
        pod(plan_of())["terminationGracePeriodSeconds"]
        == 35 + web["lifecycle"]["preStop"]["sleep"]["seconds"]
    )


def test_every_folder_that_is_written_is_mounted_and_the_rest_is_read_only() -> None:
    plan = plan_of(
        temporary_folders=(TemporaryFolder(path="/app/cache", size_bytes=2**27),),
        volumes=(Volume(name="uploads", path="/app/uploads"),),
    )
    (web,) = pod(plan)["containers"]
    assert web["securityContext"]["readOnlyRootFilesystem"] is True
    places = {one["mountPath"]: one["name"] for one in web["volumeMounts"]}
    assert places == {
        "/tmp": "tmp",
        "/app/cache": "tmp-1",
        "/app/uploads": "volume-uploads",
        "/run/secrets": "secrets",
    }
    there = {one["name"]: one for one in pod(plan)["volumes"]}
    assert there.keys() == set(places.values())
    assert there["tmp-1"]["emptyDir"] == {"medium": "Memory", "sizeLimit": "128Mi"}
    assert objects(plan, "volumes.yaml")[0]["metadata"]["name"] == "shop-uploads"
    (fill,) = pod(plan)["initContainers"]
    assert fill["command"][-3:] == ["fill", "/volumes/uploads", "/app/uploads"]


def test_an_app_with_a_volume_has_one_pod_and_says_so() -> None:
    plan = with_processes(WORKER, volumes=(Volume(name="uploads", path="/app/uploads"),))
    assert kinds(plan, "web.yaml") == ["Deployment", "Service"]
    deployment = objects(plan, "web.yaml")[0]["spec"]
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    assert any(one.rule == "kubernetes/one-pod" for one in rendered(plan).findings)
    (term,) = pod(plan)["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert term["labelSelector"]["matchLabels"] == {"app.kubernetes.io/name": "shop"}  # the worker's, too


def test_a_server_with_sessions_in_its_memory_has_one_pod() -> None:
    plan = plan_of()
    plan = replace(plan, application=replace(plan.application, interface=ServerInterface.OWN))
    assert objects(plan, "web.yaml")[0]["spec"]["replicas"] == 1
    assert "PodDisruptionBudget" not in kinds(plan, "web.yaml")


def test_migrations_run_before_each_pod_under_their_lock() -> None:
    plan = with_processes(RELEASE, WORKER, services=(DB,))
    for file in ("web.yaml", "worker.yaml"):
        (release,) = pod(plan, file)["initContainers"]
        assert "/opt/okamochi/migrate.py" in release["command"]
        assert release["command"][-3:] == ["/opt/venv/bin/flask", "db", "upgrade"]
        assert variables(release)["DATABASE_URL_FILE"] == "/run/secrets/DATABASE_URL"
    assert variables(pod(plan)["containers"][0])["OKAMOCHI_SCHEMA_OF"] == "/opt/venv/bin/flask db upgrade"


def test_what_only_migrations_may_know_is_mounted_for_them_alone() -> None:
    direct = ServiceVariable(name="MIGRATION_DATABASE_URL", template="postgresql://{password}@{host}")
    plan = with_processes(RELEASE, services=(replace(DB, variables=(*DB.variables, direct)),))
    release, web = pod(plan)["initContainers"][0], pod(plan)["containers"][0]
    secrets = {one["name"]: one["secret"]["secretName"] for one in pod(plan)["volumes"] if "secret" in one}
    mounted = [
        next(secrets[one["name"]] for one in node["volumeMounts"] if one["name"] in secrets)
        for node in (release, web)
    ]
    assert mounted == ["shop-release-secrets", "shop-secrets"]
    made = YAML(typ="safe", pure=True).load(texts(plan)["kustomization.yaml"])["secretGenerator"]
    assert {one["name"]: "secrets/MIGRATION_DATABASE_URL" in one["files"] for one in made} == {
        "shop-secrets": False,
        "shop-release-secrets": True,
    }


def test_a_worker_shows_that_it_lives_and_nobody_reaches_it() -> None:
    plan = with_processes(WORKER, worker_profile="worker")
    spec = objects(plan, "worker.yaml")[0]["spec"]
    assert spec["replicas"] == 0  # kept aside by the author
    (worker,) = spec["template"]["spec"]["containers"]
    assert worker["command"][-1] == "$$(date)"  # else Kubernetes would look for a variable
    assert worker["livenessProbe"]["exec"] and "ports" not in worker
    assert spec["template"]["spec"]["shareProcessNamespace"] is True
    web = objects(plan, "network-policy.yaml")[1]["spec"]
    assert web["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "web"


def test_there_is_never_a_second_scheduler() -> None:
    beat = Process(name="beat", type=ProcessType.SCHEDULER, argv=("/opt/venv/bin/celery", "beat"))
    spec = objects(with_processes(beat), "beat.yaml")[0]["spec"]
    assert (spec["replicas"], spec["strategy"]["type"]) == (1, "Recreate")


def test_a_worker_s_name_never_takes_another_file_s() -> None:
    plan = with_processes(replace(WORKER, name="volumes"), volumes=(Volume(name="data", path="/app/data"),))
    assert kinds(plan, "volumes.yaml") == ["PersistentVolumeClaim"]
    assert kinds(plan, "process-volumes.yaml") == ["Deployment"]


def test_the_policy_lets_out_what_the_plan_knows() -> None:
    policies = objects(plan_of(services=(DB, CACHE)), "network-policy.yaml")
    dns, rest = policies[0]["spec"]["egress"]
    assert {(one["protocol"], one["port"]) for one in dns["ports"]} == {("UDP", 53), ("TCP", 53)}
    assert [one["port"] for one in rest["ports"]] == [443, 5432, 6379]


def test_a_domain_brings_an_ingress_and_trust_in_its_proxy() -> None:
    plan = plan_of(domain="shop.example.org")
    (ingress,) = objects(plan, "ingress.yaml")
    assert ingress["spec"]["rules"][0]["host"] == "shop.example.org"
    told = variables(pod(plan)["containers"][0])
    assert told["OKAMOCHI_TRUSTED_HOPS"] == "1" and "10.0.0.0/8" in told["FORWARDED_ALLOW_IPS"]
    assert "OKAMOCHI_TRUSTED_HOPS" not in variables(pod(plan_of())["containers"][0])


@pytest.mark.parametrize("language", list(Language))
def test_values_that_are_wanted_are_told_and_those_of_secrets_never_written(language: Language) -> None:
    plan = plan_of(services=(DB, CACHE))
    written = texts(plan, language)
    told = {
        one.message.split(" ")[0] for one in rendered(plan).findings if one.rule == "kubernetes/value-wanted"
    }
    assert told == {"PARTNER_ADDRESS", "REDIS_URL"}
    lines = [line for line in written["config.env"].splitlines() if "=" in line]
    assert lines == ["# COLOUR=red", "# PARTNER_ADDRESS=", "# REDIS_URL=redis://redis:6379/0"]
    assert written["secrets/.gitignore"].splitlines()[-2:] == ["*", "!.gitignore"]
    assert "files: [secrets/DATABASE_URL, secrets/SECRET_KEY]" in written["kustomization.yaml"]
    (web,) = pod(plan)["containers"]
    assert not {"DATABASE_URL", "SECRET_KEY"} & {one["name"] for one in web["env"] if one["value"]}


def test_a_secret_that_may_be_given_has_a_place_that_may_be_missing() -> None:
    key = EnvironmentVariable(name="MAIL_PASSWORD", kind=VariableKind.SECRET)
    plan = plan_of()
    plan = replace(plan, environment=(*plan.environment, key))
    (web,) = pod(plan)["containers"]
    assert web["envFrom"][1] == {"secretRef": {"name": "shop-optional", "optional": True}}
    told = next(one for one in rendered(plan).findings if one.rule == "kubernetes/optional-secrets")
    assert "create secret generic shop-optional --from-file=MAIL_PASSWORD=FILE" in told.hint
    assert len(pod(plan_of())["containers"][0]["envFrom"]) == 1


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("shop", "shop"), ("2048-game", "app-2048-game"), ("a" * 80, "a" * 40), ("x" * 39 + "-y", "x" * 39)],
)
def test_names_are_those_that_services_may_have(name: str, wanted: str) -> None:
    assert app_name(replace(plan_of(), name=name)) == wanted
