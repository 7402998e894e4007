"""The program that imports an app, run as the image's Python runs it, and what follows from its answers."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.detect.plans import FLASK_APP, planned

from okamochi.run.proof import program
from okamochi.run.proof.answer import Answer, Outcome, Route, Write, has_front_page, verdict_of
from okamochi.run.proof.program import PARTS, joined_text
from okamochi.run.proof.trial import ask
from okamochi.system.process import Completed

WSGI = """
class App:
    def __call__(self, environ, start_response): ...
"""


def asked(folder: Path, source: str, **task: object) -> Answer:
    (folder / "site").mkdir(exist_ok=True)
    (folder / "app.py").write_text(source)
    whole = {
        "interface": "wsgi",
        "framework": "other",
        "reference": "app:app",
        "script": "",
        "argv": [sys.executable, "app.py"],
        "paths": [str(folder)],
        "writable": ["/dev", "/proc", str(folder / "data")],
    }
    done = subprocess.run(
        (sys.executable, "-B", "-c", joined_text()),
        input=json.dumps({**whole, **task}).encode(),
        capture_output=True,
        cwd=folder,
        timeout=60,
        check=False,
    )
    return msgspec.json.decode(done.stdout, type=Answer)


def test_the_parts_of_the_program_need_those_before_them_and_share_no_name() -> None:
    folder = Path(program.__file__).parent
    names = list[str]()
    for place, part in enumerate(PARTS):
        tree = ast.parse((folder / f"{part}.py").read_text("utf-8"))
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(program.__name__):
                assert (node.module or "").rpartition(".")[2] in PARTS[:place]
            elif isinstance(node, ast.Assign):
                names += [one.id for one in node.targets if isinstance(one, ast.Name)]
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.append(node.name)
    assert len(names) == len(set(names))
    assert {path.stem for path in folder.glob("[a-z]*.py")} == set(PARTS)
    assert program.__name__ not in joined_text()


def test_an_application_is_proved_and_what_it_prints_is_no_part_of_the_answer(tmp_path: Path) -> None:
    answer = asked(tmp_path, WSGI + "print('hello')\napp = App()\n")
    assert (answer.outcome, answer.type) == ("proved", "app.App")
    assert verdict_of(answer).outcome is Outcome.PROVED


def test_a_factory_is_called_with_its_arguments(tmp_path: Path) -> None:
    source = WSGI + "def make(name, *, debug):\n    assert (name, debug) == ('x', False)\n    return App()\n"
    assert asked(tmp_path, source, reference="app:make('x', debug=False)").outcome == "proved"


def test_files_of_secrets_are_there_before_the_app_is(tmp_path: Path) -> None:
    secret = tmp_path / "db_password"
    source = WSGI + f"assert open({str(secret)!r}).read() == 'stand-in'\napp = App()\n"
    assert asked(tmp_path, source, files={str(secret): "stand-in"}).outcome == "proved"
    # where it cannot be written, the app itself tells what it misses
    nowhere = str(tmp_path / "no" / "folder")
    assert asked(tmp_path, f"open({nowhere!r})\n", files={nowhere: "x"}).outcome != "proved"


@pytest.mark.parametrize(
    ("source", "reference", "interface", "outcome"),
    [
        ("import nowhere\n", "app:app", "wsgi", Outcome.MISSING_MODULE),
        ("app = 5\n", "app:app", "wsgi", Outcome.WRONG_OBJECT),
        ("other = 5\n", "app:app", "wsgi", Outcome.WRONG_OBJECT),
        ("async def make(): ...\n", "app:make()", "asgi", Outcome.WRONG_OBJECT),
        ("def make(name): ...\n", "app:make()", "wsgi", Outcome.WRONG_OBJECT),
        ("async def app(scope, receive, send): ...\n", "app:app", "wsgi", Outcome.WRONG_OBJECT),
        ("def app(environ, start_response): ...\n", "app:app", "asgi", Outcome.WRONG_OBJECT),
        ("import os\nos.environ['NEEDED_TOKEN']\n", "app:app", "wsgi", Outcome.UNCERTAIN),
        ("raise ConnectionRefusedError(111, 'Connection refused')\n", "app:app", "wsgi", Outcome.UNCERTAIN),
        ("1/0\n", "app:app", "wsgi", Outcome.FAILED),
        ("raise OSError(30, 'Read-only file system', '/app/x')\n", "app:app", "wsgi", Outcome.READ_ONLY),
    ],
)
def test_each_way_to_fail_is_told_apart(
    tmp_path: Path, source: str, reference: str, interface: str, outcome: Outcome
) -> None:
    answer = asked(tmp_path, source, reference=reference, interface=interface)
    assert verdict_of(answer).outcome is outcome, answer


def test_a_name_that_an_installed_package_lacks_is_the_packages(tmp_path: Path) -> None:
    library = tmp_path / "site-packages" / "thing"
    library.mkdir(parents=True)
    (library / "__init__.py").write_text("")
    answer = asked(
        tmp_path, "from thing import gone\n", paths=[str(tmp_path), str(tmp_path / "site-packages")]
    )
    verdict = verdict_of(answer)
    assert (verdict.outcome, verdict.subject) == (Outcome.LIBRARY, "thing")


@pytest.mark.parametrize(
    ("message", "package"),
    [
        ('Form data requires "python-multipart" to be installed.\\nYou can install it', "python-multipart"),
        ("email-validator is not installed, run `pip install pydantic`", "email-validator"),
        ("return_type=pandas, but pandas is not installed", "pandas"),
        ("Use pip or conda to install openpyxl.", "openpyxl"),
        ("it is now a separate project lxml_html_clean.", "lxml-html-clean"),
        ("run `pip install strangers-package`", ""),  # a text alone names nobody
        ("pandas is broken", ""),
        ("an install from source needs pandas", ""),
        ("please install web", ""),  # it is there
    ],
)
def test_a_package_that_an_installed_one_asks_for_is_known_by_its_extras(
    tmp_path: Path, message: str, package: str
) -> None:
    site = tmp_path / "site-packages"
    (site / "web-1.0.dist-info").mkdir(parents=True)
    names = ("web", "python-multipart>=0.0.7", "lxml_html_clean", "pandas", "openpyxl", "email-validator")
    optional = "".join(f"Requires-Dist: {name}; extra == 'all'\n" for name in names)
    (site / "web-1.0.dist-info/METADATA").write_text(
        f"Metadata-Version: 2.1\nName: web\nVersion: 1.0\nRequires-Dist: always>=1\n{optional}"
    )
    (site / "web.py").write_text(f"def fail():\n    raise RuntimeError({message!r})\n")
    paths = [str(tmp_path), str(site)]
    assert asked(tmp_path, "import web\nweb.fail()\n", paths=paths).asked == package
    # what the app itself says is for people
    assert asked(tmp_path, f"import web\nraise RuntimeError({message!r})\n", paths=paths).asked == ""


def test_the_traceback_shows_the_app_and_not_the_prover(tmp_path: Path) -> None:
    answer = asked(tmp_path, "def f():\n    raise ValueError('no')\nf()\n")
    assert answer.text.count("  File ") == 2
    assert answer.text.endswith("ValueError: no\n")
    assert "importlib" not in answer.text


def test_what_is_written_where_nothing_may_be_written_is_told_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    source = (
        WSGI + "import sqlite3\napp = App()\nopen('data/kept', 'w').close()\nopen('notes.txt', 'w').close()\n"
        "sqlite3.connect('file.db').close()\nopen('app.py').close()\n"
    )
    answer = asked(tmp_path, source)
    assert {Path(write.path).name for write in answer.writes} == {"notes.txt", "file.db"}
    assert {Path(write.place).name for write in answer.writes} == {"app.py:7", "app.py:8"}


def test_a_program_that_is_its_own_server_is_proved_by_its_port(tmp_path: Path) -> None:
    source = (
        "import http.server\nif __name__ == '__main__':\n"
        "    http.server.HTTPServer(('127.0.0.1', 18431), None).serve_forever()\n"
    )
    answer = asked(tmp_path, source, interface="own", reference="")
    assert (answer.outcome, answer.port) == ("proved", 18431)


def test_a_program_that_listens_in_a_thread_is_proved_by_the_planned_port(tmp_path: Path) -> None:
    """As CherryPy does; another port of such a thread may be a helper's."""
    source = (
        "import http.server, threading\n"
        "def serve(port):\n"
        "    http.server.HTTPServer(('127.0.0.1', port), None).serve_forever()\n"
        "started = [threading.Thread(target=serve, args=(port,)) for port in (18434, 18433)]\n"
        "for one in started:\n"
        "    one.start()\n"
        "started[0].join()\n"
    )
    answer = asked(tmp_path, source, interface="own", reference="", port=18433)
    assert (answer.outcome, answer.port) == ("proved", 18433)


