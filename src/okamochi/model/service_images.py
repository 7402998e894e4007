"""Servers of databases, queues and caches by their images: for whoever plans, runs or judges them."""

import msgspec

from okamochi.model.backing_service import ServiceKind
from okamochi.oci.reference import bare_name, tag_of
from okamochi.system.patterns import regex

__all__ = ["SERVERS", "ServiceImage", "data_folder", "major_of", "server_of", "server_of_image"]

OF_POSTGRES = regex(r"(?:.*-)?pg(?P<named>\d+)\b.*|(?P<major>\d+)\b.*")


class ServiceImage(msgspec.Struct, frozen=True):
    """`title` is the server's name for people, `image` the one that okamochi takes. `names` are the last
    parts of the names of images that do as the official one does, `others` of those that keep their data
    elsewhere. `data` is the folder that holds what has to stay. `user` and `database` are the variables by
    which the image makes them. `check` asks a server that needs seconds before it answers, as a compose file
    has it; "" for one that is there at once."""

    kind: ServiceKind
    title: str
    image: str
    names: tuple[str, ...]
    port: int
    data: str = ""
    others: tuple[str, ...] = ()
    user: str = ""
    database: str = ""
    check: str = ""


SERVERS = (
    ServiceImage(
        ServiceKind.POSTGRES,
        "Postgres",
        "postgres:17",
        ("postgres", "postgis", "pgvector", "timescaledb"),
        5432,
        "/var/lib/postgresql",
        others=("postgresql",),
        user="POSTGRES_USER",
        database="POSTGRES_DB",
        check='["CMD-SHELL", "pg_isready -U $$POSTGRES_USER -d $$POSTGRES_DB"]',
    ),
    ServiceImage(
        ServiceKind.MYSQL,
        "MySQL",
        "mysql:8.4",
        ("mysql", "mysql-server"),
        3306,
        "/var/lib/mysql",
        user="MYSQL_USER",
        database="MYSQL_DATABASE",
        check='["CMD-SHELL", "mysqladmin ping -h 127.0.0.1 --silent"]',
    ),
    ServiceImage(
        ServiceKind.MARIADB,
        "MariaDB",
        "mariadb:11.8",
        ("mariadb",),
        3306,
        "/var/lib/mysql",
        user="MARIADB_USER",
        database="MARIADB_DATABASE",
        check='["CMD", "healthcheck.sh", "--connect", "--innodb_initialized"]',
    ),
    ServiceImage(
        ServiceKind.REDIS,
        "Redis",
        "valkey/valkey:8.1",
        ("redis", "valkey", "redis-stack", "redis-stack-server"),
        6379,
        "/data",
    ),
    ServiceImage(
        ServiceKind.RABBITMQ,
        "RabbitMQ",
        "rabbitmq:4",
        ("rabbitmq",),
        5672,
        "/var/lib/rabbitmq",
        user="RABBITMQ_DEFAULT_USER",
        database="RABBITMQ_DEFAULT_VHOST",
        check='["CMD", "rabbitmq-diagnostics", "-q", "ping"]',
    ),
    ServiceImage(
        ServiceKind.MONGODB,
        "MongoDB",
        "mongo:8.0",
        ("mongo",),
        27017,
        "/data/db",
        others=("mongodb",),
        user="MONGO_INITDB_ROOT_USERNAME",
        database="MONGO_INITDB_DATABASE",
        check="""["CMD", "mongosh", "--quiet", "--eval", "db.adminCommand('ping')"]""",
    ),
    ServiceImage(ServiceKind.MEMCACHED, "Memcached", "memcached:1.6", ("memcached",), 11211),
    # docs/adr/0027-an-object-store-of-ones-own.md says why this image
    ServiceImage(
        ServiceKind.S3,
        "an object store",
        "versity/versitygw:v1.7.0",
        ("versitygw", "minio"),
        9000,
        "/data",
        user="MINIO_ROOT_USER",
    ),
)


def server_of(kind: ServiceKind) -> ServiceImage:
    return next(one for one in SERVERS if one.kind is kind)


def server_of_image(reference: str) -> ServiceImage | None:
    """By the last part of the repository's name; None for images of other things."""
    name = bare_name(reference).lower()
    return next((one for one in SERVERS if name in one.names or name in one.others), None)


def major_of(image: str) -> int | None:
    """Of "postgres:16-alpine", "pgvector/pgvector:pg16", "timescale/timescaledb:2.20-pg17"; None where the
    tag does not tell."""
    found = OF_POSTGRES.fullmatch(tag_of(image))
    return int(found["named"] or found["major"]) if found is not None else None


def data_folder(server: ServiceImage, image: str) -> str:
    """Where a volume belongs. Of Postgres before 18 it is the folder that those images declare themselves:
    https://github.com/docker-library/postgres/pull/1259. A tag without a number follows the newest."""
    major = major_of(image) if server.kind is ServiceKind.POSTGRES else None
    return f"{server.data}/data" if major is not None and major < 18 else server.data
