"""In which order packages are built from source, Python after Python."""

import re
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from okamochi.errors import BuildError, PlanError, UnfitPythonError
from okamochi.workflows.from_source import source_builds
from okamochi.workflows.from_source.source_builds import (
    AtOdds,
    built_from_source,
    built_session,
    tell_other_python,
)
from okamochi.workflows.from_source.wheel_builder import WheelBuilder
from okamochi.workflows.locking.lock import LockMode, LockSession

PACKAGES = ("mako==1.0.7", "dominate==2.3.1", "Psycopg2==2.7.3", "visitor==0.1.3")


class Builder:
    built = ()
    compiled = ""

    def __init__(self) -> None:
        self.order: list[str] = []

    def build(self, specifier: str) -> None:
        self.order.append(specifier)
        if "Psycopg2" in specifier:
            raise BuildError("its code in C does not compile", where="", hint="take a newer one")

    def compiles(self, specifier: str) -> bool:
        return specifier == self.compiled


class Session:
    """One in which everything is without a wheel that its builder has not built."""

    old_platform = None
    mode = LockMode.KEEP
    built = ()
    planned = SimpleNamespace(plan=SimpleNamespace(python_version="3.13"))

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.resolutions = 0

    def wheels(self, *, briefly: bool) -> tuple[()]:
        self.resolutions += 1
        missing = tuple(one for one in PACKAGES if one not in self.builder.order)
        refusal = UnfitPythonError("no wheel", where="", hint="take a newer one")
        refusal.packages = missing
        raise refusal


def test_what_could_not_be_built_for_one_python_is_built_first_for_the_next() -> None:
    hardest: set[str] = set()
    orders = []
    for _ in range(2):
        builder = Builder()
        with pytest.raises(BuildError):
            built_session(cast(LockSession, Session(builder)), cast(WheelBuilder, builder), hardest)
        orders.append(builder.order)
    assert orders == [list(PACKAGES[:3]), [PACKAGES[2]]]


@pytest.mark.parametrize("known", [(), PACKAGES])
def test_what_has_to_be_compiled_is_built_before_the_rest(known: tuple[str, ...]) -> None:
    builder = Builder()
    builder.compiled = PACKAGES[2]
    with pytest.raises(BuildError):
        built_session(cast(LockSession, Session(builder)), cast(WheelBuilder, builder), set(), known)
    assert builder.order == [PACKAGES[2]]


def test_between_packages_that_are_pinned_nothing_is_resolved() -> None:
    builder = Builder()
    session = Session(builder)
    known = tuple(one for one in PACKAGES if "Psycopg2" not in one)
    with pytest.raises(BuildError):
        built_session(cast(LockSession, session), cast(WheelBuilder, builder), set(), known)
    assert builder.order == [PACKAGES[0], PACKAGES[1], PACKAGES[3], PACKAGES[2]]
    assert session.resolutions == 1


class Making:
    """Everything that it builds is pure Python."""

    made = ()

    def __init__(self) -> None:
        self.order: list[str] = []

    @property
    def built(self) -> tuple[Any, ...]:
        names = (one.replace("==", "-") for one in self.order)
        return tuple(SimpleNamespace(wheel=SimpleNamespace(filename=f"{n}-py3-none-any.whl")) for n in names)

    def build(self, specifier: str) -> None:
        self.order.append(specifier)

    def compiles(self, specifier: str) -> bool:
        return False


class Lacking:
    """What is `published` for its Python has a wheel; the rest is to be built."""

    old_platform = None
    mode = LockMode.KEEP
    resolved: tuple[Any, ...] | None = None

    def __init__(self, published: str) -> None:
        self.built: tuple[Any, ...] = ()
        self.published = published

    def wheels(self, *, briefly: bool) -> tuple[()]:
        there = self.published + "".join(one.wheel.filename.replace("-", "==", 1) for one in self.built)
        missing = [one for one in ("ffmpy==0.3.0", "numpy==1.22.4", "pandas==1.4.2") if one not in there]
        if missing:
            refusal = UnfitPythonError("no wheel", where="", hint="take a newer one")
            refusal.packages = tuple(missing[:1])
            raise refusal
        return ()


