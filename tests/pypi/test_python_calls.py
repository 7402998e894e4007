"""Names of libraries and programs in Python's text."""

import ast

import pytest

from okamochi.pypi.python_calls import CallKind, native_calls


def found(text: str) -> list[tuple[CallKind, tuple[str, ...]]]:
    return [(call.kind, call.names) for call in native_calls(ast.parse(text))]


def libraries(text: str) -> list[tuple[str, ...]]:
    return [names for kind, names in found(f"import ctypes.util\n{text}") if kind is CallKind.LIBRARY]


def programs(text: str) -> list[str]:
    calls = found(f"import os, shutil, subprocess\n{text}")
    return [names[0] for kind, names in calls if kind is CallKind.PROGRAM]


HANDS_ON = """
def load(ffi, names):
    for name in names:
        for one in (name, "lib" + name):
            ffi.dlopen(find_library(one))
load(ffi, ["pango", "pango-1.0"])
load(ffi, names=["gobject-2.0"])
"""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('ctypes.util.find_library("magic")', [("libmagic.so.*",)]),
        ("from ctypes.util import find_library as _find\n_find('portaudio')", [("libportaudio.so.*",)]),
        ('ctypes.CDLL("libpq.so.5")', [("libpq.so.5",)]),
        ('ctypes.cdll["libX11.so.6"]', [("libX11.so.6",)]),
        ('ctypes.cdll.LoadLibrary("libfoo.so")', [("libfoo.so.*",)]),
        ('find_library("MagickWand" + suffix)', [("libMagickWand*",)]),
        ('find_library(f"MagickWand{suffix}")', [("libMagickWand*",)]),
        ('ffi.dlopen(library_name("vips", 42))', [("libvips.so.42",)]),
        (
            "NAMES = 'b', 'c'\nfor name in ('portaudio', 'bin/x.dll'):\n    find_library(name)",
            [("libportaudio.so.*",)],
        ),
        (
            "_dlopen(ffi, 'libpango-1.0-0', 'pango-1.0', 'libpango-1.0.so.0', 'libpango-1.0.dylib')",
            [("libpango-1.0.so.0",)],
        ),
        ("dlopen(ffi, ('cairo-2',), ('libcairo.so.2', 'libcairo.2.dylib'))", [("libcairo.so.2",)]),
        (HANDS_ON, [("libpango.so.*", "libpango-1.0.so.*"), ("libgobject-2.0.so.*",)]),
        ('os.path.join(here, "libown.so.1")', []),
        ("ctypes.CDLL(None)", []),
        ('ctypes.CDLL("user32.dll")', []),
    ],
)
def test_libraries_that_are_opened_by_name(text: str, names: list[tuple[str, ...]]) -> None:
    assert libraries(text) == names


def test_without_ctypes_or_cffi_a_soname_is_only_a_text() -> None:
    assert found('load("libpq.so.5")') == []


def test_what_only_other_systems_run_does_not_count() -> None:
    text = """
if sys.platform == "darwin":
    ctypes.CDLL("liba.so.1")
elif os.name == "nt":
    ctypes.CDLL("libb.so.1")
else:
    ctypes.CDLL("libc9.so.1")
if not sys.platform.startswith("linux"):
    ctypes.CDLL("libd.so.1")
if __name__ == "__main__":
    ctypes.CDLL("libe.so.1")
if is_windows():
    ctypes.CDLL("libf.so.1")
"""
    assert libraries(text) == [("libc9.so.1",)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('subprocess.run(["ffmpeg", "-i", path])', ["ffmpeg"]),
        ('subprocess.check_output(("git", "log"))', ["git"]),
        ('shutil.which("pdftoppm")', ["pdftoppm"]),
        ('os.execvp("tesseract", args)', ["tesseract"]),
        ('os.spawnlp(os.P_WAIT, "gs", "gs")', ["gs"]),
        ('subprocess.run(args=["/usr/bin/pg_dump"])', ["pg_dump"]),
        ('TOOL = "dot"\nsubprocess.run([TOOL, "-Tpng"])', ["dot"]),
        ("cmd = []\ncmd += (tool, 1)\ntool = 'sox'\nsubprocess.Popen(cmd)", ["sox"]),
        ('subprocess.run([found("pdftocairo" if c else "pdftoppm", p)] + rest)', ["pdftocairo", "pdftoppm"]),
        ('subprocess.run([os.environ.get("GS", "gs"), "-q"])', ["gs"]),
        ('from subprocess import run\nrun(["exiftool"])', ["exiftool"]),
        ('app.run("0.0.0.0")', []),
        ('subprocess.run([sys.executable, "-m", "x"])', []),
        ('subprocess.run(["./own.sh"])', []),
    ],
)
def test_programs_that_are_started_by_name(text: str, names: list[str]) -> None:
    assert programs(text) == names


@pytest.mark.parametrize(
    "text",
    [
        'os.system("pg_dump shop > out")',
        'subprocess.run("pg_dump shop | gzip", shell=True)',
        'os.popen("pg_dump")',
    ],
)
def test_a_shell_line_needs_a_shell_and_its_program(text: str) -> None:
    assert found(f"import os, subprocess\n{text}") == [(CallKind.SHELL, ()), (CallKind.PROGRAM, ("pg_dump",))]


@pytest.mark.parametrize(
    "line",
    [
        'f"pg_dump {P}"',
        '"pg_dump " + P',
        '"pg_dump %s" % P',
        '"pg_dump {}".format(P)',
        '" ".join(["pg_dump", P])',
    ],
)
def test_an_argument_of_a_shell_line_is_no_program(line: str) -> None:
    text = f'import os\nP = "tests"\nos.system({line})'
    assert found(text) == [(CallKind.SHELL, ()), (CallKind.PROGRAM, ("pg_dump",))]
    assert programs('import os\nP = "pg_dump"\nos.system(f"{P} tests")') == ["pg_dump"]


def test_a_list_with_shell_false_needs_none() -> None:
    assert found('import subprocess\nsubprocess.run(["ls"], shell=False)') == [(CallKind.PROGRAM, ("ls",))]


def test_a_name_in_a_variable_for_programs_is_held() -> None:
    assert found('tesseract_cmd = "tesseract"\nnames = "other"') == [(CallKind.HELD, ("tesseract",))]
    assert found('def run(spec, cmd="ffmpeg", mode="fast", *, exe=None, probe_bin="ffprobe"): ...') == [
        (CallKind.HELD, ("ffmpeg",)),
        (CallKind.HELD, ("ffprobe",)),
    ]


def missed(text: str) -> list[str]:
    return [names[0] for kind, names in found(text) if kind is CallKind.MISSED]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("def f():\n    if not which('ffmpeg'):\n        warn(\"Couldn't find ffmpeg\")", ["ffmpeg"]),
        ("def f():\n    if not shutil.which('dot'):\n        raise E('install dot first')", ["dot"]),
        ("def f():\n    if not which('dot'):\n        raise E('nothing found')", []),
        ("def f():\n    if not which('dot'):\n        log.error('dot not found')\n        return b''", []),
        ("def f():\n    if not which('dot'):\n        warn('dot not found')\n        return 'dot'", ["dot"]),
        ("def f():\n    if not which('dot'):\n        warn('dot draws')", []),
        ("def f():\n    return which('dot')\ndef g():\n    warn('dot not found')", []),
    ],
)
def test_programs_whose_absence_is_told(text: str, names: list[str]) -> None:
    assert missed(text) == names