def test_a_program_that_ends_is_not_proved(tmp_path: Path) -> None:
    answer = asked(tmp_path, "print('done')\n", interface="own", reference="")
    assert verdict_of(answer).outcome is Outcome.UNCERTAIN


def test_a_module_that_serves_while_it_is_imported_is_no_application(tmp_path: Path) -> None:
    source = "import http.server\nhttp.server.HTTPServer(('127.0.0.1', 18432), None).serve_forever()\n"
    answer = asked(tmp_path, source)
    assert answer.error == "StartsServer"
    assert verdict_of(answer).outcome is Outcome.WRONG_OBJECT


def test_a_failure_that_a_made_up_value_may_cause_is_uncertain(tmp_path: Path) -> None:
    answer = asked(tmp_path, "raise ValueError('bad URL in SERVICE_URL')\n")
    assert verdict_of(answer).outcome is Outcome.FAILED
    assert verdict_of(answer, made_up=("SERVICE_URL",)).outcome is Outcome.UNCERTAIN


WRITES_AT_A_VISIT = """
import pathlib, sqlite3
PLACE = pathlib.Path(__file__).with_name("blog.db")
"""


def test_a_visit_shows_what_a_page_writes(tmp_path: Path) -> None:
    source = WRITES_AT_A_VISIT + (
        "def app(environ, start_response):\n"
        "    assert environ['PATH_INFO'] == '/' and environ['HTTP_HOST'] == 'shop.test'\n"
        "    sqlite3.connect(PLACE)\n    raise RuntimeError\n"
    )
    quiet = asked(tmp_path, source)
    visited = asked(tmp_path, source, visit="/", host="shop.test")
    assert (quiet.outcome, visited.outcome) == ("proved", "proved")
    assert quiet.writes == ()
    assert [write.path for write in visited.writes] == [str(tmp_path / "blog.db")]


