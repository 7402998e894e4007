"""What is pinned cannot be had, or contradicts itself: which other release takes its place, and when none."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from okamochi.errors import BuildError, ConflictError, OkamochiError, PlanError
from okamochi.model.correction import Correction, CorrectionKind, is_sound
from okamochi.oci.platform import LINUX_AMD64
from okamochi.system.progress import SilentReporter
from okamochi.workflows.from_source import moved_pins, source_builds
from okamochi.workflows.from_source.moved_pins import had_otherwise
from okamochi.workflows.layers import image_python
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.mending.kept_corrections import with_kept_corrections
from okamochi.workflows.plan import plan_project
from okamochi.workflows.rebuilding.remembered import LOCK_NAME
from tests.bad_projects.conftest import FLASK_APP
from tests.detect.plans import decision
from tests.pypi.wheel_making import local_environ, make_source, make_wheel, make_world, sha256_of

OLDEST = "cp39-cp39-manylinux_2_17_x86_64"
NEWEST = "cp313-cp313-manylinux_2_17_x86_64"


class Told(SilentReporter):
    def __init__(self) -> None:
        self.warned: list[str] = []

    def warn(self, text: str) -> None:
        self.warned.append(text)


@pytest.fixture
def links(tmp_path: Path) -> Path:
    folder = tmp_path / "links"
    make_wheel(folder, "flask", "98.0")
    make_wheel(folder, "flask", "99.0", requires=("safe>=2.1.2",))
    for version in ("2.0.1", "2.1.2", "2.2.0"):
        make_wheel(folder, "safe", version)
    return folder


@pytest.fixture
def opened(tmp_path: Path, links: Path) -> Callable[..., LockSession]:
    def session(requirements: str, *, mode: LockMode = LockMode.KEEP, settings: str = "") -> LockSession:
        root = tmp_path / "shop"
        root.mkdir(exist_ok=True)
        (root / "app.py").write_text(FLASK_APP)
        (root / "requirements.txt").write_text(requirements)
        (root / "okamochi.toml").write_text(f"gunicorn = false\n{settings}")
        world = make_world(tmp_path, local_environ(tmp_path, links=links))
        return LockSession(world, plan_project(root, world), LINUX_AMD64, mode, None)

    return session


@pytest.fixture
def unbuilt(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was to be built; nothing builds."""
    asked: list[str] = []

    class Builder:
        built = made = ()

        def __init__(self, session: LockSession) -> None:
            self.python = session.planned.plan.python_version

        def build(self, specifier: str) -> None:
            asked.append(f"{specifier} for {self.python}")
            name = specifier.replace("==", " ")
            raise BuildError(f"{name} has no wheel for this image and cannot be built: gcc said no", hint="")

    for module in (source_builds, moved_pins):
        monkeypatch.setattr(module, "builder_of", Builder)
    monkeypatch.setattr(image_python, "on_an_image", lambda session, failure: None)
    return asked


def settled(session: LockSession) -> LockSession:
    with pytest.raises(PlanError) as caught:
        session.wheels()
    return had_otherwise(session, caught.value)


def refused(session: LockSession) -> OkamochiError:
    with pytest.raises(OkamochiError) as caught:
        settled(session)
    return caught.value


def versions(session: LockSession) -> dict[str, str]:
    return {one.name: one.version for one in session.wheels()}


def moves(session: LockSession) -> list[str]:
    return [one.value for one in session.planned.corrections if one.kind is CorrectionKind.RELEASE]


def test_a_pin_that_another_one_excludes_is_moved_to_the_nearest_release_that_all_admit(
    opened: Callable[..., LockSession],
) -> None:
    session = settled(opened("flask==99.0\nsafe==2.0.1\n"))
    assert versions(session) == {"flask": "99.0", "safe": "2.1.2"}
    found = decision(session.planned.plan, "dependencies.moved.safe")
    assert found.summary.startswith("Warning: safe 2.1.2 is installed in the place of the pinned one")
    reason = found.evidence[0].reason
    assert "2.0.1 (requirements.txt:2), but flask" in reason and reason.endswith("depends on safe>=2.1.2")


def test_where_nothing_later_is_admitted_the_nearest_earlier_release_is_taken(
    opened: Callable[..., LockSession], links: Path
) -> None:
    make_wheel(links, "old", "1.0", requires=("safe<2.2",))
    session = settled(opened("flask==99.0\nold==1.0\nsafe==2.2.0\n"))
    assert versions(session)["safe"] == "2.1.2"


def test_what_depends_on_all_the_others_is_moved_where_that_alone_lets_them_stay(
    opened: Callable[..., LockSession], links: Path
) -> None:
    for version, needed in (("1.1", "<3"), ("2.0", ">=3")):
        make_wheel(links, "frame", version, requires=(f"paper{needed}", f"ink{needed}"))
    for name in ("paper", "ink"):
        for version in ("2.9", "3.0"):
            make_wheel(links, name, version)
    session = settled(opened("flask\nframe==1.1\npaper==3.0\nink==3.0\n"))
    assert moves(session) == ["frame==2.0"]


