"""Values of secrets from where the project's own compose file takes them."""

from pathlib import Path

import pytest

from okamochi.model.plan import Plan
from okamochi.workflows.starting.composed_values import composed_values
from tests.detect.plans import planned
from tests.detect.test_stated_secrets import BY_NAME, COMPOSE, OPENS, WITH_DATABASE
from tests.pypi.wheel_making import local_environ, make_world


@pytest.fixture
def values(tmp_path: Path):  # type: ignore[no-untyped-def]
    """(values, what was said) for a project; `files` lie beside its compose file."""

    def found(code: str, given: str = "", compose: str = COMPOSE, files: dict[str, str] = {}, **environ: str):  # type: ignore[no-untyped-def]  # noqa: B006
        root = tmp_path / "project"
        root.mkdir(exist_ok=True)
        requirements = "flask\npsycopg\n" if "psycopg" in code else "flask\n"
        for name, text in {"compose.yaml": compose, **files}.items():
            (root / name).write_text(text)
        plan: Plan = planned({"app.py": code, "requirements.txt": requirements, "compose.yaml": compose})
        world = make_world(tmp_path, {**local_environ(tmp_path), **environ})
        result = composed_values(plan, given.split(), root, world)
        return result, world.reporter.notes  # type: ignore[attr-defined]

    return found


def test_a_variable_of_the_shell_that_the_file_names_gives_the_secret(values) -> None:  # type: ignore[no-untyped-def]
    found, notes = values(OPENS, SIGNING_KEY="s3cret")
    assert found == {"secret_key": "s3cret"}
    assert notes == ["secret_key: from SIGNING_KEY of this shell's environment, as compose.yaml says"]
    assert values(OPENS)[0] == {}


def test_a_file_beside_it_gives_the_secret_without_its_last_line_break(values) -> None:  # type: ignore[no-untyped-def]
    compose = COMPOSE.replace("    external: true", "    file: ./login.txt")
    found, notes = values(BY_NAME, compose=compose, files={"login.txt": "me:s3cret\n"})
    assert found == {"smtp_login": "me:s3cret"}
    assert notes == ["smtp_login: from ./login.txt, as compose.yaml says"]


def test_what_was_given_and_what_lies_outside_of_the_project_is_not_read(values) -> None:  # type: ignore[no-untyped-def]
    assert values(OPENS, given="secret_key", SIGNING_KEY="s3cret")[0] == {}
    outside = COMPOSE.replace("    external: true", "    file: /etc/hostname")
    assert values(BY_NAME, compose=outside)[0] == {}


def test_a_service_has_a_password_of_its_own(values) -> None:  # type: ignore[no-untyped-def]
    assert values(WITH_DATABASE, files={"db_password.txt": "hunter2"})[0] == {}
