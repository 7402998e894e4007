"""From what wheels and code need to Debian packages, by an index made here."""

from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from okamochi.build.native import NativeScan
from okamochi.build.native_fonts import font_needs
from okamochi.errors import PlanError, UsageError
from okamochi.model.lock import Lock, LockedPlatform
from okamochi.model.lock_codec import lock_from_json, lock_to_json
from okamochi.model.native import NativeNeed, NativePackage, NeedKind, native_decisions
from okamochi.system.progress import SilentReporter
from okamochi.system.project_files import MemoryProject
from okamochi.workflows.layers import native
from okamochi.workflows.layers.native import Finder, complete_base
from okamochi.workflows.locking.lock import LockMode
from tests.debian.contents_maker import contents_of

INDEX = b"""usr/bin/ffmpeg                                      video/ffmpeg
usr/bin/tesseract                                   graphics/tesseract-ocr
usr/bin/viewer                                      graphics/viewer
usr/lib/postgresql/16/bin/pg_dump                   database/postgresql-client-16
usr/lib/postgresql/17/bin/pg_dump                   database/postgresql-client-17
usr/lib/x86_64-linux-gnu/libharfbuzz.so.0           libs/libharfbuzz0b
usr/lib/x86_64-linux-gnu/libmagic.so.1              libs/libmagic1t64
usr/lib/x86_64-linux-gnu/libmagic.so.1.0.0          libs/libmagic1t64
usr/lib/x86_64-linux-gnu/libpango-1.0.so.0          libs/libpango-1.0-0
usr/lib/x86_64-linux-gnu/libpq.so                   libdevel/libpq-dev
usr/lib/x86_64-linux-gnu/libpq.so.5                 libs/libpq5,otherosfs/variant
usr/lib/x86_64-linux-gnu/libssl.so.3                libs/libssl3t64
usr/lib/x86_64-linux-gnu/private/libhidden.so.1     libs/hidden
usr/lib/aarch64-linux-gnu/libarm.so.1               libs/libarm1
"""


def need(kind: NeedKind, *names: str, wheel: str = "one 1.0") -> NativeNeed:
    return NativeNeed(
        kind=kind, names=names, path="one/a.py", line=3, wheel=wheel, reason=f"opens {names[0]}"
    )


def library(*names: str) -> NativeNeed:
    return need(NeedKind.LIBRARY, *names)


def program(name: str, wheel: str = "one 1.0") -> NativeNeed:
    return need(NeedKind.PROGRAM, name, wheel=wheel)


def found(scan: NativeScan, files: dict[str, str | bytes] | None = None) -> dict[str, list[str]]:
    contents = contents_of(INDEX)
    universe = SimpleNamespace(newest=lambda name: name)
    project = MemoryProject(files or {})
    finder = Finder(cast(Any, SimpleNamespace(planned=SimpleNamespace(project=project))))
    finder.__dict__["workshop"] = SimpleNamespace(contents=contents, universe=universe)
    finder.__dict__["base"] = frozenset({"libssl3t64"})
    return {one.name: [n.names[0] for n in one.needs] for one in finder.packages(scan)}


def test_libraries_get_the_package_that_debians_policy_names_so() -> None:
    scan = NativeScan(
        libraries=(library("libpq.so.5"), library("libharfbuzz.so.0"), library("libmagic.so.*"))
    )
    assert found(scan) == {
        "libpq5": ["libpq.so.5"],
        "libharfbuzz0b": ["libharfbuzz.so.0"],
        "libmagic1t64": ["libmagic.so.*"],
    }


def test_what_the_base_has_and_what_no_loader_finds_is_not_added() -> None:
    names = ("libssl.so.3", "libhidden.so.1", "libarm.so.1", "libSystem.so.*")
    assert found(NativeScan(libraries=tuple(library(name) for name in names))) == {}


def test_the_first_name_that_the_suite_has_counts() -> None:
    assert list(found(NativeScan(libraries=(library("libmagic.so.9", "libmagic.so.1"),)))) == ["libmagic1t64"]


def test_programs_are_found_also_in_the_folder_of_their_newest_version() -> None:
    assert list(found(NativeScan(programs=(program("pg_dump"), program("ffmpeg"))))) == [
        "ffmpeg",
        "postgresql-client-17",
    ]


def test_a_program_that_no_suite_has_is_told() -> None:
    assert found(NativeScan(programs=(program("wkhtmltopdf"),))) == {"": ["wkhtmltopdf"]}


