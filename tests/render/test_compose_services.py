"""Each kind of service in compose.yaml, as its official image wants it."""

from typing import Any

import pytest
from ruamel.yaml import YAML

from okamochi.model.plan import Plan
from okamochi.render.compose import render_compose
from tests.detect.plans import planned

HEAD = "import os\nfrom flask import Flask\napp = Flask(__name__)\n"


def plan_of(requirements: str, source: str, **settings: str) -> Plan:
    return planned({"requirements.txt": f"flask\n{requirements}\n", "app.py": HEAD + source, **settings})


def service(plan: Plan, name: str) -> Any:
    content = render_compose(plan).files[0].content.decode()
    return YAML(typ="safe", pure=True).load(content)["services"][name]


def test_rabbitmq_gets_its_password_by_a_file_though_its_image_knows_no_such_variable() -> None:
    found = service(plan_of("pika", "broker = os.environ['AMQP_URL']\n"), "rabbitmq")
    assert "rabbitmq-secrets:/run/secrets:ro" in found["volumes"]
    assert found["depends_on"] == {"secrets": {"condition": "service_completed_successfully"}}
    assert found["environment"] == {
        "OKAMOCHI_PASSWORD_FILE": "/run/secrets/RABBITMQ_PASSWORD",
        "RABBITMQ_DEFAULT_USER": "app",
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_NODENAME": "rabbit@localhost",  # else its data is lost with its container
    }
    # every $ is doubled: else Compose would put its own variables there
    assert 'RABBITMQ_DEFAULT_PASS="$$(cat "$$OKAMOCHI_PASSWORD_FILE")"' in found["command"][-1]


def test_rabbitmq_makes_the_virtual_host_that_the_app_goes_to() -> None:
    plan = plan_of("pika", "broker = os.getenv('AMQP_URL', 'amqp://me:mine@bus/shop')\n")
    assert service(plan, "bus")["environment"]["RABBITMQ_DEFAULT_VHOST"] == "shop"


def test_a_rabbitmq_whose_entry_point_writes_its_configuration_may_write() -> None:
    def read_only(image: str) -> bool:
        settings = {"okamochi.toml": f'services = {{ rabbitmq = "{image}" }}\n'}
        plan = plan_of("pika", "broker = os.environ['AMQP_URL']\n", **settings)
        return bool(service(plan, "rabbitmq").get("read_only", False))

    assert not read_only("rabbitmq:3.8-management")
    assert all(read_only(f"rabbitmq{tag}") for tag in ("", ":latest", ":3", ":3-management", ":3.13", ":4.1"))


def test_an_old_mysql_makes_room_for_no_more_files_than_it_opens() -> None:
    def command(image: str) -> str:
        settings = {"okamochi.toml": f'services = {{ db = "{image}" }}\n'}
        plan = plan_of("pymysql", "host = os.environ['DB_HOST']\n", **settings)
        return " ".join(service(plan, "db").get("command", []))

    assert "ulimit -n 65536" in command("mysql:5.7")
    assert [command(one) for one in ("mysql:8.4", "mariadb:5.5", "mysql/mysql-server:5.7")] == ["", "", ""]


def test_mongodb_has_the_user_that_its_url_names() -> None:
    plan = plan_of("pymongo", "url = os.environ['MONGO_URI']\n")
    (variable,) = plan.services[0].variables
    assert "{user}:{password}@" in variable.template
    environment = service(plan, "mongo")["environment"]
    assert environment["MONGO_INITDB_ROOT_USERNAME"] == "app"
    assert environment["MONGO_INITDB_ROOT_PASSWORD_FILE"] == "/run/secrets/MONGO_PASSWORD"


@pytest.mark.parametrize(
    ("requirements", "source", "image"),
    [
        (
            "minio",
            "place = os.environ['MINIO_ENDPOINT']\nstore = Minio(place)\n",
            's3 = "minio/minio:latest"',
        ),
        ("pymongo", "url = os.environ['MONGO_URI']\n", 'mongo = "mongo:4.4"'),
    ],
)
def test_the_shell_of_a_check_gets_its_own_variables(requirements: str, source: str, image: str) -> None:
    """Compose would put its own, which are empty, in the place of each $ that stands alone."""
    settings = {"okamochi.toml": f"services = {{ {image} }}\n"}
    plan = plan_of(requirements, f"from minio import Minio\n{source}", **settings)
    test = " ".join(service(plan, image.partition(" ")[0])["healthcheck"]["test"])
    assert "$" in test
    assert "$" not in test.replace("$$", "")


def test_memcached_is_asked_with_what_its_image_brings() -> None:
    source = "servers = os.environ['MEMCACHED_SERVERS']\n"
    debian = service(plan_of("pymemcache", source), "memcached")
    assert debian["healthcheck"]["test"][1] == "bash"
    settings = {"okamochi.toml": 'services = { memcached = "memcached:1.6-alpine" }\n'}
    alpine = service(plan_of("pymemcache", source, **settings), "memcached")
    assert alpine["healthcheck"]["test"][1] == "sh"


