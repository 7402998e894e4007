"""Locks and manifests of other tools: which one rules, and what it installs."""

import json
from collections.abc import Mapping

import pytest

from okamochi.errors import DetectionError, OkamochiError, PlanError
from okamochi.model.plan import DependencyManager
from okamochi.pypi.asked import asked_of
from okamochi.pypi.locks.pipfile import manifest_digest
from okamochi.pypi.manifests.poetry_constraints import pep440_of
from okamochi.system.project_files import MemoryProject
from tests.detect.plans import FLASK_APP, decision, planned

Files = Mapping[str, str | bytes]

HASH = "sha256:" + "a" * 64

POETRY = """
[[package]]
name = "flask"
version = "3.1.3"
optional = false
python-versions = ">=3.9"
files = [{file = "flask-3.1.3-py3-none-any.whl", hash = "HASH"}]
[package.dependencies]
click = ">=8"
colorama = {version = "*", markers = "sys_platform == 'win32'"}
async = {version = ">=1", optional = true, markers = "extra == 'async'"}

[[package]]
name = "click"
version = "8.2.1"
files = []

[[package]]
name = "pytest"
version = "9.0.0"
files = []

[metadata]
lock-version = "2.0"
python-versions = "^3.10"
content-hash = "x"
""".replace("HASH", HASH)
POETRY_PROJECT = """
[tool.poetry]
name = "shop"
[tool.poetry.dependencies]
python = "^3.10"
Flask = "^3.0"
[tool.poetry.group.dev.dependencies]
pytest = "*"
"""
UV = """
version = 1
[[package]]
name = "shop"
source = { virtual = "." }
dependencies = [{ name = "flask", extra = ["dotenv"] }, { name = "tzdata", marker = "sys_platform == 'win32'" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
[[package]]
name = "flask"
version = "3.1.3"
source = { registry = "https://index.example.org/simple" }
dependencies = [{ name = "numpy", version = "2.0.0", marker = "python_version >= '3.13'" }]
wheels = [{ url = "https://index.example.org/flask-3.1.3-py3-none-any.whl", hash = "HASH", size = 1 }]
[package.optional-dependencies]
dotenv = [{ name = "python-dotenv" }]
[[package]]
name = "python-dotenv"
version = "1.0"
[[package]]
name = "numpy"
version = "1.0.0"
[[package]]
name = "numpy"
version = "2.0.0"
[[package]]
name = "pytest"
version = "9.0"
""".replace("HASH", HASH)
UV_PROJECT = (
    '[project]\nname = "shop"\ndependencies = ["flask[dotenv]"]\n[dependency-groups]\ndev = ["pytest"]\n'
)
PDM = """
[[package]]
name = "flask"
version = "3.1.3"
requires_python = ">=3.9"
dependencies = ["click>=8", "importlib-metadata; python_version < \\"3.10\\""]
files = [{file = "flask.whl", hash = "HASH"}]
[[package]]
name = "click"
version = "8.2.1"
[metadata]
lock_version = "4.5"
""".replace("HASH", HASH)
OLD_PDM = """
[[package]]
name = "flask"
version = "1.1.4"
[package.dependencies]
click = "<8.0,>=5.1"
[[package]]
name = "click"
version = "7.1.2"
[metadata.files]
"flask 1.1.4" = [{file = "flask.whl", hash = "HASH"}]
"click 7.1.2" = []
""".replace("HASH", HASH)
PDM_PROJECT = '[project]\nname = "shop"\ndependencies = ["flask"]\n[tool.pdm]\n'
PYLOCK = """
lock-version = "1.0"
created-by = "x"
[[packages]]
name = "flask"
version = "3.1.3"
wheels = [{ url = "https://index.example.org/flask-3.1.3-py3-none-any.whl", hashes = { sha256 = "DIGEST" } }]
[[packages]]
name = "pywin32"
version = "1"
marker = "sys_platform == 'win32'"
""".replace("DIGEST", "a" * 64)
PIPFILE = '[packages]\nflask = "*"\n[dev-packages]\npytest = "*"\n'
PIPFILE_LOCK = json.dumps(
    {
        "_meta": {"hash": {"sha256": "0"}},
        "default": {
            "flask": {"hashes": [HASH], "version": "==3.1.3"},
            "pywin32": {"version": "==1", "markers": "sys_platform == 'win32'"},
        },
        "develop": {"pytest": {"version": "==9"}},
    },
    indent=1,
)


