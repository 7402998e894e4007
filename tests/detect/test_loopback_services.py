"""Services whose address on this machine is fixed in the code: each is as the code takes it to be."""

import pytest

from okamochi.detect.services.kinds import facts_of
from okamochi.detect.services.loopback_services import password_at
from okamochi.model.backing_service import BackingService, ServiceKind
from okamochi.model.codec import plan_to_json
from okamochi.model.plan import Plan
from okamochi.system.project_files import MemoryProject
from tests.detect.plans import decision, planned

HEAD = "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
URI = "app.config['SQLALCHEMY_DATABASE_URI'] = "
CONNECT = "import psycopg2\ndef c():\n    return psycopg2.connect"


def plan_of(requirement: str, source: str, **others: str) -> Plan:
    files = {"requirements.txt": f"flask\n{requirement}\n", "app.py": f"{HEAD}{source}\n"}
    return planned({**files, **{name.replace("__", "."): text for name, text in others.items()}})


def only(requirement: str, source: str, **others: str) -> BackingService:
    (found,) = plan_of(requirement, source, **others).services
    return found


def told(service: BackingService) -> dict[str, str]:
    return {one.name: one.template for one in service.variables}


@pytest.mark.parametrize(
    ("requirement", "source", "kind", "port"),
    [
        ("redis", "import redis\nr = redis.Redis()", ServiceKind.REDIS, 6379),
        ("redis", "from redis import Redis\nr = Redis('127.0.0.1', 6380, 1)", ServiceKind.REDIS, 6380),
        ("redis", "import redis\nHOST = 'localhost'\nr = redis.StrictRedis(HOST)", ServiceKind.REDIS, 6379),
        (
            "redis",
            "import redis\np = redis.ConnectionPool(port=6381)\nr = redis.Redis(connection_pool=p)",
            ServiceKind.REDIS,
            6381,
        ),
        ("celery\nredis", "broker = 'redis://localhost:6379/0'", ServiceKind.REDIS, 6379),
        ("redis", "import redis\nPORT = 6390\nu = f'redis://localhost:{PORT}'", ServiceKind.REDIS, 6390),
        (
            "pymongo",
            "from pymongo import MongoClient\nm = MongoClient('localhost', 27018)",
            ServiceKind.MONGODB,
            27018,
        ),
        ("pymongo", "from pymongo import MongoClient\nm = MongoClient()", ServiceKind.MONGODB, 27017),
        ("huey\nredis", "from huey import RedisHuey\nh = RedisHuey('shop')", ServiceKind.REDIS, 6379),
        (
            "huey[redis]",
            "import huey\nh = huey.PriorityRedisHuey(name='shop', host='localhost', port=6380, db=1)",
            ServiceKind.REDIS,
            6380,
        ),
        ("mongoengine", "from mongoengine import connect\nconnect('shop')", ServiceKind.MONGODB, 27017),
        (
            "pymemcache",
            "from pymemcache.client import base\nc = base.Client(('localhost', 11211))",
            ServiceKind.MEMCACHED,
            11211,
        ),
    ],
)
def test_a_service_without_users_stands_behind_a_door_at_the_port_of_the_code(
    requirement: str, source: str, kind: ServiceKind, port: int
) -> None:
    plan = plan_of(requirement, source)
    (service,) = plan.services
    assert (service.kind, service.user, service.required) == (kind, "", True)
    assert told(service) == {f"OKAMOCHI_LOOPBACK_{port}": "{host}:{port}"}
    assert plan.doors
    said = decision(plan, f"services.{service.name}")
    assert said.summary.startswith("Warning: ")
    assert f"localhost:{port} fixed" in said.summary
    assert said.evidence[0].path == "app.py"


