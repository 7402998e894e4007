"""Databases and queues that the app connects to."""

import pytest

from okamochi.detect.services.evidence import address_of
from okamochi.errors import UsageError
from okamochi.model.backing_service import BackingService, ServiceKind
from okamochi.model.plan import Plan
from tests.detect.plans import FLASK_APP, decision, planned

HEAD = "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
READS_URL = f"{HEAD}url = os.environ['DATABASE_URL']\n"


def services(requirements: str, source: str, **others: str) -> tuple[BackingService, ...]:
    files = {"requirements.txt": f"flask\n{requirements}\n", "app.py": source}
    return planned({**files, **{name.replace("__", "."): text for name, text in others.items()}}).services


def only(requirements: str, source: str, **others: str) -> BackingService:
    (found,) = services(requirements, source, **others)
    return found


AMQP = "amqp://{user}:{password}@{host}:{port}"


def told(service: BackingService) -> dict[str, str]:
    return {one.name: one.template for one in service.variables}


@pytest.mark.parametrize(
    ("requirement", "kind"),
    [
        ("dramatiq[rabbitmq, watch]", ServiceKind.RABBITMQ),
        ("dramatiq[redis]", ServiceKind.REDIS),
        ("faststream[rabbit]>=0.5", ServiceKind.RABBITMQ),
        ("piccolo[postgres]", ServiceKind.POSTGRES),
        ("tortoise-orm[aiomysql]", ServiceKind.MYSQL),
    ],
)
def test_a_client_may_come_with_an_extra(requirement: str, kind: ServiceKind) -> None:
    name = {ServiceKind.REDIS: "REDIS_URL", ServiceKind.RABBITMQ: "AMQP_URL"}.get(kind, "DATABASE_URL")
    assert only(requirement, f"{HEAD}broker = os.environ['{name}']\n").kind is kind


@pytest.mark.parametrize(
    ("requirements", "scheme"),
    [
        ("psycopg2-binary", "postgresql"),
        ("sqlalchemy\npsycopg[binary]", "postgresql+psycopg"),
        ("flask-sqlalchemy\npsycopg2-binary", "postgresql+psycopg2"),
        ("sqlalchemy<2.1\npsycopg2-binary", "postgresql"),
        ("sqlalchemy==1.4.54\npsycopg2", "postgresql"),
        ("sqlalchemy==2.1.9\npsycopg2", "postgresql+psycopg2"),
        ("sqlalchemy\nasyncpg", "postgresql+asyncpg"),
        ("sqlalchemy\npymysql", "mysql+pymysql"),
        ("sqlalchemy\nmysqlclient", "mysql"),
        ("tortoise-orm\nasyncpg", "postgres"),
        ("tortoise-orm[asyncpg]", "postgres"),
        ("tortoise-orm\nasyncmy", "mysql"),
    ],
)
def test_the_url_has_the_scheme_of_the_driver_that_is_installed(requirements: str, scheme: str) -> None:
    service = only(requirements, READS_URL)
    assert told(service)["DATABASE_URL"] == f"{scheme}://{{user}}:{{password}}@{{host}}:{{port}}/{{database}}"


@pytest.mark.parametrize(
    ("default", "requirements", "scheme"),
    [
        ("sqlite+aiosqlite", "sqlalchemy\nasyncpg\npsycopg2-binary", "postgresql+asyncpg"),
        ("sqlite+pysqlite", "sqlalchemy\nasyncpg\npsycopg[binary]", "postgresql+psycopg"),
        ("sqlite", "sqlalchemy\nasyncpg", None),
        ("postgresql+asyncpg", "sqlalchemy\nasyncpg", None),
    ],
)
def test_a_driver_that_is_one_of_sqlite_until_it_is_told_is_told_beside_the_host(
    default: str, requirements: str, scheme: str | None
) -> None:
    source = f"{HEAD}host = os.environ.get('DB_HOST')\ndriver = os.environ.get('DB_TYPE', '{default}')\n"
    assert told(only(requirements, source)).get("DB_TYPE") == scheme


def test_code_that_puts_the_driver_into_the_url_gets_the_plain_scheme() -> None:
    source = f"{READS_URL}url = url.replace('postgresql://', 'postgresql+asyncpg://')\n"
    assert told(only("sqlalchemy\nasyncpg", source))["DATABASE_URL"].startswith("postgresql://")


@pytest.mark.parametrize(
    ("address", "scheme"),
    [
        ("f'postgresql+psycopg://{user}:{word}@{host}:{port}/{name}'", "postgresql+psycopg"),
        ("f'postgresql+psycopg://{rest}'", "postgresql"),
    ],
)
def test_an_address_that_the_code_puts_together_by_default_tells_the_driver(
    address: str, scheme: str
) -> None:
    names = "user = word = host = port = name = '1'\nrest = open('address').read()"
    source = f"{HEAD}{names}\nbuilt = {address}\n"
    service = only("sqlalchemy<2.1\npsycopg", f"{source}url = os.getenv('DATABASE_URL', built)\n")
    assert told(service)["DATABASE_URL"].partition("://")[0] == scheme


def test_an_address_around_a_part_that_the_code_puts_in_leads_to_its_host() -> None:
    source = f"{HEAD}word = open('/run/word').read()\nurl = f'postgresql://shop:{{word}}@store:5432/goods'\n"
    service = only("psycopg", source)
    assert (service.name, service.user, service.database) == ("store", "shop", "goods")


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("", {"POSTGRES_USER": "{user}", "POSTGRES_PASSWORD": "{password}", "POSTGRES_DB": "{database}"}),
        ("known = os.environ['DB_USER'], os.environ['DB_PASSWORD'], os.environ['DB_NAME']\n", None),
    ],
)
def test_names_of_the_image_lead_to_the_host_of_another_prefix(
    more: str, found: dict[str, str] | None
) -> None:
    names = ("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB", "MYSQL_PASSWORD", "POSTGRES_POOL")
    source = f"{HEAD}host = os.environ['DB_HOST']\n" + "".join(
        f"{one} = os.environ['{one}']\n" for one in names
    )
    service = only("psycopg", source + more)
    assert {name: told(service).get(name) for name in names if name in told(service)} == (found or {})


@pytest.mark.parametrize(("scheme", "required"), [("psql", True), ("pgsql", True), ("sqlite", False)])
def test_a_default_in_the_words_of_django_environ_is_that_very_database(scheme: str, required: bool) -> None:
    read = f"url = env.db('DATABASE_URL', default='{scheme}://me:word@127.0.0.1:5432/shop')\n"
    source = f"import environ, psycopg\n{HEAD}env = environ.Env()\n{read}"
    service = only("django-environ\npsycopg", source)
    assert service.required is required
    assert told(service)["DATABASE_URL"].startswith("postgresql://")


PARTS = (
    "u = '{}://{}@{}'.format(os.getenv('DB_ENGINE', 'mysql'), os.getenv('DB_USER'), os.getenv('DB_HOST'))\n"
)


def test_an_engine_that_is_the_default_is_a_database_though_no_client_of_it_is_asked_for() -> None:
    service = only("flask-sqlalchemy", f"{HEAD}{PARTS}")
    assert service.kind is ServiceKind.MYSQL
    assert told(service) == {"DB_HOST": "{host}", "DB_USER": "{user}"}


@pytest.mark.parametrize(
    ("requirements", "source"),
    [
        ("flask-sqlalchemy", PARTS.replace("'mysql'", "None")),
        ("flask-sqlalchemy", PARTS.replace("'mysql'", "'sqlite'")),
        ("flask-sqlalchemy", "u = os.getenv('DB_ENGINE', 'mysql')\n"),
    ],
)
def test_an_engine_that_nobody_told_or_without_a_place_is_none(requirements: str, source: str) -> None:
    assert services(requirements, f"{HEAD}{source}") == ()


def test_a_client_that_is_asked_for_counts_more_than_an_engine() -> None:
    assert only("psycopg2-binary", f"{HEAD}{PARTS}").kind is ServiceKind.POSTGRES


@pytest.mark.parametrize(
    ("read", "count"), [("os.environ['RABBITMQ_HOST']", 1), ("os.getenv('RABBITMQ_HOST')", 0)]
)
def test_a_broker_of_celery_that_the_code_cannot_go_without_is_one(read: str, count: int) -> None:
    source = f"{HEAD}from celery import Celery\nbroker = f'amqp://{{{read}}}:5672'\n"
    assert len(services("celery", source.replace("['", '["').replace("']", '"]'))) == count


