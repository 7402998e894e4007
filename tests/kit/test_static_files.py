"""Django's static files in front of an application: what is listed, and what each interface is answered."""

import asyncio
import importlib.util
import io
import sys
from collections import namedtuple
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from okamochi import kit

Answer = namedtuple("Answer", "status headers file")  # as WhiteNoise's Response


class StaticFile:
    def __init__(self, path: str) -> None:
        self.path = path

    def get_response(self, method: str, asked: dict[str, str]) -> Answer:
        if asked.get("HTTP_IF_NONE_MATCH") == "known":
            return Answer(304, [], None)
        body = io.BytesIO(Path(self.path).read_bytes()) if method == "GET" else None
        return Answer(200, [("Content-Type", "text/css")], body)


class WhiteNoise:
    """What of WhiteNoise the kit calls; the real one is tried by hand and in images."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.files: dict[str, StaticFile] = {}

    def add_file_to_dictionary(self, url: str, path: str) -> None:
        self.files[url] = StaticFile(path)

    def add_files(self, root: str, prefix: str) -> None:
        for path in sorted(Path(root).rglob("*")):
            self.add_file_to_dictionary(prefix + path.relative_to(root).as_posix(), str(path))


class Storage:
    def __init__(self, root: Path, prefix: str = "") -> None:
        self.root, self.prefix = root, prefix

    def path(self, name: str) -> str:
        return str(self.root / name)


@pytest.fixture
def static_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The kit's module, in a process with the settings of a project that has three files."""
    for name in ("own/site.css", "own/both.css", "vendor/x.js", "collected/both.css"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    settings = SimpleNamespace(
        STATIC_URL="https://cdn.example/assets/", STATIC_ROOT=str(tmp_path / "collected")
    )
    own, vendor = Storage(tmp_path / "own"), Storage(tmp_path / "vendor", "lib")
    finder = SimpleNamespace(list=lambda _ignored: [("site.css", own), ("both.css", own), ("x.js", vendor)])
    finders = SimpleNamespace(get_finders=lambda: [finder])
    for name, module in (
        ("django", SimpleNamespace()),
        ("django.conf", SimpleNamespace(settings=settings)),
        ("django.contrib", SimpleNamespace()),
        ("django.contrib.staticfiles", SimpleNamespace(finders=finders)),
        ("whitenoise", SimpleNamespace(WhiteNoise=WhiteNoise)),
    ):
        monkeypatch.setitem(sys.modules, name, module)
    where = Path(kit.__file__).with_name("static_files.py")
    spec = importlib.util.spec_from_file_location("kit_static_files", where)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_the_finders_know_is_listed_and_what_is_collected_goes_first(
    static_files: ModuleType, tmp_path: Path
) -> None:
    found = static_files.in_front("the app", asynchronous=False)
    assert found.application == "the app"
    assert {url: Path(one.path).relative_to(tmp_path).as_posix() for url, one in found.files.items()} == {
        "/assets/site.css": "own/site.css",
        "/assets/both.css": "collected/both.css",
        "/assets/lib/x.js": "vendor/x.js",
    }


def asked(
    served: Any, path: str, method: str = "GET", *headers: tuple[bytes, bytes], kind: str = "http"
) -> Any:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": kind, "path": path, "method": method, "headers": list(headers)}
    asyncio.run(served(scope, None, send))
    return sent


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "the app", "path": scope["path"]})


def test_an_asgi_application_is_asked_for_all_but_the_files(static_files: ModuleType) -> None:
    served = static_files.in_front(application, asynchronous=True)
    start, body, end = asked(served, "/assets/site.css")
    assert (start["status"], start["headers"]) == (200, [(b"content-type", b"text/css")])
    assert (body["body"], body["more_body"], end["body"]) == (b"own/site.css", True, b"")
    assert [one.get("body") for one in asked(served, "/assets/site.css", "HEAD")] == [None, b""]
    seen = asked(served, "/assets/site.css", "GET", (b"if-none-match", b"known"))
    assert [one.get("status") for one in seen] == [304, None]
    for path, method, kind in (
        ("/", "GET", "http"),
        ("/assets/../own/site.css", "GET", "http"),
        ("/assets/site.css", "POST", "http"),
        ("/assets/site.css", "GET", "websocket"),
    ):
        assert asked(served, path, method, kind=kind) == [{"type": "the app", "path": path}]
