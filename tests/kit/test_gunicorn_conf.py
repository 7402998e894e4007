"""The configuration under real gunicorns, old and new, each in an environment of its own."""

import inspect
import json
import logging
import os
import re
import runpy
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.kit.conftest import free_port

pytestmark = pytest.mark.network


def started(gunicorn: Path, folder: Path, **variables: str) -> "subprocess.Popen[bytes]":
    environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **variables}
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        return subprocess.Popen(
            (gunicorn, "--config", folder / "kit/gunicorn.conf.py", "wsgi:application"),
            cwd=folder,
            env=environ,
            stdout=out,
            stderr=err,
        )


@contextmanager
def serving(gunicorn: Path, folder: Path, **variables: str) -> Iterator[int]:
    port = free_port()
    process = started(gunicorn, folder, PORT=str(port), OKAMOCHI_BIND_ADDRESS="127.0.0.1", **variables)
    try:
        for _ in range(1200):
            with socket.socket() as connection:
                if connection.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (folder / "out").read_text()
            time.sleep(0.05)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def body(port: int, path: str, agent: str, **headers: str) -> str:
    sent = {"User-Agent": agent, **{name.replace("_", "-"): value for name, value in headers.items()}}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=sent)
    with urllib.request.urlopen(request, timeout=60) as answer:
        text: str = answer.read().decode()
        return text


def test_it_serves_logs_on_stdout_and_says_what_was_chosen(gunicorn: Path, folder: Path) -> None:
    with serving(gunicorn, folder, WEB_CONCURRENCY="1") as port:
        body(port, "/page?token=abc&n=1", "browser")
        body(port, "/healthz", "okamochi-healthcheck")
    log = (folder / "out").read_text()
    assert (folder / "err").read_text() == ""
    assert "okamochi: 1 worker x 4 threads (set by WEB_CONCURRENCY)" in log
    (line,) = (json.loads(text) for text in log.splitlines() if text.startswith("{"))
    assert (line["method"], line["path"], line["status"], line["bytes"]) == ("GET", "/page", 200, 0)
    assert (line["query"], line["user_agent"], line["remote_addr"]) == (
        "token=...&n=1",
        "browser",
        "127.0.0.1",
    )
    assert re.fullmatch(r"[0-9a-f]{32}", line["request_id"])
    assert "/healthz" not in log
    assert "ontrol server" not in log


def test_a_file_that_the_kernel_sends_counts_with_its_length(gunicorn: Path, folder: Path) -> None:
    with serving(gunicorn, folder, WEB_CONCURRENCY="1") as port:
        sent = body(port, "/file", "browser")
        head = urllib.request.Request(f"http://127.0.0.1:{port}/file", method="HEAD")
        urllib.request.urlopen(head, timeout=60).close()
    lines = [json.loads(text) for text in (folder / "out").read_text().splitlines() if text.startswith("{")]
    assert sorted((line["method"], line["bytes"]) for line in lines) == [("GET", len(sent)), ("HEAD", 0)]


@pytest.mark.parametrize(
    ("atoms", "logged"),
    [
        ({"a": "okamochi-healthcheck", "h": "127.0.0.1", "s": "200"}, False),
        ({"a": "okamochi-healthcheck", "h": "127.0.0.1", "s": "503"}, True),
        ({"a": "okamochi-healthcheck", "h": "203.0.113.9", "s": "200"}, True),
        ({"a": "browser", "h": "127.0.0.1", "s": "200"}, True),
    ],
)
def test_only_good_answers_to_the_probe_from_inside_are_not_logged(
    folder: Path, atoms: dict[str, str], logged: bool
) -> None:
    settings = runpy.run_path(str(folder / "kit/gunicorn.conf.py"))
    record = logging.LogRecord("gunicorn.access", logging.INFO, "", 0, "%(a)s", (atoms,), None)
    assert settings["logconfig_dict"]["filters"]["not_a_probe"]["()"]().filter(record) is logged


def test_secrets_from_files_are_there_before_the_app(gunicorn: Path, folder: Path) -> None:
    (folder / "key").write_text("from-a-file\n")
    variables = {"OKAMOCHI_SECRET_FILES": "SECRET_KEY", "SECRET_KEY_FILE": str(folder / "key")}
    with serving(gunicorn, folder, GUNICORN_WORKERS="1", **variables) as port:
        assert body(port, "/", "browser") == "from-a-file"
    log = (folder / "out").read_text()
    assert "okamochi: read from files: SECRET_KEY" in log
    assert "from-a-file" not in log


