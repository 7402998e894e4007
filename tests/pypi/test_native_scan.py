"""What wheels need beside Python, from their own files."""

import io
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.pypi.elf_making import make_elf

from okamochi.model.lock import LockedWheel
from okamochi.pypi.elf import ElfFacts, elf_facts
from okamochi.pypi.native_scan import WheelScan, what_is_said
from okamochi.pypi.wheel_tree import FILES_FOLDER, TreeFile, WheelTree, write_index

SITE = "lib/python3.13/site-packages"
OPENS = b"import ctypes.util\nctypes.util.find_library('magic')\n"


def tree(root: Path, name: str, files: Mapping[str, bytes], metadata: str = "") -> WheelTree:
    """A wheel as the cache keeps it; paths that begin with bin/ are programs."""
    members = {
        f"{SITE}/{path}" if not path.startswith("bin/") else path: text for path, text in files.items()
    }
    members[f"{SITE}/{name}-1.0.dist-info/METADATA"] = f"Name: {name}\n{metadata}".encode()
    folder = root / name
    listed = []
    for path, content in members.items():
        place = folder / FILES_FOLDER / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        mode = 0o755 if path.startswith("bin/") or "binaries" in path else 0o644
        listed.append(TreeFile(path, mode, len(content)))
    write_index(folder, tuple(listed))
    wheel = LockedWheel(name=name, version="1.0", filename=f"{name}-1.0-py3-none-any.whl", sha256="0" * 64)
    return WheelTree(wheel, folder)


def linked(*trees: WheelTree) -> list[tuple[str, str]]:
    return [(need.names[0], need.wheel) for need in WheelScan(trees).linked()]


