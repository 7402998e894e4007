"""Examples that really run: one `up` for each module and engine."""

import http.cookiejar
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import Answer, Program
from tests.left_in_the_engine import remember_loaded_image
from tests.workflows.conftest import copied

DOCKER = pytest.param("docker", marks=pytest.mark.engine)
ALL_ENGINES = (DOCKER, "podman", "host")
# podman has a module of its own in the fast tier (hardening), and the rest in the long matrices
ENGINES = (DOCKER, pytest.param("podman", marks=pytest.mark.matrix), "host")

# Runs inside; answers for each path "" when it can be written, else why not.
PROBE = """
import json, os, pathlib
def trial(folder):
    place = pathlib.Path(folder, "okamochi-probe")
    try:
        place.write_text("x")
        place.unlink()
    except OSError as error:
        return error.strerror
    return ""
lines = pathlib.Path("/proc/self/status").read_text().splitlines()
status = dict(line.split(":\\t", 1) for line in lines if ":\\t" in line)
folders = ("/", "/app", "/opt/venv", "/opt/okamochi", "/etc", "/tmp")
print(json.dumps({
    "uid": os.getuid(),
    "gid": os.getgid(),
    "capabilities": int(status["CapEff"], 16),
    "no_new_privileges": status.get("NoNewPrivs", "").strip(),
    "shells": [name for name in ("/bin/sh", "/bin/bash", "/usr/bin/dash", "/usr/bin/apt", "/usr/bin/dpkg")
               if os.path.exists(name)],
    "writing": {folder: trial(folder) for folder in folders},
    "instance": trial("/app/instance"),
    "home": os.environ.get("HOME"),
    "secret": len(os.environ.get("SECRET_KEY", "")),
}))
"""


@dataclass(frozen=True)
class Page:
    status: int
    text: str
    content: bytes
    headers: Mapping[str, str]
    url: str


@dataclass
class Browser:
    """Keeps cookies and follows redirects, as browsers do."""

    base: str
    jar: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def get(self, path: str) -> Page:
        return self._open(urllib.request.Request(urllib.parse.urljoin(self.base, path)))

    def post(self, path: str, fields: Mapping[str, str]) -> Page:
        address = urllib.parse.urljoin(self.base, path)
        content = urllib.parse.urlencode(fields).encode()
        return self._open(urllib.request.Request(address, content, {"Referer": address}))

    def submit(self, page: str, fields: Mapping[str, str], *, token: str, to: str = "") -> Page:
        """Loads the page, and sends the form with the hidden token of that name."""
        found = re.search(rf'name="{token}"[^>]*value="([^"]+)"', self.get(page).text)
        assert found is not None, f"{page} has no form"
        return self.post(to or page, {token: found[1], **fields})

    def _open(self, request: urllib.request.Request) -> Page:
        # no proxy of this machine stands between a test and its loopback interface
        cookies = urllib.request.HTTPCookieProcessor(self.jar)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)
        try:
            with opener.open(request, timeout=60) as answer:
                return self._page(answer.status, answer)
        except urllib.error.HTTPError as error:
            return self._page(error.code, error)

    @staticmethod
    def _page(status: int, answer: Any) -> Page:
        content = answer.read()
        text = content.decode("utf-8", "replace")
        return Page(status, text, content, {k.lower(): v for k, v in answer.headers.items()}, answer.url)


@dataclass
class Serving:
    """A project that `up` started."""

    program: Program
    root: Path
    engine: str
    record: dict[str, Any]
    stderr: str

    @property
    def url(self) -> str:
        return str(self.record["url"])

    @property
    def container(self) -> str:
        return str(self.record["container"])

    def browser(self) -> Browser:
        return Browser(self.url)

    def up(self, *options: str | Path) -> None:
        answer = self.program.ok("up", self.root, "--engine", self.engine, "--format", "json", *options)
        self.record, self.stderr = json.loads(answer.stdout), answer.stderr

    def down(self, *options: str) -> Answer:
        return self.program.ok("down", self.root, *options)

    def execute(self, *argv: str) -> Answer:
        return self.program("exec", "--project", self.root, *argv)

    def inside(self) -> dict[str, Any]:
        answer = self.execute("python", "-c", PROBE)
        assert answer.code == 0, answer.stderr
        return dict(json.loads(answer.stdout))

    def inspected(self) -> dict[str, Any]:
        """What docker or podman itself says about the container."""
        argv = (self.engine, "container", "inspect", self.container)
        done = subprocess.run(argv, capture_output=True, check=True)
        return dict(json.loads(done.stdout)[0])

    @cached_property
    def secrets_folder(self) -> Path:
        return Path(self.program.environ["OKAMOCHI_STATE_DIR"]) / self.record["app"] / "secrets"


@cache
def why_not(engine: str) -> str:
    """Why the engine cannot be used here; "" when it can."""
    if engine == "host":
        return "" if sys.platform == "linux" else "the image's own files run on Linux only"
    if shutil.which(engine) is None:
        return f"there is no {engine}"
    done = subprocess.run((engine, "info"), capture_output=True, timeout=60, check=False)
    return (
        ""
        if done.returncode == 0
        else f"{engine} info: {done.stderr.decode(errors='replace').strip()[-200:]}"
    )


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return answering(str(request.param))


def answering(name: str) -> str:
    """The engine's name; skips the test when it does not answer. On CI podman must."""
    if reason := why_not(name):
        if name == "podman" and os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return name


@pytest.fixture(scope="module")
def private_program(okamochi_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """With a state folder of its own, which outlives a test. Its parents may be entered by everybody, as
    pytest's own folders may not: secrets are mounted from it, and podman may run as somebody else."""
    state = tmp_path_factory.mktemp("state")
    environ = {"OKAMOCHI_CACHE_DIR": str(okamochi_cache), "OKAMOCHI_STATE_DIR": str(state), "CI": "1"}
    return Program(environ)


def served(program: Program, root: Path, engine: str, *options: str | Path) -> Iterator[Serving]:
    serving = Serving(program, root, engine, {}, "")
    try:
        serving.up(*options)
        yield serving
    finally:
        serving.down("--volumes")
        reference = serving.record.get("image_reference")
        if reference and engine != "host":
            remember_loaded_image(engine, reference)


@pytest.fixture(scope="module")
def make_example(tmp_path_factory: pytest.TempPathFactory):
    return lambda name: copied(name, tmp_path_factory.mktemp("example") / name)
