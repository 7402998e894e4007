"""What developers and CI type to install a project: what its own tool really takes."""

import pytest
from msgspec.structs import replace

from okamochi.model.plan import DependencyManager, Development, Plan
from okamochi.render import pipelines
from okamochi.render.devcontainer import install_command
from tests.detect.plans import planned

FLASK = {"app.py": "from flask import Flask\napp = Flask(__name__)\n", "requirements.txt": "flask\n"}


def plan(manager: DependencyManager = DependencyManager.PIP, lock_file: str = "", **desk: object) -> Plan:
    found = planned(FLASK)
    dependencies = replace(found.dependencies, manager=manager, lock_file=lock_file)
    return replace(found, dependencies=dependencies, development=Development(**desk))  # type: ignore[arg-type]


def test_requirement_files_are_installed_one_after_the_other_since_hashes_admit_nothing_beside_them() -> None:
    install, test = pipelines.test_commands(
        plan(files=("requirements-dev.txt",), specifiers=("pytest==9.2.0",))
    )
    assert install == "pip install -r requirements.txt && pip install -r requirements-dev.txt"
    assert test == 'python -m pytest || [ "$?" -eq 5 ]'


def test_pytest_is_added_where_the_project_does_not_ask_for_it() -> None:
    assert pipelines.test_commands(plan())[0].endswith("&& pip install pytest")
    assert (
        "uv run --with pytest python -m pytest"
        in pipelines.test_commands(plan(DependencyManager.UV, "uv.lock"))[1]
    )
    declared = plan(DependencyManager.UV, "uv.lock", groups=("test",), specifiers=("pytest",))
    assert pipelines.test_commands(declared) == (
        "pip install uv && uv sync --frozen --group test",
        'uv run python -m pytest || [ "$?" -eq 5 ]',
    )


@pytest.mark.parametrize(
    ("manager", "locked", "lockless"),
    [
        (DependencyManager.PIPENV, "pipenv sync --dev", "pipenv install --dev"),
        (DependencyManager.PDM, "pdm sync --dev", "pdm install --dev"),
        (DependencyManager.UV, "uv sync --frozen", "uv sync"),
    ],
)
def test_a_lock_is_followed_and_a_project_without_one_is_installed_all_the_same(
    manager: DependencyManager, locked: str, lockless: str
) -> None:
    assert locked in pipelines.test_commands(plan(manager, "its.lock"))[0]
    assert (
        lockless in pipelines.test_commands(plan(manager))[0]
        and locked not in pipelines.test_commands(plan(manager))[0]
    )


def test_uv_installs_into_the_environment_of_the_desk_and_into_the_machine_of_ci() -> None:
    assert "uv sync --active" in install_command(plan(DependencyManager.UV))
    pylock = plan(DependencyManager.PYLOCK, "pylock.toml")
    assert "uv pip install --system -r pylock.toml" in pipelines.test_commands(pylock)[0]
    assert "uv pip install -r pylock.toml" in install_command(pylock)


def test_ci_has_the_libraries_that_the_image_has() -> None:
    found = plan()
    assert pipelines.apt_command(found, None) == ""
    with_pango = replace(found, base=replace(found.base, packages=("libpango-1.0-0",)))
    assert pipelines.apt_command(with_pango, None).endswith("--no-install-recommends libpango-1.0-0")