@pytest.mark.parametrize(
    ("requirement", "source", "user", "database", "line"),
    [
        ("psycopg2", f"{URI}'postgresql://me:n00dles@localhost/shop'", "me", "shop", 4),
        ("psycopg2", f"U = 'me'\n{URI}f'postgresql://{{U}}:n00dles@localhost/shop'", "me", "shop", 5),
        ("psycopg2", f"{CONNECT}('host=localhost dbname=shop user=me password=n00dles')", "me", "shop", 6),
        (
            "psycopg2",
            f"{CONNECT}(host='localhost', dbname='shop', user='me', password='n00dles')",
            "me",
            "shop",
            6,
        ),
        ("pymysql", f"{URI}'mysql+pymysql://me:n00%64les@127.0.0.1:3306/shop'", "me", "shop", 4),
        (
            "pymysql",
            "import pymysql\nc = pymysql.connect('localhost', 'root', 'n00dles', 'shop')",
            "root",
            "shop",
            5,
        ),
        (
            "mysql-connector-python",
            (
                "from mysql import connector as m\n"
                "c = m.connect(host='localhost', user='me', passwd='n00dles', database='shop')"
            ),
            "me",
            "shop",
            5,
        ),
        (
            "pymongo",
            "import pymongo\nm = pymongo.MongoClient('mongodb://me:n00dles@localhost/shop')",
            "me",
            "shop",
            5,
        ),
        ("pika", "import pika\np = pika.URLParameters('amqp://me:n00dles@localhost:5672/')", "me", "", 5),
    ],
)
def test_the_password_of_the_code_is_the_service_s_and_in_no_plan(
    requirement: str, source: str, user: str, database: str, line: int
) -> None:
    plan = plan_of(requirement, source)
    (service,) = plan.services
    assert (service.user, service.password_in, service.is_open) == (user, f"app.py:{line}", False)
    assert service.database == database
    assert [one for one in told(service) if not one.startswith("OKAMOCHI_LOOPBACK_")] == []
    assert "n00dles" not in plan_to_json(plan).decode()
    files = MemoryProject({"app.py": f"{HEAD}{source}\n".encode()})
    assert password_at(files, service.password_in, facts_of(service.kind), "db") == "n00dles"
    assert password_at(files, "app.py:1", facts_of(service.kind), "db") == ""
    assert password_at(files, "gone.py:1", facts_of(service.kind), "db") == ""


def test_entries_of_a_configuration_are_one_address() -> None:
    keys = {"HOST": "localhost", "USER": "root", "PASSWORD": "n00dles", "DB": "shop"}
    lines = "\n".join(f"app.config['MYSQL_{key}'] = {value!r}" for key, value in keys.items())
    service = only("flask-mysqldb", f"from flask_mysqldb import MySQL\n{lines}")
    assert (service.user, service.database, service.password_in) == ("root", "shop", "app.py:5")


def test_fields_of_a_class_of_settings_are_one_address() -> None:
    fields = "\n".join(
        f"    MYSQL_{key} = 'localhost'" if key == "HOST" else f"    MYSQL_{key} = 'me'"
        for key in ("HOST", "USER", "DB")
    )
    source = f"from flask_mysqldb import MySQL\nclass Config:\n{fields}\n    MYSQL_PASSWORD = 'n00dles'\n"
    assert only("flask-mysqldb", source).password_in == "app.py:6"


def test_one_of_django_s_databases_is_one_address_whose_password_may_be_a_variable_s() -> None:
    settings = (
        "import os\nROOT_URLCONF = 'shop.urls'\n"
        "WSGI_APPLICATION = 'shop.wsgi.application'\nSECRET_KEY = 'x'\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.mysql', 'NAME': 'shop', 'USER': 'me',\n"
        "    'PASSWORD': os.environ['SHOP_PW'], 'HOST': '127.0.0.1'}}\n"
    )
    wsgi = (
        "import os\nfrom django.core.wsgi import get_wsgi_application\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
        "application = get_wsgi_application()\n"
    )
    plan = planned(
        {
            "requirements.txt": "django\nmysqlclient\n",
            "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
            "shop/__init__.py": "",
            "shop/urls.py": "urlpatterns = []\n",
            "shop/settings.py": settings,
            "shop/wsgi.py": wsgi,
        }
    )
    (service,) = plan.services
    assert (service.user, service.database, service.password_in) == ("me", "shop", "")
    assert told(service) == {"OKAMOCHI_LOOPBACK_3306": "{host}:{port}", "SHOP_PW": "{password}"}
    assert dict(plan.image_environment)["MYSQL_UNIX_PORT"] == "/tmp/mysqld.sock"