def test_a_client_that_nothing_uses_is_no_service() -> None:
    assert services("psycopg2-binary\nredis\npymongo\npika", HEAD) == ()


def test_sqlite_stays_where_no_driver_is_installed() -> None:
    assert services("flask-sqlalchemy", f"{HEAD}u = os.environ.get('DATABASE_URL', 'sqlite:///x.db')\n") == ()


def test_a_database_beside_a_sqlite_default_is_one_that_the_app_starts_without() -> None:
    source = f"{HEAD}u = os.environ.get('DATABASE_URL', 'sqlite:///x.db')\n"
    assert not only("flask-sqlalchemy\npsycopg2-binary", source).required


def test_code_that_makes_an_old_scheme_over_does_not_make_the_database_a_must() -> None:
    source = f"{HEAD}u = os.environ.get('DATABASE_URL', '').replace('postgres://', 'postgresql://')\n"
    assert not only("flask-sqlalchemy\npsycopg2-binary", source).required


@pytest.mark.parametrize(
    ("requirement", "source"),
    [
        ("redis", "import redis\nr = redis.Redis(password='word')\n"),
        (
            "psycopg2",
            "import psycopg2\nc = psycopg2.connect(host='localhost', dbname='x', password=asked())\n",
        ),
        ("pymongo", "from pymongo import MongoClient\nm = MongoClient('localhost', port())\n"),
        ("flask-mysqldb", "from flask_mysqldb import MySQL\napp.config['MYSQL_HOST'] = 'localhost'\n"),
    ],
)
def test_a_client_of_this_very_machine_that_no_service_can_be_made_for_is_told(
    requirement: str, source: str
) -> None:
    files = {"requirements.txt": f"flask\n{requirement}\n", "app.py": f"{HEAD}{source}"}
    plan = planned(files)
    assert plan.services == ()
    told_of = decision(plan, "services")
    assert told_of.summary.startswith("Warning: no ")
    assert "the code connects to one on this machine itself" in told_of.summary
    assert told_of.evidence[0].path == "app.py"
    asked_for = (
        'services = { db = "mysql", redis = "redis", mongo = "mongo", m = "memcached", p = "postgres" }\n'
    )
    asked = planned({**files, "okamochi.toml": asked_for})
    assert not any(one.field == "services" for one in asked.decisions)


@pytest.mark.parametrize(
    ("requirement", "source", "host"),
    [
        ("redis", "import redis\nr = redis.Redis('cache')\n", "cache"),
        ("redis", "import redis, settings\nr = redis.Redis(host=settings.HOST)\n", "redis"),
        ("redis", "import redis\nr = redis.Redis(connection_pool=pool)\n", "redis"),
        ("redis", "import redis\nr = redis.Redis(**given)\n", "redis"),
        ("pymongo", "import pymongo\nm = pymongo.MongoClient(*where)\n", "mongo"),
        ("psycopg2", "import psycopg2\nc = psycopg2.connect('host=store dbname=x')\n", "store"),
        ("redis", "import redis\nr = redis.Redis()\ns = redis.Redis(host=elsewhere())\n", "redis"),
    ],
)
def test_a_client_whose_address_is_a_name_or_comes_from_elsewhere_has_its_service(
    requirement: str, source: str, host: str
) -> None:
    assert only(requirement, f"{HEAD}{source}").name == host


def test_an_address_of_this_machine_that_nothing_connects_to_by_name_is_said_to_be_one() -> None:
    files = {"requirements.txt": "flask\nredis\n", "app.py": f"{HEAD}U = 'redis://:word@localhost:6379'\n"}
    assert (
        "an address in the code leads to one on this machine" in decision(planned(files), "services").summary
    )


@pytest.mark.parametrize(
    ("call", "user", "database", "names"),
    [
        ("psycopg2.connect()", "app", "app", ["PGDATABASE", "PGHOST", "PGPASSWORD", "PGPORT", "PGUSER"]),
        ("psycopg2.connect('dbname=shop user=me')", "me", "shop", ["PGHOST", "PGPASSWORD", "PGPORT"]),
        ("psycopg2.connect(dbname='shop')", "app", "shop", ["PGHOST", "PGPASSWORD", "PGPORT", "PGUSER"]),
        ("psycopg2.connect(\"dbname='shop'\", connect_timeout=3)", "app", "shop", None),
    ],
)
def test_a_client_of_postgres_that_does_not_say_where_reads_it_from_libpq_s_variables(
    call: str, user: str, database: str, names: list[str] | None
) -> None:
    service = only("psycopg2", f"{HEAD}import psycopg2\nc = {call}\n")
    assert (service.user, service.database, service.required) == (user, database, True)
    assert list(told(service)) == names if names is not None else "PGHOST" in told(service)


@pytest.mark.parametrize(
    ("call", "host"),
    [
        ("psycopg2.connect('dbname=x password=y')", "localhost"),
        ("psycopg2.connect(dbname='x', password='y')", "localhost"),
        ("psycopg2.connect(dbname='x', host='127.0.0.1')", None),
        ("psycopg2.connect('dbname=x port=5433')", "localhost"),
    ],
)
def test_a_password_or_a_port_in_the_code_needs_a_door_to_which_libpq_is_led(
    call: str, host: str | None
) -> None:
    found = told(only("psycopg2", f"{HEAD}import psycopg2\nc = {call}\n"))
    assert f"OKAMOCHI_LOOPBACK_{'5433' if '5433' in call else '5432'}" in found
    assert found.get("PGHOST") == host


def test_a_name_that_no_database_has_leaves_nothing_to_variables() -> None:
    assert services("psycopg2", f"{HEAD}import psycopg2\nc = psycopg2.connect(dbname='x; drop')\n") == ()


@pytest.mark.parametrize(("default", "set_by_us"), [("", True), (", 'amqps'", False)])
def test_the_protocol_beside_a_host_is_told_when_nothing_else_says_it(default: str, set_by_us: bool) -> None:
    get = f"os.environ.get('RABBITMQ_PROTOCOL'{default})"
    source = f"{HEAD}url = {get} + '://' + os.environ['RABBITMQ_HOST']\n"
    service = only("celery\npika", source)
    assert (told(service).get("RABBITMQ_PROTOCOL") == "amqp") is set_by_us


def test_variables_in_small_letters_are_told_as_they_are_written() -> None:
    fields = "    db_host: str\n    db_password: str\n    class Config:\n        case_sensitive = True\n"
    source = f"{HEAD}from pydantic import BaseSettings\nclass S(BaseSettings):\n{fields}S()\n"
    service = only("psycopg2", source)
    assert told(service) == {"db_host": "{host}", "db_password": "{password}"}


def test_that_the_code_names_the_host_is_said_only_where_it_does() -> None:
    files = {
        "requirements.txt": "flask\nredis\n",
        "app.py": f"{HEAD}import redis\nr = redis.Redis(host=found())\n",
    }
    assert "no variable tells the code where it is" in decision(planned(files), "services.redis").summary
    files["app.py"] = f"{HEAD}import redis\nr = redis.Redis(host='redis')\n"
    assert "the code itself names the host" in decision(planned(files), "services.redis").summary


LEFT_BEHIND = """\
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    name: str = "shop"
    redis_url: str = "redis://localhost:6379"
settings = Settings()
"""


def test_an_address_in_a_class_of_settings_that_nothing_looks_at_leads_to_no_service() -> None:
    source = f"{HEAD}{LEFT_BEHIND}"
    assert services("redis", source) == ()
    assert only("redis", f"{source}where = settings.redis_url\n").required
    assert only("redis", f"{source}everything = settings.model_dump()\n").required
    assert only("redis", f"import redis\n{source}").required
    assert only(
        "redis", source.replace('redis_url: str = "redis://localhost:6379"', "redis_url: str")
    ).required


def test_a_default_that_only_counts_below_a_condition_is_one_that_the_app_starts_without() -> None:
    read = "    url = os.getenv('REDIS_URL', 'redis://localhost')\n"
    assert not only("redis", f"{HEAD}if os.getenv('CACHE'):\n{read}").required
    assert only("redis", f"{HEAD}if not os.getenv('SLOW'):\n{read}").required


def test_errors_of_amqp_that_celery_s_own_code_raises_are_no_broker() -> None:
    source = f"from amqp.exceptions import ChannelError\n{HEAD}"
    assert services("celery", source) == ()
    assert only("amqp", source).name == "rabbitmq"


