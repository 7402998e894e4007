"""Code for a newer Python than the one that runs okamochi is read all the same."""

import ast

import pytest

from okamochi.detect.newer_syntax import in_older_words
from tests.detect.plans import planned

APP = "from fastapi import FastAPI\n{}\napp = FastAPI()\n"


@pytest.mark.parametrize(
    "newer",
    [
        "type Row = dict[str, str]",
        "type Row[T] = dict[str, T]",
        "def first[T: int](rows: list[T]) -> T: ...",
        "class Box[T]:\n    async def get[S](self) -> S: ...",
        "class Box[T](dict):\n    ...",
        "try:\n    x = 1\nexcept ValueError, KeyError:\n    x = 2",
        "name = 'x'\npage = t'<p>{name}</p>'",
    ],
)
def test_newer_statements_are_read_line_by_line(newer: str) -> None:
    older = in_older_words(newer)
    ast.parse(older)
    assert older.count("\n") == newer.count("\n")


def test_text_without_them_stays_as_it_is() -> None:
    text = "type = 5\nrows[type] = 't'\ndef f(a): return a[0](1)\nprint('except a, b:')\n"
    assert in_older_words(text) == text


def test_an_app_with_them_is_planned() -> None:
    files = {"app.py": APP.format("type Row = dict[str, str]"), "requirements.txt": "fastapi\n"}
    assert planned(files).application.object_reference == "app:app"


def test_what_only_a_newer_python_may_read_is_a_warning_for_that_python() -> None:
    files = {
        "app.py": APP.format("import rest"),
        "rest.py": "syntax of = the future\n",
        "requirements.txt": "fastapi\n",
        ".python-version": "3.14\n",
    }
    plan = planned(files)
    warned = [one.summary for one in plan.decisions if one.field == "source"]
    assert plan.python_version == "3.14"
    assert len(warned) == 1
    assert "rest.py could not be read" in warned[0]
