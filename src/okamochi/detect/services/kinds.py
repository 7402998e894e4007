"""What is known of each kind of service: its clients in Python, its variables."""

import re

import msgspec

from okamochi.model.backing_service import ServiceKind
from okamochi.model.service_images import ServiceImage, server_of, server_of_image
from okamochi.model.variable_names import URL_ENDS
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
]


class KindFacts(msgspec.Struct, frozen=True):
    """`distributions` are normalized names of packages that speak to it, the one to prefer first; `modules`
    are what code imports then. `schemes` begin its URLs. `stems` begin the names of its variables
    (REDIS_URL, REDIS_HOST). `extras` of other distributions bring a client of it."""

    server: ServiceImage
    distributions: tuple[str, ...]
    modules: tuple[str, ...]
    schemes: tuple[str, ...]
    stems: str
    host: str
    user: str = ""
    extras: tuple[str, ...] = ()

    @property
    def kind(self) -> ServiceKind:
        return self.server.kind

    @property
    def port(self) -> int:
        return self.server.port

    def url_variable(self, name: str) -> bool:
        pattern = rf"(\w+_)?({self.stems}){self.purposes}_{{0,2}}{URL_ENDS}|({self.stems})"
        return re.fullmatch(pattern, name.upper()) is not None

    @property
    def purposes(self) -> str:
        """What may stand behind a stem: one server without users serves all that an app wants of it, the
        queue (REDIS_QUEUE_HOST) and the cache (REDIS_CACHE_HOST)."""
        return "" if self.user else r"(?:_(?!(?:SENTINEL|CLUSTER|TEST|TLS|SSL)S?_)[A-Z]+)*?"


POSTGRES = KindFacts(
    server=server_of(ServiceKind.POSTGRES),
    distributions=("psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary", "asyncpg", "aiopg", "pg8000"),
    modules=("psycopg", "psycopg2", "asyncpg", "aiopg", "pg8000"),
    # the last two: https://django-environ.readthedocs.io/en/latest/types.html#environ-env-db-url
    schemes=("postgresql", "postgres", "psql", "pgsql"),
    stems="DATABASE|DB|POSTGRES|POSTGRESQL|PG|SQLALCHEMY_DATABASE",
    host="db",
    user="app",
    extras=("postgres", "postgresql", "psycopg", "psycopg2", "psycopg2-binary", "asyncpg", "pg8000"),
)
MYSQL = KindFacts(
    server=server_of(ServiceKind.MYSQL),
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
    host="db",
    user="app",
    extras=("mysql", "mysqlclient", "pymysql", "aiomysql", "asyncmy"),
)
MARIADB = KindFacts(
    server=server_of(ServiceKind.MARIADB),
    distributions=("mariadb",),
    modules=("mariadb",),
    schemes=("mariadb",),
    stems="DATABASE|DB|MARIADB|SQLALCHEMY_DATABASE",
    host="db",
    user="app",
)
REDIS = KindFacts(
    server=server_of(ServiceKind.REDIS),
    distributions=("redis", "valkey", "rq", "flask-rq2", "flask-redis", "django-redis", "aioredis", "arq"),
    modules=("redis", "valkey", "rq", "flask_rq2", "flask_redis", "django_redis", "aioredis", "arq"),
    schemes=("redis", "valkey"),
    stems="REDIS|VALKEY|REDISTOGO|RQ_REDIS",
    host="redis",
    extras=("redis", "valkey"),
)
RABBITMQ = KindFacts(
    server=server_of(ServiceKind.RABBITMQ),
    distributions=("pika", "aio-pika", "amqp", "kombu", "celery"),
    modules=("pika", "aio_pika", "amqp"),
    schemes=("amqp", "pyamqp"),
    stems="AMQP|RABBITMQ|CLOUDAMQP",
    host="rabbitmq",
    user="app",
    extras=("rabbitmq", "rabbit", "amqp", "librabbitmq"),
)
MONGODB = KindFacts(
    server=server_of(ServiceKind.MONGODB),
    distributions=("pymongo", "motor", "mongoengine", "flask-pymongo", "flask-mongoengine", "beanie"),
    modules=("pymongo", "motor", "mongoengine", "flask_pymongo", "flask_mongoengine", "beanie"),
    schemes=("mongodb",),
    stems="MONGO|MONGODB",
    host="mongo",
    user="app",
)
MEMCACHED = KindFacts(
    server=server_of(ServiceKind.MEMCACHED),
    distributions=("pymemcache", "pylibmc", "python-memcached", "python-binary-memcached"),
    modules=("pymemcache", "pylibmc", "memcache", "bmemcached"),
    schemes=("memcached",),
    stems="MEMCACHED|MEMCACHE",
    host="memcached",
)
S3 = KindFacts(
    server=server_of(ServiceKind.S3),
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
    host="s3",
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
    server = server_of_image(reference)
    return facts_of(server.kind) if server is not None else None
