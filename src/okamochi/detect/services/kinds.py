"""What is known of each kind of service: its clients in Python, its images, its variables."""

import re

import msgspec

from okamochi.model.backing_service import ServiceKind
from okamochi.model.variable_names import URL_ENDS
from okamochi.oci.reference import bare_name, tag_of
from okamochi.system.patterns import regex

__all__ = [
    "FOREIGN_URL",
    "KINDS",
    "S3",
    "SQL",
    "WITH_DATABASE",
    "WITH_STORES",
    "KindFacts",
    "facts_of",
    "kind_of_image",
    "volume_path_of",
]


class KindFacts(msgspec.Struct, frozen=True):
    """`distributions` are normalized names of packages that speak to it, the one to prefer first; `modules`
    are what code imports then. `schemes` begin its URLs. `stems` begin the names of its variables
    (REDIS_URL, REDIS_HOST). `images` are the last parts of repository names that serve it. `extras` of other
    distributions bring a client of it."""

    kind: ServiceKind
    distributions: tuple[str, ...]
    modules: tuple[str, ...]
    schemes: tuple[str, ...]
    stems: str
    image: str
    images: tuple[str, ...]
    host: str
    port: int
    volume_path: str = ""
    user: str = ""
    extras: tuple[str, ...] = ()

    def url_variable(self, name: str) -> bool:
        pattern = rf"(\w+_)?({self.stems}){self.purposes}_{{0,2}}{URL_ENDS}|({self.stems})"
        return re.fullmatch(pattern, name.upper()) is not None

    @property
    def purposes(self) -> str:
        """What may stand behind a stem: one server without users serves all that an app wants of it, the
        queue (REDIS_QUEUE_HOST) and the cache (REDIS_CACHE_HOST)."""
        return "" if self.user else r"(?:_(?!(?:SENTINEL|CLUSTER|TEST|TLS|SSL)S?_)[A-Z]+)*?"