def test_what_the_code_leaves_to_libpq_is_told_by_its_variables() -> None:
    service = only("psycopg2", f"{URI}'postgresql://localhost/shop'")
    assert (service.user, service.database, service.is_open) == ("app", "shop", False)
    names = {"OKAMOCHI_LOOPBACK_5432": "{host}:{port}", "PGPASSWORD": "{password}", "PGUSER": "{user}"}
    assert told(service) == names


@pytest.mark.parametrize(
    ("requirement", "source", "user"),
    [
        (
            "pymysql",
            "import pymysql\nc = pymysql.connect(host='localhost', user='root', password='')",
            "root",
        ),
        ("pymysql", f"{URI}'mysql+pymysql://root@localhost/shop'", "root"),
        ("psycopg2", f"{URI}'postgresql://me:@localhost/shop'", "me"),
        ("pika", "import pika\np = pika.ConnectionParameters('localhost')", "guest"),
        ("pymongo", "import pymongo\nm = pymongo.MongoClient('mongodb://localhost:27017/shop')", ""),
    ],
)
def test_a_service_asks_for_no_password_where_the_code_has_none(
    requirement: str, source: str, user: str
) -> None:
    service = only(requirement, source)
    assert (service.is_open, service.user, service.password_in) == (True, user, "")


@pytest.mark.parametrize(
    ("requirement", "source"),
    [
        ("redis", "import redis\nr = redis.Redis(password='n00dles')"),
        ("redis", "r = 'redis://:n00dles@localhost'"),
        ("psycopg2", f"{URI}'postgresql://a:b@localhost/x'\nother = 'postgresql://a:c@localhost/x'"),
        ("psycopg2", f"{URI}'postgresql://a:b@localhost/x'\nother = 'postgresql://a:b@localhost/y'"),
        ("psycopg2", f"{URI}f'postgresql://a:{{word()}}@localhost/x'"),
        ("psycopg2", f"{URI}'postgresql://a:%s@localhost/x' % word()"),
        ("psycopg2", f"{URI}'postgresql://a:{{}}@localhost/x'.format(word())"),
        ("psycopg2", f"{URI}'postgresql://a:b@host.docker.internal/x'"),
        ("psycopg2", f"{CONNECT}(host='localhost', dbname='x', user='a', password=asked())"),
        ("psycopg2", f"{CONNECT}(host='localhost', dbname='x; drop', user='a', password='b')"),
        ("psycopg2", f"{URI}'postgresql://a:changeme@localhost/x'"),
        ("pymysql", "import pymysql\nc = pymysql.connect(host='localhost', user='me', password='')"),
        ("pymysql", "import pymysql\nc = pymysql.connect(host='localhost', password='n00dles')"),
        ("pika", "import pika\np = pika.ConnectionParameters('localhost', credentials=those)"),
        ("pg8000", f"{URI}'postgresql+pg8000://localhost/x'"),
    ],
)
def test_what_the_code_does_not_tell_or_no_service_can_be_is_told_and_not_started(
    requirement: str, source: str
) -> None:
    plan = plan_of(requirement, source)
    assert plan.services == ()
    assert not plan.doors
    assert decision(plan, "services").summary.startswith("Warning: no ")


def test_a_service_of_the_compose_file_that_the_code_looks_for_here_has_a_door_too() -> None:
    compose = "services:\n  cache:\n    image: redis:7\n"
    service = only("redis", "import redis\nr = redis.Redis()", compose__yaml=compose)
    assert (service.name, service.image) == ("cache", "redis:7")
    assert told(service) == {"OKAMOCHI_LOOPBACK_6379": "{host}:{port}"}


