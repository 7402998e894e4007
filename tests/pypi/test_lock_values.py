"""Values of lock files that are of another kind than the format says: an error that names them."""

import json

import pytest

from okamochi.errors import DetectionError, PlanError
from okamochi.model.plan import Dependencies, DependencyManager
from okamochi.pypi.asked import asked_of, locked_nodes
from okamochi.pypi.locks.pdm import pdm_graph
from okamochi.pypi.locks.pipfile import pipfile_nodes
from okamochi.pypi.locks.poetry import poetry_graph
from okamochi.pypi.locks.tables import DamagedError
from okamochi.pypi.locks.uv_lock import uv_graph
from okamochi.system.project_files import MemoryProject

OWN = '[[package]]\nname = "shop"\nversion = "1"\nsource = { virtual = "." }\n'
PYPROJECT = '[project]\nname = "shop"\n[tool.poetry]\nname = "shop"\n'


def project(lock: str, text: str) -> MemoryProject:
    return MemoryProject({"pyproject.toml": PYPROJECT, lock: text})


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("dependencies = [{ name = 'flask', extra = 5 }]", "flask: extra"),
        ("resolution-markers = 7", "shop: resolution"),
    ],
)
def test_a_number_in_the_place_of_a_list_in_uv_lock(line: str, what: str) -> None:
    with pytest.raises(DamagedError, match=what):
        uv_graph(project("uv.lock", f"{OWN}{line}\n"), "uv.lock", (), ())


@pytest.mark.parametrize("value", ["5", "true", "'async'", "[1, 2]", "{ a = 1 }"])
def test_extras_that_are_no_list_of_texts(value: str) -> None:
    package = f"[[package]]\nname = 'flask'\nversion = '3'\nextras = {value}\n"
    with pytest.raises(DamagedError, match="flask: extras is no list"):
        pdm_graph(project("pdm.lock", package), "pdm.lock", (), ())
    needed = "[[package]]\nname = 'x'\nversion = '3'\n[package.dependencies]\nflask = { extras = V }\n"
    with pytest.raises(DamagedError, match="flask: extras is no list"):
        poetry_graph(project("poetry.lock", needed.replace("V", value)), "poetry.lock", (), ())


@pytest.mark.parametrize("value", ["5", "true", "'x'", "[5]"])
def test_files_that_are_no_tables_bring_no_hashes(value: str) -> None:
    package = f"[[package]]\nname = 'flask'\nversion = '3'\nfiles = {value}\n"
    nodes, _ = poetry_graph(project("poetry.lock", package), "poetry.lock", (), ())
    assert nodes[0].hashes == ()
    nodes, _ = pdm_graph(project("pdm.lock", package), "pdm.lock", (), ())
    assert nodes[0].hashes == ()


@pytest.mark.parametrize("value", ["5", "true", '"sha256:00"', "[1]", "{}"])
def test_hashes_of_a_pipfile_lock_that_are_no_list(value: str) -> None:
    lock = '{"default": {"flask": {"version": "==3", "hashes": V}}}'.replace("V", value)
    with pytest.raises(DamagedError, match="flask: hashes is no list"):
        pipfile_nodes(project("Pipfile.lock", lock), "Pipfile.lock", {}, ())


def nodes_of(manager: DependencyManager, lock: str, text: str) -> tuple[str, ...]:
    dependencies = Dependencies(manager=manager, lock_file=lock, input_files=(lock,))
    found = locked_nodes(project(lock, text), dependencies, python_version="3.13")
    return tuple(node.name for node in found)


def test_the_error_names_the_lock() -> None:
    text = '{"default": {"flask": {"version": "==3", "hashes": 5}}}'
    with pytest.raises(DetectionError, match=r"Pipfile\.lock is damaged: flask: hashes") as caught:
        nodes_of(DependencyManager.PIPENV, "Pipfile.lock", text)
    assert caught.value.where == "Pipfile.lock"


NEWER = [
    (DependencyManager.UV, "uv.lock", f"version = 2\n{OWN}", 1),
    (DependencyManager.POETRY, "poetry.lock", '[metadata]\nlock-version = "3.0"\n', 2),
    (DependencyManager.PDM, "pdm.lock", '[metadata]\nlock_version = "5.0"\n', 4),
    (DependencyManager.PYLOCK, "pylock.toml", 'lock-version = "2.0"\n', 1),
    (DependencyManager.PIPENV, "Pipfile.lock", '{"_meta": {"pipfile-spec": 7}}', 6),
]


