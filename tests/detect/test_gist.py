"""What planning sees of a Python file, and that it is all that decides."""

import ast
import random
import shutil
import tokenize
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from okamochi.detect.planner import make_plan
from okamochi.detect.source.gist import gist_digest, gist_of, python_text, without_words
from okamochi.errors import OkamochiError
from okamochi.model.codec import plan_to_json
from okamochi.model.settings_reader import read_settings
from okamochi.system.project_files import DiskProject
from okamochi.workflows.plan import TracedProject
from okamochi.workflows.rebuilding.seen import Seen, present_gist
from tests.detect.plans import planned

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"

ALIKE = {
    "a comment": ("x = 1  # one\n", "x = 1  # another, longer one\n"),
    "a sentence": ('print("Your order has arrived.")\n', 'print("Sorry, it is late!")\n'),
    "a title": ('title = "Our Invoices"\n', 'title = "All of Our Invoices 2026"\n'),
    "another language": ('flash("請求書を保存しました")\n', 'flash("保存できません")\n'),
    "a page": ('PAGE = "<h1>Hello</h1>"\n', 'PAGE = "<h1 class=a>Bye, {{ name }}</h1>"\n'),
    "a sentence with values": ('f"Hello {name}, welcome."\n', 'f"Good morning {name}!"\n'),
    "a docstring": ('def f():\n    """Reads `x.y`: /etc."""\n', 'def f():\n    """redis://it is not"""\n'),
    "the docstring of a module": ('# a\n"""One."""\nx = 1\n', '# b\n"""Another: a/b."""\nx = 1\n'),
    "lines of a page": ('P = """<p>\none\n</p>"""\nx = 1\n', 'P = """<p>\ntwo, three\n</p>"""\nx = 1\n'),
}

DIFFERENT = {
    "a name": ("import flask\n", "import quart\n"),
    "a word": ('name = "invoice"\n', 'name = "order"\n'),
    "a number": ("port = 8000\n", "port = 9000\n"),
    "a place": ('UPLOAD_FOLDER = "My Uploads"\n', 'UPLOAD_FOLDER = "Your Uploads"\n'),
    "a place further up": ('os.makedirs(\n    "My Uploads"\n)\n', 'os.makedirs(\n    "Your Uploads"\n)\n'),
    "a default": ('os.getenv("NAME", "Acme Ltd")\n', 'os.getenv("NAME", "Other Ltd")\n'),
    "a default of some reader": ('read("NAME", "Acme Ltd")\n', 'read("NAME", "Other Ltd")\n'),
    "the default of a field": ('    company: str = "Acme Ltd"\n', '    company: str = "Other Ltd"\n'),
    "a shell line": ('x("convert a b")\n', 'x("soffice a b")\n'),
    "a command's options": ('x("Xvfb -nolisten")\n', 'x("Xorg -nolisten")\n'),
    "an address": ('x("Redis at redis://a")\n', 'x("Redis at redis://b")\n'),
    "a file": ('x("The file.txt")\n', 'x("The other.txt")\n'),
    "one more line": ('x("A b c.")\n', '\nx("A b c.")\n'),
    "a text in a call, no docstring": ('x(\n    """a.b"""\n)\n', 'x(\n    """a.c"""\n)\n'),
    "code in a value": ('f"Hello {a}."\n', 'f"Hello {b}."\n'),
    "a string that is not closed": ('x = "Hello there"\n', 'x = "Hello there\n'),
    "what Python refuses in a comment": ("x = 1  # a\n", "x = 1  # \0a\n"),
    "bytes": ('x = b"Hello there"\n', 'x = b"Hello w\N{LATIN SMALL LETTER O WITH ACUTE}rld"\n'),
}


@pytest.mark.parametrize("kind", ALIKE)
def test_it_is_the_same_when_only_that_changes(kind: str) -> None:
    before, after = ALIKE[kind]
    assert gist_of(before) == gist_of(after)


@pytest.mark.parametrize("kind", DIFFERENT)
def test_it_differs_when_that_changes(kind: str) -> None:
    before, after = DIFFERENT[kind]
    assert gist_of(before) != gist_of(after)


def test_a_default_that_is_a_sentence_stays_in_the_plan() -> None:
    app = 'import os\nfrom flask import Flask\napp = Flask(__name__)\nt = os.getenv("TITLE", "Acme Ltd")\n'
    assert [one.default for one in planned({"app.py": app}).environment] == ["Acme Ltd"]


def test_a_file_whose_gist_cannot_be_parsed_is_read_as_it_is() -> None:
    """Quotes within the fields of a formatted string are known to Python 3.12 only, and not to the gist."""
    app = "from flask import Flask\napp = Flask(__name__)\nx = 'It''s' f'{app!r:\"<1}' '#'\n"
    assert planned({"app.py": app}).application.object_reference == "app:app"


@pytest.mark.parametrize("start", ['x = "', "x = '", 'x = """', "x = '''", 'x = """a"'])
def test_a_string_that_never_ends_takes_no_time(start: str) -> None:
    text = start + "and so on " * 10_000 + "\n"
    assert gist_of(text) == text