def test_parts_of_a_django_database_whose_host_is_fixed_are_told() -> None:
    settings = (
        f"{HEAD}DATABASES = {{'default': {{'ENGINE': 'django.db.backends.postgresql', 'HOST': 'store',\n"
        "    'NAME': os.environ['PG_BASE'], 'USER': os.environ['PG_ME'],\n"
        "    'PASSWORD': os.environ['PG_WORD']}}\n"
    )
    compose = {"compose__yml": "services:\n  web:\n    build: .\n  store:\n    image: postgres:16\n"}
    found = only("psycopg2", settings, **compose)
    assert found.name == "store"
    assert told(found) == {"PG_BASE": "{database}", "PG_ME": "{user}", "PG_WORD": "{password}"}
    here = told(only("psycopg2", settings.replace("'store'", "'localhost'"), **compose))
    assert here == {"OKAMOCHI_LOOPBACK_5432": "{host}:{port}", **told(found)}


def test_the_address_that_a_worker_s_script_reads_leads_to_the_service() -> None:
    worker = (
        "import os, redis\nconnection = redis.from_url(os.getenv('QUEUE_REDIS_URL', 'redis://localhost'))\n"
    )
    found = only(
        "redis", HEAD, worker__py=worker, Procfile="web: gunicorn app:app\nworker: python worker.py\n"
    )
    assert told(found)["QUEUE_REDIS_URL"].startswith("redis://")
    assert services("redis", HEAD, worker__py=worker) == ()


def test_a_host_that_the_code_names_is_the_name_of_the_service() -> None:
    service = only("redis", f"import redis\n{HEAD}cache = redis.Redis(host='cache', port=6379)\n")
    assert (service.name, service.variables, service.required) == ("cache", (), True)


def test_parts_of_an_address_are_told_one_by_one() -> None:
    source = HEAD + "".join(
        f"{part} = os.getenv('DB_{part}'{default})\n"
        for part, default in (("HOST", ", 'store'"), ("NAME", ""), ("USER", ""), ("PASSWORD", ""))
    )
    service = only("psycopg2", source)
    assert service.name == "store"
    assert service.required
    assert told(service) == {
        "DB_HOST": "{host}",
        "DB_NAME": "{database}",
        "DB_PASSWORD": "{password}",
        "DB_USER": "{user}",
    }


DJANGO_DATABASE = """\
DATABASES = {"default": {
    "ENGINE": ENGINE,
    "NAME": os.environ.get("SQL_DATABASE", BASE_DIR / "db.sqlite3"),
    "USER": os.environ.get("SQL_USER", "user"), "PASSWORD": os.environ.get("SQL_PASSWORD", "password"),
    "HOST": os.environ.get("SQL_HOST", "localhost"), "PORT": os.environ.get("SQL_PORT", "5432"),
}}
"""


@pytest.mark.parametrize(
    ("requirement", "engine", "told_engine"),
    [
        ("psycopg", 'os.environ["SQL_ENGINE"]', "django.db.backends.postgresql"),
        (
            "mysqlclient",
            'os.environ.get("SQL_ENGINE", "django.db.backends.sqlite3")',
            "django.db.backends.mysql",
        ),
        ("psycopg2", 'os.getenv("SQL_ENGINE", "django.contrib.gis.db.backends.postgis")', ""),
        ("psycopg2", '"django.db.backends.postgresql"', ""),
    ],
)
def test_django_s_settings_tell_which_variable_is_which_part(
    requirement: str, engine: str, told_engine: str
) -> None:
    service = only(requirement, HEAD + DJANGO_DATABASE.replace("ENGINE,", f"{engine},"))
    parts = {
        "DATABASE": "{database}",
        "HOST": "{host}",
        "PASSWORD": "{password}",
        "PORT": "{port}",
        "USER": "{user}",
    }
    assert told(service) == {f"SQL_{part}": text for part, text in parts.items()} | (
        {"SQL_ENGINE": told_engine} if told_engine else {}
    )


@pytest.mark.parametrize(("beside", "told_all"), [("postgresql", False), ("sqlite3", True)])
def test_an_engine_that_nobody_knows_is_the_service_only_where_no_other_is(
    beside: str, told_all: bool
) -> None:
    other = (
        '"other": {"ENGINE": "django.db.backends.BESIDE", "HOST": os.environ["OTHER_HOST"]},\n}\n'
    ).replace("BESIDE", beside)
    source = HEAD + DJANGO_DATABASE.replace("ENGINE,", '"psqlextra.backend",').replace("}}\n", "}," + other)
    found = told(only("psycopg2", source))
    assert ("SQL_HOST" in found) == told_all
    assert ("OTHER_HOST" in found) != told_all


@pytest.mark.parametrize("engine", ['"django.db.backends.sqlite3"', '"django.db.backends.mysql"'])
def test_a_database_of_django_that_is_another_one_leads_to_no_service(engine: str) -> None:
    assert services("psycopg2", HEAD + DJANGO_DATABASE.replace("ENGINE,", f"{engine},")) == ()


TWO_DATABASES = f"{HEAD}url = os.getenv('MONGO_URI', None) or os.getenv('DATABASE_URL')\n"
CHOSEN = """\
services:
  api: {image: own, environment: ["DATABASE_URL=postgres://p:p@db:5432/x"]}
  db: {image: "postgres:16"}
"""


MONGO = f"{HEAD}from pymongo import MongoClient\nclient = MongoClient(os.environ.get('MONGO_URI'))\n"


@pytest.mark.parametrize(
    ("source", "named"),
    [
        (f"{MONGO}db = client[os.environ.get('STORE')]\n", {"STORE"}),
        (f"{MONGO}name = os.environ.get('STORE')\ndb = client.get_database(name)\n", {"STORE"}),
        (
            f"{HEAD}import pymongo\ndb = pymongo.MongoClient(os.environ['MONGO_URI'])[os.environ['STORE']]\n",
            {"STORE"},
        ),
        (f"{MONGO}db = client[os.environ.get('STORE', 'shop')]\n", set()),
        (f"{MONGO}shelves = dict()\nshelf = shelves[os.environ.get('STORE')]\n", set()),
    ],
)
def test_a_variable_that_names_the_database_of_a_client_is_told_it(source: str, named: set[str]) -> None:
    variables = told(only("pymongo", source))
    assert {name for name, template in variables.items() if template == "{database}"} == named
    assert "MONGO_URI" in variables


BOTH_DATABASES = f"{HEAD}mongo = os.getenv('MONGO_URL', 'mongodb://localhost:27017')\n"
IN_A_VIEW = (
    "@app.route('/')\ndef page():\n    return str(os.getenv('MONGO_URL', 'mongodb://localhost:27017'))\n"
)
SWITCHED = (
    f"{HEAD}url = os.getenv('DATABASE_URL')\n"
    "if os.getenv('STORE') == 'mongo':\n    m = os.getenv('MONGO_URL', 'mongodb://localhost')\n"
)


@pytest.mark.parametrize("source", [TWO_DATABASES, SWITCHED])
def test_of_databases_that_an_app_can_use_the_compose_file_chooses_one(source: str) -> None:
    assert len(services("psycopg2\npymongo", source)) == 2
    only_one = only("psycopg2\npymongo", source, compose__yaml=CHOSEN)
    assert (only_one.kind, list(told(only_one))) == (ServiceKind.POSTGRES, ["DATABASE_URL"])


@pytest.mark.parametrize(
    ("source", "compose"),
    [
        (f"{TWO_DATABASES}m = os.environ['MONGO_URI']\n", CHOSEN),
        (f"{TWO_DATABASES}from pymongo import MongoClient\nm = MongoClient(host='mongo')\n", CHOSEN),
        (TWO_DATABASES, CHOSEN.replace("@db:5432/x", '@db:5432/x", "MONGO_URI=mongodb://elsewhere')),
        (TWO_DATABASES, CHOSEN.replace("environment", "labels")),
        (f"{BOTH_DATABASES}url = os.environ['DATABASE_URL']\n", CHOSEN),
        (f"{HEAD}url = os.environ['DATABASE_URL']\n{IN_A_VIEW}", CHOSEN),
    ],
)
def test_a_second_database_that_the_app_needs_or_is_told_stays(source: str, compose: str) -> None:
    kinds = {one.kind for one in services("psycopg2\npymongo", source, compose__yaml=compose)}
    assert kinds == {ServiceKind.POSTGRES, ServiceKind.MONGODB}