def test_a_visit_of_an_asgi_application_comes_after_its_start(tmp_path: Path) -> None:
    source = WRITES_AT_A_VISIT + (
        "started = []\n"
        "async def app(scope, receive, send):\n"
        "    if scope['type'] == 'lifespan':\n"
        "        await receive()\n"
        "        started.append(1)\n"
        "        await send({'type': 'lifespan.startup.complete'})\n"
        "        await receive()\n"
        "    elif started:\n"
        "        sqlite3.connect(PLACE)\n"
    )
    visited = asked(tmp_path, source, interface="asgi", visit="/", host="")
    assert [write.path for write in visited.writes] == [str(tmp_path / "blog.db")]
    assert visited.seconds < 10


def test_a_database_in_the_users_home_is_seen_where_all_else_there_may_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    source = (
        WSGI + "import os, sqlite3\nhome = os.path.expanduser('~')\nopen(home + '/.note', 'w').close()\n"
        "sqlite3.connect(home + '/plain.db')\n"
        "try:\n    sqlite3.connect(home + '/.config/shop/shop.db')\nexcept sqlite3.Error: pass\napp = App()\n"
    )
    answer = asked(tmp_path, source, writable=["/dev", "/proc", str(tmp_path / "home")])
    seen = [one.path for one in answer.writes if "home" in one.path]
    assert seen == [str((tmp_path / "home/.config/shop/shop.db").resolve())]


LISTS_ROUTES = """
import pathlib, time
PLACE = pathlib.Path(__file__).with_name("seen.txt")
class Route:
    def __init__(self, path, methods): self.path, self.methods = path, methods
class App:
    routes = [Route(*one) for one in ROUTES]
    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"].encode("latin-1").decode()
        if path == "/slow": time.sleep(30)
        if path == "/write": open(PLACE, "w").close()
        if path == "/fail": raise RuntimeError
        start_response("200 OK" if path != "/login" else "302 FOUND", [])
        return [b""]
app = App()
"""


