"""A stack on Docker Compose v2, by its command line; nothing of Compose is done again here.

The engine below it is docker or podman."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from okamochi.errors import EngineError
from okamochi.model.plan import PROXY_PROFILE
from okamochi.run.compose_program import PROJECT_LABEL, ComposeProgram
from okamochi.run.inspected import all_running
from okamochi.run.no_answer import require_answer
from okamochi.run.ports import taken_port_error
from okamochi.run.spec import project_name
from okamochi.system.process import Completed, Runner

__all__ = ["ComposeProject", "ServiceState", "compose_version", "stack_label"]

START_SECONDS = 600
SERVICE_LABEL = "com.docker.compose.service"
ONE_OFF_LABEL = "com.docker.compose.oneoff"
ONCE = ("run", "--rm", "--no-TTY", "--interactive=false")
# what Compose calls a container until the one that it replaces is gone
SUCCESSOR = re.compile(r"[0-9a-f]{12}_(?P<name>.+)")
ERASED = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
HINT = "install the plugin docker-compose-plugin (https://docs.docker.com/compose/install/linux/)"


def compose_version(runner: Runner, program: ComposeProgram) -> str:
    """ "2.26.1". EngineError when there is no Compose v2."""
    done = runner.run((*program.argv, "version", "--short"), env=program.environ, timeout_seconds=30)
    if not done.ok:
        raise EngineError(
            f"{program.engine} has no Compose v2, which starts an app with databases or workers",
            where=f"{' '.join(program.argv)} version",
            hint=HINT,
            details=tuple(done.error_text.splitlines()[-3:]),
        )
    return done.text.lstrip("v")


def stack_label(app: str) -> str:
    """What Compose puts on all that it makes for an app's stack."""
    return f"{PROJECT_LABEL}={project_name(app)}"


@dataclass(frozen=True)
class ServiceState:
    """`health` is the engine's word, "" when nothing is checked; `exit_code` counts when it ended. `restarts`
    is how often the engine started it again."""

    service: str
    state: str
    exit_code: int
    health: str = ""
    container: str = ""
    restarts: int = 0