@pytest.mark.parametrize(
    ("requirements", "url"),
    [("celery", "amqp://{user}:{password}@{host}:{port}"), ("celery[redis]", "redis://{host}:{port}/0")],
)
def test_the_broker_of_celery_is_the_one_whose_client_is_installed(requirements: str, url: str) -> None:
    service = only(requirements, f"{HEAD}broker = os.environ['CELERY_BROKER_URL']\n")
    assert told(service) == {"CELERY_BROKER_URL": url}


def test_a_broker_whose_variable_names_redis_is_that() -> None:
    """Dramatiq brings pika with its extra for RabbitMQ, which nobody may use."""
    service = only("redis\npika\n", f"{HEAD}import redis\nbroker = os.environ['WORKER_REDIS_BROKER_URL']\n")
    assert told(service) == {"WORKER_REDIS_BROKER_URL": "redis://{host}:{port}/0"}


def test_a_service_is_needed_where_the_code_cannot_go_on_without_its_password() -> None:
    source = (
        f"{HEAD}host = os.environ.get('DB_HOST', 'localhost')\nuser = os.environ.get('DB_USER', 'me')\n"
        "password = os.environ['DB_PASSWORD']\n"
    )
    files = {"requirements.txt": "flask\npsycopg\n", "app.py": source}
    assert planned(files).services[0].required
    assert "also starts without" not in decision(planned(files), "services.db").summary
    free = {**files, "app.py": source.replace("environ['DB_PASSWORD']", "environ.get('DB_PASSWORD', '')")}
    assert not planned(free).services[0].required
    assert "also starts without" in decision(planned(free), "services.db").summary


COMPOSE = """\
services:
  store:
    image: mariadb:10.11
    environment:
      MARIADB_DATABASE: shop
      MARIADB_USER: ${USER}
    volumes:
      - ./init.sql:/docker-entrypoint-initdb.d/init.sql:ro
      - ../../secret.sql:/docker-entrypoint-initdb.d/secret.sql:ro
"""


def test_a_compose_file_of_the_project_names_service_version_database_and_first_files() -> None:
    source = f"import pymysql\n{HEAD}host = os.environ['DB_HOST']\n"
    service = only("pymysql", source, compose__yml=COMPOSE, init__sql="")
    assert service == only("pymysql", source, compose__yaml=COMPOSE, init__sql="")
    assert (service.name, service.image, service.database) == ("store", "mariadb:10.11", "shop")
    assert service.user == "app"
    assert service.initial_files == ("init.sql",)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("f\"redis://{os.environ.get('REDIS_URL')}\"", "{host}:{port}"),
        ("'redis://' + os.environ['REDIS_URL'] + '/1'", "{host}:{port}"),
        ("os.environ['REDIS_URL']", "redis://{host}:{port}/0"),
        ("'redis://' + os.environ['REDIS_URL'].partition('://')[2]", "redis://{host}:{port}/0"),
        ("'redis://' + os.environ['REDIS_URL'][8:]", "redis://{host}:{port}/0"),
        ("'redis://' + os.environ['OTHER'] or os.environ['REDIS_URL']", "redis://{host}:{port}/0"),
    ],
)
def test_a_scheme_that_the_code_writes_itself_is_not_told_once_more(code: str, told: str) -> None:
    service = only("redis", f"{HEAD}import redis\nclient = redis.Redis.from_url({code})\n")
    assert {one.name: one.template for one in service.variables}["REDIS_URL"] == told


def test_where_nothing_tells_the_app_a_database_it_is_called_as_its_user() -> None:
    parts = "".join(f"{one.lower()} = os.environ['DB_{one}']\n" for one in ("HOST", "USER", "PASSWORD"))
    url = f"{HEAD}{parts}url = f'postgresql+psycopg://{{user}}:{{password}}@{{host}}/{{user}}'\n"
    shop = {"okamochi__toml": 'name = "shop"\n'}
    service = only("psycopg", url, **shop)
    assert (service.user, service.database) == ("app", "app")
    assert only("psycopg", f"{url}name = os.environ['DB_NAME']\n", **shop).database == "shop"


@pytest.mark.parametrize("build", ["./db", "{context: db, dockerfile: Dockerfile}"])
def test_a_database_that_the_compose_file_builds_is_the_image_that_its_dockerfile_is_from(build: str) -> None:
    files = {
        "compose.yaml": f"services:\n  web: {{build: .}}\n  store:\n    build: {build}\n",
        "Dockerfile": "FROM python:3.13\n",
        "db/Dockerfile": "FROM postgres:15.3-alpine\nCOPY a.sql notes.txt /docker-entrypoint-initdb.d/\n",
        "db/a.sql": "CREATE SCHEMA x;",
    }
    plan = planned({"requirements.txt": "flask\npsycopg\n", "app.py": READS_URL, **files})
    (service,) = plan.services
    assert (service.name, service.image) == ("store", "postgres:15.3-alpine")
    assert service.initial_files == ("db/a.sql",)
    assert "made over by db/Dockerfile" in decision(plan, "services.store").evidence[0].reason


@pytest.mark.parametrize(
    "text", ["services: [", "- 1", "services: 3", "services: {db: 1}", "a: &a [*a]\nservices: *a"]
)
def test_a_compose_file_that_makes_no_sense_says_nothing(text: str) -> None:
    assert only("psycopg", READS_URL, compose__yaml=text).image == "postgres:17"


@pytest.mark.parametrize(
    ("image", "path"),
    [
        ("postgres:17-alpine", "/var/lib/postgresql/data"),
        ("postgres:18", "/var/lib/postgresql"),
        ("pgvector/pgvector:pg16", "/var/lib/postgresql/data"),
        ("postgis/postgis:18-3.6", "/var/lib/postgresql"),
    ],
)
def test_the_folder_that_is_kept_follows_the_major_version(image: str, path: str) -> None:
    settings = f'services = {{ db = "{image}" }}\n'
    service = only("psycopg", READS_URL, okamochi__toml=settings)
    assert (service.image, service.volume_path) == (image, path)


def test_settings_switch_services_off_one_by_one_or_all() -> None:
    both = f"{READS_URL}queue = os.environ['REDIS_URL']\n"
    one = services("psycopg\nredis", both, okamochi__toml='services = { redis = "off" }\n')
    assert [service.name for service in one] == ["db"]
    assert services("psycopg\nredis", both, okamochi__toml="services = false\n") == ()


def test_an_image_of_no_known_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="of no kind"):
        services("psycopg", READS_URL, okamochi__toml='services = { search = "elasticsearch:8" }\n')


@pytest.mark.parametrize(
    ("url", "kind", "file"),
    [
        ("postgresql://me:hidden@localhost:5432/x", ServiceKind.POSTGRES, ".env"),
        ("mysql+pymysql://root:hidden@127.0.0.1/x", ServiceKind.MYSQL, ".env.example"),
    ],
)
def test_a_published_environment_file_says_which_kind_a_variable_leads_to(
    url: str, kind: ServiceKind, file: str
) -> None:
    source = f"{HEAD}where = os.environ['SHOP_STORE']\n"
    files = {"requirements.txt": "flask\npsycopg2\npymysql\n", "app.py": source}
    assert planned(files).services == ()
    plan = planned({**files, file: f"# where\nexport SHOP_STORE='{url}'\n"})
    (service,) = plan.services
    assert (service.kind, list(told(service))) == (kind, ["SHOP_STORE"])
    assert (service.name, service.user) == ("db", "app")
    assert "hidden" not in str(plan)
    assert f"{file}:2" in [f"{one.path}:{one.line}" for one in decision(plan, "services.db").evidence]


def test_an_environment_file_that_git_does_not_take_says_nothing() -> None:
    source = f"{HEAD}where = os.environ['SHOP_STORE']\n"
    files = {"requirements.txt": "flask\npsycopg2\n", "app.py": source, ".env": "SHOP_STORE=postgres://a/b\n"}
    assert len(planned(files).services) == 1
    assert planned({**files, ".gitignore": "*.env\n.env\n"}).services == ()


