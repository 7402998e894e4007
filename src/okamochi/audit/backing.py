"""Databases and other services by their images: which one, which version, how they are asked."""

import msgspec

from okamochi.system.patterns import regex
from okamochi.system.words import word_set

__all__ = [
    "Database",
    "data_folder",
    "database_of",
    "postgres_major",
    "repository_of",
    "tag_of",
    "without_check",
]

MAJOR = regex(r"(?:pg)?(\d+)\b")
IMAGE = regex(r"(?P<repository>(?:[\w.-]+(?::\d+)?/)*(?P<name>[\w.-]+))(?::(?P<tag>[\w.-]+))?(?:@.*)?")


class Database(msgspec.Struct, frozen=True):
    """One that needs seconds before it answers. `names` are the last parts of its images' names, `check` is
    what asks it whether it does, `data` the folder that it keeps."""

    name: str
    names: tuple[str, ...]
    check: str
    data: str
    port: int
    prefix: str = ""


DATABASES = (
    Database(
        "Postgres",
        ("postgres", "postgis", "pgvector", "timescaledb", "timescaledb-ha"),
        '["CMD-SHELL", "pg_isready -U $$POSTGRES_USER -d $$POSTGRES_DB"]',
        "/var/lib/postgresql",
        5432,
        "POSTGRES",
    ),
    Database(
        "MySQL",
        ("mysql", "mysql-server"),
        '["CMD-SHELL", "mysqladmin ping -h 127.0.0.1 --silent"]',
        "/var/lib/mysql",
        3306,
        "MYSQL",
    ),
    Database(
        "MariaDB",
        ("mariadb",),
        '["CMD", "healthcheck.sh", "--connect", "--innodb_initialized"]',
        "/var/lib/mysql",
        3306,
        "MARIADB",
    ),
    Database(
        "MongoDB",
        ("mongo",),
        """["CMD", "mongosh", "--quiet", "--eval", "db.adminCommand('ping')"]""",
        "/data/db",
        27017,
        "MONGO",
    ),
    Database(
        "RabbitMQ", ("rabbitmq",), '["CMD", "rabbitmq-diagnostics", "-q", "ping"]', "/var/lib/rabbitmq", 5672
    ),
)
# of official images, none of which has a HEALTHCHECK
OFFICIAL = word_set("postgres mysql mariadb mongo redis valkey rabbitmq memcached nginx httpd traefik")


def data_folder(kind: Database, image: str) -> str:
    """Where a volume belongs: of Postgres before 18 the folder in it, which those images declare themselves.
    https://github.com/docker-library/postgres/pull/1259"""
    major = postgres_major(image) if kind.name == "Postgres" else None
    return f"{kind.data}/data" if major is not None and major < 18 else kind.data


def postgres_major(image: str) -> int | None:
    """Of "postgres:16-alpine", "pgvector/pgvector:pg16"; None where the tag does not tell."""
    found = MAJOR.match(tag_of(image))
    return int(found[1]) if found is not None else None


def database_of(image: str) -> Database | None:
    """None for everything else."""
    name = repository_of(image).rpartition("/")[2]
    return next((one for one in DATABASES if name in one.names), None)


def repository_of(image: str) -> str:
    """Without tag and digest; "" where variables decide."""
    found = IMAGE.fullmatch(image)
    return found["repository"] if found is not None else ""


def tag_of(image: str) -> str:
    """ "" where there is none."""
    found = IMAGE.fullmatch(image)
    return (found["tag"] or "") if found is not None else ""


def without_check(image: str) -> bool:
    """Whether it is an official image, of which none has a health check."""
    name = repository_of(image)
    return name.removeprefix("docker.io/").removeprefix("library/") in OFFICIAL
