"""Which Python a project gets, and from where."""

from collections.abc import Mapping

import pytest

from okamochi.errors import PlanError
from tests.detect.plans import FLASK_APP, decision, planned

Files = Mapping[str, str | bytes]


def requires(text: str) -> dict[str, str | bytes]:
    return {"pyproject.toml": f'[project]\ndependencies = ["flask"]\nrequires-python = "{text}"\n'}


def poetry(text: str) -> dict[str, str | bytes]:
    return {
        "requirements.txt": "flask\n",
        "pyproject.toml": f'[tool.poetry.dependencies]\npython = "{text}"\n',
    }


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({}, "3.13"),
        (requires(">=3.8"), "3.13"),
        (requires(">=3.9,<3.12"), "3.11"),
        (requires("<3.10"), "3.9"),
        (requires(">=3.14"), "3.14"),
        (requires("==3.11.*"), "3.11"),
        ({"setup.cfg": "[options]\npython_requires = <3.13\n"}, "3.11"),
        ({"setup.py": "from setuptools import setup\nsetup(python_requires='>=3.8,<3.11')\n",
          "requirements.txt": "flask"}, "3.9"),
        (poetry("^3.8"), "3.13"),
        (poetry("~3.9"), "3.9"),
        (poetry(">=3.8 <3.12"), "3.11"),
        (poetry("~3.9 || ~3.11"), "3.11"),
        (poetry("3.9"), "3.9"),
        ({"environment.yml": "dependencies:\n  - python>=3.9,<3.12\n", "requirements.txt": "flask"}, "3.11"),
    ],
)  # fmt: skip
def test_the_best_python_that_every_range_admits_is_taken(files: Files, version: str) -> None:
    assert planned({"app.py": FLASK_APP, **files}).python_version == version


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({".python-version": "3.13.1\n"}, "3.13"),
        ({".python-version": "3.11.7\n"}, "3.11"),
        ({".python-version": "# ours\ncpython@3.9.2\n"}, "3.9"),
        ({".tool-versions": "nodejs 20.1.0\npython 3.11.4\n"}, "3.11"),
        ({"Pipfile": '[requires]\npython_version = "3.9"\n', "requirements.txt": "flask"}, "3.9"),
        (
            {"environment.yml": "dependencies:\n  - conda-forge::python=3.9\n", "requirements.txt": "flask"},
            "3.9",
        ),
        ({"runtime.txt": "python-3.11.5\n"}, "3.11"),
        ({"Dockerfile": "FROM --platform=$X docker.io/library/python:3.11-slim AS base\n"}, "3.11"),
        ({".python-version": "3.14\n", "Dockerfile": "FROM python:3.9\n"}, "3.14"),
        ({"Dockerfile": "ARG V=3.14.3\nFROM python:${V}-slim\n"}, "3.14"),
        ({"Dockerfile": "FROM python:${V:-3.14}-slim\n"}, "3.14"),
    ],
)
def test_a_version_that_a_file_names_is_taken_as_it_is(files: Files, version: str) -> None:
    plan = planned({"app.py": FLASK_APP, **files})
    assert (plan.python_version, plan.base.python_package) == (version, f"python{version}")
    assert "Warning" not in decision(plan, "python_version").summary


def test_a_version_that_stands_beside_an_app_in_a_folder_counts_where_none_is_above() -> None:
    beside = {"api/app.py": FLASK_APP, "api/Dockerfile": "FROM python:3.14\n"}
    assert planned(beside).python_version == "3.14"
    assert planned({**beside, ".python-version": "3.11\n"}).python_version == "3.11"
    assert planned({"app.py": FLASK_APP, "other/Dockerfile": "FROM python:3.14\n"}).python_version == "3.13"


BASE_OF_DEBIAN = {"okamochi.toml": 'base = "debian"\n'}


