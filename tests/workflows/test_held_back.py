"""What wheels alone would hold back: what the session does about it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from okamochi.errors import BuildError, OkamochiError, TransientRegistryError
from okamochi.model.lock import LockedWheel
from okamochi.oci.platform import LINUX_AMD64
from okamochi.pypi.built_wheel import Built
from okamochi.workflows.from_source.held_back import newest_wheels
from okamochi.workflows.from_source.wheel_builder import WheelBuilder
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.plan import plan_project
from tests.bad_projects.conftest import FLASK_APP
from tests.pypi.wheel_making import local_environ, make_source, make_wheel, make_world, sha256_of


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[], LockSession]:
    """The session of a project whose `words` is 1.0 with wheels alone, and 2.0 with `doc-opt` from source."""
    links = tmp_path / "links"
    make_wheel(links, "flask", "99.0")
    make_wheel(links, "words", "1.0")
    make_wheel(links, "words", "2.0", requires=("doc-opt",))
    make_source(links, "doc-opt")

    def session() -> LockSession:
        root = tmp_path / "shop"
        root.mkdir(exist_ok=True)
        (root / "app.py").write_text(FLASK_APP)
        (root / "requirements.txt").write_text("flask\nwords\n")
        (root / "okamochi.toml").write_text("gunicorn = false\n")
        world = make_world(tmp_path, local_environ(tmp_path, links=links))
        return LockSession.open(world, plan_project(root, world), LINUX_AMD64, LockMode.KEEP)

    return session


@pytest.fixture
def building(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str | OkamochiError]:
    """What is asked to be built; an error in the list is what building ends with."""
    asked: list[str | OkamochiError] = []

    def build(builder: WheelBuilder, specifier: str) -> None:
        if asked and isinstance(asked[0], OkamochiError):
            raise asked[0]
        asked.append(specifier)

    def built(builder: WheelBuilder) -> tuple[Built, ...]:
        path = make_wheel(tmp_path / "made", "doc-opt")
        wheel = LockedWheel(name="doc-opt", version="1.0", filename=path.name, sha256=sha256_of(path), url="")
        return (Built(wheel, path),)

    monkeypatch.setattr(WheelBuilder, "build", build)
    monkeypatch.setattr(WheelBuilder, "built", property(built))
    return asked


def versions(wheels: tuple[LockedWheel, ...]) -> list[str]:
    return [f"{wheel.name}=={wheel.version}" for wheel in wheels]


def notes(session: LockSession) -> list[str]:
    return list(session.world.reporter.notes)  # type: ignore[attr-defined]


def test_what_a_newer_version_lacks_is_built_and_people_are_told_for_what(
    opened: Callable[[], LockSession], building: list[str | OkamochiError]
) -> None:
    session = opened()
    assert versions(newest_wheels(session)) == ["doc-opt==1.0", "flask==99.0", "words==2.0"]
    assert building == ["doc-opt==1.0"]
    (note,) = notes(session)
    assert note.startswith("doc-opt 1.0 has no wheel for this image: built from its source")
    assert note.endswith("since words is 2.0 with it and 1.0 without")


def test_what_two_requirements_lack_is_said_once(
    opened: Callable[[], LockSession], building: list[str | OkamochiError], tmp_path: Path
) -> None:
    for version, requires in (("1.0", ()), ("3.0", ("doc-opt",))):
        make_wheel(tmp_path / "links", "verbs", version, requires=requires)
    session = opened()
    (session.planned.root / "requirements.txt").write_text("flask\nwords\nverbs\n")
    assert "verbs==3.0" in versions(newest_wheels(session))
    assert building == ["doc-opt==1.0"]
    (note,) = notes(session)
    assert note.endswith("since words is 2.0 with it and 1.0 without; verbs is 3.0 with it and 1.0 without")


def test_where_it_does_not_build_the_older_version_stays_and_both_are_named_with_the_line(
    opened: Callable[[], LockSession], building: list[str | OkamochiError]
) -> None:
    building.append(BuildError("its code in C does not compile", hint="take another version"))
    session = opened()
    assert versions(newest_wheels(session)) == ["flask==99.0", "words==1.0"]
    (told,) = notes(session)
    assert told.startswith("words is 1.0, not 2.0: that needs doc-opt 1.0, which has no wheel")
    assert "its code in C does not compile" in told and "requirements.txt:2" in told


def test_an_index_that_cannot_be_reached_is_no_reason_for_another_version(
    opened: Callable[[], LockSession], building: list[str | OkamochiError]
) -> None:
    building.append(TransientRegistryError("the index is away", hint="try later"))
    with pytest.raises(TransientRegistryError):
        newest_wheels(opened())


def test_a_lock_that_fits_is_the_answer_whatever_could_be_newer(
    opened: Callable[[], LockSession], building: list[str | OkamochiError]
) -> None:
    first = opened()
    first.save(first.result((), "2026-01-01T00:00:00Z", first.wheels()), required=True)
    assert versions(newest_wheels(opened())) == ["flask==99.0", "words==1.0"]
    assert building == []
