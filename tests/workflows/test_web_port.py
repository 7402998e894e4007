"""The port of an app is another one when somebody takes it meanwhile, and only then."""

import socket
from pathlib import Path

import msgspec
import pytest

from okamochi.errors import EngineError, UnhealthyError
from okamochi.run import ports
from okamochi.run.ports import choose_port, taken_by
from okamochi.run.wait import FailingPage
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting import web_port
from okamochi.workflows.starting.apps import app_of
from okamochi.workflows.starting.previous import Previous
from okamochi.workflows.starting.web_port import WebPort


@pytest.fixture
def port_of_web(tmp_path: Path) -> WebPort:
    environ = {"OKAMOCHI_STATE_DIR": str(tmp_path / "state")}
    world = World.real(environ, SilentReporter(), cache_root=tmp_path / "cache")
    (tmp_path / "shop").mkdir()
    own = choose_port(8200, explicit=False, runner=world.runner)
    return WebPort(None, own, Previous(app_of(tmp_path / "shop", world), world), world)


def holding(listener: socket.socket, port: int) -> None:
    listener.bind(("127.0.0.1", port))
    listener.listen()


def test_a_start_that_loses_its_port_is_tried_on_another(port_of_web: WebPort) -> None:
    asked: list[int] = []
    with socket.socket() as listener:

        def start(port: int) -> str:
            asked.append(port)
            if len(asked) == 1:
                holding(listener, port)
                raise UnhealthyError("it does not answer", where="web", hint="look at its log")
            return "started"

        assert port_of_web.started(start, EngineError, UnhealthyError) == "started"
    assert asked[1] > asked[0]


def test_a_port_that_only_the_engine_knows_to_be_taken_is_not_chosen_again(port_of_web: WebPort) -> None:
    """Of an engine on another machine, or one that forwards ports without listening."""
    asked: list[int] = []

    def start(port: int) -> int:
        asked.append(port)
        if port == port_of_web.own:
            raise taken_by(port, "")
        return port

    assert port_of_web.started(start, EngineError) == asked[1] > asked[0]
    reporter = port_of_web.world.reporter
    assert isinstance(reporter, SilentReporter)
    assert reporter.notes == [f"port {asked[0]} is taken; using {asked[1]}"]


@pytest.mark.parametrize("starts", [2, 9])
def test_a_port_that_was_taken_and_is_free_again_is_given_up_once(port_of_web: WebPort, starts: int) -> None:
    """An app that listens twice would say so of each."""
    asked: list[int] = []

    def start(port: int) -> int:
        asked.append(port)
        if len(asked) < starts:
            failure = UnhealthyError("port is taken", where="web", hint="look at its log")
            failure.port_taken = True
            raise failure
        return port

    if starts == 2:
        assert port_of_web.started(start, EngineError, UnhealthyError) == asked[1] > asked[0]
    else:
        with pytest.raises(UnhealthyError):
            port_of_web.started(start, EngineError, UnhealthyError)
    assert len(asked) == 2


def test_what_fails_on_a_port_of_its_own_has_failed(port_of_web: WebPort) -> None:
    asked: list[int] = []

    def start(port: int) -> str:
        asked.append(port)
        raise UnhealthyError("it does not answer", where="web", hint="look at its log")

    with pytest.raises(UnhealthyError):
        port_of_web.started(start, EngineError, UnhealthyError)
    assert len(asked) == 1


def test_an_error_that_no_port_explains_is_not_tried_again(port_of_web: WebPort) -> None:
    asked: list[int] = []
    with socket.socket() as listener:

        def start(port: int) -> str:
            asked.append(port)
            holding(listener, port)
            raise UnhealthyError("it holds its port and does not answer", where="web", hint="look at its log")

        with pytest.raises(UnhealthyError):
            port_of_web.started(start, EngineError)
    assert len(asked) == 1


def test_an_app_that_goes_on_with_a_failing_page_holds_its_port_itself(port_of_web: WebPort) -> None:
    asked: list[int] = []
    with socket.socket() as listener:

        def start(port: int) -> str:
            asked.append(port)
            holding(listener, port)
            raise FailingPage("/ answers 500", where="web", hint="look at its log")

        with pytest.raises(FailingPage):
            port_of_web.started(start, EngineError, UnhealthyError)
    assert len(asked) == 1


def test_another_port_than_the_usual_one_is_told_whatever_is_started(port_of_web: WebPort) -> None:
    """A stack as well as a container: both start by this."""
    with socket.socket() as listener:
        holding(listener, port_of_web.own)
        port = port_of_web.started(lambda port: port, EngineError)
    reporter = port_of_web.world.reporter
    assert isinstance(reporter, SilentReporter)
    assert reporter.notes == [f"port {port_of_web.own} is taken; using {port}"]


def test_a_second_start_of_the_same_command_tells_no_port_again(port_of_web: WebPort) -> None:
    told: set[int] = set()
    with socket.socket() as listener:
        holding(listener, port_of_web.own)
        for _ in range(2):
            once = msgspec.structs.replace(port_of_web, told=told)
            port = once.started(lambda port: port, EngineError)
        once.tell_other(port + 1)
    reporter = port_of_web.world.reporter
    assert isinstance(reporter, SilentReporter)
    assert reporter.notes == [f"port {port_of_web.own} is taken; using {one}" for one in (port, port + 1)]


@pytest.mark.parametrize("end", ["", "-web-1"])
def test_a_container_of_this_app_that_an_ended_start_left_behind_makes_way(
    port_of_web: WebPort, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    own = f"okamochi-{port_of_web.previous.app.identity}{end}"
    port = port_of_web.own
    asked = msgspec.structs.replace(port_of_web, asked=port)
    monkeypatch.setattr(web_port, "is_free", lambda _: False)
    monkeypatch.setattr(ports, "is_free", lambda one: one != port)
    monkeypatch.setattr(web_port, "port_holder", lambda *_: f"container {own} (docker)")
    assert asked.choose() == port_of_web.choose() == port
    monkeypatch.setattr(web_port, "port_holder", lambda *_: f"container {own}-other (docker)")
    assert port_of_web.choose() != port
    with pytest.raises(EngineError, match=f"port {port} is taken"):
        asked.choose()
