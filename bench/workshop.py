"""Where the bench works: its own folder, its own names in the engine, its own time; all gone afterwards."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from okamochi.pypi.pip_settings import read_pip_settings

LABEL = "io.okamochi.bench"
DROPPED = ("OKAMOCHI_", "PIP_", "UV_", "PYTHON", "SOURCE_DATE_EPOCH", "VIRTUAL_ENV", "DOCKER_BUILDKIT")
KEPT = ("OKAMOCHI_DEBIAN_MIRROR",)
PASSES = 8
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class Workshop:
    """`indexes` are the package indexes of this host that a container reaches as well: both sides use them,
    neither uses files that lie on this host. `name` starts everything that is made in the engine."""

    root: Path
    folder: Path
    name: str
    environment: Mapping[str, str]
    indexes: Mapping[str, str]
    deadline: float

    def rounds(self, wanted: int) -> Iterator[int]:
        """0, 1, ... as many as wanted; at least one, fewer when the bench runs out of time."""
        for number in range(wanted):
            if number and time.monotonic() > self.deadline:
                return
            yield number

    @property
    def is_late(self) -> bool:
        return time.monotonic() > self.deadline

    @property
    def build_arguments(self) -> Mapping[str, str]:
        """What `docker build` has to be told to reach what this host reaches."""
        environ = self.environment
        proxies = {name: environ.get(name) or environ.get(name.lower()) or "" for name in PROXIES}
        return {**self.indexes, **{name: value for name, value in proxies.items() if value}}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def opened(root: Path, *, minutes: float, kept: bool = False) -> Iterator[Workshop]:
    """The workshop; however the block is left, its containers, images, build cache and folder are removed."""
    since = datetime.now(UTC)
    name = f"okamochi-bench-{secrets.token_hex(3)}"
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    environment, indexes = surroundings(os.environ)
    try:
        yield Workshop(root, folder, name, environment, indexes, time.monotonic() + minutes * 60)
    finally:
        say("cleaning up (a minute or two)")
        if kept:
            say(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
        clean_engine(name, folder, since)


def surroundings(environ: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The environment of every command, and the indexes on the network that the host's pip is set to."""
    environment = {name: value for name, value in environ.items() if not name.startswith(DROPPED)}
    environment |= {name: environ[name] for name in KEPT if environ.get(name)}
    settings = read_pip_settings(environ)
    if settings.certificates:
        environment.setdefault("SSL_CERT_FILE", settings.certificates)
    wanted = {
        "PIP_INDEX_URL": (environ.get("UV_DEFAULT_INDEX", "") or settings.indexes.index_url,),
        "PIP_EXTRA_INDEX_URL": settings.indexes.extra_index_urls,
    }
    remote = {name: " ".join(u for u in urls if u.startswith("http")) for name, urls in wanted.items()}
    indexes = {name: value for name, value in remote.items() if value}
    environment |= {**indexes, "PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", "CI": "true"}
    return environment, indexes


def clean_engine(name: str, folder: Path, since: datetime) -> None:
    """Removes what carries the label or the name of this run, and the build cache that appeared during it."""
    label = f"label={LABEL}={name}"
    containers = [*docker_words("ps", "--all", "--quiet", "--filter", label), *started_from(folder)]
    docker_each(("rm", "--force", "--volumes"), containers)
    docker_each(("volume", "rm"), docker_words("volume", "ls", "--quiet", "--filter", f"name={name}"))
    tags = ("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={name}*")
    docker_each(("image", "rm", "--force"), docker_words(*tags))
    docker_each(("image", "rm", "--force"), docker_words("image", "ls", "--quiet", "--filter", label))
    forget_build_cache(since)


def forget_build_cache(since: datetime) -> None:
    """In passes, since a record goes only when none is left that was made from it."""
    left = build_records(since)
    for _ in range(PASSES):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(forget_record, left))
        before, left = left, build_records(since)
        if not left or len(left) == len(before):
            return


def forget_record(identifier: str) -> None:
    """The engine takes one identifier at a time."""
    docker_text("builder", "prune", "--all", "--force", "--filter", f"id={identifier}")


def started_from(folder: Path) -> list[str]:
    """Containers that `okamochi up` started from a project below the folder."""
    listed = docker_text("ps", "--all", "--format", '{{.ID}} {{.Label "io.okamochi.project"}}')
    rows = (line.partition(" ") for line in listed.splitlines())
    return [identifier for identifier, _, project in rows if project.startswith(str(folder))]


def build_records(since: datetime) -> list[str]:
    """Identifiers of unused build cache that was made after the moment, the newest first."""
    try:
        records = json.loads(docker_text("system", "df", "--verbose", "--format", "{{json .BuildCache}}"))
    except ValueError:
        return []
    newest_first = sorted(records or [], key=lambda record: str(record.get("CreatedAt")), reverse=True)
    unused = (record for record in newest_first if record.get("InUse") == "false")
    return [record["ID"] for record in unused if made_after(record.get("CreatedAt", ""), since)]


def made_after(text: str, since: datetime) -> bool:
    """Docker writes `2026-01-31 10:48:43.784611025 +0000 UTC`."""
    try:
        made = datetime.strptime(text[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return False
    return made >= since.replace(microsecond=0)


def docker_each(command: Sequence[str], things: Sequence[str]) -> None:
    if things:
        docker_text(*command, *dict.fromkeys(things))


def docker_words(*arguments: str) -> list[str]:
    return docker_text(*arguments).split()


def docker_text(*arguments: str) -> str:
    """What docker answers; empty when it is not there, refuses or does not answer."""
    try:
        done = subprocess.run(
            ("docker", *arguments),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