def test_of_programs_of_one_package_that_do_the_same_none_is_told_when_one_is_there() -> None:
    scan = NativeScan(programs=(program("avconv"), program("ffmpeg")))
    assert found(scan) == {"ffmpeg": ["ffmpeg"]}


def test_a_program_of_a_package_is_added_when_its_authors_say_so_and_else_told() -> None:
    scan = NativeScan(
        perhaps=(
            (program("ffmpeg"), ("ffmpeg", "libav-tools")),
            (program("tesseract"), ("tesseract-ocr-eng",)),
            (program("viewer"), ("ffmpeg",)),
        )
    )
    assert found(scan) == {"": ["viewer"], "ffmpeg": ["ffmpeg"], "tesseract-ocr": ["tesseract"]}


RENDERS = NativeScan(libraries=(library("libpango-1.0.so.0"),))
JAPANESE = "<html lang='ja'><p>請求書です</p>"


def fonts(files: dict[str, str | bytes], scan: NativeScan = RENDERS) -> list[str]:
    return [name for name in found(scan, files) if name.startswith("fonts-")]


def test_a_program_in_a_variable_is_added_when_its_package_is_called_as_the_wheel() -> None:
    held = (program("viewer", "viewer 2.0"), program("ffmpeg", "cutter 1.0"), program("tesseract", "x 1"))
    assert found(NativeScan(held=held)) == {"viewer": ["viewer"]}


def test_a_font_for_the_projects_own_language_where_text_is_rendered() -> None:
    assert fonts({"templates/a.html": JAPANESE}) == ["fonts-ipaexfont-gothic"]
    assert fonts({"templates/a.html": "<p>안녕하세요</p>"}) == ["fonts-nanum"]
    assert fonts({"templates/a.html": "<html lang='zh-Hans'><p>发票</p>"}) == ["fonts-wqy-microhei"]
    assert fonts({"templates/a.html": "<p>Invoice</p>"}) == []
    assert fonts({"tests/a.html": JAPANESE}) == []
    assert fonts({"templates/a.html": JAPANESE}, NativeScan(libraries=(library("libpq.so.5"),))) == []


def test_the_family_that_pages_to_be_printed_name_is_taken() -> None:
    screen = "body { font-family: 'Noto Sans JP' }"
    printed = "@page { size: A4 } body { font: 9pt 'VL Gothic'; } h1 { font-family: 'IPAexMincho' }"
    files: dict[str, str | bytes] = {"templates/a.html": JAPANESE, "static/app.css": screen}
    assert fonts(files) == ["fonts-noto-cjk"]
    assert fonts({**files, "templates/pdf.css": printed}) == ["fonts-ipaexfont-mincho", "fonts-vlgothic"]
    assert fonts({**files, "templates/pdf.css": "@page { size: A4 }"}) == ["fonts-ipaexfont-gothic"]


def test_a_font_that_the_projects_dockerfile_names_takes_the_place_of_the_usual_one() -> None:
    needs = (library("libpango-1.0.so.0"),)
    plain = MemoryProject({"templates/a.html": JAPANESE})

    def packages(project: MemoryProject, *named: str) -> list[str]:
        return [package for package, _ in font_needs(project, needs, frozenset(named))]

    assert packages(plain, "fonts-noto-cjk", "locales") == []
    assert packages(plain, "fonts-nanum") == ["fonts-ipaexfont-gothic"]
    styled = MemoryProject({"a.html": JAPANESE, "a.css": "@page {} p { font: 9pt 'VL Gothic' }"})
    assert packages(styled, "fonts-noto-cjk") == ["fonts-vlgothic"]


def test_a_project_with_a_font_of_its_own_needs_none() -> None:
    assert fonts({"templates/a.html": JAPANESE, "fonts/own.ttf": bytes(2_000_000)}) == []


def locked(*packages: NativePackage) -> Lock:
    platform = LockedPlatform(platform="linux/amd64", debs=(), wheels=(), native=packages)
    return Lock(
        base_inputs="0" * 64,
        wheel_inputs="1" * 64,
        python_version="3.13",
        suite="trixie",
        snapshot="2026-11-21T02:10:46Z",
        platforms=(platform,),
    )


