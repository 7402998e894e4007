"""Waiting, against a real HTTP server and an engine that says what a test wants."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import msgspec
import pytest

from okamochi.errors import UnhealthyError
from okamochi.model.process import HttpProbe, Process, ProcessType, TcpProbe
from okamochi.run.engine import Engine
from okamochi.run.look import url_for_people
from okamochi.run.ports import TakenPort, is_free
from okamochi.run.spec import ContainerState, Running, RunSpec
from okamochi.run.wait import Patience, start_healthy, wait_until_healthy


class FakeEngine:
    """Answers `inspect` from `states`, the last one for ever."""

    name = "docker"

    def __init__(self, *states: Running, log: str = "", inside: tuple[bool, str] = (False, "")) -> None:
        self.states = list(states)
        self.log = log
        self.inside = inside
        self.removed: list[str] = []
        self.stranger = ""

    def start(self, spec: RunSpec) -> Running:
        return self.states[0]

    def inspect(self, name: str) -> Running:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def logs(self, name: str, *, tail: int = 200) -> str:
        return self.log

    def check(self, name: str, argv: tuple[str, ...]) -> tuple[bool, str]:
        return self.inside

    def stranger_at(self, name: str, port: int) -> str:
        return self.stranger

    def stop(self, name: str, *, grace_seconds: int) -> None: ...

    def remove(self, name: str) -> None:
        self.removed.append(name)


def state(word: str = "running", **fields: object) -> Running:
    running = Running(name="okamochi-shop", app="shop", state=ContainerState(word))
    return msgspec.structs.replace(running, **fields)


def as_engine(fake: FakeEngine) -> Engine:
    return fake  # type: ignore[return-value]


@contextmanager
def serving(statuses: dict[str, list[int]], seen: list[str]) -> Iterator[int]:
    """Answers each path with its statuses in turn, the last one for ever."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(f"{self.headers['Host']} {self.path}")
            left = statuses[self.path]
            self.send_response(left.pop(0) if len(left) > 1 else left[0])
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def spec(port: int, *, host: str = "") -> RunSpec:
    probe = HttpProbe(path="/healthz", host=host)
    process = Process(name="web", type=ProcessType.WEB, argv=("serve",), port=8000, probe=probe)
    return RunSpec(
        name="okamochi-shop",
        app="shop",
        image_reference="shop:1",
        process=process,
        published_port=port,
        healthcheck=("check",),
    )


QUICK = Patience(limit_seconds=1.0, pause_seconds=0.01, inside_after_seconds=0.2, inside_for_seconds=0.2)


def closed_port() -> int:
    return next(port for port in range(20000, 30000) if is_free(port))


def test_it_waits_for_the_probe_and_then_for_the_front_page() -> None:
    seen: list[str] = []
    with serving({"/healthz": [503, 200], "/": [502, 404]}, seen) as port:
        healthy = wait_until_healthy(as_engine(FakeEngine(state())), spec(port), QUICK)
    assert (healthy.page_status, healthy.url) == (404, f"http://127.0.0.1:{port}/")
    assert seen == [
        "localhost /healthz",
        "localhost /healthz",
        "localhost /",
        "localhost /healthz",
        "localhost /",
    ]


def test_the_probes_host_header_is_sent() -> None:
    seen: list[str] = []
    with serving({"/healthz": [200], "/": [302]}, seen) as port:
        wait_until_healthy(as_engine(FakeEngine(state())), spec(port, host="shop.example"), QUICK)
    assert seen == ["shop.example /healthz", "shop.example /"]


def test_workers_that_are_killed_one_after_another_are_not_waited_for() -> None:
    killed = "".join(
        f"[1] [ERROR] Worker (pid:{pid}) was sent SIGKILL! Perhaps out of memory?\n" for pid in range(20, 25)
    )
    patient = replace(QUICK, limit_seconds=30, log_seconds=0.1)
    fake = FakeEngine(state(), log=killed)
    with pytest.raises(UnhealthyError, match="one after another: a process ran out of memory") as caught:
        wait_until_healthy(as_engine(fake), spec(closed_port()), patient)
    assert "memory" in caught.value.hint


