"""A service that the app looks for in vain, that refuses it or lacks a table: in the words of its clients."""

import re

from okamochi.run.traces import Cause, own_frame, told_by

__all__ = [
    "missing_database",
    "missing_schema",
    "missing_table",
    "own_socket",
    "refused_password",
    "unasked_password",
    "unencrypted_service",
    "unreachable_service",
]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
USUAL_VARIABLES = {"6379": "REDIS_URL", "27017": "MONGO_URL", "5672": "RABBITMQ_URL"}
"""By port; a database's otherwise."""


@told_by(r"password authentication failed for user \"(?P<a>[^\"]+)\"|Access denied for user '(?P<b>[^']+)'")
def refused_password(found: re.Match[str], log: str) -> Cause | None:
    """In the words of PostgreSQL and MySQL."""
    return Cause(
        f"the database refuses the password of {found['a'] or found['b']}: the address that is used here is "
        "not the one that the stack gives in its variable",
        "let all of the code, migrations too, read the address from that variable (okamochi plan names it)",
        own_frame(log),
    )


@told_by(r"AUTH <password> called without any password configured")
def unasked_password(found: re.Match[str], log: str) -> Cause | None:
    """In the words of Redis, where its client says AUTH with a password alone; since its release 8 redis-py
    says HELLO, and any password will do."""
    return Cause(
        "the app gives a password to a Redis that asks for none, and is refused",
        "let the code go without one where nobody gives it (os.environ.get('REDIS_PASSWORD')); or ask for "
        "redis>=8 in the requirements, with which any password passes; or give the address of a Redis that "
        "has one (okamochi up --env-file FILE)",
        own_frame(log),
    )


@told_by(r"database \"(?P<a>[^\"]+)\" does not exist|Unknown database '(?P<b>[^']+)'")
def missing_database(found: re.Match[str], log: str) -> Cause | None:
    """In the words of PostgreSQL and MySQL, which were reached."""
    return Cause(
        f"the database {found['a'] or found['b']} does not exist on the server that the app reaches",
        "let the code read the database's name from a variable, as its host (okamochi plan names those that "
        "the stack gives), or name it in the compose file (POSTGRES_DB, MYSQL_DATABASE)",
        own_frame(log),
    )


@told_by(
    r"rejected SSL upgrade|server does not support SSL, but SSL was required"
    r"|SSL is required,? but the server does ?n[o']t support it"
)
def unencrypted_service(found: re.Match[str], log: str) -> Cause | None:
    """In the words of asyncpg, libpq and MySQL's clients."""
    return Cause(
        "the app asks its database for an encrypted connection, which the one of this stack does not offer",
        "let a variable say whether to encrypt (sslmode, ssl=...), or give the address of a database that "
        "does: okamochi up --env-file FILE",
        own_frame(log),
    )


@told_by(
    r"could not translate host name \"(?P<a>[^\"]+)\""
    r"|connection to server at \"(?P<b>[^\"]+)\"[^\n]*(?:failed|refused)"
    r"|failed to resolve host '(?P<e>[^']+)'"
    r"|(?:Can't connect to (?:MySQL )?server on|Unknown (?:MySQL )?server host) '(?P<c>[^']+)'"
    r"|Error -?\d+ connecting to (?P<d>[\w.-]+:\d+)"
    r"|Is the server running on host \"(?P<g>[^\"]+)\""
    r"|ServerSelectionTimeoutError: (?P<h>[\w.-]+:\d+)"
    r"|Connect call failed \('(?P<f>[^']+)', (?P<port>\d+)"
)
def unreachable_service(found: re.Match[str], log: str) -> Cause | None:
    host = next((found[name] for name in "abcdegh" if found[name]), f"{found['f']}:{found['port']}")
    hint = here = "start it and give its address in a variable (okamochi up --env-file FILE)"
    if LOOPBACK & {host, host.rpartition(":")[0]}:
        variable = USUAL_VARIABLES.get(host.rpartition(":")[2], "DATABASE_URL")
        hint = (
            "that is the container itself: let the code read the address from a variable, such as "
            f"os.environ['{variable}'], which okamochi sets when it starts the service; where the code "
            "reads one, give it (okamochi up --env-file FILE)"
        )
        here = (
            "start it on this machine, or give the address of another in a variable that the code reads, "
            f"such as {variable} (okamochi up --env-file FILE), for which okamochi starts one on docker"
        )
    return Cause(
        f"the service at {host} cannot be reached from the container",
        hint,
        own_frame(log),
        uncontained=(f"the service at {host} cannot be reached", here),
    )


@told_by(
    r"Can't connect to local (?:MySQL )?server through socket '(?P<a>[^']+)'"
    r"|connection to server on socket \"(?P<b>[^\"]+)\" failed"
)
def own_socket(found: re.Match[str], log: str) -> Cause | None:
    """Clients of MySQL take "localhost" for a socket of this machine, as those of PostgreSQL take no host."""
    socket = found["a"] or found["b"]
    let_read = "let the code read the host from a variable, such as os.environ.get('DB_HOST', 'localhost')"
    return Cause(
        f"a database is looked for at {socket}, on this machine: a container has none",
        f"{let_read}: okamochi then starts the database and sets it",
        own_frame(log),
        uncontained=(
            f"a database is looked for at {socket}, and the app sees its own files alone",
            f"{let_read}, and give it an address (okamochi up --env-file FILE): 127.0.0.1 is this machine",
        ),
    )


@told_by(
    r"no such table: (?P<a>[\w.]+)|relation \"(?P<b>[\w.]+)\" does not exist"
    r"|Table '(?P<c>[\w.]+)' doesn't exist"
)
def missing_table(found: re.Match[str], log: str) -> Cause | None:
    table = found["a"] or found["b"] or found["c"]
    return Cause(
        f"the table {table} does not exist: the database was not migrated",
        "create the tables: by the app's own command for it (okamochi exec -- flask --help lists all), or by "
        "its migrations, if it has some (okamochi exec -- flask db upgrade)",
        own_frame(log),
    )


@told_by(r"schema \"(?P<name>\w+)\" does not exist")
def missing_schema(found: re.Match[str], log: str) -> Cause | None:
    """In the words of PostgreSQL."""
    return Cause(
        f"the schema {found['name']} does not exist in the database, and no migration makes it",
        f"let the first migration make it (CREATE SCHEMA {found['name']}), or mount a file with "
        "that statement into the database's /docker-entrypoint-initdb.d in the project's compose file",
        own_frame(log),
    )
