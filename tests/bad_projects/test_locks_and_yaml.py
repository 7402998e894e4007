"""Locks that are no locks, and YAML that only costs time."""

import time

import pytest

from okamochi.errors import DetectionError, PlanError
from tests.detect.plans import FLASK_APP, decision, planned

PROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\n'
POETRY = '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\nflask = "*"\n'
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(30)
)


@pytest.mark.parametrize(
    ("lock", "content", "manifest"),
    [
        ("uv.lock", b"\x00\xff\x01", PROJECT),
        ("uv.lock", b'package = "x"\n', PROJECT),
        ("uv.lock", b"x = " + b"[" * 100_000, PROJECT),
        ("poetry.lock", b'[[package]]\nname = "fla', POETRY),
        ("poetry.lock", b"package = 5\n", POETRY),
        ("pdm.lock", b'package = ["x"]\n', f"{PROJECT}[tool.pdm]\n"),
        ("pylock.toml", b"packages = 5\n", ""),
        ("Pipfile.lock", b"[]", ""),
        ("Pipfile.lock", b"[" * 100_000, ""),
    ],
)
def test_a_lock_that_is_none_is_an_error_that_names_it(lock: str, content: bytes, manifest: str) -> None:
    files: dict[str, str | bytes] = {"app.py": FLASK_APP, lock: content}
    if manifest:
        files["pyproject.toml"] = manifest
    with pytest.raises(DetectionError, match="damaged") as caught:
        planned(files)
    assert caught.value.where.startswith(lock) and "version control" in caught.value.hint


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 50_000, BOMB, "x: y\n" * 200_000])
def test_yaml_that_only_costs_time_is_no_evidence(text: str) -> None:
    begin = time.process_time()
    plan = planned({"app.py": FLASK_APP, "requirements.txt": "flask\n", "compose.yaml": text})
    assert plan.services == ()
    assert time.process_time() - begin < 5


def test_includes_that_go_round_are_read_once() -> None:
    files = {"app.py": FLASK_APP, "requirements.txt": "flask\n-r more.txt\n", "more.txt": "-r requirements.txt\nclick\n"}
    assert planned(files).dependencies.input_files == ("more.txt", "requirements.txt")


@pytest.mark.parametrize(
    ("encoding", "line"), [("cp932", "# -*- coding: cp932 -*-\n"), ("latin-1", "# coding: latin-1\n"), ("utf-8", "")]
)
def test_sources_in_the_encoding_that_they_name_are_read(encoding: str, line: str) -> None:
    word = "é" if encoding == "latin-1" else "請求"
    source = f"{line}WORD = '{word}'\n{FLASK_APP}".encode(encoding)
    assert planned({"app.py": source}).application.object_reference == "app:app"


def test_requirements_of_powershell_are_read() -> None:
    plan = planned({"app.py": FLASK_APP, "requirements.txt": "flask==3.1.0\r\ngunicorn\r\n".encode("utf-16")})
    assert plan.dependencies.added == ()


LOCKED = """
version = 1
[[package]]
name = "shop"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "flask" }]
[[package]]
name = "flask"
version = "3.1.0"
source = { registry = "https://index.example/simple" }
"""


def test_a_lock_that_lacks_what_the_manifest_asks_for_is_an_error() -> None:
    manifest = PROJECT.replace('["flask"]', '["flask", "requests"]')
    with pytest.raises(PlanError, match=r"uv\.lock has no requests, which pyproject\.toml asks for"):
        planned({"app.py": FLASK_APP, "pyproject.toml": manifest, "uv.lock": LOCKED})


def test_a_version_that_the_manifest_does_not_admit_is_said() -> None:
    manifest = PROJECT.replace('["flask"]', '["flask<3"]')
    plan = planned({"app.py": FLASK_APP, "pyproject.toml": manifest, "uv.lock": LOCKED})
    told = str(decision(plan, "dependencies.lock_file").evidence)
    assert "asks for flask<3, but uv.lock has 3.1.0" in told
