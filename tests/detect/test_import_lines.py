"""Imports read from text are those of the tree, line by line; where that is in doubt, it says nothing."""

import ast
import inspect
import pkgutil
import sys
from pathlib import Path

import pytest

from okamochi.detect.source.gist import gist_of, python_text
from okamochi.detect.source.import_lines import imports_of
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import descendants
from okamochi.system.project_files import MemoryProject

STATEMENTS = '''
import os, sys as system
import a.b.c
from . import one
from .. import two as three
from .four.five import (
    six,  # said of it
    seven as eight,
)
from nine import *
from __future__ import annotations
def later():
    """from docstring import nothing"""
    from ten import eleven
    text = """
from inside import a_string
"""
    return "import nothing; from nothing import it"
if True:
    import twelve
class Holder:
\timport thirteen
'''


def shown(nodes: tuple[ast.AST, ...]) -> list[tuple[str, int]]:
    return [(ast.dump(node), node.lineno) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]


def of_tree(gist: str) -> list[tuple[str, int]]:
    return shown(descendants(ast.parse(gist)))


def test_every_kind_of_statement() -> None:
    gist = gist_of(STATEMENTS)
    told = imports_of(gist)
    assert told is not None
    assert shown(told) == of_tree(gist)
    assert len(told) == 10


@pytest.mark.parametrize(
    "text",
    [
        "if True: import one",
        "x = 1; import two",
        "from three import four, \\\n    five",
        "import six; import seven",
        "from eight import nine; x = 1",
        "import ａ",
        "x = 1 \\\n\nimport ten, \\\n  eleven",
    ],
)
def test_a_doubt_is_left_to_the_tree(text: str) -> None:
    assert imports_of(text) is None
    project = MemoryProject({"app.py": text})
    assert shown(Sources(project).imports("app.py")) == of_tree(text)


@pytest.mark.parametrize(
    "text",
    [
        'x = "a: import nothing"',
        "x = '; from nothing import it'",
        "def f():\n    yield from it\n",
        "important = 1\nfrom_here = 2\n",
        'print("""\nimport nothing\n""")',
        "raise ValueError(\n    1\n) from None",
        "",
    ],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert imports_of(gist_of(text)) == ()


def test_the_standard_library_of_this_python() -> None:
    """A few hundred files that nobody wrote for this test."""
    folder = Path(inspect.getfile(pkgutil)).parent
    doubtful = looked_at = 0
    for path in sorted(folder.glob("*.py")) + sorted((folder / "asyncio").glob("*.py")):
        gist = gist_of(python_text(path.read_bytes()))
        told = imports_of(gist)
        looked_at += 1
        doubtful += told is None
        if told is not None:
            assert shown(told) == of_tree(gist), path
    assert looked_at > 150
    assert doubtful < looked_at / 5, sys.version


def test_a_module_is_parsed_only_for_its_tree() -> None:
    sources = Sources(MemoryProject({"app.py": "import os\nx = 1\n"}))
    module = sources.module("app.py")
    assert isinstance(module, Module)
    assert [type(node) for node in sources.imports("app.py")] == [ast.Import]
    assert "x" in sources.words("app.py")
    assert not module.is_parsed
    assert len(module.tree.body) == 2
    assert module.is_parsed