def files_here() -> list[Path]:
    return sorted(
        path
        for folder in ("src/okamochi/detect", "examples", "bench")
        for path in (ROOT / folder).rglob("*.py")
    )


def test_a_gist_changes_nothing_but_texts() -> None:
    checked = 0
    for path in files_here():
        text = python_text(path.read_bytes())
        gist = without_words(text)
        assert gist.count("\n") == text.count("\n"), path
        assert shape_of(gist) == shape_of(text), path
        checked += gist != text
    assert checked > 50


def shape_of(text: str) -> str:
    """The syntax tree with its lines, without what is in strings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            node.values = [one for one in node.values if not isinstance(one, ast.Constant)]
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
        for name in ("col_offset", "end_col_offset"):
            if hasattr(node, name):
                setattr(node, name, 0)
    return ast.dump(tree, include_attributes=True)


@pytest.mark.parametrize(
    "content",
    [
        b"x = 1\n",
        "# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"),
        b"#!/usr/bin/python\n# vim: set fileencoding=utf-8 :\nx = 1\n",
        b"\xef\xbb\xbfx = 'a'\n",
        "x = 'é'\n".encode(),
        "# coding: shift_jis\nx = '請求'\n".encode("shift_jis"),
        b"\n# coding: ascii\r\nx = 1\r\n",
    ],
)
def test_a_file_is_decoded_as_python_does(content: bytes) -> None:
    encoding, _ = tokenize.detect_encoding(BytesIO(content).readline)
    assert python_text(content) == content.decode(encoding).replace("\r\n", "\n")


@pytest.mark.parametrize("content", ["x = 'é'\n".encode("latin-1"), b"# coding: nonsense\nx = 'a'\n"])
def test_what_python_refuses_is_read_as_latin_1(content: bytes) -> None:
    assert python_text(content) == content.decode("latin-1")


Edit = Callable[[random.Random, list[str]], None]


def another_text(dice: random.Random, lines: list[str]) -> None:
    places = [number for number, line in enumerate(lines) if '"' in line]
    if places:
        place = dice.choice(places)
        before, _, after = lines[place].partition('"')
        lines[place] = f'{before}"{dice.choice(["All is well. ", "x", "a/b", "Oh! "])}{after}'


def another_comment(dice: random.Random, lines: list[str]) -> None:
    place = dice.randrange(len(lines))
    lines[place] += dice.choice(["  # noted", "  # redis://x", "  # os.environ['X']"])


def line_gone(dice: random.Random, lines: list[str]) -> None:
    del lines[dice.randrange(len(lines))]


def line_twice(dice: random.Random, lines: list[str]) -> None:
    place = dice.randrange(len(lines))
    lines.insert(place, lines[place])


def new_last_line(dice: random.Random, lines: list[str]) -> None:
    new = ('TITLE = "A new one"', "# the end", 'import os; os.environ["NEW"]', 'open("data/x", "w")')
    lines.append(dice.choice(new))


def words_swapped(dice: random.Random, lines: list[str]) -> None:
    place = dice.randrange(len(lines))
    words = lines[place].split(" ")
    dice.shuffle(words)
    lines[place] = " ".join(words)


EDITS: tuple[Edit, ...] = (
    another_text,
    another_text,
    another_comment,
    line_gone,
    line_twice,
    new_last_line,
    words_swapped,
)
# Settings of this many edits for each example; the same ones each time.
ROUNDS = 40


@pytest.mark.parametrize(
    "example", ["invoice", "flask-uploads", "fastapi-uv", "django-poetry", "flask-celery"]
)
def test_a_plan_changes_only_with_what_it_saw(example: str, tmp_path: Path) -> None:
    """An edit that changes nothing of it gives the very same plan, evidence included."""
    root = tmp_path / example
    shutil.copytree(EXAMPLES / example, root, ignore=shutil.ignore_patterns("__pycache__"))
    before, seen = looked_at(root)
    dice, modules = random.Random(example), sorted(root.rglob("*.py"))
    counts: Counter[bool] = Counter()
    for _ in range(ROUNDS):
        module = dice.choice([one for one in modules if one.stat().st_size])
        old = module.read_text("utf-8")
        lines = old.split("\n")
        dice.choice(EDITS)(dice, lines)
        module.write_text("\n".join(lines), "utf-8")
        path = module.relative_to(root).as_posix()
        alike = path not in seen.read or (
            path in seen.gists
            and gist_digest(present_gist(DiskProject.open(root), path) or "") == seen.gists[path]
        )
        counts[alike] += 1
        if alike:
            assert looked_at(root) == (before, seen), (path, lines)
        module.write_text(old, "utf-8")
    assert min(counts[True], counts[False]) > 1, counts


def looked_at(root: Path) -> tuple[bytes, Seen]:
    """The plan, or why there is none, and what was seen for it."""
    project = TracedProject(DiskProject.open(root))
    try:
        plan = plan_to_json(make_plan(project, read_settings(project), gist=project.gist))
    except OkamochiError as error:
        plan = f"{error} {error.where} {error.details}".encode()
    return plan, Seen.of(project.whole, project.gists)
