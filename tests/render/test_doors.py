"""Code that has an address on its own machine fixed, in the files for every target."""

import json
import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from okamochi.build.configuration import image_configuration
from okamochi.model.development import development_plan
from okamochi.model.kit_programs import DOORS
from okamochi.model.plan import Plan
from okamochi.oci.platform import Platform
from okamochi.render.compose import render_compose
from okamochi.render.dockerfile import DockerfileRenderer
from okamochi.render.renderers import RENDERERS
from okamochi.render.rendering import Language, Rendering
from tests.detect.plans import planned

HEAD = "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
URI = "app.config['SQLALCHEMY_DATABASE_URI'] = "
BOTH = f"{URI}'postgresql://me:n00dles@localhost/shop'\nimport redis\nr = redis.Redis()\n"


def plan_of(source: str, requirements: str = "psycopg2\nredis") -> Plan:
    files = {"requirements.txt": f"flask\n{requirements}\ncelery\n", "app.py": HEAD + source}
    return planned({**files, "Procfile": "web: gunicorn app:app\nworker: celery -A app worker\n"})


def rendered(plan: Plan, target: str) -> Rendering:
    return next(one for one in RENDERERS if one.target == target).render(plan, Language.ENGLISH)


def composed(plan: Plan) -> dict[str, Any]:
    content = render_compose(plan).files[0].content.decode()
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(content)["services"]
    return found


def test_every_process_of_the_app_is_started_behind_its_doors_wherever_it_runs() -> None:
    plan = plan_of(BOTH)
    assert {one.name for one in plan.processes} == {"web", "worker"}
    doors = list(DOORS)
    services = composed(plan)
    for name in ("web", "worker"):
        assert services[name]["entrypoint"][: len(doors)] == doors
        told = services[name]["environment"]
        assert told["OKAMOCHI_LOOPBACK_5432"] == "db:5432"
        assert told["OKAMOCHI_LOOPBACK_6379"] == "redis:6379"
    image = image_configuration(plan, Platform.parse("linux/amd64"), created="1970-01-01T00:00:00Z")
    assert list(image.entrypoint)[: len(doors)] == doors
    files = DockerfileRenderer().render(plan, Language.ENGLISH).files
    dockerfile = next(one for one in files if one.path == "Dockerfile").content.decode()
    assert f"ENTRYPOINT {json.dumps([*doors, *plan.web.argv])}" in dockerfile
    for one in development_plan(plan, user=1000, group=1000).processes:
        assert list(one.argv)[: len(doors)] == doors
    for target in ("kubernetes", "swarm", "ecs"):
        texts = [one.content.decode() for one in rendered(plan, target).files]
        assert sum(text.count("/opt/okamochi/loopback.py") for text in texts) >= 2, target
        assert any("OKAMOCHI_LOOPBACK_5432" in text for text in texts), target


def test_without_a_fixed_address_nothing_comes_before_a_process() -> None:
    plan = plan_of("u = os.environ['DATABASE_URL']\n", "psycopg2")
    assert "loopback.py" not in str(composed(plan)["web"])


def test_the_password_of_the_code_is_in_no_file_and_has_to_be_given_where_nothing_reads_the_code() -> None:
    plan = plan_of(BOTH)
    for target in ("compose", "dockerfile", "devcontainer", "kubernetes", "swarm", "ecs"):
        found = rendered(plan, target)
        assert not any(b"n00dles" in one.content for one in found.files), target
        if target in ("compose", "kubernetes", "swarm", "ecs"):
            (finding,) = [one for one in found.findings if one.rule == f"{target}/password-in-code"]
            assert "app.py:4" in finding.message
    services = composed(plan)
    assert "db/DB_PASSWORD?" in services["secrets"]["command"]
    assert services["db"]["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/DB_PASSWORD"
    script = next(one for one in rendered(plan, "swarm").files if one.path.endswith("secrets.sh"))
    assert "need DB_PASSWORD" in script.content.decode()


def test_a_development_container_says_that_it_has_no_doors() -> None:
    (finding,) = rendered(plan_of(BOTH), "devcontainer").findings
    assert finding.rule == "devcontainer/fixed-address"
    assert "db and redis" in finding.message


@pytest.mark.parametrize(
    ("source", "requirement", "name", "environment"),
    [
        (
            f"{URI}'mysql+pymysql://root:n00dles@localhost/shop'\n",
            "pymysql",
            "db",
            {"MYSQL_DATABASE": "shop", "MYSQL_ROOT_PASSWORD_FILE": "/run/secrets/DB_PASSWORD"},
        ),
        (
            f"{URI}'mysql+pymysql://root@localhost/shop'\n",
            "pymysql",
            "db",
            {"MYSQL_DATABASE": "shop", "MYSQL_ALLOW_EMPTY_PASSWORD": "1"},
        ),
        (
            f"{URI}'postgresql://me:@localhost/shop'\n",
            "psycopg2",
            "db",
            {"POSTGRES_USER": "me", "POSTGRES_DB": "shop", "POSTGRES_HOST_AUTH_METHOD": "trust"},
        ),
        (
            "import pymongo\nm = pymongo.MongoClient('mongodb://localhost/shop')\n",
            "pymongo",
            "mongo",
            {"MONGO_INITDB_DATABASE": "shop"},
        ),
        (
            "import pika\np = pika.ConnectionParameters('localhost')\n",
            "pika",
            "rabbitmq",
            {
                "RABBITMQ_DEFAULT_USER": "guest",
                "RABBITMQ_DEFAULT_PASS": "guest",
                "RABBITMQ_LOGS": "-",
                "RABBITMQ_NODENAME": "rabbit@localhost",
            },
        ),
    ],
)
def test_a_service_is_as_the_code_takes_it_to_be(
    source: str, requirement: str, name: str, environment: dict[str, str]
) -> None:
    services = composed(plan_of(source, requirement))
    assert services[name]["environment"] == environment
    if "FILE" not in str(environment):
        assert "/run/secrets" not in str(services[name])
        assert "secrets" not in services
        assert not re.search("PASSWORD_FILE", str(services[name]))