def test_pages_without_parameters_are_looked_at_and_what_they_write_is_told(tmp_path: Path) -> None:
    routes = [
        ("/write", ["GET"]),
        ("/login", ["GET", "POST"]),
        ("/health", ["GET"]),
        ("/fail", []),
        ("/items/<id>", ["GET"]),
        ("/logout", ["GET"]),
        ("/delete-all", ["GET"]),
        ("/post", ["POST"]),
        ("/店/一覧", ["GET"]),
    ]
    answer = asked(tmp_path, LISTS_ROUTES.replace("ROUTES", repr(routes), 1), pages=12)
    seen = {page.path: page.status for page in answer.pages}
    assert seen == {"/health": 200, "/write": 200, "/login": 302, "/fail": 500, "/店/一覧": 200}
    assert [write.path for write in answer.writes] == [str(tmp_path / "seen.txt")]


@pytest.mark.parametrize(
    ("paths", "known"),
    [
        (("/health", "/pay/<id>", "/static/<path:filename>"), False),
        (("/health", "/"), True),
        (("/health", "/<path:anything>"), True),
        (("/api/{name}", "/{name}"), True),
        (("/api/", ""), True),  # what is mounted below / answers there
        (("/admin/", "/(?P<page>.*)"), True),
        ((), True),
    ],
)
def test_only_where_every_route_is_elsewhere_there_is_no_front_page(
    paths: tuple[str, ...], known: bool
) -> None:
    answer = Answer(outcome="proved", routes=tuple(Route(path=one) for one in paths))
    assert has_front_page(answer) is known


INCLUDES_ROUTERS = """
class Route:
    starlette_route = None
    def __init__(self, path, methods=()):
        self.path, self.methods = path, methods

class Mounted:
    path, methods = "", None
    starlette_route = Route("/v1/files")

class IncludedRouter:  # of FastAPI since 0.137: without a path
    def effective_route_contexts(self):
        return [Route("/v1/items", {"GET"}), Mounted()]

class App:
    routes = [Route("/docs", {"GET", "HEAD"}), IncludedRouter()]
    def __call__(self, environ, start_response): ...
app = App()
"""


def test_routes_of_routers_that_fastapi_keeps_apart_are_told_with_their_whole_path(tmp_path: Path) -> None:
    answer = asked(tmp_path, INCLUDES_ROUTERS)
    assert [(one.path, one.methods) for one in answer.routes] == [
        ("/docs", ("GET",)),
        ("/v1/files", ()),
        ("/v1/items", ("GET",)),
    ]


def test_a_page_that_hangs_ends_the_looking_round_and_proves_the_app_all_the_same(tmp_path: Path) -> None:
    routes = [("/health", ["GET"]), ("/slow", ["GET"])]
    answer = asked(tmp_path, LISTS_ROUTES.replace("ROUTES", repr(routes), 1), pages=12)
    assert answer.outcome == "proved"
    assert [page.path for page in answer.pages] == ["/health"]
    assert answer.seconds < 10


@pytest.mark.parametrize(
    ("words", "outcome"), [("script run timed out after 40(s)", "unknown"), ("no", "failed")]
)
def test_a_page_that_takes_long_is_not_proved_and_not_refused(
    tmp_path: Path, words: str, outcome: str
) -> None:
    raises = f"    def run(self): raise RuntimeError({words!r})\n"
    assert asked_as_streamlit(tmp_path, raises, "").outcome == outcome


def asked_as_streamlit(folder: Path, run: str, source: str) -> Answer:
    """By a Streamlit that does this with a page."""
    testing = folder / "streamlit/testing"
    testing.mkdir(parents=True)
    (folder / "streamlit/__init__.py").write_text("def Page(path): ...\n")
    (testing / "__init__.py").write_text("")
    (testing / "v1.py").write_text(
        "class AppTest:\n    exception = []\n    @classmethod\n"
        f"    def from_file(cls, path, default_timeout): return cls()\n{run}"
    )
    return asked(folder, source, interface="own", framework="streamlit", script="app.py")


def test_an_exception_that_streamlit_shows_is_told_by_its_own_name(tmp_path: Path) -> None:
    shown = (
        "    def run(self):\n        self.message = \"No module named 'plots.bars'\"\n"
        "        self.type, self.proto = 'exception', type('P', (), {'type': 'ModuleNotFoundError'})\n"
        "        self.exception = [self]\n        return self\n"
    )
    answer = asked_as_streamlit(tmp_path, shown, "import streamlit\n")
    assert (answer.error, answer.name) == ("ModuleNotFoundError", "plots.bars")
    assert verdict_of(answer).outcome is Outcome.MISSING_MODULE