@pytest.mark.parametrize(
    ("name", "value"), [("GUNICORN_WORKERS", "abc"), ("GUNICORN_THREADS", "0"), ("GUNICORN_TIMEOUT", "-1")]
)
def test_a_bad_value_ends_the_start_with_one_line(
    gunicorn: Path, folder: Path, name: str, value: str
) -> None:
    process = started(gunicorn, folder, **{name: value})
    assert process.wait(30) == 1
    assert f"okamochi: {name}={value} must be a whole number" in (folder / "err").read_text()
    assert "Traceback" not in (folder / "err").read_text()


def test_the_app_and_the_log_know_a_request_by_the_same_id(gunicorn: Path, folder: Path) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with serving(gunicorn, folder, GUNICORN_WORKERS="1") as port:
        seen = [
            body(port, "/who", "b", X_Request_ID="from-the-caller").split()[0],
            body(port, "/who", "b", traceparent=f"00-{trace}-00f067aa0ba902b7-01").split()[0],
            body(port, "/who", "b", X_Request_ID='"} injected {"').split()[0],
            body(port, "/who", "b").split()[0],
        ]
    lines = [json.loads(text) for text in (folder / "out").read_text().splitlines() if text[0] == "{"]
    # each thread writes its own line: in which order is theirs
    logged = {line["request_id"]: line for line in lines}
    assert sorted(seen) == sorted(logged)
    assert seen[:2] == ["from-the-caller", trace]
    assert logged[trace]["trace_id"] == trace
    assert all(re.fullmatch(r"[0-9a-f]{32}", made) for made in seen[2:])


def test_forwarded_headers_count_from_trusted_peers_and_for_as_many_hops_as_are_set(
    gunicorn: Path, folder: Path
) -> None:
    headers = {
        "X_Forwarded_For": "6.6.6.6, 203.0.113.9",
        "X_Forwarded_Proto": "https",
        "X_Forwarded_Host": "shop.example",
    }
    with serving(
        gunicorn, folder, GUNICORN_WORKERS="1", OKAMOCHI_TRUSTED_HOPS="1", FORWARDED_ALLOW_IPS="127.0.0.1"
    ) as port:
        assert body(port, "/who", "b", **headers).split()[1:] == ["203.0.113.9", "https", "shop.example"]
    with serving(
        gunicorn, folder, GUNICORN_WORKERS="1", OKAMOCHI_TRUSTED_HOPS="1", FORWARDED_ALLOW_IPS="10.1.2.3"
    ) as port:
        assert body(port, "/who", "b", **headers).split()[1:] == ["127.0.0.1", "http", f"127.0.0.1:{port}"]


def test_the_other_workers_follow_when_the_first_one_was_measured(gunicorn: Path, folder: Path) -> None:
    with serving(gunicorn, folder) as port:
        assert body(port, "/", "b") == ""  # the first one serves meanwhile
        wait_for(folder / "out", "workers; the first one takes")
        wait_for(folder / "out", "Booting worker", times=2)
    log = (folder / "out").read_text()
    assert re.search(r"okamochi: \d+ workers; the first one takes \d+ MiB \(.*~\d+ MiB a worker", log)
    assert "okamochi: 1 worker x 4 threads (the first; its size decides" in log


def test_gunicorn_s_own_arguments_overrule_the_number(gunicorn: Path, folder: Path) -> None:
    with serving(gunicorn, folder, GUNICORN_CMD_ARGS="--workers 2") as port:
        body(port, "/", "b")
        wait_for(folder / "out", "Booting worker", times=2)
        time.sleep(1.5)
    log = (folder / "out").read_text()
    assert log.count("Booting worker") == 2
    assert "takes" not in log


def wait_for(path: Path, text: str, times: int = 1) -> None:
    for _ in range(600):
        if path.read_text().count(text) >= times:
            return
        time.sleep(0.1)
    raise AssertionError(f"{text!r} is not in {path.read_text()}")


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"OKAMOCHI_STOP_GRACE_SECONDS": "35"}, ""),
        ({"OKAMOCHI_STOP_GRACE_SECONDS": "35", "GUNICORN_TIMEOUT": "120"}, "is beyond the stop grace period"),
        (
            {"OKAMOCHI_STOP_GRACE_SECONDS": "20", "GUNICORN_GRACEFUL_TIMEOUT": "25"},
            "requests would be cut off at each stop",
        ),
        ({"OKAMOCHI_TRUSTED_HOPS": "1"}, "FORWARDED_ALLOW_IPS trusts no other machine"),
    ],
)
def test_settings_that_cannot_work_together_are_told_at_the_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], told: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WEB_CONCURRENCY", "1")
    lines: list[str] = []
    log = SimpleNamespace(info=lambda *words: None, warning=lambda text, *words: lines.append(text % words))
    cfg = SimpleNamespace(worker_class_str="gthread")
    server = SimpleNamespace(cfg=cfg, log=log, spawn_worker=None, num_workers=1, stop=None)
    runpy.run_path(str(folder / "kit/gunicorn.conf.py"))["on_starting"](server)
    assert bool(lines) is bool(told)
    assert told in "".join(lines)


