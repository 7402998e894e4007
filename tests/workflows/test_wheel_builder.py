"""Today's build tools first, then those of the day on which a source was published."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from okamochi.errors import BuildError
from okamochi.model.lock import LockedWheel
from okamochi.model.plan import Dependencies
from okamochi.oci.platform import LINUX_AMD64
from okamochi.pypi.sdists import Sdist
from okamochi.pypi.target import Target
from okamochi.system.cache import Cache
from okamochi.system.progress import SilentReporter
from okamochi.workflows.from_source.build_environment import Tools, bounds_of
from okamochi.workflows.from_source.build_trial import MadeWheel, failure
from okamochi.workflows.from_source.missing_pieces import Remedy
from okamochi.workflows.from_source.wheel_builder import (
    UncompiledError,
    WheelBuilder,
    further,
    generators_in,
    refuse_again,
)

DAY = "2021-01-20T03:17:00Z"


def sdist(uploaded: str = DAY) -> Sdist:
    return Sdist(
        name="tiny", version="1.0", filename="tiny-1.0.tar.gz", sha256="0" * 64, url="", uploaded=uploaded
    )


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The days whose tools were tried; those of DAY work."""
    tried: list[str] = []

    def made(_: WheelBuilder, one: Sdist, depth: int, tools: Tools) -> str:
        tried.append(tools.exclude_newer)
        if tools.exclude_newer != DAY:
            raise BuildError(f"failed with tools of {tools.exclude_newer or 'today'}", hint="")
        return "made"

    def of_the_day(_: WheelBuilder, one: Sdist) -> Iterator[Tools]:
        yield Tools(exclude_newer=one.uploaded)

    monkeypatch.setattr(WheelBuilder, "_made_with", made)
    monkeypatch.setattr(WheelBuilder, "_older_tools", of_the_day)
    return tried


@pytest.fixture
def builder() -> WheelBuilder:
    world = cast(Any, SimpleNamespace(reporter=SilentReporter()))
    shop: Any = None
    target = Target("3.13", LINUX_AMD64, "2.41")
    return WheelBuilder(world, Path("/"), Dependencies(), "trixie", target, lambda _: shop)


def test_tools_of_the_day_are_tried_when_todays_fail(builder: WheelBuilder, days: list[str]) -> None:
    assert cast(Any, builder._made(sdist(), 0)) == "made"
    assert days == ["", DAY]


def test_where_neither_works_todays_failure_is_told(builder: WheelBuilder, days: list[str]) -> None:
    with pytest.raises(BuildError, match="tools of today"):
        builder._made(sdist("2019-01-01T00:00:00Z"), 0)
    assert days == ["", "2019-01-01T00:00:00Z"]


@pytest.mark.parametrize(
    ("requirements", "tried"),
    [(("setuptools<81", "wheel"), [""]), (("setuptools", "Cython>=0.29"), ["", DAY])],
)
def test_what_the_compiler_refuses_is_tried_with_older_tools_where_one_of_them_writes_code(
    builder: WheelBuilder,
    days: list[str],
    monkeypatch: pytest.MonkeyPatch,
    requirements: tuple[str, ...],
    tried: list[str],
) -> None:
    def made(_: WheelBuilder, one: Sdist, depth: int, tools: Tools) -> str:
        days.append(tools.exclude_newer)
        log = "tiny.c:3:1: error: lvalue required as left operand of assignment\n"
        try:
            further(one, log, Remedy(), (), requirements, "3.13")
        except UncompiledError as failed:
            failed.generators = generators_in(requirements)
            raise
        return "made"

    monkeypatch.setattr(WheelBuilder, "_made_with", made)
    with pytest.raises(BuildError, match=r"does not compile for Python 3\.13"):
        builder._made(sdist(), 0)
    assert days == tried


def test_what_a_projects_own_tools_built_is_not_taken_by_other_projects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build takes tools from the project's indexes, and packages of its folder that were built before."""
    world = cast(Any, SimpleNamespace(reporter=SilentReporter(), cache=Cache.open(tmp_path / "cache")))

    def built(project: str, *sources: Sdist) -> bytes:
        """What the last of the sources gives; a build writes down what it could take."""
        root = tmp_path / project.partition(" ")[0]
        root.mkdir(exist_ok=True)
        option = project.partition(" ")[2]
        (root / "requirements.txt").write_text(f"{option}\ntiny\n")
        target = Target("3.13", LINUX_AMD64, "2.41")
        files = Dependencies(files=("requirements.txt",))
        one = WheelBuilder(world, root, files, "trixie", target, lambda _: cast(Any, None))

        def made(self: WheelBuilder, source: Sdist, depth: int) -> MadeWheel:
            made_with = f"{source.name} {option} {[made.wheel.name for made in self.made]}"
            digest = world.cache.put_bytes(made_with.encode())
            filename = f"{source.name}-1.0-py3-none-any.whl"
            wheel = LockedWheel(name=source.name, version="1.0", filename=filename, sha256=digest)
            return MadeWheel(wheel=wheel)

        monkeypatch.setattr(WheelBuilder, "_require_native", lambda *_: None)
        monkeypatch.setattr(WheelBuilder, "_made", made)
        path = [one.built_of(source).path for source in sources][-1]
        return path.read_bytes()

    tiny = replace(sdist(), url="https://example.org/tiny-1.0.tar.gz")
    other = replace(tiny, name="other", sha256="1" * 64)
    own = replace(sdist(), name="setuptools", sha256="2" * 64)
    assert built("hostile --index-url https://evil.example/simple", tiny) != built("honest", tiny)
    assert built("hostile --find-links ./wheels", tiny) != built("honest", tiny)
    assert built("hostile", own, replace(tiny, url="")) != built("honest", tiny)
    assert built("hostile", own, other) != built("honest", other)
    assert built("third", other, tiny) == built("honest", tiny)


def test_an_index_that_tells_no_day_and_builds_for_builds_are_tried_once(
    builder: WheelBuilder, days: list[str]
) -> None:
    for one, depth in ((sdist(""), 0), (sdist(), 1)):
        with pytest.raises(BuildError):
            builder._made(one, depth)
    assert days == ["", ""]


def test_a_compilers_own_words_are_told_although_they_stand_far_above_the_end() -> None:
    log = (
        "a.c:685:18: error: invalid use of incomplete typedef\n" + "  File x, line 1\n" * 40 + "gcc failed\n"
    )
    details = failure(sdist(), "its build failed", log).details
    assert details[0].startswith("a.c:685:18: error:") and details[-1] == "gcc failed"
    assert len(details) == 13


def test_tools_keep_the_major_version_that_they_had_but_for_those_that_a_new_python_needs() -> None:
    named = [("cython", "0.29.21"), ("numpy", "1.20.0"), ("setuptools", "51.1"), ("odd", "dev")]
    wheels = [cast(Any, SimpleNamespace(name=name, version=version)) for name, version in named]
    assert bounds_of(wheels) == ("cython<1", "numpy<2")


def test_what_was_given_up_for_another_tool_is_not_tried_again() -> None:
    older = Remedy(requirements=("setuptools<58",))
    refuse_again(sdist(), "log", older, set(), "3.13")
    refuse_again(sdist(), "log", older, {"setuptools<81"}, "3.13")
    with pytest.raises(BuildError, match=r"its build fails for Python 3\.13, with setuptools<58 too"):
        refuse_again(sdist(), "log", older, {"setuptools<58"}, "3.13")