def test_the_lock_says_what_each_package_is_there_for() -> None:
    lock = locked(
        NativePackage(name="", needs=(program("viewer"),)),
        NativePackage(name="libpq5", needs=(library("libpq.so.5"),)),
    )
    assert lock_from_json(lock_to_json(lock), where="okamochi.lock") == lock
    told, added = native_decisions(lock.platforms[0].native)
    assert added.field == "base.packages.libpq5"
    assert str(added.evidence[0]) == "one 1.0 (one/a.py:3) opens libpq.so.5"
    assert "viewer" in told.summary and "setting: packages" in told.summary


@pytest.mark.parametrize(
    "package",
    [
        NativePackage(name="lib pq", needs=(library("libpq.so.5"),)),
        NativePackage(name="libpq5", needs=(library("../x"),)),
        NativePackage(
            name="libpq5", needs=(msgspec.structs.replace(library("libpq.so.5"), reason="\x1b[2J"),)
        ),
        NativePackage(name="libpq5", needs=(library("libpq.so.5"),) * 500),
    ],
)
def test_a_hostile_lock_is_refused(package: NativePackage) -> None:
    with pytest.raises(UsageError):
        lock_from_json(lock_to_json(locked(package)), where="okamochi.lock")


def test_a_lock_that_must_fit_and_lacks_a_package_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = (NativePackage(name="libpq5", needs=(library("libpq.so.5"),)),)
    monkeypatch.setattr(native, "native_scan", lambda *_: NativeScan())
    monkeypatch.setattr(Finder, "packages", lambda *_: wanted)
    world = cast(Any, SimpleNamespace(reporter=SilentReporter()))
    planned = SimpleNamespace(plan=SimpleNamespace(native=None))
    monkeypatch.setattr(Finder, "base", frozenset())
    monkeypatch.setattr(native, "unknown_scripts", lambda *_: ())
    session = SimpleNamespace(
        world=world, planned=planned, old_native=(), mode=LockMode.LOCKED, debs_with=lambda _: ((), "")
    )
    with pytest.raises(PlanError, match="libpq5 is missing"):
        complete_base(cast(Any, session), ((), ""), ())
    session.old_native = ("libpq5",)
    assert complete_base(cast(Any, session), ((), "then"), ()).snapshot == "then"


def test_what_cannot_be_installed_is_told_and_leaves_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = (
        NativePackage(name="graphviz", needs=(program("dot"),)),
        NativePackage(name="libpq5", needs=(library("libpq.so.5"),)),
    )
    monkeypatch.setattr(native, "native_scan", lambda *_: NativeScan())
    monkeypatch.setattr(Finder, "packages", lambda *_: wanted)
    monkeypatch.setattr(Finder, "base", frozenset())
    monkeypatch.setattr(native, "unknown_scripts", lambda *_: ("libgvc6",))
    closures = {"graphviz": ("graphviz", "libgvc6"), "libpq5": ("libpq5",)}
    warned: list[str] = []
    reporter = SilentReporter()
    monkeypatch.setattr(SilentReporter, "warn", lambda _, text: warned.append(text))
    session = SimpleNamespace(
        world=SimpleNamespace(reporter=reporter),
        planned=SimpleNamespace(plan=SimpleNamespace(native=None)),
        old_native=(),
        mode=LockMode.KEEP,
        debs_with=lambda names: (
            tuple(SimpleNamespace(name=one) for name in names for one in closures[name]),
            "then",
        ),
    )
    complete = complete_base(cast(Any, session), ((), ""), ())
    assert [one.name for one in complete.native] == ["", "libpq5"]
    assert [deb.name for deb in complete.debs] == ["libpq5"]
    assert "dot" in complete.native[0].needs[0].reason and "libgvc6" in warned[0]


def test_what_a_file_names_is_no_error_on_an_image_to_which_nothing_can_be_added() -> None:
    image = SimpleNamespace(suite=None, packages=[{"package": "ffmpeg"}])
    plan = SimpleNamespace(base=SimpleNamespace(kind="image"))
    planned = SimpleNamespace(plan=plan, project=MemoryProject({}))
    finder = Finder(cast(Any, SimpleNamespace(planned=planned, opened_image=lambda: image)))
    names = [
        NativeNeed(kind=NeedKind.PACKAGE, names=(one,), path="Dockerfile", reason=f"names the package {one}")
        for one in ("ffmpeg", "sox")
    ]
    (left,) = finder.packages(NativeScan(named=tuple(names)))
    assert (left.name, [one.names[0] for one in left.needs]) == ("", ["sox"])
    assert "adds no packages" in left.needs[0].reason