def test_packages_of_conda_that_have_no_version_of_python_s_are_left() -> None:
    listed = "dependencies:\n  - flask=3.0\n  - jpeg=9e\n  - soupsieve=2.3.2.post1\n"
    plan = planned({"app.py": FLASK_APP, "environment.yml": listed})
    assert plan.dependencies.inline == ("flask==3.0.*", "soupsieve==2.3.2.post1")


def pins(files: Files) -> dict[str, str]:
    plan = planned({"app.py": FLASK_APP, **files})
    lines = asked_of(MemoryProject(files), plan.dependencies).lines
    return {line.name: line.specifier for line in lines}


@pytest.mark.parametrize(
    ("files", "manager", "expected"),
    [
        (
            {"poetry.lock": POETRY, "pyproject.toml": POETRY_PROJECT},
            DependencyManager.POETRY,
            {"flask": "flask==3.1.3", "click": "click==8.2.1"},
        ),
        (
            {"uv.lock": UV, "pyproject.toml": UV_PROJECT},
            DependencyManager.UV,
            {"flask": "flask==3.1.3", "numpy": "numpy==2.0.0", "python-dotenv": "python-dotenv==1.0"},
        ),
        (
            {"pdm.lock": PDM, "pyproject.toml": PDM_PROJECT},
            DependencyManager.PDM,
            {"flask": "flask==3.1.3", "click": "click==8.2.1"},
        ),
        (
            {"pdm.lock": OLD_PDM, "pyproject.toml": PDM_PROJECT},
            DependencyManager.PDM,
            {"flask": "flask==1.1.4", "click": "click==7.1.2"},
        ),
        ({"pylock.toml": PYLOCK}, DependencyManager.PYLOCK, {"flask": "flask==3.1.3"}),
        (
            {"Pipfile.lock": PIPFILE_LOCK, "Pipfile": PIPFILE},
            DependencyManager.PIPENV,
            {"flask": "flask==3.1.3"},
        ),
    ],
)
def test_a_lock_installs_what_production_needs_on_linux(
    files: Files, manager: DependencyManager, expected: dict[str, str]
) -> None:
    plan = planned({"app.py": FLASK_APP, **files})
    assert plan.dependencies.manager is manager
    assert pins(files) == expected
    (flask,) = (
        line for line in asked_of(MemoryProject(files), plan.dependencies).lines if line.name == "flask"
    )
    assert flask.hashes == (HASH,)
    assert flask.line > 0


def test_a_lock_beats_a_requirement_file() -> None:
    files = {"requirements.txt": "flask\n", "uv.lock": UV, "pyproject.toml": UV_PROJECT}
    assert planned({"app.py": FLASK_APP, **files}).dependencies.lock_file == "uv.lock"


def test_a_lock_without_a_web_framework_is_not_the_apps() -> None:
    lock = PIPFILE_LOCK.replace("flask", "sphinx")
    plan = planned({"app.py": FLASK_APP, "requirements.txt": "flask\n", "Pipfile.lock": lock})
    assert plan.dependencies.files == ("requirements.txt",)
    reasons = [evidence.reason for evidence in decision(plan, "dependencies.files").evidence]
    assert "not taken: it installs no web framework" in reasons