@pytest.mark.parametrize(
    ("source", "name", "found"),
    [
        ("app.config.from_prefixed_env()\n", "FLASK_SQLALCHEMY_DATABASE_URI", True),
        ("app.config.from_prefixed_env('SHOP')\n", "SHOP_SQLALCHEMY_DATABASE_URI", True),
        ("app.config.from_prefixed_env('SHOP')\n", "FLASK_SQLALCHEMY_DATABASE_URI", False),
        ("from dynaconf import FlaskDynaconf\nFlaskDynaconf(app)\n", "FLASK_DATABASE", True),
        ("", "FLASK_SQLALCHEMY_DATABASE_URI", False),
        ("app.config.from_prefixed_env()\n", "TEST_DATABASE_URL", False),
    ],
)
def test_a_variable_that_only_the_environment_file_names_counts_where_a_configuration_takes_it(
    source: str, name: str, found: bool
) -> None:
    stated = {".env": f"{name}=postgresql://me:hidden@localhost/x\n"}
    files = {"requirements.txt": "flask\nflask-sqlalchemy\npsycopg2\n", "app.py": HEAD + source, **stated}
    assert [list(told(one)) for one in planned(files).services] == ([[name]] if found else [])


def test_the_decision_shows_what_speaks_for_the_service() -> None:
    plan = planned({"requirements.txt": "flask\npsycopg\n", "app.py": READS_URL})
    places = [f"{one.path}:{one.line}" for one in decision(plan, "services.db").evidence]
    assert places == ["app.py:4", "requirements.txt:2"]


def test_a_compose_file_whose_services_wait_for_each_other_in_a_circle_is_evidence_all_the_same() -> None:
    compose = (
        "services:\n"
        "  web:\n    build: .\n    depends_on: [db]\n"
        "  db:\n    image: postgres:16\n    depends_on: [web]\n"
    )
    source = "import os\nfrom flask import Flask\napp = Flask(__name__)\nurl = os.environ['DATABASE_URL']\n"
    plan = planned({"requirements.txt": "flask\npsycopg\n", "app.py": source, "compose.yaml": compose})
    assert [service.image for service in plan.services] == ["postgres:16"]


def test_an_address_for_event_loops_has_their_driver_and_the_other_one_its_own() -> None:
    read = "import os\nA = os.environ['DATABASE_URL']\nB = os.environ['DATABASE_ASYNC_URL']\n"
    wanted = "flask\nsqlalchemy<2.1\npsycopg2-binary\nasyncpg\n"
    (database,) = planned({"app.py": f"{read}{FLASK_APP}", "requirements.txt": wanted}).services
    schemes = {one.name: one.template.partition("://")[0] for one in database.variables}
    assert schemes == {"DATABASE_ASYNC_URL": "postgresql+asyncpg", "DATABASE_URL": "postgresql"}


ENGINE = "from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine({})\n"
WRAPPED = (
    "from sqlalchemy.ext.asyncio import AsyncEngine\n"
    "from sqlmodel import create_engine\nengine = AsyncEngine(create_engine(url=url))\n"
)
OTHER_ENGINE = "from sqlalchemy import create_engine\nother = create_engine(url)\n"


@pytest.mark.parametrize(
    ("code", "scheme"),
    [
        (ENGINE.format("url"), "postgresql+asyncpg"),
        (ENGINE.format("str(url), echo=True"), "postgresql+asyncpg"),
        (ENGINE.format("url=url"), "postgresql+asyncpg"),
        (WRAPPED, "postgresql+asyncpg"),
        (WRAPPED + OTHER_ENGINE, "postgresql"),
        (ENGINE.format("url") + OTHER_ENGINE, "postgresql"),
        (f"url = 'postgresql+asyncpg://' + url.partition('://')[2]\n{ENGINE.format('url')}", "postgresql"),
        (OTHER_ENGINE, "postgresql"),
    ],
)
def test_an_address_of_an_engine_for_event_loops_has_a_driver_for_them(code: str, scheme: str) -> None:
    wanted = "flask\nsqlalchemy<2.1\npsycopg2-binary\nasyncpg\n"
    source = f"{HEAD}url = os.environ['DATABASE_URL']\n{code}"
    (database,) = planned({"app.py": source, "requirements.txt": wanted}).services
    assert [one.template.partition("://")[0] for one in database.variables] == [scheme]


def test_the_same_holds_of_a_field_of_settings() -> None:
    files = {
        "conf.py": "from pydantic_settings import BaseSettings\nclass Conf(BaseSettings):\n    db_uri: str\n",
        "app.py": f"{HEAD}import conf\nsettings = conf.Conf()\n{ENGINE.format('settings.db_uri')}",
        "requirements.txt": "flask\npydantic-settings\nsqlalchemy<2.1\npsycopg2-binary\nasyncpg\n",
    }
    (database,) = planned(files).services
    assert [(one.name, one.template.partition("://")[0]) for one in database.variables] == [
        ("DB_URI", "postgresql+asyncpg")
    ]


def test_a_part_of_djangos_database_may_be_read_into_a_name_first() -> None:
    settings = (
        "import os\nSECRET_OF_DB = os.environ.get('SECRET_OF_DB', 'postgres')\nDATABASES = {'default': {"
        "'ENGINE': 'django.db.backends.postgresql', 'HOST': os.environ.get('DB_HOST', 'db'), "
        "'NAME': os.environ.get('DB_NAME', 'shop'), 'PASSWORD': SECRET_OF_DB}}\n"
    )
    files = {
        "requirements.txt": "django\npsycopg\n",
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
        "shop/settings.py": settings,
        "shop/wsgi.py": "from django.core.wsgi import get_wsgi_application\n"
        "application = get_wsgi_application()\n",
    }
    (database,) = planned(files).services
    told = {one.name: one.template for one in database.variables}
    assert told == {"DB_HOST": "{host}", "DB_NAME": "{database}", "SECRET_OF_DB": "{password}"}


@pytest.mark.parametrize(("host", "told_of"), [("'localhost'", True), ("'127.0.0.1'", True), ("''", False)])
def test_a_database_of_django_on_this_machine_itself_is_told(host: str, told_of: bool) -> None:
    database = f"{{'ENGINE': 'django.db.backends.mysql', 'NAME': 'shop', 'HOST': {host}}}"
    files = {
        "requirements.txt": "django\nmysqlclient\n",
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
        "shop/settings.py": f"DATABASES = {{'default': {database}}}\n",
        "shop/wsgi.py": "from django.core.wsgi import get_wsgi_application\n"
        "application = get_wsgi_application()\n",
    }
    plan = planned(files)
    summaries = [one.summary for one in plan.decisions if one.field == "services"]
    assert not plan.services
    assert any("no mysql is started" in one and "DB_HOST" in one for one in summaries) is told_of


@pytest.mark.parametrize(
    ("host", "count", "told_of"),
    [("redis-1.example.com", 0, True), ("queue", 1, False), ("localhost", 1, False)],
)
def test_a_client_of_somebody_s_server_starts_none(host: str, count: int, told_of: bool) -> None:
    source = f"{HEAD}import redis\nr = redis.Redis(host='{host}', port=6379)\n"
    plan = planned({"app.py": source, "requirements.txt": "flask\nredis\n"})
    assert len(plan.services) == count
    assert any("one elsewhere" in one.summary for one in plan.decisions) is told_of


@pytest.mark.parametrize(
    ("requirement", "source"),
    [
        ("psycopg2", "import psycopg2\npsycopg2.connect(dsn='host=10.0.0.5 password=hunter2')\n"),
        ("psycopg", "import psycopg\npsycopg.connect(conninfo='host=a.example password=hunter2')\n"),
        ("psycopg2", "import psycopg2\npsycopg2.connect('hostaddr=10.0.0.5 password=hunter2')\n"),
        ("pymongo", "import pymongo\npymongo.MongoClient('me:hunter2@a.example.org')\n"),
        ("flask-mysqldb", "import flask_mysqldb\napp.config['MYSQL_HOST'] = 'me:hunter2@a.example.org'\n"),
    ],
)
def test_of_what_a_client_is_told_no_more_than_a_host_is_shown(requirement: str, source: str) -> None:
    plan = planned({"requirements.txt": f"flask\n{requirement}\n", "app.py": HEAD + source})
    shown = [place.reason for one in plan.decisions for place in one.evidence]
    assert not any("hunter2" in one for one in shown)
    assert plan.services or any("10.0.0.5" in one or "a.example" in one for one in shown)


