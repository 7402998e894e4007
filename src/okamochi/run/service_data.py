"""How the data of each kind of backing service is dumped and loaded, by the programs of its own image."""

from dataclasses import dataclass

from okamochi.model.backing_service import BackingService, ServiceKind
from okamochi.model.kit_programs import VOLUME_FILES

__all__ = ["ServiceData", "data_of"]

POSTGRES_SAVE = 'exec pg_dump --username "$1" --dbname "$2" --format custom'
# into a database of its own first: what was there stays whole until all of it is loaded
POSTGRES_LOAD = """set -eu
ask() {
    psql --username "$1" --dbname template1 --quiet --no-psqlrc -v ON_ERROR_STOP=1 --command "$2" >/dev/null
}
ask "$1" "DROP DATABASE IF EXISTS \\"$2_restored\\""
ask "$1" "CREATE DATABASE \\"$2_restored\\" TEMPLATE template0"
pg_restore --username "$1" --dbname "$2_restored" --exit-on-error --no-owner
ask "$1" "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '$2'"
ask "$1" "DROP DATABASE IF EXISTS \\"$2\\""
ask "$1" "ALTER DATABASE \\"$2_restored\\" RENAME TO \\"$2\\""
"""
# of its user, else of root, else none
MYSQL_PASSWORD = (
    'file="${MARIADB_PASSWORD_FILE:-${MYSQL_PASSWORD_FILE:-}}"; '
    'file="${file:-${MARIADB_ROOT_PASSWORD_FILE:-${MYSQL_ROOT_PASSWORD_FILE:-/dev/null}}}"; '
    'MYSQL_PWD="$(cat "$file")"; export MYSQL_PWD; '
)
MYSQL_SAVE = MYSQL_PASSWORD + (
    "dump=$(command -v mariadb-dump || command -v mysqldump); "
    'exec "$dump" --user "$1" --single-transaction --quick --routines --triggers --no-tablespaces "$2"'
)
MYSQL_LOAD = MYSQL_PASSWORD + (
    "client=$(command -v mariadb || command -v mysql); set -eu; "
    '"$client" --user "$1" --execute "DROP DATABASE \\`$2\\`; CREATE DATABASE \\`$2\\`"; '
    'exec "$client" --user "$1" "$2"'
)
# without a user it asks for none
MONGO_LOGIN = (
    'database=$2; if [ -n "$1" ]; then set -- --username "$1" --password '
    '"$(cat "$MONGO_INITDB_ROOT_PASSWORD_FILE")" --authenticationDatabase admin; else set --; fi; '
)
MONGO_SAVE = f'{MONGO_LOGIN}exec mongodump --quiet --archive --gzip "$@" --db "$database"'
MONGO_LOAD = (
    f"set -eu; shell=$(command -v mongosh || command -v mongo); {MONGO_LOGIN}"
    '"$shell" --quiet "$@" "$database" --eval "db.dropDatabase()" >/dev/null; '
    'exec mongorestore --quiet --archive --gzip --drop "$@" --nsInclude "$database.*"'
)
# into a file, not to stdout: there the mark that ends a diskless transfer would stay at the end
REDIS_SAVE = """set -eu
file="${OKAMOCHI_DATA:-/data}/.okamochi-backup.rdb"
trap 'rm -f "$file"' EXIT
"$1-cli" -h "${OKAMOCHI_HOST:-127.0.0.1}" -p "${OKAMOCHI_PORT:-6379}" --rdb "$file" >&2
cat "$file"
"""
# Loaded at the next start: as dump.rdb, and as the first part of the log of changes, which comes before it.
# From 7.0 on the log is a folder with a manifest, before it one file that may begin with a dump.
REDIS_LOAD = """set -eu
cd "${OKAMOCHI_DATA:-/data}"
rm -rf appendonlydir appendonly.aof* dump.rdb
cat >dump.rdb
if "$1-server" --version | grep -Eq 'v=([7-9]|[1-9][0-9])[.]'; then
    mkdir appendonlydir
    cp dump.rdb appendonlydir/appendonly.aof.1.base.rdb
    echo 'file appendonly.aof.1.base.rdb seq 1 type b' >appendonlydir/appendonly.aof.manifest
else
    cp dump.rdb appendonly.aof
fi
chown -R "$(stat -c %u:%g .)" .
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceData:
    """`save` writes the dump to its stdout, `load` reads it from its stdin; both are run in the service's
    running container, `load` in one beside it, while the service stands still, when `stopped` says so.
    `by_app`: both are run with the app's image, beside the service, on its volumes."""

    file: str
    save: tuple[str, ...]
    load: tuple[str, ...]
    stopped: bool = False
    by_app: bool = False


def data_of(service: BackingService) -> ServiceData | None:
    """None for a kind whose data is not kept: a cache, a queue."""
    words = ("sh", service.user, service.database)
    match service.kind:
        case ServiceKind.POSTGRES:
            return scripts("dump", POSTGRES_SAVE, POSTGRES_LOAD, words)
        case ServiceKind.MYSQL | ServiceKind.MARIADB:
            return scripts("sql", MYSQL_SAVE, MYSQL_LOAD, words)
        case ServiceKind.MONGODB:
            return scripts("archive.gz", MONGO_SAVE, MONGO_LOAD, words)
        case ServiceKind.REDIS:
            program = "valkey" if "valkey" in service.image else "redis"
            found = scripts("rdb", REDIS_SAVE, REDIS_LOAD, ("sh", program))
            return ServiceData(file=found.file, save=found.save, load=found.load, stopped=True)
        case ServiceKind.S3:
            # an object is a file, what is known of it are attributes of that: the image's tar keeps none
            folder = service.volume_path
            save, load = (*VOLUME_FILES, "save", folder), (*VOLUME_FILES, "load", folder)
            return ServiceData(file="tar", save=save, load=load, stopped=True, by_app=True)
        case ServiceKind.RABBITMQ | ServiceKind.MEMCACHED | ServiceKind.MAIL:
            return None


def scripts(ending: str, save: str, load: str, words: tuple[str, ...]) -> ServiceData:
    return ServiceData(file=ending, save=("sh", "-c", save, *words), load=("sh", "-c", load, *words))
