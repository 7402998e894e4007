"""How Docker Compose v2 is started: by docker itself, or beside podman, which speaks docker's language on a
socket of its own."""

import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from okamochi.errors import EngineError
from okamochi.system.meanwhile import meanwhile
from okamochi.system.process import Runner

__all__ = ["PROJECT_LABEL", "ComposeProgram", "DockerCompose", "PodmanCompose", "compose_beside_podman"]

ANSWER_SECONDS = 20
LOOK_SECONDS = 0.5
# A service that nobody asks any more ends by itself, also where we were killed.
IDLE_SECONDS = 300
# Where the command line of docker looks for its plug-ins; Compose runs without docker, too.
PLUGIN_FOLDERS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
NAME = "docker-compose"
PROJECT_LABEL = "com.docker.compose.project"


class ComposeProgram(Protocol):
    """`engine` is the program that knows the same containers by name; Compose's arguments follow `argv`."""

    @property
    def engine(self) -> str: ...

    @property
    def argv(self) -> tuple[str, ...]: ...

    @property
    def environ(self) -> Mapping[str, str]:
        """What the engine's program itself runs with."""
        ...

    def reaching(self) -> AbstractContextManager[Mapping[str, str]]:
        """The environment in which Compose reaches the engine, as long as it is entered."""
        ...

    def looking(self, project: str) -> AbstractContextManager[None]:
        """As long as it is entered, containers of the project that start are looked at for their health."""
        ...


@dataclass(frozen=True)
class DockerCompose:
    environ: Mapping[str, str]
    engine: str = "docker"
    argv: tuple[str, ...] = ("docker", "compose")

    def reaching(self) -> AbstractContextManager[Mapping[str, str]]:
        return nullcontext(self.environ)

    def looking(self, project: str) -> AbstractContextManager[None]:
        return nullcontext()


@dataclass(frozen=True)
class PodmanCompose:
    """Each call has podman's service to itself: nothing has to be set up, and nothing stays. Containers need
    no service to go on."""

    runner: Runner
    environ: Mapping[str, str]
    argv: tuple[str, ...]
    engine: str = "podman"

    @contextmanager
    def reaching(self) -> Iterator[Mapping[str, str]]:
        # a path of a socket has at most 107 characters
        with tempfile.TemporaryDirectory(prefix="okamochi-", dir="/tmp") as folder:
            address = f"unix://{folder}/podman.sock"
            service = ("podman", "system", "service", "--time", str(IDLE_SECONDS), address)
            with self.runner.beside(service, env=self.environ):
                await_answer(Path(folder, "podman.sock"))
                yield {**self.environ, "DOCKER_HOST": address}

    def looking(self, project: str) -> AbstractContextManager[None]:
        """podman leaves health checks to timers of systemd: there may be none, and the first look is late."""
        return meanwhile(partial(self._look, project))

    def _look(self, project: str, over: threading.Event) -> None:
        mine = ("--filter", f"label={PROJECT_LABEL}={project}", "--filter", "health=starting")
        while not over.wait(LOOK_SECONDS):
            with suppress(EngineError):
                for name in self._podman("ps", *mine, "--format", "{{.Names}}").split():
                    self._podman("healthcheck", "run", name)

    def _podman(self, *arguments: str) -> str:
        return self.runner.run(("podman", *arguments), env=self.environ, timeout_seconds=60).text


def await_answer(place: Path) -> None:
    ends = time.monotonic() + ANSWER_SECONDS
    while True:
        with socket.socket(socket.AF_UNIX) as asked, suppress(OSError):
            asked.connect(str(place))
            return
        if time.monotonic() > ends:
            raise EngineError(
                "podman's service does not answer, by which Compose talks to it",
                where="podman system service",
                hint=f"see what this says by hand: podman system service --time 10 unix://{place}",
            )
        time.sleep(0.02)


def compose_beside_podman(runner: Runner, environ: Mapping[str, str]) -> PodmanCompose:
    """EngineError where no Compose v2 is, or podman's networks know no names."""
    found = program(runner, environ)
    if found is None:
        raise EngineError(
            "podman starts databases by Docker Compose v2, and there is none",
            where=NAME,
            hint="install docker-compose (no Docker is needed: its program alone, "
            "https://docs.docker.com/compose/install/standalone/)",
        )
    require_names(runner, environ)
    return PodmanCompose(runner, environ, (found,))


def program(runner: Runner, environ: Mapping[str, str]) -> str | None:
    own = environ.get("DOCKER_CONFIG") or f"{environ.get('HOME', '')}/.docker"
    places = (NAME, *(f"{folder}/{NAME}" for folder in (f"{own}/cli-plugins", *PLUGIN_FOLDERS)))
    there = (place for place in places if runner.which(place))
    return next((place for place in there if is_second(place, runner, environ)), None)


def is_second(place: str, runner: Runner, environ: Mapping[str, str]) -> bool:
    """The first Compose, in Python, tells no states as JSON."""
    with suppress(EngineError):
        return "--format" in runner.run((place, "ps", "--help"), env=environ, timeout_seconds=30).text
    return False


def require_names(runner: Runner, environ: Mapping[str, str]) -> None:
    """podman's answer for a network that is made to ask, and goes again."""
    name = f"okamochi-names-{time.time_ns()}"

    def asked(*arguments: str) -> str:
        return runner.run(("podman", "network", *arguments), env=environ, timeout_seconds=60).text

    asked("create", name)
    shown = asked("inspect", name)
    asked("rm", name)
    if '"dns_enabled": true' not in shown:
        raise EngineError(
            "podman's networks know no names here, by which an app finds its database",
            where="podman network inspect",
            hint="install netavark and aardvark-dns, and let /etc/containers/containers.conf say "
            'network_backend = "netavark" below [network]',
        )