SHOWN = "    def run(self): return self\n"


@pytest.mark.parametrize(
    ("source", "page"),
    [
        ("import streamlit\n", "pages/1_Two.py"),
        ("import streamlit as st\nst.Page('views/two.py')\n", "views/two.py"),
    ],
)
def test_what_another_page_of_streamlit_cannot_import_is_told(tmp_path: Path, source: str, page: str) -> None:
    (tmp_path / page).parent.mkdir()
    (tmp_path / page).write_text("import json\nfrom absent.part import thing\n")
    answer = asked_as_streamlit(tmp_path, SHOWN, source)
    assert answer.outcome == "proved"
    assert answer.broken is not None
    assert (answer.broken.type, answer.broken.name) == (page, "absent")
    assert verdict_of(answer.broken).outcome is Outcome.MISSING_MODULE


def test_of_another_page_of_streamlit_only_what_it_imports_at_once_is_asked(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/1.py").write_text("try:\n    import absent\nexcept ImportError: ...\n1 / 0\n")
    (tmp_path / "pages/2.py").write_text("this is no Python\n")
    (tmp_path / "pages/3.py").write_text("import failing\nimport json\n")
    (tmp_path / "failing.py").write_text("raise SystemExit(1)\n")
    answer = asked_as_streamlit(tmp_path, SHOWN, "import streamlit\n")
    assert (answer.outcome, answer.broken) == ("proved", None)


def test_a_folder_that_is_written_over_a_detour_is_the_one_that_it_leads_to() -> None:
    message = "[Errno 30] Read-only file system: '/app/shop/../data'"
    writes = (Write(path="/app/data/", place=""),)
    verdict = verdict_of(Answer(outcome="failed", error="OSError", message=message, writes=writes))
    assert (verdict.outcome, verdict.subject) == (Outcome.READ_ONLY, "/app/data/")


HANDLER = (
    "Traceback (most recent call last):\n"
    '  File "/usr/lib/python3.13/logging/__init__.py", line 1264, in _open\n    return open_func()\n'
    "{}\n\nThe above exception was the direct cause of the following exception:\n\n"
    "Traceback (most recent call last):\n"
    '  File "/usr/lib/python3.13/logging/config.py", line 611, in configure\n    raise ValueError() from e\n'
    "ValueError: Unable to configure handler 'default'\n"
)


@pytest.mark.parametrize(
    ("cause", "written", "outcome"),
    [
        ("OSError: [Errno 30] Read-only file system: '/app/logs/a.log'", (), Outcome.READ_ONLY),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: '/app/logs/a.log'",
            ("/app/logs/a.log",),
            Outcome.READ_ONLY,
        ),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: '/app/logs/a.log'",
            ("/app/other.log",),
            Outcome.FAILED,
        ),
        ("ValueError: no", ("/app/logs/a.log",), Outcome.FAILED),
    ],
)
def test_what_an_exception_was_raised_from_tells_what_is_not_writable(
    cause: str, written: tuple[str, ...], outcome: Outcome
) -> None:
    answer = Answer(
        outcome="failed",
        error="ValueError",
        message="Unable to configure handler 'default'",
        text=HANDLER.format(cause),
        writes=tuple(Write(path=one, place="") for one in written),
    )
    verdict = verdict_of(answer)
    assert (verdict.outcome is Outcome.READ_ONLY) is (outcome is Outcome.READ_ONLY)
    assert verdict.subject == ("/app/logs/a.log" if outcome is Outcome.READ_ONLY else "")
    assert verdict.cause is not None
    if outcome is not Outcome.READ_ONLY:
        told = "the app opens /app/logs/a.log" if "logs" in cause else f", from {cause}"
        assert told in verdict.cause.text


LIBRARY_FRAME = (
    'Traceback (most recent call last):\n  File "/app/app.py", line 4, in <module>\n    client = make()\n'
    '  File "/opt/venv/lib/python3.13/site-packages/{library}/x.py", line 9, in make\n    raise e\n'
    "{library}.{error}: {message}\n"
)


