"""Task definitions for ECS: what Fargate takes, and what is left to people."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from okamochi.model.plan import Plan
from okamochi.model.process import EnvironmentVariable, Resources, TemporaryFolder, VariableKind, Volume
from okamochi.render.ecs import SIZES, EcsRenderer, size_of
from okamochi.render.kubernetes import KubernetesRenderer
from okamochi.render.rendering import Language, Rendering
from tests.render.test_kubernetes import CACHE, DB, RELEASE, WORKER, plan_of, with_processes


def rendered(plan: Plan) -> Rendering:
    return EcsRenderer().render(plan, Language.ENGLISH)


def definition(plan: Plan, name: str = "web") -> dict[str, Any]:
    files = {file.path: file.content for file in rendered(plan).files}
    return dict(json.loads(files[f"ecs/{name}.json"]))


def container(plan: Plan, name: str = "web", file: str = "web") -> dict[str, Any]:
    return next(one for one in definition(plan, file)["containerDefinitions"] if one["name"] == name)


def told(plan: Plan) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container(plan)["environment"]}


def test_web_has_the_check_that_ecs_asks_for_and_its_port() -> None:
    web = container(plan_of())
    assert web["healthCheck"]["command"][-1] == "/opt/okamochi/healthcheck.py"
    assert web["healthCheck"]["startPeriod"] <= 300 and web["healthCheck"]["interval"] >= 5
    assert web["portMappings"] == [
        {"name": "http", "containerPort": 8000, "protocol": "tcp", "appProtocol": "http"}
    ]
    assert web["stopTimeout"] == 35
    assert told(plan_of())["OKAMOCHI_HEALTH_PATH"] == "/healthz"


def test_web_holds_connections_for_longer_than_the_balancer_and_believes_it_where_there_is_a_domain() -> None:
    plan = plan_of()
    assert told(plan)["GUNICORN_KEEPALIVE"] == "65"
    assert "FORWARDED_ALLOW_IPS" not in told(plan)
    there = told(replace(plan, domain="shop.example.com"))
    assert there["OKAMOCHI_TRUSTED_HOPS"] == "1" and there["FORWARDED_ALLOW_IPS"].startswith("10.0.0.0/8,")
    own = (("FORWARDED_ALLOW_IPS", "10.1.2.3"), ("GUNICORN_KEEPALIVE", "120"))
    chosen = told(replace(plan, domain="shop.example.com", image_environment=own))
    assert chosen.keys().isdisjoint(["GUNICORN_KEEPALIVE", "FORWARDED_ALLOW_IPS"])
    release = container(with_processes(RELEASE, services=(DB,)), "release")
    assert "GUNICORN_KEEPALIVE" not in {one["name"] for one in release["environment"]}


def test_the_root_is_read_only_and_what_is_written_is_in_memory() -> None:
    web = container(plan_of(temporary_folders=(TemporaryFolder(path="/app/cache", size_bytes=2**27),)))
    assert web["readonlyRootFilesystem"] is True and web["user"] == "10001:10001"
    assert web["linuxParameters"]["capabilities"] == {"drop": ["ALL"]}
    assert {one["containerPath"]: one["size"] for one in web["linuxParameters"]["tmpfs"]} == {
        "/tmp": 64,
        "/app/cache": 128,
    }


def test_migrations_end_well_before_web_and_workers_start() -> None:
    plan = with_processes(RELEASE, WORKER, services=(DB,))
    for name in ("web", "worker"):
        release = container(plan, "release", name)
        assert release["essential"] is False and "/opt/okamochi/migrate.py" in release["entryPoint"]
        assert container(plan, name, name)["dependsOn"] == [
            {"containerName": "release", "condition": "SUCCESS"}
        ]
    assert definition(plan, "worker")["family"] == "shop-worker"
    assert "portMappings" not in container(plan, "worker", "worker")


def test_secrets_are_parameters_and_no_value_is_written() -> None:
    plan = plan_of(services=(DB, CACHE))
    assert {one["name"]: one["valueFrom"] for one in container(plan)["secrets"]} == {
        name: f"arn:aws:ssm:YOUR-REGION:YOUR-ACCOUNT:parameter/shop/{name}"
        for name in ("DATABASE_URL", "SECRET_KEY")
    }
    assert {name for name, value in told(plan).items() if value == "SET-ME"} == {
        "PARTNER_ADDRESS",
        "REDIS_URL",
    }
    assert "OKAMOCHI_SECRET_FILES" not in told(plan)


def test_a_secret_that_must_be_a_file_is_an_error() -> None:
    key = EnvironmentVariable(name="api_key", kind=VariableKind.SECRET, required=True, as_file=True)
    found = {one.rule: one.severity for one in rendered(replace(plan_of(), environment=(key,))).findings}
    assert found["ecs/secret-as-file"] == "error"


def test_a_volume_is_on_efs_with_a_warning() -> None:
    plan = plan_of(volumes=(Volume(name="uploads", path="/app/uploads"),))
    (volume,) = definition(plan)["volumes"]
    assert volume["efsVolumeConfiguration"]["transitEncryption"] == "ENABLED"
    assert container(plan)["mountPoints"][0]["containerPath"] == "/app/uploads"
    assert any(one.rule == "ecs/volume" for one in rendered(plan).findings)


@pytest.mark.parametrize(
    ("memory", "cpus", "size"),
    [(512, 0.5, (256, 512)), (512, 1.0, (512, 1024)), (3000, 1.0, (512, 3072)), (5000, 1.0, (1024, 5120))],
)
def test_the_size_is_the_smallest_that_fargate_sells(memory: int, cpus: float, size: tuple[int, int]) -> None:
    process = replace(plan_of().web, resources=Resources(memory_bytes=memory * 2**20, cpus=cpus))
    assert size_of(process) == size
    assert size[1] in dict(SIZES)[size[0]]


def test_what_the_image_sets_itself_is_not_asked_for() -> None:
    read = (EnvironmentVariable(name="MODE", required=True), EnvironmentVariable(name="SITE", required=True))
    plan = plan_of(environment=read, image_environment=(("MODE", "live"), ("SITE", "")))
    assert "MODE" not in told(plan) and told(plan)["SITE"] == "SET-ME"
    wanted = [one.field for one in rendered(plan).findings if one.rule == "ecs/value-wanted"]
    assert wanted == ["environment.SITE"]
    cluster = KubernetesRenderer().render(plan, Language.ENGLISH)
    wanted = [one.field for one in cluster.findings if one.rule == "kubernetes/value-wanted"]
    assert wanted == ["environment.SITE"]


def test_what_may_be_given_is_told_with_its_place() -> None:
    read = (
        EnvironmentVariable(name="MAIL_SERVER"),
        EnvironmentVariable(name="MAIL_PASSWORD", kind=VariableKind.SECRET),
        EnvironmentVariable(name="REDIS_URL", kind=VariableKind.SECRET),
        EnvironmentVariable(name="MODE"),
    )
    plan = plan_of(environment=read, services=(CACHE,), image_environment=(("MODE", "live"),))
    found = {one.rule: one for one in rendered(plan).findings}
    assert found["ecs/optional-values"].message == "values that may be given: MAIL_SERVER"
    secrets = found["ecs/optional-secrets"]
    assert secrets.message == "secrets that may be given: MAIL_PASSWORD, REDIS_URL"
    assert "arn:aws:ssm:YOUR-REGION:YOUR-ACCOUNT:parameter/shop/NAME" in secrets.hint
    # the address of a managed Redis may have a password in it
    assert "with a password in it" in found["ecs/value-wanted"].hint
    cluster = {one.rule: one for one in KubernetesRenderer().render(plan, Language.ENGLISH).findings}
    assert "in the Secret shop-optional" in cluster["kubernetes/value-wanted"].hint
    plain = {one.rule: one for one in rendered(replace(plan, environment=())).findings}
    assert "with a password in it" not in plain["ecs/value-wanted"].hint
