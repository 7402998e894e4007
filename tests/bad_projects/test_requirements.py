"""Requirements that cannot be satisfied, and package indexes that fail or lie."""

from pathlib import Path

import pytest

from tests.bad_projects.conftest import MakeProject, Refusing
from tests.pypi.wheel_making import make_wheel, package_index

LINKS = "--no-index\n--find-links wheels\n"


def with_wheels(root: Path) -> Path:
    """A folder of wheels in the project: a Flask and a gunicorn that are good enough to be resolved."""
    make_wheel(root / "wheels", "flask", "25.1")
    make_wheel(root / "wheels", "gunicorn", "99.0")
    return root


def test_a_version_that_does_not_exist_is_told_with_its_line(
    refuses: Refusing, make_project: MakeProject
) -> None:
    root = with_wheels(make_project(requirements=LINKS + "flask==99.9\n"))
    refuses.build(root, 4, "cannot be satisfied", "requirements.txt:3", "loosen")


def test_a_package_that_nobody_publishes_is_told(refuses: Refusing, make_project: MakeProject) -> None:
    root = with_wheels(make_project(requirements=LINKS + "flask\nno-such-package-at-all\n"))
    refuses.build(root, 4, "requirements.txt:4", "no-such-package-at-all")


def test_requirements_that_contradict_each_other_are_told(
    refuses: Refusing, make_project: MakeProject
) -> None:
    root = with_wheels(make_project(requirements=LINKS + "flask\nextension\n"))
    make_wheel(root / "wheels", "extension", requires=("flask<3",))
    refuses.build(root, 4, "extension")


def test_a_package_without_a_wheel_for_the_platform_is_told_with_the_platform(
    refuses: Refusing, make_project: MakeProject
) -> None:
    root = with_wheels(make_project(requirements=LINKS + "flask\nnative\n"))
    make_wheel(root / "wheels", "native", tag="cp313-cp313-win_amd64")
    refuses.build(root, 4, "native", "no wheel", "x86_64", options=("--platform", "linux/amd64"))


def test_a_requirement_file_that_is_missing_is_told(refuses: Refusing, make_project: MakeProject) -> None:
    root = make_project(requirements="flask\n-r requirements/production.txt\n")
    refuses(root, 3, "production.txt", arguments=("lock", root))


def test_a_requirement_line_that_is_no_specifier_is_told(
    refuses: Refusing, make_project: MakeProject
) -> None:
    root = with_wheels(make_project(requirements=LINKS + "flask\nthis is no requirement\n"))
    refuses(root, 3, "requirements.txt:4", arguments=("lock", root))


def test_a_wheel_with_another_digest_than_the_requirement_file_says_is_refused(
    refuses: Refusing, make_project: MakeProject
) -> None:
    lines = f"flask==25.1 --hash=sha256:{'0' * 64}\n"
    root = with_wheels(make_project(requirements=LINKS + lines))
    stderr = refuses(root, 6, "digest", arguments=("lock", root))
    assert "flask" in stderr


def test_an_index_that_nobody_serves_is_transient(
    refuses: Refusing, make_project: MakeProject, closed_port: int
) -> None:
    root = make_project()
    refuses.having(PIP_NO_INDEX="", PIP_INDEX_URL=f"http://127.0.0.1:{closed_port}/simple/").build(
        root, 75, "cannot be reached"
    )


def test_an_index_that_refuses_access_is_told_without_the_password(
    refuses: Refusing, make_project: MakeProject, tmp_path: Path
) -> None:
    root = make_project()
    wheel = make_wheel(tmp_path / "served", "flask")
    with package_index(tmp_path / "index", wheel, user="me", password="right") as (port, _):
        address = f"http://me:hunter2wrong@127.0.0.1:{port}/simple/"
        stderr = refuses.having(PIP_NO_INDEX="", PIP_INDEX_URL=address).build(
            root, 6, "refused access", "credentials"
        )
    assert "hunter2wrong" not in stderr


@pytest.mark.parametrize("command", ["build", "lock"])
def test_offline_with_an_empty_cache_says_what_is_missing(
    refuses: Refusing, make_project: MakeProject, command: str
) -> None:
    root = make_project()
    refuses(root, 6, "--offline", arguments=(command, root, "--offline"))