def opened(*trees: WheelTree, own: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    return [need.names for need in WheelScan(trees, own).opened()]


def started(*trees: WheelTree, own: tuple[str, ...] = ()) -> list[tuple[str, bool, bool]]:
    uses = WheelScan(trees, own).started()
    return sorted({(use.need.names[0], use.purpose, use.direct) for use in uses if not use.held})


def test_a_librarys_dynamic_section_is_read() -> None:
    content = make_elf("libpq.so.5", "libc.so.6", soname="libown.so.1", runpath="$ORIGIN/../x.libs")
    facts = elf_facts(io.BytesIO(content))
    assert facts == ElfFacts(("libpq.so.5", "libc.so.6"), "libown.so.1", ("$ORIGIN/../x.libs",))


@pytest.mark.parametrize("length", range(0, 330, 11))
def test_a_damaged_library_tells_nothing_and_breaks_nothing(length: int) -> None:
    content = make_elf("libpq.so.5", "libc.so.6", soname="libown.so.1")
    assert elf_facts(io.BytesIO(content[: min(length, len(content) - 1)])).needed in (
        (),
        ("libpq.so.5", "libc.so.6"),
    )


def test_what_a_wheel_links_against_and_does_not_carry_is_needed(tmp_path: Path) -> None:
    one = tree(
        tmp_path,
        "one",
        {
            "one/fast.so": make_elf("libpq.so.5", "libfoo-1a2b.so.3", "libsoname.so.2"),
            "one.libs/libfoo-1a2b.so.3": make_elf("libssl.so.3"),
            "one.libs/libother.so": make_elf(soname="libsoname.so.2"),
        },
    )
    assert linked(one) == [("libpq.so.5", "one 1.0"), ("libssl.so.3", "one 1.0")]


def test_programs_of_the_machines_own_language_are_linked_alike(tmp_path: Path) -> None:
    server = tree(
        tmp_path,
        "server",
        {"bin/server": make_elf("libpcre2-8.so.0"), "bin/script": b"#!/opt/venv/bin/python\n", "s/data": b""},
    )
    assert linked(server) == [("libpcre2-8.so.0", "server 1.0")]


def test_plug_ins_and_what_only_they_link_against_need_nothing(tmp_path: Path) -> None:
    one = tree(
        tmp_path,
        "one",
        {
            "one/fast.abi3.so": make_elf("libused.so.1"),
            "one/qt/plugins/platforms/libqxcb.so": make_elf("libXcb-1.so.5", "libSM.so.6"),
            "one.libs/libused.so.1": make_elf("libGL.so.1"),
            "one.libs/libXcb-1.so.5": make_elf("libX11.so.6"),
        },
    )
    assert linked(one) == [("libGL.so.1", "one 1.0")]


def test_another_wheel_may_carry_it(tmp_path: Path) -> None:
    one = tree(tmp_path, "one", {"one/fast.so": make_elf("libarrow.so.20")})
    two = tree(tmp_path, "two", {"two/libarrow.so.20": make_elf()})
    assert linked(one, two) == []


def test_libraries_opened_by_modules_that_are_imported(tmp_path: Path) -> None:
    one = tree(
        tmp_path,
        "one",
        {
            "one/__init__.py": b"from . import loader\nfrom .parts import (\n    first,\n    second,\n)\n",
            "one/loader.py": OPENS,
            "one/parts/__init__.py": b"",
            "one/parts/second.py": b"import ctypes\nctypes.CDLL('libsecond.so.2')\n",
            "one/parts/third.py": b"import ctypes\nctypes.CDLL('libthird.so.3')\n",
            "one/tests/test_it.py": b"import ctypes\nctypes.CDLL('libtest.so.3')\n",
        },
    )
    assert opened(one) == [("libmagic.so.*",), ("libsecond.so.2",)]
    # what nothing in the wheel imports is opened when the app's own code imports or names it
    assert opened(one, own=("one.parts.third",)) == [
        ("libmagic.so.*",),
        ("libsecond.so.2",),
        ("libthird.so.3",),
    ]


@pytest.mark.parametrize(
    "carried", ["_data/libmagic_x86_64.so", "one.libs/libmagic-1a2b.so.1.0", "one/libmagic.so"]
)
def test_a_library_that_a_wheel_carries_under_another_name_is_not_needed(
    tmp_path: Path, carried: str
) -> None:
    one = tree(tmp_path, "one", {"one/__init__.py": OPENS, carried: make_elf()})
    assert opened(one) == []


def test_what_a_module_for_another_system_opens_is_not_needed(tmp_path: Path) -> None:
    files = {"one/__init__.py": b"from one import _loop_macos, loader\n", "one/loader.py": OPENS}
    files["one/_loop_macos.py"] = OPENS.replace(b"magic", b"objc")
    assert opened(tree(tmp_path, "one", files)) == [("libmagic.so.*",)]


def test_a_library_that_only_a_stranger_carries_under_another_name_is_needed(tmp_path: Path) -> None:
    """psycopg beside psycopg2-binary; psycopg beside psycopg-binary, which it asks for."""
    renamed = {"two.libs/libmagic-1a2b.so.1.0": make_elf(soname="libmagic-1a2b.so.1.0")}
    one = tree(tmp_path, "one", {"one/__init__.py": OPENS})
    assert opened(one, tree(tmp_path, "two", renamed)) == [("libmagic.so.*",)]
    friend = tree(
        tmp_path, "friend", {"friend/__init__.py": OPENS}, 'Requires-Dist: Two==1; extra == "binary"\n'
    )
    assert opened(friend, tree(tmp_path, "two", renamed)) == []


STARTS = b"import subprocess\ntool_cmd = 'tool'\ndef run():\n    subprocess.run(['viewer', 'x'])\n"


def test_a_program_is_a_packages_purpose_when_its_summary_or_name_has_it(tmp_path: Path) -> None:
    plain = tree(tmp_path, "plain", {"plain/__init__.py": STARTS}, "Summary: Draws pictures\n")
    assert started(plain) == [("viewer", False, False)]
    wrapper = tree(tmp_path, "wrapper", {"wrapper/__init__.py": STARTS}, "Summary: A wrapper around Tool\n")
    assert started(wrapper, own=("wrapper",)) == [("tool", True, True), ("viewer", False, True)]
    named = tree(tmp_path, "pytool", {"pytool/__init__.py": STARTS})
    assert ("tool", True, False) in started(named)


def test_programs_of_a_librarys_own_command_line_are_for_its_developers(tmp_path: Path) -> None:
    files = {"plain/__init__.py": b"from plain.cli.build import run\n", "plain/cli/build.py": STARTS}
    assert started(tree(tmp_path, "plain", {**files, "plain/cli/__init__.py": b""})) == []
    shown = {**files, "plain/client/build.py": STARTS, "plain/__init__.py": b"import plain.client.build\n"}
    assert started(tree(tmp_path / "two", "plain", shown)) == [("viewer", False, False)]


def test_what_only_stands_in_a_variable_is_told_as_that(tmp_path: Path) -> None:
    held = b"from pathlib import Path\nDOT_BINARY = Path('dot')\n"
    uses = list(WheelScan((tree(tmp_path, "one", {"one/__init__.py": held}),), ("one",)).started())
    assert [(use.need.names, use.held, use.direct) for use in uses] == [(("dot",), True, True)]
    fast = tree(tmp_path, "two", {"two/__init__.py": held, "two/fast.so": make_elf()})
    assert list(WheelScan((fast,), ("two",)).started()) == []


def test_a_package_with_native_code_of_its_own_wraps_no_program(tmp_path: Path) -> None:
    files = {"pytool/__init__.py": b"import shutil\nshutil.which('tool')\n", "pytool/fast.so": make_elf()}
    assert started(tree(tmp_path, "pytool", files), own=("pytool",)) == [("tool", False, True)]


def test_a_program_that_a_wheel_brings_is_not_needed(tmp_path: Path) -> None:
    files = {"one/__init__.py": STARTS, "bin/viewer": b"#!x"}
    assert started(tree(tmp_path, "one", files)) == []
    beside = {"one/__init__.py": STARTS, "one/binaries/viewer-linux-x86_64-v7": b""}
    assert started(tree(tmp_path, "two", beside)) == []


def test_what_a_description_tells_to_install(tmp_path: Path) -> None:
    text = "Summary: Plays\n\nUse.\n\n  sudo apt-get install -y ffmpeg libav-extra\n\nor brew install sox.\n"
    said = what_is_said(tree(tmp_path, "one", {}, text))
    assert {"ffmpeg", "libav-extra", "sox."} <= said.installs and "Use" not in said.installs


def test_a_wheels_own_library_may_be_asked_for_by_a_longer_name(tmp_path: Path) -> None:
    files = {
        "one/__init__.py": OPENS.replace(b"magic", b"magic_c"),
        "one.libs/libmagic-e5350069.so": make_elf(),
    }
    assert opened(tree(tmp_path, "one", files)) == []
    other = tree(tmp_path, "two", {"two/__init__.py": OPENS.replace(b"magic", b"magic_c")})
    assert opened(other) == [("libmagic_c.so.*",)]


def test_code_that_python_cannot_parse_is_passed_over(tmp_path: Path) -> None:
    assert opened(tree(tmp_path, "one", {"one/__init__.py": OPENS + b"print 'old'\n"})) == []