@pytest.mark.parametrize(
    ("error", "message", "outcome"),
    [
        ("OpenAIError", "pass api_key or set the OPENAI_API_KEY environment variable", Outcome.UNCERTAIN),
        ("DefaultCredentialsError", "Please set GOOGLE_APPLICATION_CREDENTIALS or log in", Outcome.UNCERTAIN),
        ("OpenAIError", "the option is not known, see https://example.org/options", Outcome.LIBRARY),
    ],
)
def test_a_library_that_asks_for_a_key_is_not_taken_for_one_that_is_too_new(
    error: str, message: str, outcome: Outcome
) -> None:
    text = LIBRARY_FRAME.format(library="client", error=error, message=message)
    verdict = verdict_of(Answer(outcome="failed", error=error, message=message, text=text))
    assert verdict.outcome is outcome
    assert verdict.cause is not None
    assert ("--env-file" in verdict.cause.hint) == (outcome is Outcome.UNCERTAIN)


def test_a_page_that_a_library_could_not_have_says_nothing_of_the_app_for_the_proof_has_no_network() -> None:
    message = 'Unable to load JSON at "https://example.org/data.json"'
    text = LIBRARY_FRAME.format(library="datasets", error="DataError", message=message)
    answer = Answer(outcome="failed", error="DataError", message=message, text=text)
    assert verdict_of(answer).outcome is Outcome.UNCERTAIN


def test_what_code_made_of_a_text_raises_is_no_fault_of_the_reference(tmp_path: Path) -> None:
    made = "made = {}\nexec(\"def f(): raise {}('Connection refused')\", made)\nmade['f']()\n"
    answer = asked(tmp_path, made.format("{}", "RuntimeError"))
    assert not answer.in_reference
    assert verdict_of(answer).outcome is Outcome.UNCERTAIN


CELERY = """
import sys, types
state = types.ModuleType("celery._state")
class Connection:
    def create_transport(self):
        {transport}
class Celery:
    def connection_for_write(self):
        return Connection()
state._get_active_apps = lambda: [Celery()]
sys.modules["celery._state"] = state
app = App()
"""


def test_what_celery_lacks_for_its_broker_is_told_of_a_proved_app(tmp_path: Path) -> None:
    answer = asked(tmp_path, WSGI + CELERY.format(transport="import absent_client"))
    assert (answer.outcome, verdict_of(answer).outcome) == ("proved", Outcome.PROVED)
    assert answer.broken is not None
    assert (answer.broken.type, answer.broken.name) == ("Celery's broker", "absent_client")
    assert verdict_of(answer.broken).outcome is Outcome.MISSING_MODULE


@pytest.mark.parametrize("transport", ["return 1", "raise ValueError('no such transport')"])
def test_a_broker_that_is_there_or_told_of_later_is_no_matter_of_the_proof(
    tmp_path: Path, transport: str
) -> None:
    answer = asked(tmp_path, WSGI + CELERY.format(transport=transport))
    assert (answer.outcome, answer.broken) == ("proved", None)


def test_an_argument_that_is_refused_is_no_matter_of_the_values_in_its_line() -> None:
    frame = '  File "/app/app.py", line 1, in <module>\n    C(HOST, charset="x")\n'
    text = f"Traceback (most recent call last):\n{frame}"
    refused = "C.__init__() got an unexpected keyword argument 'charset'"
    for error, outcome in ((refused, Outcome.FAILED), ("C.__init__() takes no HOST", Outcome.UNCERTAIN)):
        answer = Answer(
            outcome="failed", error="TypeError", message=error, text=f"{text}TypeError: {error}\n"
        )
        assert verdict_of(answer, made_up=("HOST",)).outcome is outcome


@pytest.mark.parametrize("said", [b"", b"{", b'{"outcome": 1}', b'{"x": ' + b"[" * 200_000], ids=len)
def test_an_app_that_answers_in_the_place_of_the_proof_is_not_understood(said: bytes) -> None:
    class Engine:
        def try_out(self, trial: object) -> Completed:
            return Completed(("python",), 3, said, b"nothing to see")

    answer = ask(Engine(), "shop:1", planned({"app.py": FLASK_APP, "requirements.txt": "flask"}), {})
    assert (answer.outcome, answer.message, answer.text) == ("unknown", "ended with 3", "nothing to see")
