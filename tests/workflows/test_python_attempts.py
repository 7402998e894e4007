"""What is pinned has no wheel for the first choice of Python: which one is taken then, or what is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from okamochi.errors import OkamochiError, RegistryError, UnfitPythonError
from okamochi.model.codec import plan_from_json, plan_to_json
from okamochi.model.correction import CorrectionKind
from okamochi.oci.platform import LINUX_AMD64
from okamochi.system.world import World
from okamochi.workflows.from_source.python_attempts import Attempt, on_another_python
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.mending.kept_corrections import with_kept_corrections
from okamochi.workflows.plan import plan_project
from okamochi.workflows.rebuilding.remembered import LOCK_NAME
from tests.bad_projects.conftest import FLASK_APP
from tests.detect.plans import decision
from tests.pypi.wheel_making import local_environ, make_wheel, make_world

OLD = "cp39-cp39-manylinux_2_17_x86_64"
NEAR = "cp311-cp311-manylinux_2_17_x86_64"


@pytest.fixture
def links(tmp_path: Path) -> Path:
    folder = tmp_path / "links"
    make_wheel(folder, "flask", "99.0")
    return folder


@pytest.fixture
def opened(tmp_path: Path, links: Path) -> Callable[..., LockSession]:
    def session(requirements: str, **files: str) -> LockSession:
        root = tmp_path / "shop"
        root.mkdir(exist_ok=True)
        (root / "app.py").write_text(FLASK_APP)
        (root / "requirements.txt").write_text(requirements)
        (root / "okamochi.toml").write_text("gunicorn = false\n")
        for name, text in files.items():
            (root / name.replace("_", ".", 1)).write_text(text)
        world = make_world(tmp_path, local_environ(tmp_path, links=links))
        return LockSession.open(world, plan_project(root, world), LINUX_AMD64, LockMode.KEEP)

    return session


def refusal(session: LockSession) -> UnfitPythonError:
    with pytest.raises(UnfitPythonError) as caught:
        session.wheels()
    return caught.value


def settled(session: LockSession) -> LockSession:
    return on_another_python(session, refusal(session))


def test_the_next_python_for_which_there_are_wheels_is_taken(
    opened: Callable[..., LockSession], links: Path
) -> None:
    make_wheel(links, "native", "1.0", tag=OLD)
    session = settled(opened("flask\nnative==1.0\n"))
    plan = session.planned.plan
    assert (plan.python_version, plan.base.suite) == ("3.9", "bullseye")
    assert [wheel.filename for wheel in session.wheels()][1] == f"native-1.0-{OLD}.whl"
    found = decision(plan, "python_version")
    assert found.summary == "Python 3.9 instead of 3.13"
    reason = found.evidence[0].reason
    assert "native 1.0 has no wheel" in reason and "cp313" in reason and "requirements.txt:2" in reason
    assert plan_from_json(plan_to_json(plan)) == plan


def test_the_newest_of_several_is_taken_and_people_are_told(
    opened: Callable[..., LockSession], links: Path
) -> None:
    make_wheel(links, "native", "1.0", tag=OLD)
    make_wheel(links, "native", "1.0", tag=NEAR)
    session = settled(opened("flask\nnative==1.0\n"))
    assert session.planned.plan.python_version == "3.11"
    (told,) = session.world.reporter.notes  # type: ignore[attr-defined]
    assert told.startswith("Python 3.11 instead of 3.13: native 1.0 has no wheel")


def test_what_costs_less_is_taken_and_what_costs_nothing_ends_the_search(
    opened: Callable[..., LockSession], links: Path
) -> None:
    make_wheel(links, "native", "1.0", tag=OLD)
    make_wheel(links, "native", "1.0", tag=NEAR)
    session = opened("flask\nnative==1.0\n")
    tried: list[str] = []

    def dear(attempt: Attempt) -> int:
        version = attempt.session.planned.plan.python_version
        tried.append(version)
        return {"3.11": 2, "3.9": 1}[version]

    found = on_another_python(session, refusal(session), cost=dear)
    assert found.planned.plan.python_version == "3.9"
    assert set(tried) == {"3.11", "3.9"}


def test_only_what_the_metadata_admits_is_tried(opened: Callable[..., LockSession], links: Path) -> None:
    make_wheel(links, "native", "1.0", tag="cp313-cp313-manylinux_2_17_x86_64")
    session = opened("flask\nnative==1.0\n", pyproject_toml='[project]\nrequires-python = "<3.12"\n')
    assert session.planned.plan.python_alternatives == ("3.9",)
    error = refusal(session)
    with pytest.raises(OkamochiError) as caught:
        on_another_python(session, error)
    assert "cp311" in caught.value.message
    assert caught.value.details[-1].startswith("Python 3.9: ")


def test_where_none_fits_the_error_names_package_tag_remedy_and_all_that_was_tried(
    opened: Callable[..., LockSession], links: Path
) -> None:
    make_wheel(links, "native", "1.0", tag="cp36-cp36m-manylinux1_x86_64")
    make_wheel(links, "native", "2.0", tag="cp313-cp313-manylinux_2_17_x86_64")
    session = opened("flask\nnative==1.0\n")
    with pytest.raises(UnfitPythonError) as caught:
        on_another_python(session, refusal(session))
    error = caught.value
    assert error.message.startswith("native 1.0 has no wheel for this image (cp313 ")
    assert error.where == "requirements.txt:2"
    assert "native==2.0" in error.hint
    assert [line.partition(":")[0] for line in error.details[-4:]] == [
        "Python 3.11",
        "Python 3.9",
        "Python 3.14",
        "Python 3.12",
    ]


def test_a_setting_is_never_overruled(opened: Callable[..., LockSession], links: Path) -> None:
    make_wheel(links, "native", "1.0", tag=OLD)
    session = opened("flask\nnative==1.0\n", okamochi_toml='gunicorn = false\npython = "3.13"\n')
    with pytest.raises(UnfitPythonError):
        on_another_python(session, refusal(session))


def test_an_index_that_fails_is_told_as_that(
    opened: Callable[..., LockSession], links: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheel(links, "native", "1.0", tag=OLD)
    session = opened("flask\nnative==1.0\n")
    error = refusal(session)

    def down(*_: object, **__: object) -> None:
        raise RegistryError("the index is gone", hint="wait")

    monkeypatch.setattr("okamochi.pypi.resolve.resolve_wheels", down)
    with pytest.raises(RegistryError, match="gone"):
        on_another_python(session, error)


def test_the_lock_remembers_until_the_project_says_something_else(
    opened: Callable[..., LockSession], links: Path
) -> None:
    make_wheel(links, "native", "1.0", tag=OLD)
    session = settled(opened("flask\nnative==1.0\n"))
    root, world = session.planned.root, session.world
    session.save(session.result((), "2026-01-01T00:00:00Z", session.wheels()), required=True)
    again = plan_project(root, world)
    assert again.plan == session.planned.plan
    locked = LockSession.open(world, again, LINUX_AMD64, LockMode.LOCKED)
    assert locked.wheels() == session.wheels()
    first = plan_project(root, world, anew=frozenset({CorrectionKind.PYTHON}))
    assert (first.plan.python_version, first.corrections) == ("3.13", ())
    (root / "requirements.txt").write_text("flask\n")
    assert plan_project(root, world).plan.python_version == "3.13"
    assert (root / LOCK_NAME).exists() and with_kept_corrections(again).plan.python_version == "3.9"


def test_a_project_whose_wheels_exist_starts_no_further_resolution(
    opened: Callable[..., LockSession], links: Path
) -> None:
    session = opened("flask\n")
    world: World = session.world
    assert [wheel.name for wheel in session.wheels()] == ["flask"]
    assert world.reporter.notes == []  # type: ignore[attr-defined]


def test_what_fails_on_another_python_is_told_with_why_the_one_asked_for_was_not_tried(
    opened: Callable[..., LockSession], links: Path
) -> None:
    make_wheel(links, "tiny", "1.0", tag="cp38-cp38-manylinux_2_17_x86_64")
    session = opened("flask\ntiny==1.0\n", Dockerfile="FROM python:3.12\n")
    assert session.planned.plan.python_version == "3.12"
    refused = UnfitPythonError("python:3.12-slim cannot be had here", hint="is there a network?")
    refused.__cause__ = RegistryError("no such server", hint="is there a network?")
    with pytest.raises(OkamochiError) as caught:
        on_another_python(session, refused)
    told = ("Python 3.12 was not tried: python:3.12-slim cannot be had here", "is there a network?")
    assert caught.value.details[:2] == told
