"""Servers of backing services on a machine without an engine: how their data begins, that they serve, end
and find their data again; root of its own and own user."""

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from tests.lacks import lacking

from okamochi.debian.workshop import Workshop
from okamochi.errors import EngineError
from okamochi.model.backing_service import BackingService, ServiceKind
from okamochi.model.suites import suite_named
from okamochi.oci.native import native_platforms
from okamochi.run.host.engine import HostEngine
from okamochi.run.host.names import names_for
from okamochi.run.host.records import Records, keeper_done
from okamochi.run.host.servers import running
from okamochi.run.host.servers.kinds import SERVERS
from okamochi.run.host.servers.places import OwnUser
from okamochi.run.host.servers.running import HostServer
from okamochi.run.host.servers.server import Access
from okamochi.run.host.shim import loading
from okamochi.run.host.unpack import within
from okamochi.run.spec import ContainerState
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World

PASSWORD = "geheim-of-the-test"
NAME = "okamochi-shop-db"
# what the loader way starts as root, too
NOT_AFRAID_OF_ROOT = (ServiceKind.REDIS,)


@pytest.fixture
def world(okamochi_cache: Path, tmp_path: Path) -> World:
    environ = {**os.environ, "OKAMOCHI_STATE_DIR": str(tmp_path / "state")}
    return World.real(environ, SilentReporter(), cache_root=okamochi_cache)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def server_of(kind: ServiceKind, world: World, files: tuple[tuple[str, bytes], ...] = ()) -> HostServer:
    service = BackingService(kind=kind, name="db", image="x:1", port=1, user="o-shop", database='the "shop"')
    access = Access(
        port=free_port(), address="127.77.1.2", user="o-shop", database='the "shop"', password=PASSWORD
    )
    workshop = Workshop(world, suite_named("trixie"), native_platforms()[0])
    root = workshop.server_root(("dash", "libnss-wrapper", *SERVERS[kind].packages), kind.value)
    return HostServer(HostEngine.of(world), "shop", NAME, service, access, root, files)


@pytest.fixture
def ended(world: World) -> Iterator[None]:
    yield
    HostEngine.of(world).remove(NAME)


@pytest.fixture
def able(world: World, ended: None) -> None:
    if not HostEngine.of(world).starts_servers:
        pytest.skip("this machine lets no other user be had")