@pytest.mark.parametrize(
    ("published", "built"), [("numpy==1.22.4 pandas==1.4.2", ["ffmpy==0.3.0"]), ("numpy==1.22.4", None)]
)
def test_the_python_that_needs_no_more_than_what_was_built_is_taken(
    monkeypatch: pytest.MonkeyPatch, published: str, built: list[str] | None
) -> None:
    newest, older, first = Lacking(""), Lacking(published), Making()
    again = Making()
    monkeypatch.setattr(source_builds, "builder_of", lambda session: again)
    sessions = [cast(LockSession, one) for one in (newest, older)]
    found = built_session(sessions[0], cast(WheelBuilder, first), set(), (), sessions[1:])
    if built is None:  # it lacks pandas as well
        assert found is sessions[0]
        assert first.order == ["ffmpy==0.3.0", "numpy==1.22.4", "pandas==1.4.2"]
    else:
        assert found is sessions[1]
        assert (first.order, again.order) == (["ffmpy==0.3.0"], built)


@pytest.mark.parametrize(
    ("taken", "failures", "told"),
    [
        ("3.9", (), ["Python 3.9 instead of 3.11: fewer packages have to be built from their sources"]),
        ("3.9", ("its code in C",), ["Python 3.9 instead of 3.11: its code in C"]),
        ("3.11", (), []),
    ],
)
def test_another_python_than_the_plans_is_told_with_its_reason(
    taken: str, failures: tuple[str, ...], told: list[str]
) -> None:
    notes: list[str] = []
    world = SimpleNamespace(reporter=SimpleNamespace(note=notes.append))
    first, other = (
        SimpleNamespace(world=world, planned=SimpleNamespace(plan=SimpleNamespace(python_version=one)))
        for one in ("3.11", taken)
    )
    errors = [BuildError(one, where="", hint="x") for one in failures]
    tell_other_python(cast(LockSession, first), cast(LockSession, other), errors)
    assert notes == told


CONFLICT = "werkzeug 2.3.8 depends on markupsafe>=2.1.1 and you ask for markupsafe==2.0.1"


class Contradicting(Session):
    """What was built is there, and then two requirements contradict each other."""

    def wheels(self, *, briefly: bool) -> tuple[()]:
        raise PlanError(CONFLICT, where="requirements.txt", hint="bound one of them")


def test_requirements_that_contradict_each_other_are_no_matter_of_wheels() -> None:
    builder = Builder()
    with pytest.raises(AtOdds, match="markupsafe"):
        built_session(cast(LockSession, Contradicting(builder)), cast(WheelBuilder, builder), set())


def test_a_contradiction_seen_on_one_python_is_told_before_what_does_not_build_on_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = SimpleNamespace(base=SimpleNamespace(kind="debian"), python_version="3.13")
    session = cast(LockSession, SimpleNamespace(planned=SimpleNamespace(plan=plan)))
    refusal = UnfitPythonError("no wheel", where="", hint="take a newer one")
    refusal.packages = ("psycopg2==2.9.1",)
    failures = [
        BuildError("its code in C", where="", hint="x"),
        AtOdds(CONFLICT, where="requirements.txt", hint="bound one of them"),
    ]

    def fails(*_: Any) -> LockSession:
        raise failures.pop(0)

    monkeypatch.setattr(source_builds, "candidates", lambda *_: [session, session])
    monkeypatch.setattr(source_builds, "builder_of", lambda _: Builder())
    monkeypatch.setattr(source_builds, "built_session", fails)
    with pytest.raises(AtOdds, match="markupsafe"):
        built_from_source(session, refusal)