@dataclass(frozen=True)
class ComposeProject:
    """One stack: `name` is its project in Compose, `file` the compose.yaml, `folder` where its paths begin.
    `variables` are what the file's ${...} stand for; `overrides` are files that change it."""

    runner: Runner
    program: ComposeProgram
    name: str
    file: Path
    folder: Path
    variables: tuple[tuple[str, str], ...] = ()
    overrides: tuple[Path, ...] = ()

    def container(self, service: str) -> str:
        return f"{self.name}-{service}-1"

    def start(
        self,
        services: Sequence[str] = (),
        *,
        alone: bool = False,
        kept: bool = False,
        healthy: bool = False,
        rest: bool = False,
    ) -> None:
        """Creates or changes what the file says, in the order of its conditions; with `alone` nothing that
        the services depend on, with `kept` no container that exists; `healthy` waits until they are. Of two
        calls at once, `rest` keeps the second from what the first removes: services that are no more.
        EngineError with Compose's words."""
        given = (
            ("--remove-orphans", not rest),
            ("--no-deps", alone),
            ("--no-recreate", kept),
            ("--wait", healthy),
        )
        flags = ("--detach", "--no-build", *(flag for flag, wanted in given if wanted))
        with self.program.looking(self.name):
            done = self._run("up", *flags, *services, timeout_seconds=START_SECONDS)
        if not done.ok:
            raise self._failure(done, "the stack could not be started")

    def settle(self) -> None:
        """Takes away what a Compose that was ended in the middle left half replaced: beside such a container
        it would keep either of the two, and one that has no name of a service is never found again."""
        label = ("--filter", f"label={PROJECT_LABEL}={self.name}")
        names = self._engine("ps", "--all", *label, "--format", "{{.Names}}").text.split()
        for left in names:
            found = SUCCESSOR.fullmatch(left)
            if found is None or not found["name"].startswith(f"{self.name}-"):
                continue
            if found["name"] in names:
                self._engine("rm", "--force", left)
            else:
                self._engine("rename", left, found["name"])

    def refusal(self) -> str:
        """Why this Compose does not take the file, "" when it does."""
        done = self._run("config", "--quiet", timeout_seconds=60)
        return "" if done.ok else done.error_text

    def run_once(self, service: str) -> Completed:
        """A one-off container of a service, and its end; what it depends on is started first."""
        with self.program.looking(self.name):
            return self._run(*ONCE, service, timeout_seconds=START_SECONDS)

    def run_attached(self, service: str) -> int:
        """As `run_once`, on the user's own stdout and stderr; its exit code."""
        with self.program.looking(self.name), self._environment() as environ:
            return self.runner.passthrough((*self._base, *ONCE, service), env=environ)

    def end_of(self, service: str) -> int:
        """Waits until the service's container ends; its exit code."""
        words = (self.program.engine, "wait", self.container(service))
        done = self.runner.run(words, env=self.program.environ, timeout_seconds=START_SECONDS)
        return int(done.text) if done.text.isdigit() else 1

    def halt(self, services: Sequence[str]) -> None:
        """Stops these and keeps their containers."""
        done = self._run("stop", *services, timeout_seconds=300)
        if not done.ok:
            raise self._failure(done, f"{', '.join(services) or 'the stack'} could not be stopped")

    def inside(
        self,
        service: str,
        argv: Sequence[str],
        *,
        source: BinaryIO | None = None,
        into: BinaryIO | None = None,
    ) -> Completed:
        """A command in a service's running container, from one open file into another."""
        words = (self.program.engine, "exec", "--interactive", self.container(service), *argv)
        return self.runner.stream(words, source=source, into=into, env=self.program.environ)

    def refuses(self, service: str, *argv: str) -> bool:
        """Whether a log-in inside the service's container says that the password is wrong."""
        done = self.inside(service, argv)
        text = done.error_text
        return not done.ok and ("password authentication failed" in text or "Access denied" in text)

    def beside(
        self,
        service: str,
        argv: Sequence[str],
        *,
        image: str = "",
        source: BinaryIO | None = None,
        into: BinaryIO | None = None,
    ) -> Completed:
        """A command with the volumes of a service's container, which may stand still: of the service's own
        image, or as root of another one."""
        name = self.container(service)
        shown = "{{.Config.Image}}"
        engine, environ = self.program.engine, self.program.environ
        own = self.runner.run((engine, "inspect", "--format", shown, name), env=environ, timeout_seconds=60)
        flags = ("--rm", "--interactive", "--pull", "never", "--network", "none", "--volumes-from", name)
        root = ("--user", "0:0", "--no-healthcheck") if image else ()
        words = (engine, "run", *flags, *root, "--entrypoint", argv[0], image or own.text, *argv[1:])
        return self.runner.stream(words, source=source, into=into, env=environ)

    def stop(self, *, volumes: bool, grace_seconds: int) -> None:
        flags = ("--volumes",) if volumes else ()
        done = self._run(
            "down", "--remove-orphans", "--timeout", str(grace_seconds), *flags, timeout_seconds=300
        )
        if not done.ok:
            raise self._failure(done, "the stack could not be stopped")

    def logs(self, services: Sequence[str] = (), *, tail: int = 200, prefix: bool = True) -> str:
        """With `prefix` each line begins with its service."""
        plain = () if prefix else ("--no-log-prefix",)
        done = self._run(
            *("logs", "--no-color", *plain, "--tail", str(tail), *services),
            timeout_seconds=60,
            merge_stderr=True,
        )
        require_answer(done, self.program.engine)
        return ERASED.sub("", done.stdout.decode("utf-8", "replace")).rstrip()

    def follow(self, services: Sequence[str] = (), *, tail: int = 200) -> int:
        with self._environment() as environ:
            return self.runner.passthrough(
                (*self._base, "logs", "--follow", "--tail", str(tail), *services), env=environ
            )

    def states(self) -> tuple[tuple[str, str, int], ...]:
        """(service, state, exit code) of each container, those that ended too."""
        return tuple((one.service, one.state, one.exit_code) for one in self.rows())

    def rows(self) -> tuple[ServiceState, ...]:
        """Each container but the one-off ones, those that ended too, sorted by service. Asked of the engine:
        Compose takes five times as long, and does not tell restarts."""
        labels = (f"{PROJECT_LABEL}={self.name}", f"{ONE_OFF_LABEL}=False")
        filters = (word for label in labels for word in ("--filter", f"label={label}"))
        names = self._engine("ps", "--all", "--quiet", "--no-trunc", *filters).text.split()
        found = all_running(self._engine("container", "inspect", *names).stdout) if names else ()
        states = (
            ServiceState(
                dict(one.labels).get(SERVICE_LABEL, ""),
                one.state.value,
                one.exit_code,
                one.health,
                one.container_id,
                one.restarts,
            )
            for one in found
        )
        return tuple(sorted(states, key=lambda one: one.service))

    def _engine(self, *arguments: str) -> Completed:
        argv = (self.program.engine, *arguments)
        done = self.runner.run(argv, env=self.program.environ, timeout_seconds=60)
        require_answer(done, self.program.engine)
        return done

    @property
    def _base(self) -> tuple[str, ...]:
        files = (flag for file in (self.file, *self.overrides) for flag in ("--file", str(file)))
        places = (*files, "--project-directory", str(self.folder))
        return (*self.program.argv, "--project-name", self.name, *places, "--ansi", "never")

    @contextmanager
    def _environment(self) -> Iterator[dict[str, str]]:
        with self.program.reaching() as environ:
            # a .env beside the user's files is not what was decided here
            yield {**environ, "COMPOSE_DISABLE_ENV_FILE": "1", **dict(self.variables)}

    def _run(self, *arguments: str, timeout_seconds: float, merge_stderr: bool = False) -> Completed:
        with self._environment() as environ:
            return self.runner.run(
                (*self._base, *arguments),
                env=environ,
                timeout_seconds=timeout_seconds,
                merge_stderr=merge_stderr,
            )

    def _setting_of(self, port: str) -> str:
        """What chose a port that the stack publishes."""
        given = dict(self.variables)
        profiles = given.get("COMPOSE_PROFILES", "").split(",")
        if port == given.get("OKAMOCHI_PORT"):
            return "--port"
        proxy = (
            {"OKAMOCHI_HTTP_PORT": "80", "OKAMOCHI_HTTPS_PORT": "443"} if PROXY_PROFILE in profiles else {}
        )
        found = (name for name, default in proxy.items() if port == given.get(name, default))
        return next(found, "--expose")

    def _failure(self, done: Completed, message: str) -> EngineError:
        require_answer(done, self.program.engine)
        text = done.error_text
        if "already allocated" in text or "address already in use" in text:
            named = re.search(r":(\d{1,5})(?: failed: port is already|: bind: address already)", text)
            port = named[1] if named else dict(self.variables).get("OKAMOCHI_PORT", "0")
            return taken_port_error(int(port), self.runner, setting=self._setting_of(port))
        return EngineError(
            message,
            where=str(self.file),
            hint="the lines above are docker compose's own; okamochi logs shows what the containers said",
            details=tuple(text.splitlines()[-12:]),
        )