def said(server: HostServer, question: bytes) -> bytes:
    with socket.create_connection((server.access.address, server.access.port), timeout=5) as link:
        link.sendall(question)
        return link.recv(4096)


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.usefixtures("able")
@pytest.mark.parametrize("kind", [one for one in SERVERS if one is not ServiceKind.MYSQL])
def test_a_server_begins_serves_ends_and_begins_again(kind: ServiceKind, world: World) -> None:
    server = server_of(kind, world)
    engine = server.engine
    server.start()
    assert server.runs
    engine.stop(NAME, grace_seconds=30)
    keeper_done(engine._records.must_find(NAME) / "status.json")
    assert engine.inspect(NAME).state is ContainerState.EXITED
    assert engine.inspect(NAME).exit_code == 0, engine.logs(NAME)
    server.start()
    assert server.runs
    assert PASSWORD not in engine.logs(NAME)


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.usefixtures("able")
def test_postgres_runs_files_of_sql_once_and_keeps_what_they_made(world: World) -> None:
    file = b"CREATE TABLE bowl (name text NOT NULL);\nINSERT INTO bowl VALUES ('udon');\n"
    server = server_of(ServiceKind.POSTGRES, world, (("first.sql", file),))
    server.start()
    server.engine.stop(NAME, grace_seconds=30)
    server.start()  # a second run of the file would fail: the table is there
    fed = SERVERS[ServiceKind.POSTGRES].fed
    assert fed is not None
    asked = "SELECT 1 / count(*) FROM bowl WHERE name = 'udon';"  # none: a division by zero
    assert server._run(fed(server._place, server.access, asked.encode())).ok
    guessed = replace(
        fed(server._place, server.access, asked.encode()), environment=(("PGPASSWORD", "guessed"),)
    )
    assert "password authentication failed" in server._run(guessed).text


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.usefixtures("able")
def test_a_program_without_a_root_of_its_own_finds_a_server_by_its_name(world: World, tmp_path: Path) -> None:
    server = server_of(ServiceKind.POSTGRES, world)
    server.start()
    names = names_for(msgspec.structs.replace(server.spec, labels=()), Records(server.engine.state_root))
    assert names.addresses == (("db", server.access.address),)
    hosts = tmp_path / "hosts"
    hosts.write_text(names.lines())
    psql = within(server.root, "usr/lib/postgresql/17/bin/psql")
    words = loading(server.root, psql, str(psql), names.library)
    address = {"PGHOST": "db", "PGPORT": str(server.access.port), "PGPASSWORD": PASSWORD}
    argv = (*words, "-U", server.access.user, "-d", server.access.database, "-Atc", "SELECT 'served'")
    asked = subprocess.run(argv, env={**address, "NSS_WRAPPER_HOSTS": str(hosts)}, capture_output=True)
    assert asked.stdout == b"served\n", asked.stderr


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.usefixtures("able")
def test_what_a_first_start_left_half_made_is_made_anew(world: World) -> None:
    server = server_of(ServiceKind.REDIS, world)
    server.start()
    made = server._place.folder / "made"
    made.unlink()
    (server._place.host_data / "half").touch()
    assert not server.runs
    server.start()
    assert server.runs
    assert not (server._place.host_data / "half").exists()
    made.write_text("Valkey 1.0")
    with pytest.raises(EngineError, match=r"the data of db is Valkey 1\.0's"):
        server.start()


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.usefixtures("ended")
@pytest.mark.parametrize("kind", NOT_AFRAID_OF_ROOT)
def test_without_root_a_server_is_started_by_its_own_loader(
    kind: ServiceKind, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "place_for", OwnUser)
    server = server_of(kind, world)
    server.start()
    assert said(server, b"PING\r\n").startswith(b"-NOAUTH")
    assert said(server, f"AUTH {PASSWORD}\r\n".encode()).startswith(b"+OK")
    # the shell of the packages would want their C library
    assert server.inside(("sh", "-c", "command -v sh")).text in ("/bin/sh", "/usr/bin/sh")
    assert server.inside(("valkey-cli", "--version")).text.startswith("valkey-cli 8")


@pytest.mark.network
@pytest.mark.usefixtures("ended")
def test_what_such_a_server_starts_finds_its_own_files_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "place_for", OwnUser)
    server = server_of(ServiceKind.REDIS, world)
    if not server.engine.fences:
        lacking("this kernel has no landlock")
    server.start()
    with tempfile.NamedTemporaryFile(dir="/var/tmp") as others:
        assert "Permission denied" in server.inside(("cat", others.name)).said
    assert server.inside(("sh", "-c", 'ls "$OKAMOCHI_DATA"')).ok


@pytest.mark.network
@pytest.mark.usefixtures("able")
def test_a_taken_port_is_told_with_what_the_server_said(world: World) -> None:
    server = server_of(ServiceKind.REDIS, world)
    with socket.socket() as other:
        other.bind((server.access.address, server.access.port))
        other.listen()
        with pytest.raises(EngineError, match=r"db \(Valkey 8\.1\) did not become ready") as failed:
            server.start()
    assert any("Address already in use" in line for line in failed.value.details)


def test_names_and_passwords_are_quoted_in_sql() -> None:
    class Here:
        data = "/data"

        def path(self, inside: str) -> str:
            return f"/{inside}"

        def content(self, inside: str) -> bytes:
            return b""

    access = Access(port=1, user="o'sh\"op", password="it's \\", database="a`b")
    postgres = SERVERS[ServiceKind.POSTGRES].first(Here(), access)
    assert b'ALTER ROLE "o\'sh""op" PASSWORD ' in postgres[1].stdin
    assert b'\nCREATE DATABASE "a`b";\n' in postgres[1].stdin
    mariadb = SERVERS[ServiceKind.MARIADB].first(Here(), access)[1].stdin.decode()
    assert "CREATE DATABASE IF NOT EXISTS `a``b`" in mariadb
    assert "USER 'o''sh\"op'@'%' IDENTIFIED BY 'it''s \\\\'" in mariadb
    for kind, server in SERVERS.items():
        assert access.password not in " ".join(server.serves(Here(), access)), kind