@pytest.mark.parametrize(
    ("classes", "here"),
    [
        ("class Desk:\n    MYSQL_HOST = 'localhost'\n", True),
        ("class Desk:\n    MYSQL_HOST = 'localhost'\nclass Live:\n    MYSQL_HOST = 'store'\n", False),
        ("class Live:\n    MYSQL_HOST = 'store'\n", False),
    ],
)
def test_an_extension_is_led_by_a_class_of_settings(classes: str, here: bool) -> None:
    files = {
        "requirements.txt": "flask\nflask-mysqldb\n",
        "app.py": f"{HEAD}from flask_mysqldb import MySQL\nimport config\ndb = MySQL(app)\n",
        "config.py": classes,
    }
    plan = planned(files)
    assert bool(plan.services) is not here
    assert not here or decision(plan, "services").evidence[0].path == "config.py"


def test_the_name_of_the_database_may_say_twice_what_it_is_of() -> None:
    reads = "".join(
        f"{part} = os.environ.get('MYSQL_{part}')\n" for part in ("HOST", "USER", "PASSWORD", "DB_NAME")
    )
    (service,) = services("pymysql", f"{HEAD}import os, pymysql\n{reads}")
    assert told(service)["MYSQL_DB_NAME"] == "{database}"


@pytest.mark.parametrize(("given", "names"), [("amqp://a:b@rabbit:5672", ["BUS_ADDRESS"]), ("rabbit", [])])
def test_a_compose_file_says_which_kind_a_variable_leads_to(given: str, names: list[str]) -> None:
    compose = (
        f"services:\n  web:\n    build: .\n    environment:\n      BUS_ADDRESS: {given}\n"
        "  rabbit:\n    image: rabbitmq:4\n"
    )
    files = {
        "requirements.txt": "flask\ncelery\n",
        "app.py": f"{HEAD}import os, celery\nc = celery.Celery(broker=os.getenv('BUS_ADDRESS'))\n",
        "docker-compose.yml": compose,
    }
    (service,) = planned(files).services
    assert [one.name for one in service.variables] == names


def test_an_address_in_the_code_counts_though_the_list_of_dependencies_lacks_the_driver() -> None:
    def plan_with(host: str, requirements: str = "flask\n") -> Plan:
        source = f"{HEAD}app.config['SQLALCHEMY_DATABASE_URI'] = 'postgresql://me@{host}/shop'\n"
        return planned({"requirements.txt": requirements, "app.py": source})

    here = decision(plan_with("localhost"), "services.db")
    assert here.summary.startswith("Warning: db is postgres:17")
    assert here.evidence[0].line == HEAD.count("\n") + 1
    assert [one.name for one in plan_with("store").services] == ["store"]
    assert plan_with("store", "flask\npymysql\n").services == ()


def test_a_variable_by_any_name_whose_value_is_a_client_s_address_leads_to_the_service() -> None:
    source = f"import redis, settings\n{HEAD}r = redis.from_url(settings.SESSIONS)\n"
    settings = "import os\nSESSIONS = os.getenv('SESSION_REDIS')\nOTHER = os.getenv('SOMETHING')\n"
    assert told(only("redis", source, settings__py=settings)) == {"SESSION_REDIS": "redis://{host}:{port}/0"}
    for read in ("os.environ['KEPT_AT']", "os.getenv('KEPT_AT', '')"):
        direct = f"import redis\n{HEAD}r = redis.from_url({read})\n"
        assert told(only("redis", direct)) == {"KEPT_AT": "redis://{host}:{port}/0"}


def test_an_address_is_a_host_beside_a_port_and_anything_else_alone() -> None:
    names = ("ADDRESS", "PORT", "NAME", "USER", "PASSWORD")
    lines = "".join(f"{name} = os.getenv('DATABASE_{name}')\n" for name in names)
    found = told(only("psycopg2", f"{HEAD}{lines}"))
    assert found["DATABASE_ADDRESS"] == "{host}"
    assert found["DATABASE_PASSWORD"] == "{password}"
    assert services("psycopg2", f"{HEAD}{lines.replace('PORT', 'BORT')}") == ()


def test_user_and_password_of_the_image_are_told_where_the_code_names_the_host_itself() -> None:
    url = "f\"postgresql://{os.environ['POSTGRES_USER']}:{os.environ['POSTGRES_PASSWORD']}@store/shop\""
    found = told(only("psycopg2", f"{HEAD}url = {url}\n"))
    assert found == {"POSTGRES_PASSWORD": "{password}", "POSTGRES_USER": "{user}"}
    url = "f\"amqp://{os.environ['RABBITMQ_DEFAULT_USER']}:{os.environ['RABBITMQ_DEFAULT_PASS']}@bus//\""
    found = told(only("pika", f"{HEAD}url = {url}\n"))
    assert found == {"RABBITMQ_DEFAULT_PASS": "{password}", "RABBITMQ_DEFAULT_USER": "{user}"}


BROKER = """\
services:
  web:
    build: .
  bus:
    image: rabbitmq:3.13
    environment:
      RABBITMQ_DEFAULT_VHOST: shop
"""


@pytest.mark.parametrize(
    ("source", "compose", "host", "templates"),
    [
        ("url = os.environ['AMQP_URL']", BROKER, "shop", {"AMQP_URL": f"{AMQP}/{{database}}"}),
        ("url = os.environ['AMQP_URL']", BROKER.replace(": shop", ": /"), "", {"AMQP_URL": AMQP}),
        (
            "url = os.environ.get('AMQP_URL', 'amqp://a:b@bus/shop')",
            "",
            "shop",
            {"AMQP_URL": f"{AMQP}/{{database}}"},
        ),
        ("url = os.environ.get('AMQP_URL', 'amqp://a:b@bus//')", "", "", {"AMQP_URL": AMQP}),
        (
            "a = os.environ['AMQP_HOST']\nb = os.getenv('AMQP_VHOST', 'shop')",
            "",
            "shop",
            {"AMQP_HOST": "{host}", "AMQP_VHOST": "{database}"},
        ),
        (
            "a = os.environ['AMQP_HOST']\nb = os.environ['AMQP_VHOST']",
            "",
            "",
            {"AMQP_HOST": "{host}", "AMQP_VHOST": "/"},
        ),
        ("url = 'amqp://a:b@bus/shop'", "", "shop", {}),
    ],
)
def test_the_broker_has_the_virtual_host_that_the_compose_file_or_the_code_names(
    source: str, compose: str, host: str, templates: dict[str, str]
) -> None:
    files = {"requirements.txt": "flask\npika\n", "app.py": f"{HEAD}import pika\n{source}\n"}
    (service,) = planned({**files, **({"compose.yaml": compose} if compose else {})}).services
    assert (service.database, told(service)) == (host, templates)


@pytest.mark.parametrize(
    ("written", "user", "database"),
    [
        ("{POSTGRES_USER: keeper, POSTGRES_DB: books}", "keeper", "books"),
        ('{POSTGRES_USER: "${DB_USER:-keeper}", POSTGRES_DB: "${DB_NAME-books}"}', "keeper", "books"),
        ('{POSTGRES_USER: "${DB_USER}", POSTGRES_DB: "${DB_NAME:?set it}"}', "app", "app"),
    ],
)
def test_names_of_the_compose_file_are_those_that_count_where_nobody_sets_a_variable(
    written: str, user: str, database: str
) -> None:
    compose = f"services:\n  web: {{build: .}}\n  db: {{image: 'postgres:17', environment: {written}}}\n"
    files = {
        "requirements.txt": "flask\npsycopg2\n",
        "app.py": f"{HEAD}url = os.environ['DATABASE_URL']\n",
        "compose.yaml": compose,
    }
    (service,) = planned(files).services
    assert (service.user, service.database) == (user, database)


def test_a_virtual_host_of_the_settings_is_told_to_the_app() -> None:
    asked = 'services = { rabbitmq = { image = "rabbitmq:4", database = "shop" } }\n'
    service = only("pika", f"{HEAD}url = os.environ['AMQP_URL']\n", okamochi__toml=asked)
    assert (service.database, told(service)) == ("shop", {"AMQP_URL": f"{AMQP}/{{database}}"})


def test_a_name_in_small_letters_is_another_thing_in_each_function() -> None:
    source = (
        f"import redis\n{HEAD}def a():\n    url = os.environ['DATABASE_URL']\n    return url\n"
        "def b(url):\n    return redis.from_url(url)\nb(os.environ['REDIS_URL'])\n"
    )
    found = {one.name: sorted(told(one)) for one in services("redis\npsycopg2", source)}
    assert found == {"db": ["DATABASE_URL"], "redis": ["REDIS_URL"]}


