"""What a running app could not write, from its log."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from okamochi.model.correction import CorrectionKind
from okamochi.system.project_files import DiskProject
from okamochi.workflows.build import Building
from okamochi.workflows.mending.looked_round import (
    SCRIPT_CHECK,
    Answered,
    ask_for,
    broken_parts,
    other_site,
    refuses_name,
    seen_in_log,
    sends_to_https,
    told_of_failing,
)
from okamochi.workflows.plan import PlannedProject
from tests.detect.plans import FLASK_APP, planned

TRACE = """\
[2026-11-28 20:00:00 +0000] [7] [ERROR] Exception on /report [GET]
Traceback (most recent call last):
  File "/app/app.py", line 15, in report
    with open(place, "w") as stream:
OSError: [Errno 30] Read-only file system: '/app/reports/r.txt'
"""


@dataclass
class OneProject:
    """A building of a project that is planned already."""

    planned: PlannedProject
    request: Any = field(default_factory=lambda: SimpleNamespace(locked=False))

    def plan_now(self) -> PlannedProject:
        return self.planned


def building(root: Path) -> Building:
    (root / "app.py").write_text(FLASK_APP)
    one = OneProject(PlannedProject(planned({"app.py": FLASK_APP}), DiskProject.open(root), root))
    return cast(Building, one)


def test_a_page_that_could_not_write_gets_its_folder(tmp_path: Path) -> None:
    found = seen_in_log(TRACE, building(tmp_path), "a look at its pages saw")
    assert found is not None
    assert (found.kind, found.value) == (CorrectionKind.TEMPORARY_FOLDER, "/app/reports")
    assert found.reason == "a look at its pages saw app.py:15 write /app/reports/r.txt"


def test_a_traceback_in_a_line_of_json_is_read_as_well(tmp_path: Path) -> None:
    line = json.dumps({"level": "error", "exception": TRACE.partition("\n")[2]})
    no_json = '{"Traceback":' + "[" * 200_000
    found = seen_in_log(f"started\n{no_json}\n{line}\n", building(tmp_path), "it saw")
    assert found is not None and found.value == "/app/reports"


def test_a_path_that_leads_up_again_is_the_folder_it_means(tmp_path: Path) -> None:
    log = TRACE.replace("/app/reports/r.txt", "/app/pages/../static/.cache").replace(
        'with open(place, "w") as stream:', "os.makedirs(place)"
    )
    found = seen_in_log(log, building(tmp_path), "it saw")
    assert found is not None and found.value == "/app/static/.cache"


def test_other_errors_and_builds_from_a_lock_alone_change_nothing(tmp_path: Path) -> None:
    assert seen_in_log("OSError: [Errno 28] No space left on device", building(tmp_path), "it saw") is None
    locked = building(tmp_path)
    locked.request.locked = True  # type: ignore[misc]
    assert seen_in_log(TRACE, locked, "it saw") is None


FAILS = """\
[2026-11-28 20:00:00 +0000] [7] [ERROR] Exception on /report [GET]
Traceback (most recent call last):
  File "/app/app.py", line 15, in report
    return totals["open"]
