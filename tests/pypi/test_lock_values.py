"""Values of lock files that are of another kind than the format says: an error that names them."""

import pytest

from okamochi.errors import DetectionError
from okamochi.pypi.locks.pdm import pdm_graph
from okamochi.pypi.locks.pipfile import pipfile_nodes
from okamochi.pypi.locks.poetry import poetry_graph
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
    with pytest.raises(DetectionError, match=what):
        uv_graph(project("uv.lock", f"{OWN}{line}\n"), "uv.lock", (), ())


@pytest.mark.parametrize("value", ["5", "true", "'async'", "[1, 2]", "{ a = 1 }"])
def test_extras_that_are_no_list_of_texts(value: str) -> None:
    package = f"[[package]]\nname = 'flask'\nversion = '3'\nextras = {value}\n"
    with pytest.raises(DetectionError, match="flask: extras is no list"):
        pdm_graph(project("pdm.lock", package), "pdm.lock", (), ())
    needed = "[[package]]\nname = 'x'\nversion = '3'\n[package.dependencies]\nflask = { extras = V }\n"
    with pytest.raises(DetectionError, match="flask: extras is no list"):
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
    with pytest.raises(DetectionError, match="flask: hashes is no list"):
        pipfile_nodes(project("Pipfile.lock", lock), "Pipfile.lock", {}, ())