POSTGRES = KindFacts(
    kind=ServiceKind.POSTGRES,
    distributions=("psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary", "asyncpg", "aiopg", "pg8000"),
    modules=("psycopg", "psycopg2", "asyncpg", "aiopg", "pg8000"),
    # the last two: https://django-environ.readthedocs.io/en/latest/types.html#environ-env-db-url
    schemes=("postgresql", "postgres", "psql", "pgsql"),
    stems="DATABASE|DB|POSTGRES|POSTGRESQL|PG|SQLALCHEMY_DATABASE",
    image="postgres:17",
    images=("postgres", "postgis", "pgvector", "timescaledb", "postgresql"),
    host="db",
    port=5432,
    volume_path="/var/lib/postgresql/data",
    user="app",
    extras=("postgres", "postgresql", "psycopg", "psycopg2", "psycopg2-binary", "asyncpg", "pg8000"),
)
MYSQL = KindFacts(
    kind=ServiceKind.MYSQL,
    distributions=(
        "pymysql",
        "mysqlclient",
        "mysql-connector-python",
        "mysql-connector",  # its former name
        "aiomysql",
        "asyncmy",
        "flask-mysqldb",
    ),
    modules=("pymysql", "MySQLdb", "mysql", "aiomysql", "asyncmy", "flask_mysqldb"),
    schemes=("mysql",),
    stems="DATABASE|DB|MYSQL|SQLALCHEMY_DATABASE",
    image="mysql:8.4",
    images=("mysql", "mysql-server"),
    host="db",
    port=3306,
    volume_path="/var/lib/mysql",
    user="app",
    extras=("mysql", "mysqlclient", "pymysql", "aiomysql", "asyncmy"),
)
MARIADB = KindFacts(
    kind=ServiceKind.MARIADB,
    distributions=("mariadb",),
    modules=("mariadb",),
    schemes=("mariadb",),
    stems="DATABASE|DB|MARIADB|SQLALCHEMY_DATABASE",
    image="mariadb:11.8",
    images=("mariadb",),
    host="db",
    port=3306,
    volume_path="/var/lib/mysql",
    user="app",
)
REDIS = KindFacts(
    kind=ServiceKind.REDIS,
    distributions=("redis", "valkey", "rq", "flask-rq2", "flask-redis", "django-redis", "aioredis", "arq"),
    modules=("redis", "valkey", "rq", "flask_rq2", "flask_redis", "django_redis", "aioredis", "arq"),
    schemes=("redis", "valkey"),
    stems="REDIS|VALKEY|REDISTOGO|RQ_REDIS",
    image="valkey/valkey:8.1",
    images=("redis", "valkey", "redis-stack", "redis-stack-server"),
    host="redis",
    port=6379,
    volume_path="/data",
    extras=("redis", "valkey"),
)
RABBITMQ = KindFacts(
    kind=ServiceKind.RABBITMQ,
    distributions=("pika", "aio-pika", "amqp", "kombu", "celery"),
    modules=("pika", "aio_pika", "amqp"),
    schemes=("amqp", "pyamqp"),
    stems="AMQP|RABBITMQ|CLOUDAMQP",
    image="rabbitmq:4",
    images=("rabbitmq",),
    host="rabbitmq",
    port=5672,
    volume_path="/var/lib/rabbitmq",
    user="app",
    extras=("rabbitmq", "rabbit", "amqp", "librabbitmq"),
)
MONGODB = KindFacts(
    kind=ServiceKind.MONGODB,
    distributions=("pymongo", "motor", "mongoengine", "flask-pymongo", "flask-mongoengine", "beanie"),
    modules=("pymongo", "motor", "mongoengine", "flask_pymongo", "flask_mongoengine", "beanie"),
    schemes=("mongodb",),
    stems="MONGO|MONGODB",
    image="mongo:8.0",
    images=("mongo", "mongodb"),
    host="mongo",
    port=27017,
    volume_path="/data/db",
    user="app",
)
MEMCACHED = KindFacts(
    kind=ServiceKind.MEMCACHED,
    distributions=("pymemcache", "pylibmc", "python-memcached", "python-binary-memcached"),
    modules=("pymemcache", "pylibmc", "memcache", "bmemcached"),
    schemes=("memcached",),
    stems="MEMCACHED|MEMCACHE",
    image="memcached:1.6",
    images=("memcached",),
    host="memcached",
    port=11211,
)
# docs/adr/0027-an-object-store-of-ones-own.md says why this image
S3 = KindFacts(
    kind=ServiceKind.S3,
    distributions=(
        "boto3",
        "minio",
        "aioboto3",
        "aiobotocore",
        "botocore",
        "s3fs",
        "flask-s3",
        "miniopy-async",
    ),
    modules=("boto3", "minio", "aioboto3", "aiobotocore", "s3fs", "flask_s3", "miniopy_async", "storages"),
    schemes=(),
    stems="S3|MINIO",
    image="versity/versitygw:v1.7.0",
    images=("versitygw", "minio"),
    host="s3",
    port=9000,
    volume_path="/data",
    user="app",
)
# SQL first; MariaDB before MySQL, since drivers of MySQL serve both
KINDS = (POSTGRES, MARIADB, MYSQL, REDIS, RABBITMQ, MONGODB, MEMCACHED)
# an object store is found by other traces: a URL tells it from nothing else on the web
WITH_STORES = (*KINDS, S3)
SQL = (ServiceKind.POSTGRES, ServiceKind.MARIADB, ServiceKind.MYSQL)
WITH_DATABASE = (*SQL, ServiceKind.MONGODB)
"""Kinds whose servers have databases with names."""


FOREIGN_URL = regex(r"(oracle|mssql)(?:\+\w+)?:/")
"""How URLs of databases begin of which okamochi starts none: nothing else may be put in their place."""


def facts_of(kind: ServiceKind) -> KindFacts:
    return next(one for one in WITH_STORES if one.kind is kind)


def kind_of_image(reference: str) -> KindFacts | None:
    """By the last part of the repository's name; None for images of other things."""
    repository = bare_name(reference).lower()
    return next((one for one in WITH_STORES if repository in one.images), None)


def volume_path_of(facts: KindFacts, image: str) -> str:
    """Where an image of that kind keeps its data. The official image of PostgreSQL moved it with 18:
    https://github.com/docker-library/postgres/pull/1259."""
    if facts.kind is not ServiceKind.POSTGRES:
        return facts.volume_path
    tag = tag_of(image)
    major = re.match(r"(?:pg)?(\d+)", tag)
    newer = tag in ("", "latest", "alpine") or (major is not None and int(major.group(1)) >= 18)
    return "/var/lib/postgresql" if newer else facts.volume_path