def test_the_release_is_told_as_a_warning(opened: Callable[..., LockSession]) -> None:
    session = opened("flask==99.0\nsafe==2.0.1\n")
    told = Told()
    session.world = msgspec.structs.replace(session.world, reporter=told)
    settled(session)
    assert any("safe 2.1.2 is installed in the place of the pinned one" in one for one in told.warned)


@pytest.mark.parametrize(("mode", "settings"), [(LockMode.LOCKED, ""), (LockMode.KEEP, "keep-pins = true\n")])
def test_no_pin_is_moved_where_the_lock_or_the_setting_forbids_it(
    opened: Callable[..., LockSession], mode: LockMode, settings: str
) -> None:
    failure = refused(opened("flask==99.0\nsafe==2.0.1\n", mode=mode, settings=settings))
    assert failure.message == "the requirements cannot be satisfied together"


def test_a_pin_with_digests_is_not_moved(opened: Callable[..., LockSession], links: Path) -> None:
    flask, safe = (sha256_of(next(links.glob(f"{one}-*.whl"))) for one in ("flask", "safe-2.0.1"))
    text = f"flask==99.0 --hash=sha256:{flask}\nsafe==2.0.1 --hash=sha256:{safe}\n"
    assert "cannot be satisfied together" in refused(opened(text)).message


def test_of_what_no_python_builds_the_nearest_release_with_a_wheel_for_the_oldest_is_taken(
    opened: Callable[..., LockSession], links: Path, unbuilt: list[str]
) -> None:
    make_source(links, "native", "1.0")
    make_wheel(links, "native", "1.1", tag=OLDEST)
    make_wheel(links, "native", "3.0", tag=NEWEST)
    session = settled(opened("flask\nnative==1.0\n"))
    assert versions(session)["native"] == "1.1"
    assert session.planned.plan.python_version == "3.9"
    assert "gcc said no" in decision(session.planned.plan, "dependencies.moved.native").evidence[0].reason
    assert unbuilt.count("native==1.0 for 3.9") == 1  # what is known to fail is not tried again


def test_on_a_python_that_the_project_says_the_release_is_one_for_it(
    opened: Callable[..., LockSession], links: Path, unbuilt: list[str]
) -> None:
    make_source(links, "native", "1.0")
    make_wheel(links, "native", "1.1", tag=OLDEST)
    make_wheel(links, "native", "3.0", tag=NEWEST)
    session = settled(opened("flask\nnative==1.0\n", settings='python = "3.13"\n'))
    assert versions(session)["native"] == "3.0"


def test_a_release_that_leaves_a_choice_is_no_pin_and_its_error_stays(
    opened: Callable[..., LockSession], links: Path, unbuilt: list[str]
) -> None:
    make_source(links, "native", "1.0")
    make_wheel(links, "native", "2.0", tag=OLDEST)
    assert "gcc said no" in refused(opened("flask\nnative<1.1\n")).message


def test_a_move_that_leads_to_a_contradiction_is_followed_by_the_next(
    opened: Callable[..., LockSession], links: Path, unbuilt: list[str]
) -> None:
    make_source(links, "native", "1.0")
    make_wheel(links, "native", "1.1", tag=OLDEST, requires=("safe>=2.2",))
    session = settled(opened("flask\nnative==1.0\nsafe==2.1.2\n"))
    assert sorted(moves(session)) == ["native==1.1", "safe==2.2.0"]


def test_the_projects_own_python_stays_where_one_move_is_enough_there(
    opened: Callable[..., LockSession], links: Path
) -> None:
    make_wheel(links, "native", "1.0", tag=OLDEST)
    session = opened("flask==99.0\nsafe==2.0.1\nnative==1.0\n", settings='python = "3.9"\n')
    assert settled(session).planned.plan.python_version == "3.9"


def test_what_a_failed_proof_taught_moves_no_pin(opened: Callable[..., LockSession]) -> None:
    session = opened("flask==99.0\nsafe==2.0.1\n")
    with pytest.raises(ConflictError) as caught:
        session.wheels()
    with pytest.raises(ConflictError):
        had_otherwise(session, caught.value, may_move=False)


def test_a_lock_keeps_the_move_for_the_next_build(opened: Callable[..., LockSession]) -> None:
    session = settled(opened("flask==99.0\nsafe==2.0.1\n"))
    session.save(session.result((), "2026-11-01T00:00:00Z", session.wheels()), required=True)
    root = session.planned.root
    assert (root / LOCK_NAME).is_file()
    again = LockSession.open(session.world, plan_project(root, session.world), LINUX_AMD64, LockMode.LOCKED)
    assert again.planned.plan.dependencies.moved == ("safe==2.1.2",)
    assert versions(again) == versions(session)
    (root / "requirements.txt").write_text("flask==99.0\nsafe==2.2.0\n")
    assert with_kept_corrections(plan_project(root, session.world)).plan.dependencies.moved == ()


@pytest.mark.parametrize("value", ["safe", "safe>=2", "-e==1", "safe==1 --index-url=x", "Safe==1", "a b==1"])
def test_a_lock_can_move_nothing_but_a_name_to_a_version(value: str) -> None:
    assert not is_sound(Correction(kind=CorrectionKind.RELEASE, value=value, reason=""))
    assert is_sound(Correction(kind=CorrectionKind.RELEASE, value="safe==2.1.2", reason=""))
