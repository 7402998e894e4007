"""Git addresses at one commit, from a repository on this disk."""

import subprocess
import tarfile
import threading
from base64 import b64encode
from collections.abc import Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from okamochi.build.git_tags import next_version
from okamochi.errors import PlanError, RegistryError
from okamochi.system.process import Completed
from okamochi.system.subprocess_runner import SubprocessRunner
from okamochi.system.world import World
from okamochi.workflows.from_source.git_checkouts import git_checkout, git_source
from tests.pypi.wheel_making import make_world

pytestmark = pytest.mark.needs("git")

PYPROJECT = '[project]\nname = "lib"\ndynamic = ["version"]\n[tool.setuptools_scm]\n'


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    done = subprocess.run(("git", *who, *arguments), cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "lib.git"
    (root / "py").mkdir(parents=True)
    git(root, "init", "--quiet", "--initial-branch=main", ".")
    (root / "py/pyproject.toml").write_text(PYPROJECT)
    (root / "py/lib.py").write_text("X = 1\n")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "one")
    git(root, "tag", "v1.4.0")
    (root / "py/lib.py").write_text("X = 2\n")
    git(root, "commit", "--quiet", "-a", "-m", "two")
    return root


@pytest.fixture
def world(tmp_path: Path) -> World:
    import os

    return make_world(tmp_path, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})


@pytest.mark.parametrize(
    ("reference", "content", "version"),
    [("", "X = 2\n", "1.4.1.dev1"), ("@main", "X = 2\n", "1.4.1.dev1"), ("@v1.4.0", "X = 1\n", "1.4.0")],
)
def test_branches_and_tags_become_commits(
    repository: Path, world: World, reference: str, content: str, version: str
) -> None:
    place = f"git+{repository.as_uri()}{reference}#subdirectory=py"
    source = git_source(place, "requirements.txt:1")
    found = git_checkout(world, source, stem="lib", where="requirements.txt:1")
    assert found.commit == git(repository, "rev-parse", (reference or "@HEAD")[1:] + "^{commit}")
    assert found.version == version
    assert source.at(found.commit) == f"git+{repository.as_uri()}@{found.commit}#subdirectory=py"
    path = world.cache.blob(found.sha256)
    assert path is not None
    with tarfile.open(path) as archive:
        names = archive.getnames()
        assert names == ["lib/lib.py", "lib/pyproject.toml"]
        stream = archive.extractfile("lib/lib.py")
        assert stream is not None and stream.read().decode() == content


def test_a_folder_that_a_link_of_the_repository_leads_out_to_is_none(
    repository: Path, world: World, tmp_path: Path
) -> None:
    private = tmp_path / "private/py"
    private.mkdir(parents=True)
    (private / "pyproject.toml").write_text(PYPROJECT)
    (repository / "away").symlink_to(private.parent)
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "three")
    source = git_source(f"git+{repository.as_uri()}#subdirectory=away/py", "requirements.txt:1")
    with pytest.raises(PlanError, match="has no folder away/py"):
        git_checkout(world, source, stem="lib", where="requirements.txt:1")


def test_a_commit_that_was_fetched_before_needs_no_network(
    repository: Path, world: World, tmp_path: Path
) -> None:
    commit = git(repository, "rev-parse", "v1.4.0")
    source = git_source(f"git+{repository.as_uri()}@{commit}", "r:1")
    first = git_checkout(world, source, stem="lib", where="r:1")
    offline = make_world(tmp_path, world.environ, offline=True)
    assert git_checkout(offline, source, stem="lib", where="r:1") == first
    with pytest.raises(RegistryError, match="network is not to be used"):
        git_checkout(offline, git_source(f"git+{repository.as_uri()}@main", "r:1"), stem="lib", where="r:1")


