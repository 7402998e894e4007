"""How each kind of backing service runs in a container: variables, health check, least capabilities."""

import re
from dataclasses import dataclass

from okamochi.model.backing_service import BackingService, ServiceKind
from okamochi.model.sizes import MEBIBYTE
from okamochi.oci.reference import tag_of

__all__ = ["container_of", "password_name"]

REDIS_MEBIBYTES = 256
ROOT = "root"

# Erlang and MySQL 5.7 make room for each file that might be open; some engines allow 1073741816:
# https://github.com/docker-library/rabbitmq/issues/545, https://github.com/docker-library/mysql/issues/579.
# A `ulimits` of Compose cannot be had where the engine allows less.
FEWER_FILES = "ulimit -n 65536 2>/dev/null || :; "
# Who comes first makes the cookie, the server or root's health check; then the server may not read it:
# https://github.com/docker-library/rabbitmq/issues/318. Its entry point gives this one to the server's user.
COOKIE = (
    "cookie=/var/lib/rabbitmq/.erlang.cookie; "
    "test -s $cookie || (umask 377; tr -dc A-Z </dev/urandom | head -c 20 >$cookie); "
)
OPEN_RABBITMQ = f"{FEWER_FILES}{COOKIE}exec docker-entrypoint.sh rabbitmq-server"
RABBITMQ = (
    f"{FEWER_FILES}{COOKIE}"
    'RABBITMQ_DEFAULT_PASS="$(cat "$OKAMOCHI_PASSWORD_FILE")"; export RABBITMQ_DEFAULT_PASS; '
    "unset OKAMOCHI_PASSWORD_FILE; exec docker-entrypoint.sh rabbitmq-server"
)
# mongosh came with 5.0. By the container's address: on loopback a first start answers before it is done.
MONGO_CHECK = (
    'exec "$(command -v mongosh || command -v mongo)" --quiet --host "$(hostname)" '
    "--eval \"quit(db.adminCommand('ping').ok ? 0 : 1)\""
)
OLD_MYSQL = f"{FEWER_FILES}exec docker-entrypoint.sh mysqld"
# A bucket is a folder: made before the server starts, it is there when the app comes.
VERSITYGW = (
    'set -eu; for bucket in "$@"; do mkdir -p "/data/$bucket"; done; '
    'ROOT_SECRET_KEY="$(cat "$OKAMOCHI_PASSWORD_FILE")"; export ROOT_SECRET_KEY; '
    "unset OKAMOCHI_PASSWORD_FILE; "
    "exec versitygw --port :9000 --health /health posix /data"
)
MINIO = 'set -eu; for bucket in "$@"; do mkdir -p "/data/$bucket"; done; exec minio server /data'
# its images had curl until 2023-11 and mc after that, and there are rebuilt ones with neither
MINIO_CHECK = (
    "url=http://127.0.0.1:9000/minio/health/live; if command -v curl >/dev/null; then exec curl -fsS -o "
    "/dev/null $url; fi; if command -v mc >/dev/null; then exec mc --config-dir /tmp/mc ready local; fi; "
    "exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/9000'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceContainer:
    """`variables` go into its environment; `password_variable` is the one that names the password's file.
    `healthcheck` is an argument list run inside; `entrypoint` takes the place of the image's own. `tmpfs` are
    folders that its read-only root needs, with options as Compose has them."""

    variables: tuple[tuple[str, str], ...] = ()
    password_variable: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    healthcheck: tuple[str, ...] = ()
    check_seconds: int = 5
    capabilities: tuple[str, ...] = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID")
    tmpfs: tuple[str, ...] = ("/tmp",)
    read_only: bool = True
    memory_bytes: int = 512 * MEBIBYTE


def password_name(service: BackingService) -> str:
    """The name of the secret that holds a service's password: DB_PASSWORD."""
    return f"{service.name.upper().replace('-', '_')}_PASSWORD"


def container_of(service: BackingService) -> ServiceContainer:
    match service.kind:
        case ServiceKind.POSTGRES:
            return postgres(service)
        case ServiceKind.MYSQL | ServiceKind.MARIADB:
            return mysql(service)
        case ServiceKind.REDIS:
            return redis(service)
        case ServiceKind.RABBITMQ:
            return rabbitmq(service)
        case ServiceKind.MONGODB:
            return mongodb(service)
        case ServiceKind.MEMCACHED:
            return memcached(service)
        case ServiceKind.S3:
            return store(service)
        case ServiceKind.MAIL:
            return mail()


def postgres(service: BackingService) -> ServiceContainer:
    user, database = service.user, service.database
    unasked = (("POSTGRES_HOST_AUTH_METHOD", "trust"),) if service.is_open else ()
    return ServiceContainer(
        variables=(("POSTGRES_USER", user), ("POSTGRES_DB", database), *unasked),
        password_variable="" if service.is_open else "POSTGRES_PASSWORD_FILE",
        healthcheck=("pg_isready", "-q", "-h", "127.0.0.1", "-U", user, "-d", database),
        tmpfs=("/tmp", "/run/postgresql", "/var/run/postgresql"),
    )


def mysql(service: BackingService) -> ServiceContainer:
    """MariaDB, too."""
    word = service.kind.value.upper()
    root = service.user == ROOT  # a user of its own the image refuses to call so
    user: tuple[tuple[str, str], ...] = (
        (f"{word}_USER", service.user),
        (f"{word}_RANDOM_ROOT_PASSWORD", "1"),
    )
    if root:
        user = ((f"{word}_ALLOW_EMPTY_PASSWORD", "1"),) if service.is_open else ()
    check = (
        ("healthcheck.sh", "--connect", "--innodb_initialized")
        if service.kind is ServiceKind.MARIADB
        else ("mysqladmin", "ping", "-h", "127.0.0.1", "--silent")
    )
    return ServiceContainer(
        variables=((f"{word}_DATABASE", service.database), *user),
        password_variable="" if service.is_open else f"{word}_{'ROOT_' if root else ''}PASSWORD_FILE",
        command=("sh", "-c", OLD_MYSQL) if is_old_mysql(service.image) else (),
        healthcheck=check,
        tmpfs=("/tmp", "/run/mysqld", "/var/run/mysqld"),
        memory_bytes=1024 * MEBIBYTE,
    )


def redis(service: BackingService) -> ServiceContainer:
    """A write above its own limit is refused; one above the container's ends it, and each start after that,
    which reads the same data."""
    program = "valkey" if "valkey" in service.image else "redis"
    kept = ("--save", "60", "1", "--appendonly", "yes", "--maxmemory", f"{REDIS_MEBIBYTES * 3 // 4}mb")
    return ServiceContainer(
        command=(f"{program}-server", *kept),
        healthcheck=(f"{program}-cli", "ping"),
        capabilities=("CHOWN", "DAC_OVERRIDE", "SETGID", "SETUID"),
        memory_bytes=REDIS_MEBIBYTES * MEBIBYTE,
    )


def rabbitmq(service: BackingService) -> ServiceContainer:
    return ServiceContainer(
        variables=(
            ("RABBITMQ_DEFAULT_USER", service.user),
            *((("RABBITMQ_DEFAULT_PASS", service.user),) if service.is_open else ()),
            *((("RABBITMQ_DEFAULT_VHOST", service.database),) if service.database else ()),
            ("RABBITMQ_LOGS", "-"),
            # its data lies below the node's name, which else has the name of each new container
            ("RABBITMQ_NODENAME", "rabbit@localhost"),
        ),
        password_variable="" if service.is_open else "OKAMOCHI_PASSWORD_FILE",
        # from 3.9 on the image refuses to start with RABBITMQ_DEFAULT_PASS_FILE
        command=("sh", "-c", OPEN_RABBITMQ if service.is_open else RABBITMQ),
        # "ping" is answered before clients are; each costs half a second of Erlang
        healthcheck=("rabbitmq-diagnostics", "-q", "check_running"),
        check_seconds=10,
        tmpfs=("/tmp", "/var/log/rabbitmq:mode=1777"),
        # before 3.9 its entry point writes the user into /etc/rabbitmq
        read_only=not before(service.image, 3, 9),
    )


def mongodb(service: BackingService) -> ServiceContainer:
    return ServiceContainer(
        variables=(("MONGO_INITDB_DATABASE", service.database), ("MONGO_INITDB_ROOT_USERNAME", service.user)),
        password_variable="" if service.is_open else "MONGO_INITDB_ROOT_PASSWORD_FILE",
        healthcheck=("sh", "-c", MONGO_CHECK),
        check_seconds=10,
        memory_bytes=1024 * MEBIBYTE,
    )


def memcached(service: BackingService) -> ServiceContainer:
    # Alpine's image brings nc and no bash, Debian's the other way round
    check = (
        ("sh", "-c", "echo stats | nc -w 1 127.0.0.1 11211 | grep -q uptime")
        if "alpine" in service.image
        else ("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/11211")
    )
    return ServiceContainer(
        command=("memcached", "-m", "64"), healthcheck=check, capabilities=(), memory_bytes=128 * MEBIBYTE
    )


def mail() -> ServiceContainer:
    return ServiceContainer(healthcheck=("/mailpit", "readyz"), capabilities=(), memory_bytes=128 * MEBIBYTE)


def store(service: BackingService) -> ServiceContainer:
    """No capability: the server writes below /data as the user it starts as."""
    if "versitygw" in service.image:
        return ServiceContainer(
            variables=(("ROOT_ACCESS_KEY", service.user), ("VGW_REGION", service.region)),
            password_variable="OKAMOCHI_PASSWORD_FILE",
            entrypoint=("sh", "-c", VERSITYGW, "sh"),
            command=service.buckets,
            healthcheck=("wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{service.port}/health"),
            capabilities=(),
        )
    return ServiceContainer(
        variables=(("MINIO_ROOT_USER", service.user), ("MINIO_REGION", service.region)),
        password_variable="MINIO_ROOT_PASSWORD_FILE",
        entrypoint=("sh", "-c", MINIO, "sh"),
        command=service.buckets,
        healthcheck=("sh", "-c", MINIO_CHECK),
        capabilities=(),
    )


def is_old_mysql(image: str) -> bool:
    """The official image alone: others have entry points of other names."""
    official = image.removeprefix("docker.io/").removeprefix("library/").startswith("mysql:")
    return official and before(image, 8)


def before(image: str, *release: int) -> bool:
    """Whether the image's tag names an older release than that: 3.8-management before 3.9; 3 is not."""
    found = re.match(r"\d+(\.\d+)*", tag_of(image))
    if found is None:
        return False
    numbers = tuple(int(number) for number in found.group().split("."))
    return numbers < release[: len(numbers)]