KeyError: 'open'
"""


def answered(*pages: tuple[str, int]) -> list[Answered]:
    return [Answered(page, status) for page, status in pages]


def test_pages_that_fail_behind_a_first_page_that_does_not_are_told() -> None:
    told = told_of_failing(answered(("/", 200), ("/report", 500), ("/gone", 404), ("/slow", 503)), FAILS)
    assert told.startswith("/report answers 500, /slow answers 503: ") and "KeyError: 'open'" in told
    assert told_of_failing(answered(("/", 200), ("/gone", 404)), FAILS) == ""
    text = FAILS.replace("'open'", "'open " + "x" * 400)
    long = told_of_failing(answered(("/", 200), ("/report", 500)), text)
    assert "x…" in long and "'open" in long and len(long) < 400
    assert told_of_failing(answered(("/", 500)), "") == "/ answers 500; okamochi logs tells more"


def test_what_each_page_answered_is_kept(tmp_path: Path) -> None:
    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            statuses = {"/report": 500, "/app.js": 500, "/%E4%B8%80%E8%A6%A7": 404}
            self.send_response(statuses.get(self.path, 200))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        plan = planned({"app.py": FLASK_APP})
        answers = ask_for(server.server_port, plan, ("/", "/report", "/一覧"))
        scripts = [("/", '<script src="app.js"></script><script src="other.js"></script>')]
        assert broken_parts(server.server_port, plan, scripts) == answered(("/app.js", 500))
        server.shutdown()
    assert answers == answered(("/", 200), ("/report", 500), ("/一覧", 404))


@pytest.mark.parametrize(
    ("location", "asked_for"),
    [
        ("/login", ["/", "/login", "/report"]),
        ("http://localhost/login?next=%2F", ["/", "/login", "/report"]),
        ("https://localhost/login", ["/", "/report"]),
        ("http://elsewhere.example/login", ["/", "/report"]),
        ("/report", ["/", "/report"]),
        ("", ["/", "/report"]),
    ],
)
def test_the_page_to_which_the_first_one_leads_is_asked_for_too(location: str, asked_for: list[str]) -> None:
    asked: list[str] = []

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.path == "/login":
                self.close_connection = True  # no answer at all
                return
            self.send_response(302 if self.path == "/" else 200)
            self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        answers = ask_for(server.server_port, planned({"app.py": FLASK_APP}), ("/", "/report"))
        server.shutdown()
    assert asked == asked_for
    assert told_of_failing(answers, "").startswith("/login breaks off") is ("/login" in asked_for)


def test_a_first_page_that_leads_to_https_is_seen_without_asking_again() -> None:
    for target, seen in (("https://localhost/", True), ("/login", False)):
        asked: list[str] = []

        class Pages(BaseHTTPRequestHandler):
            location = target
            requests = asked

            def do_GET(self) -> None:
                self.requests.append(self.path)
                self.send_response(302)
                self.send_header("Location", self.location)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        with HTTPServer(("127.0.0.1", 0), Pages) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            answers = ask_for(server.server_port, planned({"app.py": FLASK_APP}), ("/", "/login"))
            server.shutdown()
        assert sends_to_https(answers) is seen
        assert asked == ["/", "/login"]
    assert not sends_to_https(answered(("/", 200)))


@pytest.mark.parametrize(
    ("location", "https", "other"),
    [
        ("https://localhost:8000/", True, ""),
        ("https://shop.example/", True, ""),
        ("https://help.example/links", False, "help.example"),
        ("http://help.example/links", False, "help.example"),
        ("/login", False, ""),
    ],
)
def test_a_first_page_that_leads_to_another_site_is_no_matter_of_https(
    location: str, https: bool, other: str
) -> None:
    answers = [Answered("/", 302, location)]
    assert sends_to_https(answers, "shop.example") is https
    assert other_site(answers, "shop.example") == other


def test_a_script_of_streamlit_that_raises_is_told_with_what_it_raised() -> None:
    log = (
        "2026-11-30 02:00:00.000 Uncaught app execution\nTraceback (most recent call last):\n"
        '  File "/app/app.py", line 9, in <module>\n    shown = totals["open"]\nKeyError: \'open\'\n'
    )
    told = told_of_failing(answered(("/", 200), (SCRIPT_CHECK, 503)), log)
    assert told.startswith("the script's page shows an error: ")
    assert "KeyError: 'open'" in told and "app.py:9" in told
    assert told_of_failing(answered(("/", 200), (SCRIPT_CHECK, 200)), log) == ""


def test_an_address_that_the_app_refuses_to_be_called_by_is_seen() -> None:
    """Django answers 400 to every name that ALLOWED_HOSTS does not have."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.headers["Host"].startswith("localhost") else 400)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_port
        assert refuses_name(f"http://127.0.0.1:{port}/")
        assert not refuses_name(f"http://localhost:{port}/")
        server.shutdown()
    assert not refuses_name(f"http://127.0.0.1:{port}/")  # nobody is there