def test_first_files_keep_their_order_and_those_of_one_name_stay_apart() -> None:
    compose = (
        "services:\n  db:\n    image: postgres:17\n    volumes:\n"
        "      - ./b/init.sql:/docker-entrypoint-initdb.d/1.sql\n"
        "      - ./a/init.sql:/docker-entrypoint-initdb.d/2.sql\n"
    )
    files = {"compose.yaml": compose, "a/init.sql": "", "b/init.sql": ""}
    found = service(plan_of("psycopg", "url = os.environ['DATABASE_URL']\n", **files), "db")
    assert [(one["source"], one["target"]) for one in found["volumes"][1:-1]] == [
        ("./b/init.sql", "/docker-entrypoint-initdb.d/01-init.sql"),
        ("./a/init.sql", "/docker-entrypoint-initdb.d/02-init.sql"),
    ]


def test_paths_of_this_machine_are_written_in_the_form_that_takes_any_name() -> None:
    compose = (
        "services:\n  db:\n    image: postgres:17\n    volumes:\n"
        "      - ./init.sql:/docker-entrypoint-initdb.d/1.sql\n"
    )
    files = {"compose.yaml": compose, "init.sql": "", "okamochi.toml": 'domain = "shop.example"\n'}
    plan = plan_of("psycopg", "url = os.environ['DATABASE_URL']\n", **files)
    content = next(one.content for one in render_compose(plan).files if one.path == "compose.yaml")
    services = YAML(typ="safe", pure=True).load(content.decode())["services"]
    mounts = [one for service in services.values() for one in service.get("volumes", ())]
    assert all(not one.startswith((".", "$")) for one in mounts if isinstance(one, str)), mounts
    found = [one for one in mounts if not isinstance(one, str)]
    assert {one["source"] for one in found} == {
        "./init.sql",
        "${OKAMOCHI_FILES:-.}/Caddyfile",
        "${OKAMOCHI_SECRETS:-./secrets}",
    }
    # else the engine makes a folder of that name, as root, where somebody forgot the file
    assert all(one["read_only"] and one["bind"] == {"create_host_path": False} for one in found)


def test_a_password_that_no_variable_tells_the_app_is_a_finding() -> None:
    source = "import psycopg\ndb = psycopg.connect(host='db', password='hunter2')\n"
    plan = plan_of("psycopg", source)
    assert [one.rule for one in render_compose(plan).findings] == ["compose/password-not-told"]
    assert b"hunter2" not in render_compose(plan).files[0].content


STORE = "import boto3\ns3 = boto3.client('s3', endpoint_url=os.environ['S3_ENDPOINT_URL'])\n"


def test_an_object_store_makes_its_bucket_and_reads_its_secret_key_from_a_file() -> None:
    found = service(plan_of("boto3", f"{STORE}s3.put_object(Bucket='photos', Key='a')\n"), "s3")
    assert found["command"] == ["photos"]
    assert 'mkdir -p "/data/$$bucket"' in found["entrypoint"][2]
    assert found["environment"]["OKAMOCHI_PASSWORD_FILE"] == "/run/secrets/S3_PASSWORD"
    assert "cap_add" not in found and found["volumes"][0] == "s3-data:/data"


def test_a_minio_that_the_project_names_is_started_as_its_image_wants_it() -> None:
    settings = {"okamochi.toml": 'services = { s3 = "minio/minio:latest" }\n'}
    found = service(plan_of("boto3", STORE, **settings), "s3")
    assert found["environment"]["MINIO_ROOT_PASSWORD_FILE"] == "/run/secrets/S3_PASSWORD"
    assert found["entrypoint"][2].endswith("exec minio server /data")


@pytest.mark.parametrize(
    ("source", "program"),
    [
        ("cache = redis.from_url(os.environ['REDIS_URL'])\n", "valkey"),
        ("cache = redis.from_url(os.environ['REDIS_URL'])\n# compose\n", "redis"),
    ],
)
def test_redis_refuses_a_write_before_its_container_is_full(source: str, program: str) -> None:
    """One that the kernel ends for its memory reads the same data at its next start, and is ended again."""
    compose = {"compose.yaml": "services: {redis: {image: 'redis:7-alpine'}}\n"} if program == "redis" else {}
    found = service(plan_of("redis", f"import redis\n{source}", **compose), "redis")
    assert found["command"][0] == f"{program}-server"
    most = found["command"][found["command"].index("--maxmemory") + 1]
    limit = found["deploy"]["resources"]["limits"]["memory"]
    assert 0.6 < int(most.removesuffix("mb")) / int(limit.removesuffix("M")) < 0.8
