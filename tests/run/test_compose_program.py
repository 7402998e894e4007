"""Compose beside podman: which program, by which socket, and who looks at the health."""

import json
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.recorded_runner import RecordedRunner, answer

from okamochi.errors import EngineError
from okamochi.run.compose import ComposeProject
from okamochi.run.compose_program import PodmanCompose, compose_beside_podman
from okamochi.run.podman import PodmanEngine
from okamochi.system.process import Completed

SECOND = answer("Options:\n      --format string   Format the output")
FIRST = answer("Usage: ps [options] [SERVICE...]\n    -q, --quiet  Only display IDs")
NAMES = {("podman", "network"): answer('[{"dns_enabled": true}]')}
PLUGIN = "/usr/libexec/docker/cli-plugins/docker-compose"


class Serving(RecordedRunner, frozen=True):
    """What runs beside makes the socket that it was given, as podman does."""

    @contextmanager
    def beside(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> Iterator[None]:
        self.calls.append(tuple(argv))
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(argv[-1].removeprefix("unix://"))
            listening.listen()
            yield


def test_a_compose_of_its_own_serves_and_else_dockers_plug_in_without_docker() -> None:
    own = RecordedRunner({**NAMES, ("docker-compose", "ps"): SECOND})
    assert compose_beside_podman(own, {}).argv == ("docker-compose",)
    plugin = RecordedRunner({**NAMES, (PLUGIN, "ps"): SECOND})
    assert compose_beside_podman(plugin, {}).argv == (PLUGIN,)
    users = RecordedRunner({**NAMES, ("/home/me/.docker/cli-plugins/docker-compose", "ps"): SECOND})
    assert compose_beside_podman(users, {"HOME": "/home/me"}).argv[0].startswith("/home/me/")


def test_the_first_compose_is_passed_over() -> None:
    old = {**NAMES, ("docker-compose", "ps"): FIRST}
    with pytest.raises(EngineError, match="there is none") as refused:
        compose_beside_podman(RecordedRunner(old), {})
    assert "install docker-compose" in refused.value.hint
    assert compose_beside_podman(RecordedRunner({**old, (PLUGIN, "ps"): SECOND}), {}).argv == (PLUGIN,)


def test_networks_without_names_are_told_before_anything_starts() -> None:
    nameless = {("podman", "network"): answer('"dns_enabled": false'), ("docker-compose", "ps"): SECOND}
    runner = RecordedRunner(nameless)
    with pytest.raises(EngineError, match="know no names") as refused:
        compose_beside_podman(runner, {})
    assert "aardvark-dns" in refused.value.hint
    made, asked, gone = (call[2:] for call in runner.calls if call[:2] == ("podman", "network"))
    assert (made[0], asked[0], gone[0]) == ("create", "inspect", "rm") and made[1] == asked[1] == gone[1]


def test_podman_on_another_machine_is_told_as_that() -> None:
    info = answer(json.dumps({"host": {"serviceIsRemote": True}}))
    engine = PodmanEngine(RecordedRunner({("podman", "info"): info}), {})
    assert not engine.composes
    with pytest.raises(EngineError, match="another machine"):
        engine.compose()


def test_compose_reaches_podman_by_a_socket_of_this_call_alone() -> None:
    runner = Serving({})
    program = PodmanCompose(runner, {"HOME": "/home/me"}, ("docker-compose",))
    with program.reaching() as environ:
        place = Path(environ["DOCKER_HOST"].removeprefix("unix://"))
        assert place.is_socket() and place.parent.stat().st_mode & 0o077 == 0
        assert environ["HOME"] == "/home/me"
    assert not place.parent.exists()
    assert runner.calls == [("podman", "system", "service", "--time", "300", f"unix://{place}")]


class Starting(Serving, frozen=True, kw_only=True):
    """`docker-compose up` ends when somebody looked at the health of what starts."""

    looked: threading.Event

    def run(self, argv: Sequence[str], **given: object) -> Completed:
        if tuple(argv[:3]) == ("podman", "healthcheck", "run"):
            assert argv[3] == "shop-db-1"
            self.looked.set()
            return answer()
        if argv[0] == "podman":
            assert "label=com.docker.compose.project=shop" in argv
            return answer("shop-db-1\n")
        return answer(returncode=0 if self.looked.wait(20) else 1)


def test_health_is_looked_at_while_compose_waits_for_it() -> None:
    program = PodmanCompose(runner := Starting(answers={}, looked=threading.Event()), {}, ("docker-compose",))
    ComposeProject(runner, program, "shop", Path("compose.yaml"), Path()).start()
    assert runner.looked.is_set()


def test_single_containers_are_asked_of_podman_itself() -> None:
    runner = RecordedRunner({("podman",): answer("0")})
    program = PodmanCompose(runner, {}, ("docker-compose",))
    project = ComposeProject(runner, program, "shop", Path("compose.yaml"), Path())
    assert project.end_of("release") == 0
    project.inside("db", ("psql",))
    assert [call[:2] for call in runner.calls] == [("podman", "wait"), ("podman", "exec")]