def test_the_dialect_beside_a_host_is_told_when_nothing_else_says_it() -> None:
    lines = "".join(f"{name} = os.environ['DB_{name}']\n" for name in ("CONNECTION", "HOST", "PASSWORD"))
    assert told(only("pymysql", f"{HEAD}{lines}"))["DB_CONNECTION"] == "mysql"
    lines = lines.replace("os.environ['DB_CONNECTION']", "os.getenv('DB_CONNECTION', 'mysql')")
    assert "DB_CONNECTION" not in told(only("pymysql", f"{HEAD}{lines}"))


def test_the_driver_beside_a_host_is_the_one_that_the_project_has() -> None:
    lines = "".join(f"{name} = os.getenv('DB_{name}')\n" for name in ("DRIVER", "HOST"))
    assert told(only("flask-sqlalchemy\npymysql", f"{HEAD}{lines}"))["DB_DRIVER"] == "pymysql"
    assert "DB_DRIVER" not in told(only("pymysql", f"{HEAD}{lines}"))


def test_the_name_of_a_queue_is_no_address() -> None:
    read = "broker = os.environ['CELERY_BROKER_URL']\nqueue = os.getenv('PARSE_QUEUE', 'parsing')\n"
    service = only("celery[redis]\n", f"{HEAD}{read}")
    assert list(told(service)) == ["CELERY_BROKER_URL"]
    address = read.replace("'parsing'", "'redis://localhost:6379/1'")
    assert list(told(only("celery[redis]\n", f"{HEAD}{address}"))) == ["CELERY_BROKER_URL", "PARSE_QUEUE"]


def test_a_queue_of_huey_in_redis_is_at_the_host_that_it_names() -> None:
    source = f"{HEAD}from huey import RedisHuey\nhuey = RedisHuey('shop', host='{{}}')\n"
    assert only("huey\nredis\n", source.format("queue")).name == "queue"
    other = source.format("queue").replace("RedisHuey", "SqliteHuey")
    assert services("huey\n", other) == ()
    listed = planned({"app.py": source.format("queue"), "lists nothing": ""}).dependencies.inline
    assert listed == ("flask", "huey", "redis")
    assert planned({"app.py": other, "lists nothing": ""}).dependencies.inline == ("flask", "huey")


@pytest.mark.parametrize(
    ("read", "told_as"),
    [
        ("os.environ.get('REDIS_ENDPOINT_URL', '127.0.0.1:6379')", {"REDIS_ENDPOINT_URL": "{host}:{port}"}),
        ("os.environ.get('REDIS_URL', 'cache:6379')", {"REDIS_URL": "{host}:{port}"}),
        ("os.environ.get('REDIS_ENDPOINT', '127.0.0.1:7000')", {"REDIS_ENDPOINT": "{host}:{port}"}),
        ("os.environ.get('REDIS_ENDPOINT', 'none')", {}),
        ("os.environ.get('METRICS_ENDPOINT_URL', '127.0.0.1:6379')", {}),
        ("os.environ.get('REDIS_URL', 'redis://cache:6379')", {"REDIS_URL": "redis://{host}:{port}/0"}),
    ],
)
def test_a_variable_that_is_a_host_and_a_port_by_itself_is_told_both(
    read: str, told_as: dict[str, str]
) -> None:
    source = f"{HEAD}import redis\nhost, port = {read}.split(':')\nr = redis.Redis(host=host, port=port)\n"
    assert told(only("redis\n", source)) == told_as


@pytest.mark.parametrize(
    ("made", "template"),
    [
        ("redis.Redis(server)", "{host}"),
        ("redis.StrictRedis(host=server, port=6379)", "{host}"),
        ("redis.from_url(server)", "redis://{host}:{port}/0"),
        ("redis.Redis.from_url(server)", "redis://{host}:{port}/0"),
    ],
)
def test_a_variable_of_a_kind_s_bare_name_is_what_its_client_takes_it_for(made: str, template: str) -> None:
    source = f"{HEAD}import redis\nserver = os.environ['REDIS']\nr = {made}\n"
    assert told(only("redis\n", source)) == {"REDIS": template}


@pytest.mark.parametrize(
    ("test", "told_as"),
    [
        ("kind == 'postgres'", "postgres"),
        ("kind in ('PostgreSQL', 'sqlite')", "PostgreSQL"),
        ("kind == 'sqlite'", None),
        ("kind in ('postgres', 'postgresql')", None),
    ],
)
def test_the_kind_of_database_is_told_in_the_word_that_the_code_compares_with(
    test: str, told_as: str | None
) -> None:
    source = (
        f"{HEAD}kind = os.getenv('SHOP_DB_TYPE')\nhost = os.getenv('SHOP_DB_HOST')\nif {test}:\n    x = 1\n"
    )
    assert told(only("psycopg", source)).get("SHOP_DB_TYPE") == told_as
    defaulted = source.replace("'SHOP_DB_TYPE'", "'SHOP_DB_TYPE', 'sqlite'")
    assert "SHOP_DB_TYPE" not in told(only("psycopg", defaulted))


@pytest.mark.parametrize(
    ("test", "told_as"),
    [
        ("os.getenv('DB') == 'postgres'", "postgres"),
        ("os.environ.get('DB').lower() in ['postgresql', 'sqlite']", "postgresql"),
        ("chosen == 'pgsql' or os.getenv('DB') == 'postgres'", "postgres"),
        (
            "urlsplit(os.environ['DB']).scheme == 'postgres'",
            "postgresql://{user}:{password}@{host}:{port}/{database}",
        ),
    ],
)
def test_a_variable_that_is_compared_with_kinds_holds_no_address(test: str, told_as: str) -> None:
    source = f"{HEAD}from urllib.parse import urlsplit\nhost = os.getenv('DB_HOST')\nif {test}:\n    x = 1\n"
    assert told(only("psycopg", source))["DB"].partition("?")[0] == told_as


@pytest.mark.parametrize("default", ["'https://prices.example.org'", "PRICES"])
def test_an_address_of_the_web_is_no_databases_whatever_its_name(default: str) -> None:
    reads = f"PRICES = 'http://prices.example.org'\nprices = os.getenv('PRICES_DB_URL', {default})\n"
    assert list(told(only("psycopg", f"{READS_URL}{reads}"))) == ["DATABASE_URL"]
    here = reads.replace("http://prices", "postgresql://prices")
    if default == "PRICES":
        assert "PRICES_DB_URL" in told(only("psycopg", f"{READS_URL}{here}"))


@pytest.mark.parametrize(
    ("lines", "client", "told_as"),
    [
        (("MYSQLHOST", "MYSQL_ROOT_PASSWORD"), "pymysql", {"MYSQL_ROOT_PASSWORD": "{password}"}),
        (("MYSQL_HOST", "MYSQL_ROOT_PASSWORD"), "pymysql", {"MYSQL_ROOT_PASSWORD": "{password}"}),
        (
            ("MYSQL_HOST", "MYSQL_PASSWORD", "MYSQL_ROOT_PASSWORD"),
            "pymysql",
            {"MYSQL_PASSWORD": "{password}"},
        ),
        (
            ("MONGO_HOST", "MONGO_INITDB_ROOT_PASSWORD", "MONGO_INITDB_ROOT_USERNAME"),
            "pymongo",
            {"MONGO_INITDB_ROOT_PASSWORD": "{password}", "MONGO_INITDB_ROOT_USERNAME": "{user}"},
        ),
    ],
)
def test_the_root_of_the_image_is_the_apps_user_where_it_reads_no_other(
    lines: tuple[str, ...], client: str, told_as: dict[str, str]
) -> None:
    source = "".join(f"{name.lower()} = os.environ.get('{name}')\n" for name in lines)
    assert told(only(client, f"{HEAD}{source}")) == {lines[0]: "{host}"} | told_as


def test_a_client_of_which_the_requirements_lack_the_package_leads_to_its_service() -> None:
    makes = f"{HEAD}from redis import StrictRedis\nstore = StrictRedis(host='localhost', port=6379)\n"
    assert [one.kind for one in services("flask\n", makes)] == [ServiceKind.REDIS]
    assert services("flask\n", f"{HEAD}from redis import StrictRedis\n") == ()


def test_beside_a_host_that_has_its_port_user_and_database_are_told_too() -> None:
    lines = "host = os.getenv('DB_HOST', '127.0.0.1:5432')\nname = os.getenv('DB_NAME', 'shop')\n"
    lines += "user = os.getenv('DB_USER', 'me')\npassword = os.getenv('DB_PASSWORD', 'it')\n"
    lines += "url = 'postgresql://{}:{}@{}/{}'.format(user, password, host, name)\n"
    assert told(only("psycopg2", f"{HEAD}{lines}")) == {
        "DB_HOST": "{host}:{port}",
        "DB_NAME": "{database}",
        "DB_PASSWORD": "{password}",
        "DB_USER": "{user}",
    }


