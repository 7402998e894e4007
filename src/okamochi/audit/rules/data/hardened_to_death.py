"""A database or proxy of others is hardened so far that it does not start.

The official images of Postgres, MySQL, MariaDB and MongoDB begin as root, give their folder to the
database's user and become that user: without CHOWN, SETUID and SETGID the kernel refuses ("Operation not
permitted"). With a read-only root Postgres cannot make its socket in /var/run/postgresql, nor nginx its
caches (measured with Postgres 17 on Debian: with a tmpfs there it starts).

Fix: `cap_add: [CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID]` beside `cap_drop: [ALL]`, or `user:
postgres`; tmpfs for /tmp and /var/run/postgresql, for nginx /var/cache/nginx and /var/run.

Okamochi: each kind of database has the capabilities and folders that it needs to start, and no more.

See: https://github.com/docker-library/postgres (docker-entrypoint.sh), https://hub.docker.com/_/nginx
"""

import posixpath

from okamochi.audit.containers import Container
from okamochi.audit.images import database_of, repository_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import mounts, services

SEVERITY = Severity.ERROR
BECOMES_ANOTHER = ("Postgres", "MySQL", "MariaDB", "MongoDB")
NEEDED = frozenset(("SETUID", "SETGID"))
WRITES = {"Postgres": ("/var/run/postgresql",), "nginx": ("/var/cache/nginx", "/var/run")}


def look(setup: Setup) -> Finds:
    for container in services(setup, desk=True):
        kind = database_of(container.image)
        name = kind.title if kind is not None else repository_of(container.image).rpartition("/")[2]
        node = container.node
        dropped = {one.text.upper() for one in node.get("cap_drop").items}
        added = {one.text.upper().removeprefix("CAP_") for one in node.get("cap_add").items}
        enough = added >= NEEDED or "ALL" in added or bool(node.get("user"))
        if name in BECOMES_ANOTHER and "ALL" in dropped and not enough:
            yield Found(
                path=container.path,
                line=node.key("cap_drop").line,
                message=f"{name} begins as root and becomes another user, which needs SETUID and SETGID",
                hint="cap_add: [CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID]",
            )
        missing = not_writable(container, WRITES.get(name, ()), setup) if node.get("read_only").value else ()
        if missing:
            yield Found(
                path=container.path,
                line=node.key("read_only").line,
                message=f"{name} has to write to {' and '.join(missing)}, and its root is read-only",
                hint=f"tmpfs: [/tmp, {', '.join(missing)}]",
            )


def not_writable(container: Container, folders: tuple[str, ...], setup: Setup) -> tuple[str, ...]:
    """Those that neither a tmpfs nor a mount covers."""
    tmpfs = [one.text.partition(":")[0] for one in container.node.get("tmpfs").strings()]
    there = {posixpath.normpath(one) for one in (*tmpfs, *(m.target for m in mounts(container, setup)))}
    # /var/run is a link to /run
    same = there | {f"/var{one}" for one in there if one.startswith("/run")}
    return tuple(
        one
        for one in folders
        if not any(
            one == place or one.startswith(f"{place}/") or place.startswith(f"{one}/") for place in same
        )
    )