def test_variables_overrule_what_would_be_chosen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "GUNICORN_WORKERS": "3",
        "GUNICORN_THREADS": "2",
        "GUNICORN_TIMEOUT": "60",
        "GUNICORN_KEEPALIVE": "65",
        "GUNICORN_MAX_REQUESTS": "1000",
        "GUNICORN_MAX_REQUESTS_JITTER": "77",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings = runpy.run_path(str(folder / "kit/gunicorn.conf.py"))
    chosen = [settings[name.removeprefix("GUNICORN_").lower()] for name in values]
    assert chosen == [3, 2, 60, 65, 1000, 77]
    monkeypatch.setenv("WEB_CONCURRENCY", "5")
    assert runpy.run_path(str(folder / "kit/gunicorn.conf.py"))["workers"] == 5


@pytest.mark.parametrize(("grace", "graceful"), [("35", 25), ("60", 50), ("10", 7), ("2", 1), ("", 25)])
def test_the_graceful_stop_ends_before_the_engine_kills(
    folder: Path, monkeypatch: pytest.MonkeyPatch, grace: str, graceful: int
) -> None:
    monkeypatch.setenv("OKAMOCHI_STOP_GRACE_SECONDS", grace)
    settings = runpy.run_path(str(folder / "kit/gunicorn.conf.py"))
    assert settings["graceful_timeout"] == graceful


def test_hooks_have_the_form_that_gunicorns_of_old_count_parameters_of(folder: Path) -> None:
    settings = runpy.run_path(str(folder / "kit/gunicorn.conf.py"))
    hooks = {name: one for name, one in settings.items() if callable(one) and not name.startswith("_")}
    asked = {name: inspect.getfullargspec(one) for name, one in hooks.items()}
    assert {name: len(one.args) for name, one in asked.items()} == {
        "pre_fork": 2,
        "post_fork": 2,
        "post_worker_init": 1,
        "pre_request": 2,
        "child_exit": 2,
        "on_starting": 1,
    }
    assert not any(one.annotations or one.kwonlyargs for one in asked.values())


SLOW = """
import os, pathlib, time
here = pathlib.Path(__file__).parent
(here / f"boots-{os.getpid()}").touch()
while not (here / "go").exists():
    time.sleep(0.05)
"""


@pytest.mark.parametrize("timeout", ["30", "0"])
def test_the_first_worker_boots_alone_and_the_master_hears_of_a_stop_meanwhile(
    gunicorn: Path, folder: Path, timeout: str
) -> None:
    with booting(gunicorn, folder, GUNICORN_TIMEOUT=timeout) as process:
        wait_for_files(folder, 1)
        time.sleep(1.5)
        assert len(list(folder.glob("boots-*"))) == 1, "a second one was forked before"
        process.send_signal(signal.SIGTERM)
        wait_for(folder / "out", "Handling signal: term")
    assert len(list(folder.glob("boots-*"))) == 1


def test_the_others_follow_when_the_first_worker_has_booted(gunicorn: Path, folder: Path) -> None:
    with booting(gunicorn, folder):
        wait_for_files(folder, 1)
        (folder / "go").touch()
        wait_for_files(folder, 3)


def test_a_reload_of_one_worker_waits_for_nobody(gunicorn: Path, folder: Path) -> None:
    process = started(gunicorn, folder, PORT=str(free_port()), WEB_CONCURRENCY="1")
    try:
        wait_for(folder / "out", "Booting worker")
        time.sleep(0.5)  # until it is the app's
        process.send_signal(signal.SIGHUP)
        begin = time.monotonic()
        wait_for(folder / "out", "Booting worker", times=2)
        assert time.monotonic() - begin < 10
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


@contextmanager
def booting(gunicorn: Path, folder: Path, **variables: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Three workers of an app that loads until the file `go` is there."""
    (folder / "wsgi.py").write_text(SLOW + (folder / "wsgi.py").read_text())
    process = started(gunicorn, folder, PORT=str(free_port()), WEB_CONCURRENCY="3", **variables)
    try:
        yield process
    finally:
        (folder / "go").touch()
        if "Handling signal: term" not in (folder / "out").read_text():
            # a second one may meet Python at its end, where nobody handles it any more
            process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def wait_for_files(folder: Path, count: int) -> None:
    ends = time.monotonic() + 20
    while len(list(folder.glob("boots-*"))) < count:
        assert time.monotonic() < ends, (folder / "out").read_text()
        time.sleep(0.05)