def test_a_variable_that_leads_elsewhere_leaves_no_door() -> None:
    source = f"{URI}os.environ.get('DATABASE_URL', 'postgresql://a:b@localhost/x')"
    plan = plan_of("psycopg2", source)
    assert told(plan.services[0]).keys() == {"DATABASE_URL"}
    assert not plan.doors


def test_beside_a_database_that_a_variable_leads_to_another_at_localhost_is_not_started() -> None:
    source = (
        "a = os.environ['POSTGRES_URL']\nimport pymysql\nc = pymysql.connect(host='localhost', user='root')"
    )
    plan = plan_of("psycopg2\npymysql", source)
    assert [one.kind for one in plan.services] == [ServiceKind.POSTGRES]
    assert decision(plan, "services").summary.startswith("Warning: no mysql is started")


def test_a_password_that_a_variable_holds_is_told_by_it_where_the_rest_of_the_address_is_fixed() -> None:
    source = f"w = os.getenv('SHOP_WORD')\nd = os.getenv('SHOP_BASE')\n{URI}f'postgresql://me:{{w}}@localhost/{{d}}'"
    service = only("psycopg2", source)
    assert (service.user, service.is_open, service.password_in) == ("me", False, "")
    names = {"OKAMOCHI_LOOPBACK_5432": "{host}:{port}", "SHOP_BASE": "{database}", "SHOP_WORD": "{password}"}
    assert told(service) == names


CALLED = "host='localhost', user='root', password='S3same', database='bank'"
BANK = "{'host': 'localhost', 'user': 'root', 'password': 'S3same', 'database': 'bank'}"


@pytest.mark.parametrize(
    "code",
    [
        f"HOW = {BANK}\ndef c():\n    return mysql.connector.connect(**HOW)",
        f"HOW = dict({CALLED})\nc = mysql.connector.connect(autocommit=True, **HOW)",
        f"def c():\n    how = {BANK}\n    return mysql.connector.connect(**how)",
        "from settings import HOW\nc = mysql.connector.connect(**HOW)",
        "import settings\nc = mysql.connector.connect(**settings.HOW)",
        f"class S:\n    def c(self):\n        self.how = {BANK}\n        mysql.connector.connect(**self.how)",
    ],
)
def test_arguments_out_of_a_dict_are_those_of_the_call(code: str) -> None:
    """With no list of packages, too: what is imported as mysql is MySQL's own connector."""
    settings = f"HOW = {BANK}\n"
    source = f"import mysql.connector\n{code}"
    listed = only("mysql-connector-python", source, settings__py=settings)
    files = {"app.py": f"{HEAD}{source}\n", "settings.py": settings, "lists nothing": ""}
    for service in (listed, *planned(files).services):
        assert (service.kind, service.user, service.database) == (ServiceKind.MYSQL, "root", "bank")
        assert "OKAMOCHI_LOOPBACK_3306" in told(service)
    assert "mysql-connector-python" in decision(planned(files), "dependencies.inline").summary


@pytest.mark.parametrize(
    "code",
    [
        "HOW = {'host': 'localhost', 'user': 'root'}\nHOW['host'] = find()\nc = pymysql.connect(**HOW)",
        "def c(me):\n    self.how = {'host': ''}\n    self.how['x'] = 1\n    pymysql.connect(**self.how)",
        "HOW = {'user': 'root'}\nHOW.update(find())\nc = pymysql.connect(**HOW)",
        "def c(how):\n    return pymysql.connect(**how)",
        "HOW = {'host': 'localhost', **find()}\nc = pymysql.connect(**HOW)",
    ],
)
def test_a_dict_that_is_written_twice_or_is_not_known_says_nothing(code: str) -> None:
    service = only("pymysql", f"import pymysql\n{code}")
    assert "OKAMOCHI_LOOPBACK_3306" not in told(service)