def test_what_was_built_for_one_python_shows_the_contradiction_on_the_next_without_a_build(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class OfEveryPython(Builder):
        built = (SimpleNamespace(wheel=SimpleNamespace(filename="flask_mail-0.9.1-py3-none-any.whl")),)

    plan = SimpleNamespace(base=SimpleNamespace(kind="debian"), python_version="3.13")
    sessions = [Contradicting(Builder()) for _ in range(3)]
    for one in sessions:
        one.planned = SimpleNamespace(plan=plan)
    refusal = UnfitPythonError("no wheel", where="", hint="take a newer one")
    refusal.packages = ("flask-mail==0.9.1",)
    tried: list[LockSession] = []

    def fails(session: LockSession, *_: Any) -> LockSession:
        tried.append(session)
        raise AtOdds(CONFLICT, where="requirements.txt", hint="bound one of them")

    monkeypatch.setattr(source_builds, "candidates", lambda *_: sessions)
    monkeypatch.setattr(source_builds, "builder_of", lambda _: OfEveryPython())
    monkeypatch.setattr(source_builds, "built_session", fails)
    with pytest.raises(AtOdds, match="markupsafe"):
        built_from_source(cast(LockSession, sessions[0]), refusal)
    assert tried == sessions[:1]


class Choosing:
    """It makes wheels; `flask-graph` asks for an older `graph-core` than the newest, which is 2.0."""

    def __init__(self, folder: Path, asks: str) -> None:
        self.folder, self.asks = folder, asks
        self.order: list[str] = []
        self.made: list[Any] = []

    @property
    def built(self) -> tuple[Any, ...]:
        return tuple(
            SimpleNamespace(wheel=one.wheel, path=self.folder / one.wheel.filename) for one in self.made
        )

    def compiles(self, specifier: str) -> bool:
        return False

    def build(self, specifier: str) -> None:
        self.order.append(specifier)
        name = re.split("[<=]", specifier)[0]
        version = "1.2" if "<2" in specifier else "2.0"
        asks = self.asks if name == "flask-graph" else ""
        filename = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(self.folder / filename, "w") as archive:
            lines = f"Name: {name}\nVersion: {version}\n{asks}\n"
            archive.writestr(f"{name.replace('-', '_')}-{version}.dist-info/METADATA", lines)
        wheel = SimpleNamespace(name=name, version=version, filename=filename)
        self.made.append(SimpleNamespace(wheel=wheel))


class Wanting(Lacking):
    """It wants flask-graph, then graph-core below 2: only its name is told."""

    def __init__(self, builder: Choosing) -> None:
        super().__init__("")
        self.builder = builder
        self.world = SimpleNamespace(reporter=SimpleNamespace(note=lambda text: None))

    def wheels(self, *, briefly: bool) -> tuple[()]:
        there = {f"{one.wheel.name} {one.wheel.version}" for one in self.builder.made}
        missing = "flask-graph" if "flask-graph 2.0" not in there else "graph-core"
        if missing == "flask-graph" or "graph-core 1.2" not in there:
            refusal = UnfitPythonError("no wheel", where="", hint="take a newer one")
            refusal.packages = (missing,)
            raise refusal
        return ()


def test_of_what_was_built_another_version_is_where_the_built_ones_ask_for_it(tmp_path: Path) -> None:
    builder = Choosing(tmp_path, "Requires-Dist: graph-core (<2,>=1.1)")
    session = cast(LockSession, Wanting(builder))
    assert built_session(session, cast(WheelBuilder, builder), set()) is session
    assert builder.order == ["flask-graph", "graph-core", "graph-core<2,>=1.1"]


def test_where_none_fits_the_contradiction_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builder = Choosing(tmp_path, "Requires-Dist: graph-core")
    pinned: list[str] = []

    def with_pins(session: LockSession, specifiers: list[str]) -> Contradicting:
        pinned.extend(specifiers)
        return Contradicting(Builder())

    monkeypatch.setattr(source_builds, "with_pins", with_pins)
    with pytest.raises(AtOdds, match="markupsafe"):
        built_session(cast(LockSession, Wanting(builder)), cast(WheelBuilder, builder), set())
    assert pinned == ["graph-core==2.0"]