@pytest.mark.parametrize(("code", "given_up"), [(66, True), (3, False)])
def test_workers_that_end_by_themselves_are_not_waited_for(code: int, given_up: bool) -> None:
    ended = "".join(
        f"Change the settings!\n[1] [ERROR] Worker (pid:{pid}) exited with code {code}.\n" for pid in range(3)
    )
    patient = replace(QUICK, limit_seconds=30 if given_up else 1, log_seconds=0.1)
    with pytest.raises(UnhealthyError) as caught:
        wait_until_healthy(as_engine(FakeEngine(state(), log=ended)), spec(closed_port()), patient)
    told = "its workers end one after another: the app ends itself while it is loaded, with exit code 66"
    assert (told in caught.value.message) is given_up
    assert "Change the settings!" in caught.value.details


@pytest.mark.parametrize(("asked", "given_up"), [("", True), ("[1] [INFO] Handling signal: term\n", False)])
def test_workers_that_end_without_an_error_are_not_waited_for(asked: str, given_up: bool) -> None:
    """exit() where the app is loaded: gunicorn starts another worker, and says nothing."""
    ended = "".join(
        f"ERROR in app: SHOP_ENV not set\n[{pid}] [INFO] Worker exiting (pid: {pid})\n" for pid in range(3)
    )
    patient = replace(QUICK, limit_seconds=30 if given_up else 1, log_seconds=0.1)
    with pytest.raises(UnhealthyError) as caught:
        wait_until_healthy(as_engine(FakeEngine(state(), log=asked + ended)), spec(closed_port()), patient)
    told = "its workers end one after another: the app ends itself while it is loaded, with exit code 0"
    assert (told in caught.value.message) is given_up


def test_an_app_that_drops_each_connection_is_not_waited_for() -> None:
    """gunicorn takes an OSError of the app for one of the connection."""
    dropped = (
        "[6] [ERROR] Socket error processing request.\nTraceback (most recent call last):\n"
        '  File "/opt/venv/lib/python3.13/site-packages/beaker/util.py", line 90, in verify_directory\n'
        "    os.makedirs(dir)\nOSError: [Errno 30] Read-only file system: './data'\n"
    )
    patient = replace(QUICK, limit_seconds=30, log_seconds=0.1)
    with pytest.raises(UnhealthyError, match="drops each connection: the app writes to") as caught:
        wait_until_healthy(as_engine(FakeEngine(state(), log=dropped * 5)), spec(closed_port()), patient)
    assert caught.value.unwritable == "./data/"
    with pytest.raises(UnhealthyError, match="was not healthy"):
        impatient = replace(patient, limit_seconds=1)
        wait_until_healthy(as_engine(FakeEngine(state(), log=dropped)), spec(closed_port()), impatient)


def test_workers_that_gunicorn_itself_stops_are_waited_for() -> None:
    log = "".join(
        f"[1] [CRITICAL] WORKER TIMEOUT (pid:{pid})\n[1] [ERROR] Worker (pid:{pid}) was sent SIGKILL!\n"
        for pid in range(20, 25)
    )
    impatient = replace(QUICK, log_seconds=0.1)
    with pytest.raises(UnhealthyError, match="did not answer within its time limit") as caught:
        wait_until_healthy(as_engine(FakeEngine(state(), log=log)), spec(closed_port()), impatient)
    assert "was not healthy after" in caught.value.message


def test_a_container_that_ended_is_told_without_waiting() -> None:
    engine = FakeEngine(state("exited", exit_code=3), log="first\nokamochi: TOKEN_FILE=/x is empty")
    with pytest.raises(UnhealthyError, match=r"exit code 3: TOKEN_FILE=/x is empty") as caught:
        wait_until_healthy(as_engine(engine), spec(closed_port()), Patience(limit_seconds=60))
    assert caught.value.details == ("first", "okamochi: TOKEN_FILE=/x is empty")


def test_a_restart_is_an_end() -> None:
    engine = FakeEngine(state("running", restarts=1))
    with pytest.raises(UnhealthyError, match="ended right after its start"):
        wait_until_healthy(as_engine(engine), spec(closed_port()), Patience(limit_seconds=60))


def test_out_of_memory_is_named() -> None:
    engine = FakeEngine(state("exited", exit_code=137, out_of_memory=True))
    with pytest.raises(UnhealthyError, match="used more memory than its limit"):
        wait_until_healthy(as_engine(engine), spec(closed_port()), Patience(limit_seconds=60))