@pytest.mark.parametrize(
    ("files", "version", "why"),
    [
        # old code runs on the nearest Python more often than on the newest
        ({"runtime.txt": "python-3.6.5\n"}, "3.11", "not available from Debian"),
        ({".python-version": "3.12\n", **BASE_OF_DEBIAN}, "3.13", "not available from Debian"),
        ({".python-version": "3.15\n"}, "3.14", "not available from Debian"),
        # what nobody runs while developing is no reason for a base without security updates
        ({"Dockerfile": "FROM python:3.9-slim\n"}, "3.11", "no security updates"),
        ({"Dockerfile": "FROM python:3.10-slim\n"}, "3.11", "not available from Debian"),
        ({".python-version": "3.9\n", **requires(">=3.10")}, "3.11", "pyproject.toml:3 does not admit"),
    ],
)
def test_a_version_that_gives_way_is_a_visible_warning(files: Files, version: str, why: str) -> None:
    plan = planned({"app.py": FLASK_APP, **files})
    found = decision(plan, "python_version")
    assert plan.python_version == version
    assert "Warning" in found.summary and why in found.summary
    assert found.evidence[0].path == next(iter(files))


@pytest.mark.parametrize(
    "base", ["python:3.12", "python:3.12-slim", "registry.example/library/python:3.12.4"]
)
@pytest.mark.parametrize("beside", [{}, {"Dockerfile": "FROM python:3.12\n"}, {".python-version": "3.11\n"}])
def test_a_base_that_is_named_brings_its_python(base: str, beside: Files) -> None:
    plan = planned({"app.py": FLASK_APP, "okamochi.toml": f'base = "{base}"\n', **beside})
    found = decision(plan, "python_version")
    assert (plan.python_version, plan.python_alternatives) == ("3.12", ())
    assert found.evidence[0].path == "okamochi.toml" and "Warning" not in found.summary


def test_a_base_whose_name_tells_no_python_leaves_it_to_the_project() -> None:
    files = {"app.py": FLASK_APP, ".python-version": "3.12\n", "okamochi.toml": 'base = "ours/base:1"\n'}
    assert planned(files).python_version == "3.12"


def test_a_setting_overrules_all_and_leaves_no_alternative() -> None:
    plan = planned({"app.py": FLASK_APP, "okamochi.toml": 'python = "3.9"\n', **requires(">=3.11")})
    assert (plan.python_version, plan.python_alternatives) == ("3.9", ())
    assert (plan.base.suite, plan.base.python_package) == ("bullseye", "python3.9")


def test_alternatives_are_the_admitted_ones_and_the_best_comes_first() -> None:
    assert planned({"app.py": FLASK_APP}).python_alternatives == ("3.11", "3.9", "3.14")
    plan = planned({"app.py": FLASK_APP, ".python-version": "3.11\n", **requires("<3.14")})
    assert (plan.python_version, plan.python_alternatives) == ("3.11", ("3.13", "3.9"))


def test_a_suite_without_security_updates_is_a_visible_warning() -> None:
    assert "Warning" in decision(planned({"app.py": FLASK_APP}, python="3.9"), "base.suite").summary
    assert "Warning" in decision(planned({"app.py": FLASK_APP}, python="3.14"), "base.suite").summary
    assert "Warning" not in decision(planned({"app.py": FLASK_APP}, python="3.11"), "base.suite").summary
    assert "Warning" in decision(planned({"app.py": FLASK_APP}, python="3.10"), "python_version").summary


def test_only_where_debian_has_nothing_an_image_of_a_registry_is_the_base() -> None:
    plan = planned({"app.py": FLASK_APP, **requires(">=3.10,<3.11")})
    assert (plan.python_version, plan.base.kind, plan.base.image) == ("3.10", "image", "python:3.10-slim")
    assert plan.python_alternatives == ()
    assert "3.13, 3.11, 3.9, 3.14" in decision(plan, "python_version").summary
    assert decision(plan, "base.image").evidence
    assert planned({"app.py": FLASK_APP}, python="3.12").base.image == "python:3.12-slim"
    assert planned({"app.py": FLASK_APP, **requires(">=3.10,<3.13")}).base.kind == "debian"