@pytest.mark.parametrize("entry", ['{ git = "https://git.example/boto3" }', '{ path = "../boto3" }'])
def test_what_an_older_lock_lacks_and_an_index_does_not_have_is_an_error_that_names_it(entry: str) -> None:
    manifest = POETRY_PROJECT.replace("Flask =", f"boto3 = {entry}\nFlask =")
    with pytest.raises(PlanError, match="boto3"):
        planned({"app.py": FLASK_APP, "poetry.lock": POETRY, "pyproject.toml": manifest})


def test_what_an_older_poetry_lock_lacks_is_resolved_beside_it() -> None:
    files = {
        "app.py": FLASK_APP,
        "poetry.lock": POETRY,
        "pyproject.toml": POETRY_PROJECT.replace("Flask =", 'boto3 = "^1.2"\nFlask ='),
    }
    lines = asked_of(MemoryProject(files), planned(files).dependencies).lines
    assert "boto3>=1.2,<2" in [one.specifier for one in lines]


@pytest.mark.parametrize("path", ["Pipfile.lock", "poetry.lock", "uv.lock", "pdm.lock", "pylock.toml"])
@pytest.mark.parametrize(
    "text", ["", "{", "[[[[", "a = 1\n" * 3, "[" * 5000, '{"default": [1], "package": 3}']
)
def test_a_damaged_lock_is_a_clear_error_or_passed_over(path: str, text: str) -> None:
    files = {"app.py": FLASK_APP, "requirements.txt": "flask\n", "pyproject.toml": POETRY_PROJECT, path: text}
    try:
        assert planned(files).dependencies.files == ("requirements.txt",)
    except OkamochiError as error:
        assert error.where.startswith(path) and error.hint


def test_a_pipfile_that_changed_since_it_was_locked_is_told() -> None:
    import tomllib

    plan = planned({"app.py": FLASK_APP, "Pipfile": PIPFILE, "Pipfile.lock": PIPFILE_LOCK})
    assert any("changed" in e.reason for e in decision(plan, "dependencies.lock_file").evidence)
    fresh = PIPFILE_LOCK.replace('"sha256": "0"', f'"sha256": "{manifest_digest(tomllib.loads(PIPFILE))}"')
    plan = planned({"app.py": FLASK_APP, "Pipfile": PIPFILE, "Pipfile.lock": fresh})
    assert not any("changed" in e.reason for e in decision(plan, "dependencies.lock_file").evidence)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("setup.cfg", "[options]\ninstall_requires =\n    flask>=2\n    click\n", ("flask>=2", "click")),
        (
            "setup.py",
            "from setuptools import setup\nR = ['flask']\nsetup(install_requires=R + ['x'])\n",
            ("flask", "x"),
        ),
        (
            "Pipfile",
            '[packages]\nflask = "==3.1.3"\nrq = {version = "*", extras = ["x"]}\n',
            ("flask==3.1.3", "rq[x]"),
        ),
        (
            "environment.yml",
            "dependencies:\n  - python=3.11\n  - flask=3.1\n  - libpq\n  - pip:\n    - rq==2.0\n",
            ("flask==3.1.*", "rq==2.0"),
        ),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\npython = "^3.9"\nflask = "~3.1"\nrq = {version = "^2.1", extras = ["x"]}\n',
            ("flask>=3.1,<3.2", "rq[x]>=2.1,<3"),
        ),
    ],
)
def test_manifests_without_a_lock_are_read_and_not_run(
    path: str, text: str, expected: tuple[str, ...]
) -> None:
    plan = planned({"app.py": FLASK_APP, path: text})
    assert plan.dependencies.inline == expected
    assert plan.dependencies.input_files == (path,)


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0", ">=0.0,<0.1"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1", ">=1,<2"),
        ("*", ""),
        ("1.2.*", "==1.2.*"),
        (">=1,<2 || >=3", ">=1"),
        ("== 1.5", "==1.5"),
        (">=1.0 <2.0", ">=1.0,<2.0"),
    ],
)
def test_poetrys_constraints_are_version_specifiers(constraint: str, expected: str) -> None:
    assert pep440_of(constraint) == expected