def test_a_package_imports_itself_by_its_name_from_folders_without_an_init_file() -> None:
    """As `from shop.store import db` in server/shop/users/routes.py, with server/app.py beside shop."""
    files = {
        "requirements.txt": "flask\npymysql\n",
        "server/app.py": "from shop import create_app\napp = create_app()\n",
        "server/shop/__init__.py": "from flask import Flask\ndef create_app():\n    app = Flask(__name__)\n"
        "    from .users.routes import bp\n    app.register_blueprint(bp)\n    return app\n",
        "server/shop/users/routes.py": "from flask import Blueprint\nfrom shop.store import db\n"
        "bp = Blueprint('users', __name__)\n",
        "server/shop/store.py": f"import pymysql\ndef db():\n    return pymysql.connect({CALLED})\n",
    }
    (service,) = planned(files).services
    assert "OKAMOCHI_LOOPBACK_3306" in told(service)


@pytest.mark.parametrize(
    "address",
    [
        "f'postgresql://{USER}:{WORD}@{HOST}:{PORT}/{NAME}'",
        "'postgresql://%s:%s@%s/%s' % (USER, WORD, HOST, NAME)",
        "'postgresql://{}:{}@{}:{}/{}'.format(USER, WORD, HOST, PORT, NAME)",
        "'postgresql://{user}:{word}@{host}/shop'.format(user=USER, word=WORD, host=HOST)",
        "'postgresql://%(user)s:%(word)s@%(host)s/%(name)s' % PARTS",
        "'postgresql://' + USER + ':' + WORD + '@' + HOST + '/' + NAME",
        "sqlalchemy.URL.create('postgresql', username=USER, password=WORD, host=HOST, database=NAME)",
    ],
)
@pytest.mark.parametrize("inside", ["", "class Config:\n    "])
def test_an_address_that_is_put_together_of_constants_is_one(address: str, inside: str) -> None:
    parts = "PARTS = {'user': 'dana', 'word': 'n00dles', 'host': 'localhost', 'name': 'shop'}"
    own = "USER = 'dana'; WORD = 'n00dles'; HOST = 'localhost'; PORT = 5432; NAME = 'shop'"
    source = f"import sqlalchemy\n{parts}\n{inside}{own}; URI = {address}"
    service = only("psycopg2", source)
    assert (service.user, service.database) == ("dana", "shop")
    assert told(service) == {"OKAMOCHI_LOOPBACK_5432": "{host}:{port}"}
    files = MemoryProject({"app.py": f"{HEAD}{source}\n".encode()})
    assert password_at(files, service.password_in, facts_of(service.kind), "db") == "n00dles"


@pytest.mark.parametrize(("query", "started"), [("?charset=utf8mb4", True), ("?unix_socket=/tmp/x", False)])
def test_what_follows_the_address_may_say_how_and_not_where(query: str, started: bool) -> None:
    parts = "{'u': 'me', 'p': 'n00dles', 'h': 'localhost'}"
    address = f"'mysql+pymysql://{{u}}:{{p}}@{{h}}/shop{query}'.format(**{parts})"
    plan = plan_of("pymysql", f"{URI}{address}")
    assert bool(plan.services) is started


@pytest.mark.parametrize("whole", ["BASE + NAME", "f'{BASE}{NAME}'"])
def test_an_address_may_begin_with_a_name(whole: str) -> None:
    source = (
        "BASE = 'postgresql://postgres:@localhost/'\nNAME = 'shop'\n"
        f"class Config:\n    URI = {whole}\nclass TestingConfig:\n    URI = BASE + NAME + '_test'\n"
    )
    service = only("psycopg2", source)
    assert (service.user, service.database, service.is_open) == ("postgres", "shop", True)


def test_each_class_of_settings_has_fields_of_its_own_and_that_of_tests_counts_for_nothing() -> None:
    address = "f'postgresql://{USER}:{os.environ.get(\"DB_WORD\")}@{HOST}/{NAME}'"
    fields = "USER = 'dana'; HOST = 'localhost'; NAME"
    config = f"class Config:\n    {fields} = 'shop'\n    URI = {address}\n"
    tests = f"class TestingConfig(Config):\n    {fields} = 'shop_tests'\n    URI = {address}\n"
    service = only("psycopg2", f"{config}{tests}")
    assert (service.user, service.database) == ("dana", "shop")