@pytest.mark.parametrize(("start_seconds", "told"), [(0, "after 6[01] s"), (120, "after 12[01] s")])
def test_what_does_not_answer_yet_is_given_the_time_of_a_start(start_seconds: int, told: str) -> None:
    passed = [0.0]

    def pause(seconds: float) -> None:
        passed[0] += 1

    patience = Patience(start_seconds=start_seconds, inside_after_seconds=1000)
    with pytest.raises(UnhealthyError, match=told):
        wait_until_healthy(
            as_engine(FakeEngine(state())), spec(closed_port()), patience, now=lambda: passed[0], pause=pause
        )


def test_what_answers_with_an_error_is_not() -> None:
    patience = replace(QUICK, start_seconds=100)
    with (
        serving({"/healthz": [503], "/": [200]}, []) as port,
        pytest.raises(UnhealthyError, match="not healthy after 1 s") as caught,
    ):
        wait_until_healthy(as_engine(FakeEngine(state())), spec(port), patience)
    assert "0.0.0.0" not in caught.value.hint


def test_where_nothing_answers_the_hint_is_of_the_address_that_the_server_listens_on() -> None:
    engine = FakeEngine(state(), log="ready to go on http://172.17.0.2:8000")
    with pytest.raises(UnhealthyError, match="not healthy after") as caught:
        wait_until_healthy(as_engine(engine), spec(closed_port()), QUICK)
    assert "port 8000" in caught.value.hint and "0.0.0.0" in caught.value.hint


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("Listening on http://0.0.0.0:8080/", "[tool.okamochi] port = 8080"),
        (" * Running on http://127.0.0.1:8000", "127.0.0.1 alone"),
        ("Metrics available at 0.0.0.0:9100\nServing on *:8000", "of the container"),
        ("shop is listening\nconnected to localhost:5432", "of the container"),
    ],
)
def test_where_nothing_answers_the_log_may_say_where_the_server_listens(log: str, told: str) -> None:
    with pytest.raises(UnhealthyError) as caught:
        wait_until_healthy(as_engine(FakeEngine(state(), log=log)), spec(closed_port()), QUICK)
    assert told in caught.value.hint


@pytest.mark.parametrize(
    ("status", "told"),
    [(401, "wants somebody who is logged in"), (403, "is logged in"), (404, "is not there"), (503, "")],
)
def test_a_health_page_that_is_closed_or_not_there_is_told_with_the_way_round(status: int, told: str) -> None:
    with (
        serving({"/healthz": [status], "/": [200]}, []) as port,
        pytest.raises(UnhealthyError, match=f"GET /healthz answered {status}") as caught,
    ):
        wait_until_healthy(as_engine(FakeEngine(state())), spec(port), QUICK)
    assert ('health = "tcp"' in caught.value.hint) is bool(told)
    assert told in caught.value.hint


def test_the_limit_ends_the_wait_with_the_last_reason() -> None:
    with (
        serving({"/healthz": [200], "/": [500]}, []) as port,
        pytest.raises(UnhealthyError, match=r"not healthy after 1 s: GET / answered 500"),
    ):
        wait_until_healthy(as_engine(FakeEngine(state())), spec(port), QUICK)


def test_where_the_app_has_no_page_at_the_front_its_error_there_is_told_and_the_probe_counts() -> None:
    with serving({"/healthz": [503, 200], "/": [500]}, []) as port:
        pageless = msgspec.structs.replace(spec(port), front_page=False)
        healthy = wait_until_healthy(as_engine(FakeEngine(state())), pageless, QUICK)
    assert healthy.page_status == 500
    assert healthy.note.startswith("GET / answered 500, and the app has no page there")


@pytest.mark.parametrize(
    ("line", "error", "told"),
    [
        ("params = [session['user_id']]", "KeyError: 'user_id'", True),
        ('user = flask.session["user_id"]["name"]', "KeyError: 'user_id'", True),
        ("params = [session['user_id']]", "KeyError: 'other'", False),
        ("params = [settings['user_id']]", "KeyError: 'user_id'", False),
    ],
)
def test_a_first_page_that_wants_somebody_who_is_logged_in_is_told_as_that(
    line: str, error: str, told: bool
) -> None:
    frame = f'  File "/app/app.py", line 38, in index\n    {line}\n'
    log = f"Traceback (most recent call last):\n{frame}{error}\n"
    patience = replace(QUICK, failing_page_seconds=0.1)
    with serving({"/healthz": [200], "/": [500]}, []) as port:
        if not told:
            with pytest.raises(UnhealthyError):
                wait_until_healthy(as_engine(FakeEngine(state(), log=log)), spec(port), patience)
            return
        healthy = wait_until_healthy(as_engine(FakeEngine(state(), log=log)), spec(port), patience)
    assert healthy.page_status == 500
    assert "not logged in: app.py:38 reads session[" in healthy.note


