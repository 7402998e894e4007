"""What a project asks for at the desk, by the words of each dependency manager."""

import pytest

from okamochi.errors import DetectionError
from okamochi.model.plan import Development
from tests.detect.plans import planned

APP = "from flask import Flask\napp = Flask(__name__)\n"
MAIN = '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.13"\ndependencies = ["flask"]\n'
POETRY_LOCK = """
[[package]]
name = "flask"
version = "3.1.3"
files = [{file = "flask-3.1.3-py3-none-any.whl", hash = "sha256:00"}]

[metadata]
lock-version = "2.1"
"""


def development(files: dict[str, str]) -> Development:
    return planned({"app.py": APP, **files}).development


def test_a_project_that_asks_for_nothing_more_gets_nothing_more() -> None:
    plan = planned({"app.py": APP, "requirements.txt": "flask\n"})
    assert plan.development == Development()
    assert "development" not in [one.field for one in plan.decisions]


@pytest.mark.parametrize(
    "path", ["requirements-dev.txt", "dev-requirements.txt", "requirements/dev.txt", "requirements_dev.txt"]
)
def test_the_requirement_file_for_development_counts_beyond_productions_own_lines(path: str) -> None:
    up = "../requirements.txt" if "/" in path else "requirements.txt"
    found = development({"requirements.txt": "flask==3.1.3\n", path: f"-r {up}\npytest==9.0\n"})
    assert found.files == (path,)
    assert found.specifiers == ("pytest==9.0",)
    assert found.input_files == tuple(sorted(("requirements.txt", path)))


def test_a_file_for_development_is_preferred_to_one_for_tests() -> None:
    files = {"requirements.txt": "flask\n", "requirements-test.txt": "nose\n"}
    assert development(files).files == ("requirements-test.txt",)
    assert development({**files, "requirements-dev.txt": "pytest\n"}).files == ("requirements-dev.txt",)


def test_a_damaged_file_for_development_is_no_reason_not_to_plan_production() -> None:
    found = development({"requirements.txt": "flask\n", "requirements-dev.txt": "-r missing.txt\n"})
    assert found.files == ("requirements-dev.txt",)
    assert found.specifiers == ()


def test_groups_include_groups() -> None:
    groups = '[dependency-groups]\nlint = ["ruff"]\ndev = ["pytest", {include-group = "lint"}]\n'
    assert development({"pyproject.toml": MAIN + groups}).specifiers == ("pytest", "ruff")


@pytest.mark.parametrize(
    ("groups", "chain"),
    [
        ('dev = ["pytest", {include-group = "dev"}]\n', "dev -> dev"),
        (
            'dev = [{include-group = "a-b"}]\nA_B = [{include-group = "c"}]\nc = [{include-group = "a.b"}]\n',
            "dev -> a-b -> c -> a-b",
        ),
    ],
)
def test_a_group_that_includes_itself_is_an_error(groups: str, chain: str) -> None:
    with pytest.raises(DetectionError, match=f"includes itself: {chain}$"):
        development({"pyproject.toml": f"{MAIN}[dependency-groups]\n{groups}"})


def test_groups_that_two_others_include_are_read_once() -> None:
    lines = [f'g{n} = [{{include-group = "g{n + 1}"}}, {{include-group = "g{n + 1}"}}]\n' for n in range(40)]
    groups = f'[dependency-groups]\ndev = [{{include-group = "g0"}}]\n{"".join(lines)}g40 = ["ruff"]\n'
    assert development({"pyproject.toml": MAIN + groups}).specifiers == ("ruff",)


def test_groups_that_are_nested_without_end_are_told() -> None:
    lines = [f'g{n} = [{{include-group = "g{n + 1}"}}]\n' for n in range(2000)]
    groups = f'[dependency-groups]\ndev = [{{include-group = "g0"}}]\n{"".join(lines)}'
    with pytest.raises(DetectionError, match="more than 50 deep"):
        development({"pyproject.toml": MAIN + groups})


def test_an_extra_named_for_development_counts_without_the_project_itself() -> None:
    extra = '[project.optional-dependencies]\ndocs = ["sphinx"]\ndev = ["shop[docs]", "pytest"]\n'
    assert development({"pyproject.toml": MAIN + extra}).specifiers == ("pytest",)


def test_poetry_installs_every_group_that_is_not_optional() -> None:
    groups = (
        '[tool.poetry.group.dev.dependencies]\npytest = "^9"\n[tool.poetry.group.docs]\noptional = true\n'
        '[tool.poetry.group.docs.dependencies]\nsphinx = "*"\n'
    )
    files = {"pyproject.toml": MAIN + groups}
    assert development(files).specifiers == ("pytest>=9,<10",)
    assert development(files).groups == ()
    assert development({**files, "poetry.lock": POETRY_LOCK}).groups == ("dev",)


def test_poetrys_older_table_is_the_group_dev() -> None:
    old = '[tool.poetry.dev-dependencies]\npytest = "9.0"\n'
    found = development({"pyproject.toml": MAIN + old, "poetry.lock": POETRY_LOCK})
    assert (found.groups, found.specifiers) == (("dev",), ("pytest==9.0",))


def test_pipenvs_packages_for_development() -> None:
    pipfile = '[packages]\nflask = "*"\n[dev-packages]\npytest = "==9.0"\n'
    assert development({"Pipfile": pipfile}).specifiers == ("pytest==9.0",)


@pytest.mark.parametrize(
    ("default", "switch"), [("False", "True"), ("false", "true"), ("0", "1"), ("off", "on"), ("x", "")]
)
def test_the_switch_for_debugging_is_the_opposite_of_its_default_in_its_spelling(
    default: str, switch: str
) -> None:
    source = f"import os\nDEBUG = os.environ.get('DEBUG', '{default}')\n"
    found = planned({"app.py": source + APP, "requirements.txt": "flask\n"}).development
    assert found.environment == ((("DEBUG", switch),) if switch else ())
