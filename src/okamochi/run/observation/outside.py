"""What the engine and this machine say of a container; nothing is changed."""

import gzip
import json
import posixpath
import socket
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import IO, Any, cast

from okamochi.errors import EngineError
from okamochi.model.observation import Outside
from okamochi.run.engine import Engine
from okamochi.system.process import Runner
from okamochi.system.words import word_tuple

__all__ = ["look_outside", "reachable_address"]

SECONDS = 3
SHORTEST = 6  # a shorter value stands everywhere
SAVE_SECONDS = 600
PIECE_BYTES = 4_000_000
LOG_LINES = 100_000
# made by engines in every container before it starts; podman gives a number a name
OF_THE_ENGINE = word_tuple(
    "/dev /proc /sys /run /etc/hosts /etc/hostname /etc/resolv.conf /etc/mtab /etc/passwd /etc/group"
)


def look_outside(
    engine: Engine,
    name: str,
    port: int,
    secrets: Iterable[str],
    *,
    runner: Runner,
    environ: Mapping[str, str],
) -> Outside:
    """Of the container `name`, whose page is published on `port`; `secrets` are values that must not be
    told."""
    values = tuple(value for value in secrets if len(value) >= SHORTEST)
    description = described(engine, name, runner, environ)
    asked = own_addresses()
    texts = {"the log": engine.logs(name, tail=LOG_LINES)}
    if description:
        texts[f"{engine.name} inspect"] = json.dumps(description)
    found = [place for place, text in texts.items() if any(value in text for value in values)]
    looked_in = [*texts]
    running = engine.inspect(name)
    if is_of_containers(engine) and values:
        looked_in.append("the image")
        if image_tells(engine, running.image_reference, values, runner, environ):
            found.append("the image")
    return Outside(
        health=running.health,
        changed=changed_paths(engine, name, description, runner, environ),
        published=published_addresses(description, port),
        open_at=tuple(one for one in asked if answers_at(one, port)),
        asked_at=asked,
        told=tuple(found),
        looked_for=len(values),
        looked_in=tuple(looked_in),
    )


def is_of_containers(engine: Engine) -> bool:
    return engine.name in ("docker", "podman")


def described(engine: Engine, name: str, runner: Runner, environ: Mapping[str, str]) -> dict[str, Any]:
    """The engine's own description; {} without an engine."""
    if not is_of_containers(engine):
        return {}
    done = runner.run((engine.name, "inspect", name), env=environ, timeout_seconds=60)
    with suppress(ValueError, IndexError, TypeError):
        found = json.loads(done.text)[0]
        if isinstance(found, dict):
            return found
    return {}


def image_tells(
    engine: Engine, reference: str, values: tuple[str, ...], runner: Runner, environ: Mapping[str, str]
) -> bool:
    """Whether one of the values is anywhere in what the engine saves of the image: layers, configuration."""
    with tempfile.TemporaryFile() as saved:
        done = runner.stream(
            (engine.name, "save", reference), into=saved, env=environ, timeout_seconds=SAVE_SECONDS
        )
        if not done.ok:
            raise EngineError(
                f"{engine.name} could not save the image",
                where=reference,
                hint="free some space in the folder for temporary files",
                details=tuple(done.error_text.splitlines()[-3:]),
            )
        saved.seek(0)
        with tarfile.open(fileobj=saved) as members:
            streams = (members.extractfile(member) for member in members if member.isfile())
            wanted = tuple(value.encode() for value in values)
            return any(holds(stream, wanted) for stream in streams if stream is not None)


def holds(stream: IO[bytes], values: tuple[bytes, ...]) -> bool:
    """Whether one of the values is in a stream, compressed or not."""
    if stream.read(2) == b"\x1f\x8b":
        stream.seek(0)
        stream = cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
    else:
        stream.seek(0)
    overlap = max(map(len, values))
    before = b""
    while part := stream.read(PIECE_BYTES):
        text = before + part
        if any(value in text for value in values):
            return True
        before = text[-overlap:]
    return False


def changed_paths(
    engine: Engine, name: str, description: Mapping[str, Any], runner: Runner, environ: Mapping[str, str]
) -> tuple[str, ...] | None:
    """Paths of the container's own layer that no mount explains: an engine makes the folders on which it
    mounts something."""
    if not is_of_containers(engine):
        return None
    done = runner.run((engine.name, "diff", name), env=environ, timeout_seconds=120)
    if not done.ok:
        return None
    mounts = {str(one.get("Destination")) for one in description.get("Mounts") or ()}
    mounts |= set((description.get("HostConfig") or {}).get("Tmpfs") or {})
    explained = {above for mount in (*mounts, *OF_THE_ENGINE) for above in with_parents(mount)}
    paths = (line.partition(" ")[2] for line in done.text.splitlines())
    return tuple(path for path in paths if path not in explained and not path.startswith("/run/"))


def with_parents(path: str) -> set[str]:
    found = {path}
    while path not in ("/", ""):
        path = posixpath.dirname(path)
        found.add(path)
    return found


def published_addresses(description: Mapping[str, Any], port: int) -> tuple[str, ...]:
    """Where the engine listens for this port of the host: "127.0.0.1"."""
    ports = (description.get("NetworkSettings") or {}).get("Ports") or {}
    bindings = (one for listed in ports.values() for one in listed or ())
    found = {str(one.get("HostIp") or "0.0.0.0") for one in bindings if str(one.get("HostPort")) == str(port)}
    return tuple(sorted(found))


def reachable_address(
    engine: Engine, name: str, port: int, *, runner: Runner, environ: Mapping[str, str]
) -> tuple[str, int] | None:
    """The container's own address, where this machine reaches it: not through a virtual machine, nor of a
    rootless engine."""
    settings = described(engine, name, runner, environ).get("NetworkSettings") or {}
    networks = (settings.get("Networks") or {}).values()
    found = (settings.get("IPAddress"), *((one or {}).get("IPAddress") for one in networks))
    return next(((one, port) for one in found if one and answers_at(one, port)), None)


def own_addresses() -> tuple[str, ...]:
    """Addresses of this machine that others could use, one of each family: those that it would talk to a
    documentation address from (RFC 5737, RFC 3849). Nothing is sent."""
    found = []
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far, 9))
            found.append(str(probe.getsockname()[0]))
    return tuple(one for one in found if not one.startswith(("127.", "::1", "fe80")))


def answers_at(address: str, port: int) -> bool:
    with suppress(OSError):
        socket.create_connection((address, port), timeout=SECONDS).close()
        return True
    return False