def test_without_a_health_page_an_error_at_the_front_is_the_only_sign_and_the_hint_asks_for_one() -> None:
    with serving({"/": [500]}, []) as port:
        process = msgspec.structs.replace(spec(port).process, probe=TcpProbe())
        pageless = msgspec.structs.replace(spec(port), process=process, front_page=False)
        with pytest.raises(UnhealthyError, match="GET / answered 500") as caught:
            wait_until_healthy(as_engine(FakeEngine(state())), pageless, QUICK)
    assert 'health = "/..."' in caught.value.hint


def test_a_port_that_cannot_be_reached_from_here_is_checked_inside() -> None:
    engine = FakeEngine(state(), inside=(True, "GET /healthz answered 200"))
    healthy = wait_until_healthy(as_engine(engine), spec(closed_port()), QUICK)
    assert healthy.page_status == 0
    assert "does not answer from here" in healthy.note


def test_an_unhealthy_container_is_removed() -> None:
    engine = FakeEngine(state("exited", exit_code=1))
    with pytest.raises(UnhealthyError):
        start_healthy(as_engine(engine), spec(closed_port()), QUICK)
    assert engine.removed == ["okamochi-shop"]


@pytest.mark.parametrize(("name", "contained"), [("docker", True), ("podman", True), ("host", False)])
def test_only_of_what_runs_in_a_container_one_is_spoken(name: str, contained: bool) -> None:
    log = """Traceback (most recent call last):
  File "/app/app.py", line 3, in <module>
    connect()
redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.
"""
    engine = FakeEngine(state("exited", exit_code=1), log=log)
    engine.name = name
    with pytest.raises(UnhealthyError) as raised:
        start_healthy(as_engine(engine), spec(closed_port()), QUICK)
    assert ("container" in raised.value.message + raised.value.hint) == contained


@pytest.mark.parametrize(("name", "taken"), [("host", True), ("docker", False)])
def test_a_port_that_somebody_had_when_the_server_wanted_it_is_told_of_this_machine(
    name: str, taken: bool
) -> None:
    """Who had it may be gone, and may have answered nobody."""
    port = closed_port()
    engine = FakeEngine(state("exited", exit_code=1), log=f"Connection in use: ('127.0.0.1', {port})")
    engine.name = name
    with pytest.raises(UnhealthyError) as raised:
        start_healthy(as_engine(engine), spec(port), QUICK)
    assert raised.value.port_taken == taken


@pytest.mark.parametrize("status", [200, 503])
def test_an_answer_of_somebody_else_is_told_before_that_one_is_gone(status: int) -> None:
    """While gunicorn still tries to listen, say: when it gives up, the port may be free again."""
    engine = FakeEngine(state(), state("exited", exit_code=1))
    engine.stranger = "python3 (process 4711)"
    with (
        serving({"/healthz": [status], "/": [status]}, []) as port,
        pytest.raises(TakenPort, match=r"port \d+ is taken by python3 \(process 4711\)"),
    ):
        start_healthy(as_engine(engine), spec(port), QUICK)
    assert engine.removed == ["okamochi-shop"]


class Interrupted(FakeEngine):
    def start(self, spec: RunSpec) -> Running:
        raise KeyboardInterrupt


@pytest.mark.parametrize(("app", "removed"), [("shop", ["okamochi-shop"]), ("", [])])
def test_an_interrupted_start_removes_what_is_its_own(app: str, removed: list[str]) -> None:
    engine = Interrupted(state("running", app=app))
    with pytest.raises(KeyboardInterrupt):
        start_healthy(as_engine(engine), spec(closed_port()), QUICK)
    assert engine.removed == removed


@pytest.mark.parametrize(
    ("accepted", "host"),
    [(("localhost", "127.0.0.1"), "127.0.0.1"), (("localhost",), "localhost"), ((), "127.0.0.1")],
)
def test_the_address_for_people_is_one_that_the_app_lets_itself_be_called_by(
    accepted: tuple[str, ...], host: str
) -> None:
    class Picky(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.headers["Host"].partition(":")[0] in accepted else 400)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Picky) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_port
        assert url_for_people(spec(port)) == f"http://{host}:{port}/"
        server.shutdown()
