"""The servers that there are: PostgreSQL, MariaDB (for MySQL as well), Valkey (for Redis), Memcached."""

from okamochi.model.backing_service import ServiceKind
from okamochi.run.host.servers.replies import (
    greets_as_mysql,
    replies_as_memcached,
    replies_as_postgres,
    replies_as_redis,
)
from okamochi.run.host.servers.server import Access, Command, Place, Server

__all__ = ["SERVERS"]

POSTGRES = "usr/lib/postgresql/17/bin"
MARIADB_TABLES = (
    "mariadb_system_tables.sql",
    "mariadb_performance_tables.sql",
    "mariadb_system_tables_data.sql",
    "maria_add_gis_sp_bootstrap.sql",
    "mariadb_sys_schema.sql",
)
"""In the order of Debian's mariadb-install-db."""
ROOT = "root"
VALKEY_FILE = "okamochi.conf"
PASSWORD_FILE = "okamochi.password"


def postgres_first(place: Place, access: Access) -> tuple[Command, ...]:
    """The user is the superuser, as with the image's POSTGRES_USER. Who may come in says `postgres_files`."""
    words = (place.path(f"{POSTGRES}/initdb"), "--pgdata", place.data, "--username", access.user)
    locale = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
    lines = []
    if access.password:
        lines.append(f"ALTER ROLE {quoted(access.user)} PASSWORD {literal(access.password)};")
    if access.database not in ("", "postgres"):
        lines.append(f"CREATE DATABASE {quoted(access.database)};")
    single = (place.path(f"{POSTGRES}/postgres"), "--single", "-D", place.data, "postgres")
    return (
        Command((*words, *locale, "--auth=trust", "--no-sync")),
        Command(single, "".join(f"{line}\n" for line in lines).encode()),
    )


def postgres_files(_: Place, access: Access) -> dict[str, str]:
    """Nobody is asked for a password that there is not: code that has its address fixed has none. Who
    connects has an address of the loopback, too."""
    method = "scram-sha-256" if access.password else "trust"
    return {"pg_hba.conf": f"host all all 127.0.0.0/8 {method}\n"}