def test_hooks_of_templates_do_not_run(repository: Path, world: World, tmp_path: Path) -> None:
    hooks = tmp_path / "template/hooks"
    hooks.mkdir(parents=True)
    (hooks / "post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (hooks / "post-checkout").chmod(0o755)
    (tmp_path / ".gitconfig").write_text(f"[init]\n\ttemplateDir = {tmp_path}/template\n")
    git_checkout(world, git_source(f"git+{repository.as_uri()}", "r:1"), stem="lib", where="r:1")
    assert not (tmp_path / "ran").exists()


def test_an_address_of_a_submodule_that_is_a_command_is_not_run(
    repository: Path, world: World, tmp_path: Path
) -> None:
    (tmp_path / ".gitconfig").write_text('[protocol "ext"]\n\tallow = always\n')
    module = f'[submodule "lib"]\n\tpath = lib\n\turl = "ext::touch {tmp_path}/ran"\n'
    (repository / ".gitmodules").write_text(module)
    commit = git(repository, "rev-parse", "HEAD")
    git(repository, "add", ".gitmodules")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{commit},lib")
    git(repository, "commit", "--quiet", "-m", "a submodule")
    with pytest.raises(RegistryError, match="Failed to clone 'lib'"):
        git_checkout(world, git_source(f"git+{repository.as_uri()}", "r:1"), stem="lib", where="r:1")
    assert not (tmp_path / "ran").exists()


def test_an_address_that_git_cannot_fetch_names_the_line_and_no_password(world: World) -> None:
    source = git_source("git+http://user:half@secret@127.0.0.1:9/lib.git@main", "requirements.txt:3")
    with pytest.raises(RegistryError) as caught:
        git_checkout(world, source, stem="lib", where="requirements.txt:3")
    assert caught.value.where == "requirements.txt:3"
    assert "secret" not in f"{caught.value} {caught.value.details}"
    assert "secret" not in source.at("a" * 40)


class Guarded(SimpleHTTPRequestHandler):
    """A repository's files, for whoever logs in."""

    login = ""

    def do_GET(self) -> None:
        if self.headers.get("Authorization") == f"Basic {b64encode(self.login.encode()).decode()}":
            super().do_GET()
            return
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="git"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


class Overheard:
    """A runner that tells what everybody on the machine can read of its programs."""

    def __init__(self) -> None:
        self.arguments: list[str] = []
        self.real = SubprocessRunner()

    def run(self, argv: Sequence[str], **named: Any) -> Completed:
        self.arguments += argv
        return self.real.run(argv, **named)


@pytest.mark.parametrize("reference", ["", "@main", "@v1.4.0"])
@pytest.mark.parametrize(
    ("user", "login"), [("me:half%40secret@", "me:half@secret"), ("${LIB_TOKEN}@", "half@secret:")]
)
def test_passwords_and_tokens_log_in_and_are_no_arguments_of_programs(
    repository: Path, world: World, user: str, login: str, reference: str
) -> None:
    git(repository, "update-server-info")

    class Handler(Guarded):
        pass

    Handler.login = login
    handler = partial(Handler, directory=str(repository.parent))
    overheard: Any = Overheard()
    environ = {**world.environ, "LIB_TOKEN": "half%40secret"}
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"git+http://{user}127.0.0.1:{server.server_port}/lib.git/.git{reference}#subdirectory=py"
        there = msgspec.structs.replace(world, runner=overheard, environ=environ)
        found = git_checkout(there, git_source(place, "r:1"), stem="lib", where="r:1")
        server.shutdown()
    assert found.commit == git(repository, "rev-parse", (reference or "@HEAD")[1:] + "^{commit}")
    assert "fetch" in overheard.arguments
    assert not any("half" in word for word in overheard.arguments)


@pytest.mark.parametrize(
    ("place", "url", "reference"),
    [
        ("git+ssh://git@h/me/lib.git", "ssh://git@h/me/lib.git", "HEAD"),
        ("git+ssh://git@h/me/lib.git@v1", "ssh://git@h/me/lib.git", "v1"),
        ("git+https://${TOKEN}@h/me/lib.git", "https://${TOKEN}@h/me/lib.git", "HEAD"),
        ("git+https://me:word@h/lib@feature/x", "https://me:word@h/lib", "feature/x"),
        ("git+https://h/lib.git@main", "https://h/lib.git", "main"),
        ("git+file:///srv/lib.git@main", "file:///srv/lib.git", "main"),
    ],
)
def test_what_stands_before_the_host_is_no_reference(place: str, url: str, reference: str) -> None:
    found = git_source(place, "r:1")
    assert (found.url, found.reference) == (url, reference)


def test_the_reason_is_gits_own_and_not_the_advice_below_it(world: World) -> None:
    ssh = "echo 'ssh: Could not resolve hostname nowhere' >&2; exit 255;"
    there = msgspec.structs.replace(world, environ={**world.environ, "GIT_SSH_COMMAND": ssh})
    with pytest.raises(RegistryError, match="asked for: ssh: Could not resolve hostname nowhere") as caught:
        git_checkout(there, git_source("git+ssh://git@nowhere/lib.git", "r:1"), stem="lib", where="r:1")
    assert "and the repository exists." in caught.value.details


@pytest.mark.parametrize(
    "place", ["git+ext::sh -c x", "git+https://h/x@--upload-pack=x", "git+https://h/x@a#subdirectory=../.."]
)
def test_addresses_that_could_be_options_or_lead_out_are_refused(place: str) -> None:
    with pytest.raises(PlanError, match="no git address"):
        git_source(place, "r:1")


def test_versions_count_on_from_the_tag() -> None:
    assert next_version("v1.4.0-0-gabc") == "1.4.0"
    assert next_version("release/2.0-3-gabc") == "2.1.dev3"
    assert next_version("nightly-3-gabc") == ""