@pytest.mark.parametrize(("manager", "lock", "text", "known"), NEWER)
def test_a_lock_of_a_major_version_that_is_not_known_is_an_error(
    manager: DependencyManager, lock: str, text: str, known: int
) -> None:
    with pytest.raises(
        DetectionError, match=rf"{lock} is of format .* newest that okamochi knows is {known}$"
    ):
        nodes_of(manager, lock, text)


@pytest.mark.parametrize("version", ["1.0", "1.7"])
def test_a_minor_version_that_is_not_known_is_read(version: str) -> None:
    text = f'lock-version = "{version}"\nnews = 1\n[[packages]]\nname = "flask"\nversion = "3.1.0"\n'
    assert nodes_of(DependencyManager.PYLOCK, "pylock.toml", text) == ("flask",)


@pytest.mark.parametrize("version", ["", 'lock-version = "x"\n', "lock-version = []\n"])
def test_a_pylock_without_a_version_is_damaged(version: str) -> None:
    with pytest.raises(DetectionError, match="does not tell the version of its format"):
        nodes_of(DependencyManager.PYLOCK, "pylock.toml", version)


HASH = "sha256:" + "0" * 64
PIN = {"version": "==3", "hashes": [HASH]}
SOURCE = {"git": "https://example.org/x", "ref": "abc"}


@pytest.mark.parametrize(
    ("name", "entry", "what"),
    [
        ("flask\n--index-url=https://evil.example", PIN, "no name that a package can have"),
        ("-r x", SOURCE, "no name that a package can have"),
        ("../x", SOURCE, "no name that a package can have"),
        ("a @ file:///etc/passwd", SOURCE, "no name that a package can have"),
        ("flask", {**PIN, "hashes": ["sha256:0\n--extra-index-url=https://evil.example"]}, "the hash"),
        ("flask", {**PIN, "hashes": [HASH, "==1; evil"]}, "the hash"),
        ("flask", {"file": "https://example.org/x.whl\n--pre"}, "the address"),
        ("flask", {"file": "/etc/passwd"}, "the address"),
        ("flask", {"git": "https://example.org/x", "ref": "a b"}, "the address"),
    ],
)
def test_no_part_of_a_lock_becomes_a_line_of_its_own(name: str, entry: dict[str, object], what: str) -> None:
    lock = project("Pipfile.lock", json.dumps({"default": {name: entry}}))
    found = Dependencies(manager=DependencyManager.PIPENV, lock_file="Pipfile.lock")
    with pytest.raises(DetectionError, match=what) as caught:
        asked_of(lock, found)
    assert "\n" not in caught.value.message


def test_usual_names_addresses_and_hashes_of_a_lock_are_lines() -> None:
    entries = {"Flask-SQLAlchemy": PIN, "x": SOURCE, "y": {"file": "https://example.org/y-1.tar.gz#a=b"}}
    lock = project("Pipfile.lock", json.dumps({"default": entries}))
    found = Dependencies(manager=DependencyManager.PIPENV, lock_file="Pipfile.lock")
    assert [one.specifier for one in asked_of(lock, found).lines] == [
        "flask-sqlalchemy==3",
        "x @ git+https://example.org/x@abc",
        "y @ https://example.org/y-1.tar.gz#a=b",
    ]


@pytest.mark.parametrize(
    ("lock", "text", "command"),
    [("uv.lock", f"{OWN}dependencies = [{{ name = 'flask' }}]\n", "uv lock")],
)
def test_a_lock_older_than_its_manifest_is_told_with_the_command_that_renews_it(
    lock: str, text: str, command: str
) -> None:
    asked = Dependencies(manager=DependencyManager.UV, lock_file=lock, input_files=(lock, "pyproject.toml"))
    with pytest.raises(PlanError) as caught:
        locked_nodes(project(lock, text), asked, python_version="3.13")
    assert "has no flask" in caught.value.message
    assert caught.value.hint == f"lock again ({command}) and commit {lock}"
