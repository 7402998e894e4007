"""The table of graphviz's plug-ins, from plug-ins that a compiler made."""

import shutil
import subprocess
from pathlib import Path

import pytest

from okamochi.debian.graphviz import plugin_table, read_plugin

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")

# gvcext.h and gvplugin.h of graphviz, as far as tables go
SOURCE = """
typedef struct { int id; const char *type; int quality; void *engine, *features; } type_t;
typedef struct { int api; type_t *types; } api_t;
typedef struct { char *packagename; api_t *apis; } library_t;
static int engine;
static type_t layouts[] = {{1, "dot", 0, &engine, 0}, {0}};
type_t devices[] = {{1, "png:cairo", 10, &engine, 0}, {2, "svg:lost", -1, 0, 0}, {3, "plain", 1, 0, 0}, {0}};
static type_t renderers[] = {{1, "cairo", 5, &engine, 0}, {0}};
static api_t apis[] = {{1, layouts}, {3, devices}, {0, renderers}, {0}};
library_t gvplugin_two_words_LTX_library = {"two", apis};
"""
TABLE = """\
libgvplugin_two_words.so.6 two {
\tlayout {
\t\tdot 0
\t}
\tdevice {
\t\tpng:cairo 10
\t\tplain 1
\t}
\trender {
\t\tcairo 5
\t}
}
"""


@pytest.fixture
def plugin(tmp_path: Path) -> bytes:
    (tmp_path / "plugin.c").write_text(SOURCE)
    made = tmp_path / "plugin.so"
    command = ("gcc", "-shared", "-fPIC", "-o", made, tmp_path / "plugin.c")
    subprocess.run(command, check=True, capture_output=True)
    return made.read_bytes()


def test_names_and_qualities_are_read_and_what_needs_an_absent_renderer_stays_out(plugin: bytes) -> None:
    found = read_plugin(plugin)
    assert found is not None
    assert plugin_table([("libgvplugin_two_words.so.6", found)]).decode() == TABLE


def test_another_library_and_damaged_ones_tell_nothing(plugin: bytes) -> None:
    assert read_plugin(b"") is None
    assert read_plugin(plugin.replace(b"_LTX_library", b"_LTX_nothing")) is None
    for length in range(0, len(plugin), 97):
        read_plugin(plugin[:length])  # never an error
    for place in range(0, len(plugin), 61):
        read_plugin(plugin[:place] + b"\xff" + plugin[place + 1 :])