@pytest.mark.parametrize(
    ("files", "version", "alternatives"),
    [
        ({".python-version": "3.12\n"}, "3.12", ("3.13", "3.11", "3.9", "3.14")),
        ({"Dockerfile": "FROM python:3.12-slim\n"}, "3.12", ("3.13", "3.11", "3.9", "3.14")),
        ({".python-version": "3.12\n", **requires(">=3.11,<3.13")}, "3.12", ("3.11",)),
        ({".python-version": "3.10\n"}, "3.10", ("3.11", "3.13", "3.9", "3.14")),
    ],
)
def test_a_version_that_a_file_names_is_taken_from_an_image_when_debian_has_it_not(
    files: Files, version: str, alternatives: tuple[str, ...]
) -> None:
    plan = planned({"app.py": FLASK_APP, **files})
    assert (plan.python_version, plan.base.image) == (version, f"python:{version}-slim")
    assert plan.python_alternatives == alternatives
    found = decision(plan, "python_version")
    assert found.evidence[0].path == next(iter(files))
    assert f'base = "debian" takes {alternatives[0]}' in found.summary
    assert ("Warning" in found.summary) == (version == "3.10")


def test_gunicorn_is_added_in_a_version_that_runs_on_that_python() -> None:
    assert planned({"app.py": FLASK_APP}, python="3.9").dependencies.added == ("gunicorn>=23",)
    assert planned({"app.py": FLASK_APP}, python="3.11").dependencies.added == ("gunicorn>=26.1",)


@pytest.mark.parametrize(
    ("files", "where"),
    [
        (requires("<3.9"), "pyproject.toml:3"),
        (requires(">=3.15"), "pyproject.toml:3"),
        ({"setup.cfg": "[options]\npython_requires = <3.9\n"}, "setup.cfg:2"),
        ({"okamochi.toml": 'python = "3.8"\n'}, "okamochi.toml:1"),
        ({**requires("<3.11"), "setup.cfg": "[options]\npython_requires = >3.11\n"}, "pyproject.toml:3"),
    ],
)
def test_a_python_that_nobody_has_cannot_be_planned_and_the_place_is_told(files: Files, where: str) -> None:
    with pytest.raises(PlanError) as caught:
        planned({"app.py": FLASK_APP, **files})
    assert caught.value.where == where
    assert "3.9, 3.10, 3.11, 3.12, 3.13, 3.14" in caught.value.hint


@pytest.mark.parametrize(
    "files",
    [
        {"Pipfile": "[[["},
        {"Pipfile": "requires = 3\n"},
        {"Pipfile": "[requires]\npython_version = 3.9\n"},
        {"pyproject.toml": '[tool.poetry.dependencies]\npython = "^banana"\n'},
        {"pyproject.toml": '[tool]\npoetry = "x"\n'},
        {"environment.yml": "- python=\n- python<<<\n"},
        {".python-version": "pypy3.9\n", "runtime.txt": "\0\n"},
        {"Dockerfile": "FROM python:latest\n"},
    ],
)
def test_what_cannot_be_read_says_nothing(files: Files) -> None:
    content = {"requirements.txt": "flask\n", "app.py": FLASK_APP, **files}
    assert planned(content).python_version == "3.13"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (requires("three"), "pyproject.toml:3: 'three' names no version of CPython"),
        ({".python-version": "# ours\npypy3.10-7.3.12\n"}, ".python-version:2: 'pypy3.10-7.3.12' names no"),
        ({"runtime.txt": "ruby-3\n"}, "runtime.txt:1: 'ruby-3' names no version of CPython"),
        ({**requires(">=3.12"), "runtime.txt": "x" * 400}, f"runtime.txt:1: '{'x' * 40}' names no version"),
    ],
)
def test_what_cannot_be_read_is_told(files: Files, told: str) -> None:
    one = decision(planned({"requirements.txt": "flask\n", "app.py": FLASK_APP, **files}), "python_version")
    assert one.summary.startswith("Python 3.13. Warning: not followed: ")
    assert told in one.summary
    assert one.evidence[-1].reason in one.summary


def test_a_dockerfile_of_another_name_counts_where_a_compose_file_builds_the_app_with_it() -> None:
    build = "services:\n  web:\n    build:\n      context: .\n      dockerfile: deploy/web.dockerfile\n"
    named = {"docker-compose.yml": build, "deploy/web.dockerfile": "FROM python:3.14-slim AS base\n"}
    assert planned({"app.py": FLASK_APP, **named}).python_version == "3.14"
    ruled = {**named, "Dockerfile": "FROM python:3.11\n"}
    assert planned({"app.py": FLASK_APP, **ruled}).python_version == "3.11"
    unnamed = {"app.py": FLASK_APP, "deploy/web.dockerfile": "FROM python:3.14\n"}
    assert planned(unnamed).python_version == "3.13"
