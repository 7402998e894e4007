"""How an error is laid out, and that its words fit that."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import okamochi
from okamochi.cli.console import print_error
from okamochi.errors import OkamochiError

SOURCES = sorted(Path(okamochi.__file__).parent.rglob("*.py"))
POINTS_DOWN = re.compile(r"\b(?:lines?|log|traceback|list)\b[^.;]*\bbelow\b")


def test_the_lines_of_an_error_stand_above_its_hint(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(OkamochiError("what", where="where", hint="look", details=("a line", "another")))
    said = capsys.readouterr().err
    places = [said.index(word) for word in ("what", "where", "a line", "another", "look")]
    assert places == sorted(places)


def test_no_hint_sends_people_below_itself() -> None:
    wrong = [(source.name, text) for source in SOURCES for text in hints(source) if POINTS_DOWN.search(text)]
    assert wrong == []


def hints(source: Path) -> Iterator[str]:
    """Texts that are hints or have a name."""
    text = source.read_text()
    if "below" not in text:
        return
    for node in ast.walk(ast.parse(text)):
        if (isinstance(node, ast.keyword) and node.arg == "hint") or isinstance(node, ast.Assign):
            for part in ast.walk(node.value):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value
