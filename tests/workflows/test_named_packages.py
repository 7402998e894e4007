"""Which Debian packages that a project's files name are added, and why the others are not."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from okamochi.build.native_mentions import Mentions
from okamochi.debian.packages import PackageIndex, name_table
from okamochi.debian.resolve import Universe
from okamochi.model.lock import LockedWheel
from okamochi.model.native import NativeNeed, NeedKind
from okamochi.pypi.native_scan import WheelScan
from okamochi.pypi.wheel_tree import FILES_FOLDER, TreeFile, WheelTree, write_index
from okamochi.system.project_files import MemoryProject
from okamochi.workflows.layers.named_packages import NamedPackages
from tests.debian.contents_maker import contents_of

FILES = b"""usr/bin/chromedriver                    web/chromium-driver
usr/bin/convert-im7.q16                 graphics/imagemagick-7.q16
usr/bin/curl                            web/curl
usr/bin/ffmpeg                          video/ffmpeg
usr/bin/git                             vcs/git
usr/bin/less                            text/less
usr/bin/pdftoppm                        utils/poppler-utils
usr/bin/tesseract                       graphics/tesseract-ocr
usr/include/magic.h                     libdevel/libmagic-dev
usr/lib/x86_64-linux-gnu/libGL.so.1     libs/libgl1
usr/lib/x86_64-linux-gnu/libglib-2.0.so.0    libs/libglib2.0-0t64
usr/lib/x86_64-linux-gnu/libmagic.so.1  libs/libmagic1t64
usr/lib/x86_64-linux-gnu/libpq.so.5     libs/libpq5
"""
# name, section, further fields
PACKAGES = (
    ("build-essential", "devel", ""),
    ("chromium-driver", "web", ""),
    ("curl", "web", ""),
    ("ffmpeg", "video", ""),
    ("fonts-noto", "fonts", ""),
    ("git", "vcs", ""),
    ("imagemagick", "graphics", "Depends: imagemagick-7.q16\nSource: imagemagick"),
    ("imagemagick-7.q16", "graphics", "Source: imagemagick"),
    ("less", "text", "Priority: important"),
    ("libgl1", "libs", ""),
    ("libglib2.0-0t64", "libs", "Provides: libglib2.0-0 (= 1)"),
    ("libmagic-dev", "libdevel", "Source: file\nDepends: libmagic1t64 (= 1)"),
    ("libmagic1t64", "libs", "Source: file"),
    ("libpq5", "libs", ""),
    ("libssl3t64", "libs", ""),
    ("poppler-utils", "utils", ""),
    ("python3-dev", "python", ""),
    ("python3-numpy", "python", ""),
    ("tesseract-ocr", "graphics", ""),
    ("tesseract-ocr-jpn", "graphics", "Architecture: all"),
)


def universe(folder: Path) -> Universe:
    fields = "Version: 1\nArchitecture: amd64\nFilename: x\nSize: 1\nSHA256: 0"
    stanzas = []
    for name, section, further in PACKAGES:
        given = fields.replace("Architecture: amd64\n", "") if "Architecture" in further else fields
        stanzas.append("\n".join(filter(None, [f"Package: {name}", given, f"Section: {section}", further])))
    text = "\n\n".join(stanzas).encode() + b"\n\n"
    (folder / "Packages").write_bytes(text)
    return Universe((PackageIndex("debian", folder / "Packages", name_table(text)),), "trixie")


def wheel(folder: Path, name: str, files: Mapping[str, bytes]) -> WheelTree:
    """Paths below site-packages; those in bin/ are programs."""
    root = folder / name
    rows = []
    for path, content in files.items():
        inside = path if path.startswith("bin/") else f"lib/python3.13/site-packages/{path}"
        place = root / FILES_FOLDER / inside
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        rows.append(TreeFile(inside, 0o755 if path.startswith("bin/") else 0o644, len(content)))
    write_index(root, tuple(rows))
    locked = LockedWheel(name=name, version="1.0", filename=f"{name}-1.0-py3-none-any.whl", sha256="0" * 64)
    return WheelTree(locked, root)


def judged(
    folder: Path,
    names: str,
    *,
    code: str = "",
    wheels: tuple[WheelTree, ...] = (),
    imports: tuple[str, ...] = (),
    path: str = "Dockerfile",
    taken: frozenset[str] = frozenset(),
) -> dict[str, str]:
    """By name: "+package: reason" or "-: reason"."""
    contents = contents_of(FILES)
    mentions = Mentions(MemoryProject({"app.py": code}), WheelScan(wheels, imports))
    judge = NamedPackages(universe(folder), contents, mentions, frozenset({"libssl3t64"}), set(taken))
    needs = tuple(
        NativeNeed(kind=NeedKind.PACKAGE, names=(one,), path=path, line=3, reason=f"names the package {one}")
        for one in names.split()
    )
    return {
        one.need.names[0]: f"{f'+{one.package}' if one.package else '-'}: {one.need.reason}"
        for one in judge.judged(needs)
    }


def test_what_builds_or_is_pythons_or_is_there_anyway_is_left(tmp_path: Path) -> None:
    found = judged(tmp_path, "build-essential python3-dev python3-numpy libssl3t64")
    assert set(found) == {"build-essential", "python3-dev", "python3-numpy", "libssl3t64"}
    assert found["libssl3t64"].endswith("the base has it anyway")
    assert all(one.startswith("-") for one in found.values())


def test_an_unknown_name_is_told_with_what_is_near(tmp_path: Path) -> None:
    found = judged(tmp_path, "libgl1-mesa-glx wkhtmltopdf")
    assert ": trixie has no package libgl1-mesa-glx; near: libgl1" in found["libgl1-mesa-glx"]
    assert found["wkhtmltopdf"].endswith("trixie has no package wkhtmltopdf")


def test_a_program_counts_when_the_apps_own_code_names_it(tmp_path: Path) -> None:
    code = "\nargv = ['/usr/bin/git', 'clone']\nline = 'ffmpeg -i x'\n"
    found = judged(tmp_path, "git ffmpeg curl", code=code)
    assert found["git"] == "+git: names the package git, and app.py:2 names it"
    assert found["ffmpeg"] == "+ffmpeg: names the package ffmpeg, and app.py:3 names it"
    assert found["curl"].startswith("-")


def test_a_package_that_the_app_imports_may_name_it_but_for_tools_of_every_day(tmp_path: Path) -> None:
    content = b"import subprocess\nA = ['pdftoppm', 'git', 'less']\n"
    packed = (wheel(tmp_path, "pdf", {"pdf/deep.py": content, "pdf/__init__.py": b""}),)
    found = judged(tmp_path, "poppler-utils git less", wheels=packed, imports=("pdf",))
    assert (
        found["poppler-utils"]
        == "+poppler-utils: names the package poppler-utils, and pdf 1.0 (pdf/deep.py) names it"
    )
    assert found["git"].startswith("-")
    assert found["less"].startswith("-")
    assert judged(tmp_path, "poppler-utils", wheels=packed)["poppler-utils"].startswith("-")


def test_a_compiled_program_of_a_package_may_look_for_it(tmp_path: Path) -> None:
    files = {"selenium/__init__.py": b"", "bin/manager": b"\x7fELF....chromedriver...."}
    packed = (wheel(tmp_path, "selenium", files),)
    assert judged(tmp_path, "chromium-driver", wheels=packed, imports=("selenium",))[
        "chromium-driver"
    ].startswith("+")


def test_a_list_of_what_runs_is_believed_but_for_tools(tmp_path: Path) -> None:
    found = judged(tmp_path, "ffmpeg git curl", path="packages.txt")
    assert found["ffmpeg"] == "+ffmpeg: names the package ffmpeg"
    assert found["git"].startswith("-")
    assert found["curl"].startswith("-")


def test_what_a_wheel_brings_is_left(tmp_path: Path) -> None:
    packed = (wheel(tmp_path, "db", {"db.libs/libpq-1a2b.so.5.17": b"\x7fELF", "bin/ffmpeg": b"x"}),)
    found = judged(tmp_path, "libpq5 ffmpeg", wheels=packed, path="Aptfile")
    assert found["libpq5"].endswith("the wheels bring libpq.so.5")
    assert found["ffmpeg"].endswith("a wheel brings ffmpeg")


def test_a_library_counts_when_code_that_opens_libraries_names_it(tmp_path: Path) -> None:
    code = "import ctypes.util\nNAME = 'magic'\nctypes.util.find_library(NAME)\n"
    assert judged(tmp_path, "libmagic1 libgl1", code=code)["libgl1"].startswith("-")
    assert judged(tmp_path, "libmagic-dev", code=code) == {
        "libmagic-dev": "+libmagic1t64: names the package libmagic-dev, and app.py names it"
    }
    assert judged(tmp_path, "libmagic-dev", code="NAME = 'magic'\n")["libmagic-dev"].startswith("-")


def test_native_code_may_open_it_by_its_name(tmp_path: Path) -> None:
    packed = (wheel(tmp_path, "cv", {"cv/cv.so": b"\x7fELF..libGL.so.1..", "cv/__init__.py": b""}),)
    assert judged(tmp_path, "libgl1", wheels=packed)["libgl1"].startswith("+libgl1")


def test_a_library_by_its_former_name(tmp_path: Path) -> None:
    assert judged(tmp_path, "libglib2.0-0", taken=frozenset({"libglib2.0-0t64"})) == {
        "libglib2.0-0": "+libglib2.0-0t64: names the package libglib2.0-0"
    }


def test_fonts_are_taken_and_parts_with_their_whole(tmp_path: Path) -> None:
    found = judged(tmp_path, "fonts-noto tesseract-ocr-jpn tesseract-ocr")
    assert found["fonts-noto"].startswith("+")
    assert found["tesseract-ocr-jpn"].endswith("is part of tesseract-ocr, which is not added")
    found = judged(tmp_path, "tesseract-ocr-jpn tesseract-ocr", code="run(['tesseract'])")
    assert found["tesseract-ocr-jpn"].startswith("+tesseract-ocr-jpn")


@pytest.mark.parametrize(("code", "sign"), [("run(['convert', 'a'])", "+imagemagick"), ("", "-")])
def test_a_package_that_stands_for_another_has_its_programs(tmp_path: Path, code: str, sign: str) -> None:
    assert judged(tmp_path, "imagemagick", code=code)["imagemagick"].startswith(f"{sign}:")