def test_an_address_of_the_web_at_the_port_of_a_service_is_its_address() -> None:
    reads = "import redis\nurl = urlparse(os.getenv('REDISTOGO_URL', 'http://localhost:6379'))\n"
    assert list(told(only("redis", f"{HEAD}{reads}"))) == ["REDISTOGO_URL"]
    assert told(only("redis", f"{HEAD}{reads.replace('6379', '8080')}")) == {}


def test_the_last_at_sign_of_an_address_is_before_its_host() -> None:
    address = address_of("mysql+pymysql://root:Happy@001@db:3306/movie")
    assert address is not None and (address.user, address.host, address.database) == ("root", "db", "movie")
    here = f"{HEAD}URL = os.environ.get('DATABASE_URL') or 'postgresql://a:P@ss!@127.0.0.1/shop'\n"
    assert only("psycopg2-binary", here).name == "db"


@pytest.mark.parametrize(
    "code",
    [
        'URL = f"postgresql://{LOGIN}:{SECRET}@{SERVER}:{GATE}/{SHELF}"',
        'URL = "postgresql://" + LOGIN + ":" + str(SECRET) + "@" + SERVER + ":" + GATE + "/" + SHELF',
        'URL = "postgresql://{}:{}@{}:{}/{}".format(LOGIN, quote_plus(SECRET), SERVER, GATE, SHELF)',
        'URL = "postgresql://%s:%s@%s:%s/%s" % (LOGIN, SECRET, SERVER, GATE, SHELF)',
        'URL.create("postgresql", username=LOGIN, password=SECRET, host=SERVER, port=GATE, database=SHELF)',
        "db = psycopg2.connect(user=LOGIN, password=SECRET, host=SERVER, port=GATE, dbname=SHELF)",
        'psycopg2.connect(**{"user": LOGIN, "password": SECRET, "host": SERVER, "port": GATE, "db": SHELF})',
    ],
)
def test_what_the_code_makes_parts_of_an_address_is_told_whatever_its_name(code: str) -> None:
    names = {"LOGIN": "user", "SECRET": "password", "SERVER": "host", "GATE": "port", "SHELF": "database"}
    reads = "".join(f"{name} = os.getenv('MY_{name}')\n" for name in names)
    head = f"import psycopg2\nfrom sqlalchemy import URL\n{HEAD}{reads}"
    expected = {f"MY_{name}": f"{{{part}}}" for name, part in names.items()}
    assert told(only("psycopg2-binary\nsqlalchemy", f"{head}{code}\n")) == expected


def test_parts_of_an_address_are_found_in_another_module_and_tell_of_a_driver_that_nothing_lists() -> None:
    settings = "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n"
    settings += "    server: str = 'localhost'\n    login: str = 'me'\nsettings = Settings()\n"
    source = f"from settings import settings\n{HEAD}"
    source += "URL = f'postgresql+psycopg://{settings.login}:x@{settings.server}/shop'\n"
    assert told(only("sqlalchemy", source, settings__py=settings)) == {"LOGIN": "{user}", "SERVER": "{host}"}
    url = 'URL = f\'postgresql://{os.environ["USER_NAME"]}:x@{os.environ["PLACE"]}/shop\'\n'
    assert told(only("sqlalchemy", f"{HEAD}{url}")) == {"PLACE": "{host}", "USER_NAME": "{user}"}
    assert services("pymysql\nsqlalchemy", f"{HEAD}{url}") == ()


def test_an_address_whose_name_says_url_is_a_host_where_the_client_takes_it_as_one() -> None:
    source = f"import pymysql\n{HEAD}db = pymysql.connect(host=os.getenv('CLEARDB_DATABASE_URL'))\n"
    assert told(only("pymysql", source)) == {"CLEARDB_DATABASE_URL": "{host}"}


def test_an_address_of_many_hosts_and_one_without_a_user_or_a_port_have_no_host() -> None:
    assert services("pymongo", f"{HEAD}u = f'mongodb+srv://a:b@{{os.getenv(\"PLACE\")}}/x'\n") == ()
    assert services("redis", f"{HEAD}u = f'redis://{{os.getenv(\"PLACE\")}}'\n") == ()


def test_the_broker_is_the_rabbitmq_of_the_compose_file_and_a_redis_beside_it_keeps_the_results() -> None:
    code = "import celery\nc = celery.Celery(broker=os.getenv('CELERY_BROKER_URL'), "
    source = f"{HEAD}{code}backend=os.getenv('CELERY_RESULT_BACKEND'))\n"
    compose = "services:\n  web:\n    build: .\n{environment}"
    compose += "  queue:\n    image: rabbitmq:4\n  redis:\n    image: redis:7\n"

    def told_by(environment: str = "") -> dict[str, list[str]]:
        text = compose.format(environment=environment)
        found = services("celery\nredis", source, **{"docker-compose__yml": text})
        return {one.name: [v.name for v in one.variables] for one in found}

    assert told_by() == {"queue": ["CELERY_BROKER_URL"], "redis": ["CELERY_RESULT_BACKEND"]}
    given = "    environment:\n      CELERY_BROKER_URL: redis://redis:6379/0\n"
    assert "CELERY_BROKER_URL" in told_by(given)["redis"]


@pytest.mark.parametrize(
    ("written", "image"),
    [
        ("postgres:${PG_VERSION:-18}", "postgres:18"),
        ("${IMAGE-docker.io/library/postgres}:16", "docker.io/library/postgres:16"),
        # nobody knows it: the client tells that there is a database
        ("postgres:${PG_VERSION}", "postgres:17"),
    ],
)
def test_an_image_of_compose_counts_by_the_default_of_its_variable(written: str, image: str) -> None:
    compose = f"services:\n  web: {{build: .}}\n  db:\n    image: {written}\n"
    source = f"import os\n{HEAD}URL = os.environ['DATABASE_URL']\n"
    plan = planned({"requirements.txt": "flask\npsycopg\n", "app.py": source, "compose.yaml": compose})
    assert [one.image for one in plan.services] == [image]
    if image != "postgres:17":
        assert decision(plan, "services.db").evidence[0].line == 4


@pytest.mark.parametrize(
    ("requirements", "use"),
    [
        (
            "flask-sqlalchemy\npsycopg2",
            "app.config['SQLALCHEMY_DATABASE_URI'] = os.environ.get('SHOP_CONNECTION')",
        ),
        ("sqlalchemy\npsycopg2", "engine = create_engine(os.environ['SHOP_CONNECTION'])"),
        ("sqlalchemy\npsycopg2", "SHOP = os.getenv('SHOP_CONNECTION')\nengine = create_engine(SHOP)"),
    ],
)
def test_a_variable_that_is_the_whole_address_of_sqlalchemy_leads_there_by_any_name(
    requirements: str, use: str
) -> None:
    found = only(requirements, f"from sqlalchemy import create_engine\n{HEAD}{use}\n")
    assert told(found) == {
        "SHOP_CONNECTION": "postgresql+psycopg2://{user}:{password}@{host}:{port}/{database}"
    }


@pytest.mark.parametrize(
    "use",
    [
        "app.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite:///' + os.environ['PLACE']",
        "app.config['SQLALCHEMY_DATABASE_URI'] = os.environ['TEST_PLACE']",
        "app.config['STORE'] = os.environ['PLACE']",
    ],
)
def test_a_part_of_an_address_or_that_of_another_stage_leads_to_no_service(use: str) -> None:
    assert services("flask-sqlalchemy\npsycopg2", f"{HEAD}{use}\n") == ()


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ("", {"DEVELOPMENT_DATABASE_URL"}),
        ("class Live:\n    SQLALCHEMY_DATABASE_URI = os.getenv('DATABASE_URL')\n", {"DATABASE_URL"}),
    ],
)
def test_the_address_of_the_developer_leads_there_where_the_code_knows_no_other(
    more: str, names: set[str]
) -> None:
    source = f"{HEAD}class Dev:\n    SQLALCHEMY_DATABASE_URI = os.getenv('DEVELOPMENT_DATABASE_URL')\n{more}"
    assert set(told(only("flask-sqlalchemy\npsycopg2", source))) == names