def postgres_serves(place: Place, access: Access) -> tuple[str, ...]:
    settings = {
        "listen_addresses": access.address,
        "port": str(access.port),
        "unix_socket_directories": "",
        "jit": "off",  # its compiler, LLVM, is not installed
    }
    words = (word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
    return (place.path(f"{POSTGRES}/postgres"), "-D", place.data, *words)


def postgres_client(place: Place, access: Access) -> dict[str, str]:
    """https://www.postgresql.org/docs/17/libpq-envars.html"""
    address = {"PGHOST": access.address, "PGPORT": str(access.port), "PGPASSWORD": access.password}
    return {**address, "PATH": place.path(POSTGRES)}


def postgres_fed(place: Place, access: Access, sql: bytes) -> Command:
    words = (place.path(f"{POSTGRES}/psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1")
    return Command((*words, "--username", access.user, "--dbname", access.database), sql)


def quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def mariadb_first(place: Place, access: Access) -> tuple[Command, ...]:
    """The tables of the server itself, then the user and its database, as the image's MARIADB_USER has them;
    `root` is the superuser itself."""
    own = b"".join(place.content(f"usr/share/mariadb/{name}") + b"\n" for name in MARIADB_TABLES)
    begin = b"CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n"
    bootstrap = (*mariadb(place), "--bootstrap")
    return Command(bootstrap, begin + own), Command(bootstrap, mariadb_user(access).encode())


def mariadb_user(access: Access) -> str:
    user, database = f"{literal(access.user)}@'%'", f"`{access.database.replace('`', '``')}`"
    granted = "*.*" if access.user == ROOT else f"{database}.*"
    more = " WITH GRANT OPTION" if access.user == ROOT else ""
    return "".join(
        f"{line};\n"
        for line in (
            "FLUSH PRIVILEGES",
            "DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys'",  # a root without a password
            "DELETE FROM mysql.proxies_priv",
            f"CREATE DATABASE IF NOT EXISTS {database} CHARACTER SET utf8mb4" if access.database else "",
            f"CREATE OR REPLACE USER {user} IDENTIFIED BY {literal(access.password)}",
            f"GRANT ALL PRIVILEGES ON {granted} TO {user}{more}",
            "FLUSH PRIVILEGES",
        )
        if line
    )


def literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def mariadb(place: Place) -> tuple[str, ...]:
    """--no-defaults: no settings of the machine's own server."""
    return (
        place.path("usr/sbin/mariadbd"),
        "--no-defaults",
        f"--basedir={place.path('usr')}",
        f"--datadir={place.data}",
        f"--lc-messages-dir={place.path('usr/share/mariadb')}",
        "--character-set-server=utf8mb4",
    )


def mariadb_serves(place: Place, access: Access) -> tuple[str, ...]:
    return (
        *mariadb(place),
        f"--bind-address={access.address}",
        f"--port={access.port}",
        "--socket=server.sock",  # relative to the data: a path of any length will do
        "--skip-name-resolve",
    )


def mariadb_files(_: Place, access: Access) -> dict[str, str]:
    return {PASSWORD_FILE: access.password}


def mariadb_client(place: Place, access: Access) -> dict[str, str]:
    """https://mariadb.com/kb/en/mariadb-environment-variables/; and the file as the image has it."""
    address = {"MYSQL_HOST": access.address, "MYSQL_TCP_PORT": str(access.port)}
    file = f"{place.data}/{PASSWORD_FILE}"
    return {**address, "MARIADB_PASSWORD_FILE": file, "PATH": place.path("usr/bin")}


def mariadb_fed(place: Place, access: Access, sql: bytes) -> Command:
    words = (place.path("usr/bin/mariadb"), "--no-defaults", "--user", access.user, access.database)
    return Command(words, sql, (("MYSQL_PWD", access.password),))


def valkey_serves(place: Place, _: Access) -> tuple[str, ...]:
    return (place.path("usr/bin/valkey-server"), f"{place.data}/{VALKEY_FILE}")


def valkey_files(place: Place, access: Access) -> dict[str, str]:
    """A password in the arguments would be everybody's to read."""
    settings = {
        "bind": access.address,
        "port": str(access.port),
        "dir": place.data,
        "save": "60 1",
        "appendonly": "yes",
        **({"requirepass": access.password} if access.password else {}),
    }
    return {VALKEY_FILE: "".join(f"{name} {value}\n" for name, value in settings.items())}


def valkey_client(place: Place, access: Access) -> dict[str, str]:
    password = {"REDISCLI_AUTH": access.password} if access.password else {}
    address = {"OKAMOCHI_HOST": access.address, "OKAMOCHI_PORT": str(access.port)}
    return {**password, **address, "OKAMOCHI_DATA": place.data, "PATH": place.path("usr/bin")}


def memcached_serves(place: Place, access: Access) -> tuple[str, ...]:
    return (place.path("usr/bin/memcached"), "-l", access.address, "-p", str(access.port), "-m", "64")


MARIADB = Server(
    title="MariaDB 11.8",
    image="mariadb:11.8",
    packages=("mariadb-server-core", "mariadb-client", "coreutils"),
    programs=("usr/sbin/mariadbd", "usr/bin/mariadb", "usr/bin/mariadb-dump"),
    first=mariadb_first,
    files=mariadb_files,
    client=mariadb_client,
    fed=mariadb_fed,
    serves=mariadb_serves,
    ready=greets_as_mysql,
)
SERVERS = {
    ServiceKind.POSTGRES: Server(
        title="PostgreSQL 17",
        image="postgres:17",
        packages=("postgresql-17",),
        programs=tuple(
            f"{POSTGRES}/{name}" for name in ("initdb", "postgres", "psql", "pg_dump", "pg_restore")
        ),
        first=postgres_first,
        files=postgres_files,
        client=postgres_client,
        serves=postgres_serves,
        ready=replies_as_postgres,
        fed=postgres_fed,
        # SIGTERM waits for all who are connected: https://www.postgresql.org/docs/17/server-shutdown.html
        stop_signal="SIGINT",
    ),
    ServiceKind.MARIADB: MARIADB,
    ServiceKind.MYSQL: MARIADB,
    ServiceKind.REDIS: Server(
        title="Valkey 8.1",
        image="valkey/valkey:8.1",
        packages=("valkey-server", "coreutils", "grep"),
        programs=("usr/bin/valkey-server", "usr/bin/valkey-cli"),
        files=valkey_files,
        client=valkey_client,
        serves=valkey_serves,
        ready=replies_as_redis,
    ),
    ServiceKind.MEMCACHED: Server(
        title="Memcached 1.6",
        image="memcached:1.6",
        packages=("memcached",),
        programs=("usr/bin/memcached",),
        serves=memcached_serves,
        ready=replies_as_memcached,
    ),
}
"""By kind; titles and packages are those of Debian trixie."""