def test_yaml_aliases_are_refused() -> None:
    with pytest.raises(DetectionError, match="aliases"):
        planned({"app.py": FLASK_APP, "environment.yml": "a: &a [x]\ndependencies: [*a, *a]\n"})


def test_managers_that_do_not_count_are_told_with_what_rules_instead() -> None:
    files = {
        "app.py": FLASK_APP,
        "requirements.txt": "flask\n",
        "Pipfile": '[packages]\nflask = "*"\n',
        "pyproject.toml": '[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\nflask = "*"\n',
        "environment.yml": "dependencies:\n  - pip:\n    - flask\n",
    }
    told = {one.path: one.reason for one in decision(planned(files), "dependencies.files").evidence}
    assert set(told) == {"requirements.txt", "Pipfile", "pyproject.toml", "environment.yml"}
    assert told["Pipfile"] == told["environment.yml"] == "not read: requirements.txt rules"


@pytest.mark.parametrize(
    ("lock", "text", "said"),
    [
        ("poetry.lock", '[[package]]\nname = "flask"\n', "flask: it has no version (line 2)"),
        ("poetry.lock", '[[package]]\nname = "flask"\nversion = "new"\n', "the version 'new' is none"),
        ("Pipfile.lock", '{"default": {"flask": 3}}', "flask: it has no version"),
    ],
)
def test_a_lock_that_pins_to_nothing_is_damaged(lock: str, text: str, said: str) -> None:
    manifest = '[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\npython = "^3.11"\nflask = "*"\n'
    files = {
        "app.py": FLASK_APP,
        lock: text,
        "pyproject.toml": manifest,
        "Pipfile": "[packages]\nflask='*'\n",
    }
    if lock == "Pipfile.lock":
        del files["pyproject.toml"]
    with pytest.raises(DetectionError, match=r"damaged") as caught:
        planned(files)
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("dockerfile", "listed", "manager"),
    [
        (
            "FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt\n",
            "flask\n",
            DependencyManager.PIP,
        ),
        (
            "RUN pip install --no-cache-dir --requirement=./requirements.txt\n",
            "flask\n",
            DependencyManager.PIP,
        ),
        (
            "RUN pipenv requirements > requirements.txt && pip install -r requirements.txt\n",
            "flask\n",
            DependencyManager.PIPENV,
        ),
        ("RUN pip install -r requirements.txt\n", "awscli\n", DependencyManager.PIPENV),
        ("RUN pip install gunicorn\n", "flask\n", DependencyManager.PIPENV),
    ],
)
def test_a_lock_that_only_the_desk_knows_does_not_rule(
    dockerfile: str, listed: str, manager: DependencyManager
) -> None:
    files = {"app.py": FLASK_APP, "Pipfile": PIPFILE, "Pipfile.lock": PIPFILE_LOCK}
    plan = planned(files | {"Dockerfile": dockerfile, "requirements.txt": listed})
    assert plan.dependencies.manager is manager
    if manager is DependencyManager.PIP:
        evidence = decision(plan, "dependencies.files").evidence
        assert any("the Dockerfile installs requirements.txt" in one.reason for one in evidence)


@pytest.mark.parametrize("locked", [True, False])
def test_a_pipfile_whose_packages_are_all_of_the_desk_lists_the_apps(locked: bool) -> None:
    files = {"app.py": FLASK_APP, "Pipfile": '[dev-packages]\nflask = "==3.0.0"\nrequests = "*"\n'}
    if locked:
        pins = '{"flask": {"version": "==3.0.0"}, "requests": {"version": "==2.32.0"}}'
        files["Pipfile.lock"] = f'{{"_meta": {{"pipfile-spec": 6}}, "default": {{}}, "develop": {pins}}}'
    found = planned({**files, "lists nothing": ""}).dependencies
    asked = asked_of(MemoryProject({path: text.encode() for path, text in files.items()}), found)
    assert found.manager is DependencyManager.PIPENV
    assert asked.names | {one.partition("==")[0] for one in found.inline} == {"flask", "requests"}
