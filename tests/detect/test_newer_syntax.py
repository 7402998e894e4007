"""Code for a newer Python than the one that runs okamochi is read all the same."""

import ast
import sys

import pytest

from okamochi.detect.source.newer_syntax import in_older_words, newer_tree
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
        "def first[\n    T: (int, str) = int,\n](\n    rows: list[T],\n) -> T: ...",
        "type Row[T: dict[str, ']']] = (\n    dict[str, T]\n)",
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


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="no Python newer than this one is offered")
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


def shape(tree: ast.Module) -> str:
    return ast.dump(tree)


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("f'{a['b']}'", """f'{a["b"]}'"""),
        (r"f'{'\n'.join(rows)} {{no}} {x!r:>{w['n']}}'", ""),
        ("f'{f'{f'{x}'}'}'", ""),
        ("f'{rows # a }\n}'", "f'{rows}'"),
        ("f'''<p>{\n  a['''b''']\n}</p>'''", """f'''<p>{a["b"]}</p>'''"""),
        (r"rf'\d{a['x']}{b}'", r"""rf'\d{a["x"]}{b}'"""),
        ("f'{x:=5}{a['b']}{y != 3}{z}'", """f'{x:=5}{a["b"]}{y != 3}{z}'"""),
        ("f'{a['b']=}{z = !s}'", ""),
        ("'a' f'{b['c']}' 'd'", """'a' f'{b["c"]}' 'd'"""),
        ("f'{each({1: 2}, 'k')}'", """f'{each({1: 2}, "k")}'"""),
    ],
)
def test_formatted_strings_have_the_tree_that_newer_pythons_give_them(newer: str, older: str) -> None:
    found = newer_tree(f"x = 1\nvalue = {newer}\nafter = 2\n")
    assert found.body[-1].lineno == 3 + newer.count("\n")
    if older:
        assert shape(found) == shape(ast.parse(f"x = 1\nvalue = {older}\nafter = 2\n"))


def test_what_is_read_inside_them_has_its_own_line() -> None:
    tree = newer_tree("value = f'{\n  os.environ['KEY']\n}'\n")
    (name,) = [one for one in ast.walk(tree) if isinstance(one, ast.Constant) and one.value == "KEY"]
    assert name.lineno == 2


@pytest.mark.parametrize("text", ["f'{a['b'}'", "x = f'{", "f'{}'", "f'{a b['c']}'", "def x(:", "'''"])
def test_what_no_python_reads_stays_an_error(text: str) -> None:
    with pytest.raises(SyntaxError):
        newer_tree(text)


def test_the_whole_app_is_seen_through_them() -> None:
    source = (
        "import os\nfrom flask import Flask\n\napp = Flask(__name__)\n"
        "URL = f\"\"\"{\n    f'{os.environ['API_URL']}/{'a'}'\n}\"\"\"\n"
    )
    plan = planned({"app.py": source, "requirements.txt": "flask\n"})
    assert "API_URL" in [one.name for one in plan.environment]
