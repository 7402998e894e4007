"""Which edits no plan can tell apart, held against the detectors."""

import ast
import json
import keyword
import random
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from okamochi.detect.planner import make_plan
from okamochi.detect.source.gist import gist_of
from okamochi.detect.source.handlers import TOLD
from okamochi.detect.source.idle import SWITCHES, IdleEdit, idle_edit, says_what
from okamochi.detect.source.idle_definitions import Function, acts, is_everyday, is_view
from okamochi.model.codec import plan_to_json
from okamochi.model.settings_reader import read_settings
from okamochi.system.project_files import DiskProject, MemoryProject
from okamochi.workflows.rebuilding.idle_edits import with_moved_lines
from tests.detect.plans import planned

ROOT = Path(__file__).parent.parent.parent

MODULE = """\
import redis
from flask import Flask, current_app
app = Flask(__name__)
LIMIT = 3

def total(lines, rate):
    folder = lines
    if lines:
        rate += 1
    return sum(lines) * rate

@app.get("/")
def home():
    name = total([1], 2)
    return {"hello": "world"}

class Shop:
    size = 3
"""

HOME = '@app.get("/")\n'

IDLE = {
    "a number in a sum": ("sum(lines) * rate", "sum(lines) * rate + 1"),
    "a step": ("rate += 1", "rate += 2"),
    "what a view answers": ('{"hello": "world"}', '{"hello": "moon", "count": 3}'),
    "another kind of answer": ('return {"hello": "world"}', 'return f"Hi {name}", 201'),
    "a line that prints": ("    folder = lines\n", '    folder = lines\n    print("here", rate)\n'),
    "a line that logs": ("    rate", '    current_app.logger.info("rate %s" if rate else "none")\n    rate'),
    "a call in a view": ("[1], 2)", "[1], other(3))"),
    "a page that a view answers": ('{"hello": "world"}', 'render("pages/home.html")'),
    "more lines in a view": ("    name = total", "    for one in name:\n        more(one)\n    name = total"),
    "a name that nothing else has": ("LIMIT = 3\n", "LIMIT = 3\nEDITED = 2 + 3\n"),
    "a number that nothing reads": ("LIMIT = 3\n", "LIMIT = 4\n"),
    "a comment above": ("LIMIT = 3\n", "# the least\n\nLIMIT = 3\n"),
    "a constant of words": ("LIMIT = 3\n", 'LIMIT = 3\nGREETING = "hello there"\n'),
    "a version": ("LIMIT = 3\n", 'LIMIT = 3\nRELEASED = "1.2.3"\n'),
    "a display of words": ("LIMIT = 3\n", 'LIMIT = 3\nCOLOURS = {"red": [1, "two-3"]}\n'),
    "a word in the place of a number": ("LIMIT = 3", 'LIMIT = "three"'),
    "a route more": (HOME, '@app.get("/more")\ndef more():\n    return {"one": 2}\n\n\n' + HOME),
    "a route of another verb": (
        HOME,
        '@app.route("/more/<int:one>", methods=["POST"])\ndef more(one):\n    return f"{one}"\n\n' + HOME,
    ),
    "a function more": ("class Shop", "def twice(number: int) -> int:\n    return number * 2\n\nclass Shop"),
    "a function that answers a word": ("class Shop", 'def twice():\n    return "two"\n\nclass Shop'),
    "a local that nothing reads": ("    folder = lines\n", "    folder = rate\n"),
}

NOT_IDLE = {
    "an import": ("import redis\n", "import redis\nimport math\n"),
    "a call": ("    folder = lines\n", "    folder = open(lines)\n"),
    "a library": ("    folder = lines\n", "    folder = lines\n    print(redis)\n"),
    "an address": ('{"hello": "world"}', '{"hello": "redis://db"}'),
    "a word that is looked for": ('{"hello": "world"}', '{"hello": "celery"}'),
    "a name like a variable's": ('{"hello": "world"}', '{"CACHE_DIR": "x"}'),
    "the app": ("app = Flask", "app = application = Flask"),
    "a route": ('"/"', '"/home"'),
    "a field of a class": ("    size = 3", "    size = 4"),
    "a condition": ("if lines:", "if rate:"),
    "a constant that is looked for": ("LIMIT = 3\n", 'LIMIT = 3\nUPLOAD_FOLDER = "data"\n'),
    "a constant that is looked for, otherwise": ("LIMIT = 3\n", 'LIMIT = 3\nserverName = "data"\n'),
    "a switch that is warned of": ("LIMIT = 3\n", "LIMIT = 3\nDEBUG = True\n"),
    "a path of a module": ("LIMIT = 3\n", 'LIMIT = 3\nGREETING = "hello/there"\n'),
    "a dotted name": ("LIMIT = 3\n", 'LIMIT = 3\nGREETING = "hello.there"\n'),
    "a name for a name": ("LIMIT = 3\n", "LIMIT = 3\nOTHER = [app]\n"),
    "an answer that is no view's": ("return sum(lines) * rate", 'return "uploads"'),
    "a constant answer": ("return sum(lines) * rate", "return 8000"),
    "a sum of names": ("sum(lines) * rate", "lines + rate"),
    "a function": ("    folder = lines\n", "    folder = lines\n\ndef more():\n"),
    "a function that is looked for": (HOME, "def make_shop():\n    return 1 + 1\n\n" + HOME),
    "a function that the module has": (HOME, "def LIMIT():\n    return 1 + 1\n\n" + HOME),
    "a function with a default": (HOME, "def twice(number=redis):\n    return number * 2\n\n" + HOME),
    "a function of a library's kind": (HOME, "def twice(number: redis):\n    return number * 2\n\n" + HOME),
    "a function that writes": (HOME, 'def twice():\n    open("x", "w")\n\n' + HOME),
    "a function that nobody else decorates so": (HOME, "@redis\ndef twice():\n    pass\n\n" + HOME),
    "a command": (HOME, '@app.cli.command("twice")\ndef twice():\n    pass\n\n' + HOME),
    "a health page": (HOME, '@app.get("/healthz")\ndef more():\n    return "ok"\n\n' + HOME),
    "a page below a health page": (HOME, '@app.get("/v1/health")\ndef more():\n    return "ok"\n\n' + HOME),
    "a socket": (HOME, '@app.websocket("/more")\ndef more():\n    return "ok"\n\n' + HOME),
    "another name for a function": ("def total(", "def totals("),
    "another name for a view": ("def home(", "def start("),
    "a line out of its block": ("        rate += 1\n", "    rate += 1\n"),
    "an else": ("    return sum", "    else:\n        pass\n    return sum"),
    "a string that swallows lines": ("    folder = lines\n", '    folder = """\n'),
    "what is no Python": ("LIMIT = 3", "LIMIT = = 3"),
}


@pytest.mark.parametrize("kind", IDLE)
def test_an_edit_is_idle(kind: str) -> None:
    assert edit_of(*IDLE[kind]) is not None
    assert edit_of(*IDLE[kind], back=True) is not None, "and so is taking it back"


@pytest.mark.parametrize("kind", NOT_IDLE)
def test_an_edit_is_not_idle(kind: str) -> None:
    assert edit_of(*NOT_IDLE[kind]) is None
    assert edit_of(*NOT_IDLE[kind], back=True) is None


def test_a_function_is_judged_with_all_that_it_does() -> None:
    more = '@app.get("/more")\ndef more():\n    {}\n    return "more"\n\n' + HOME
    assert edit_of(HOME, more.format("one = len([2])")) is not None
    assert edit_of(HOME, more.format("one = redis.Redis()")) is None
    assert edit_of(HOME, more.format("import os")) is None


def test_a_name_that_another_module_has_is_not_idle() -> None:
    before, after = gist_of(MODULE), gist_of(MODULE.replace("LIMIT = 3", "LIMIT = 4"))
    assert idle_edit(before, after, lambda name: name == "LIMIT") is None


def test_it_tells_which_lines_move() -> None:
    before, after = "a = 1\nb = 2\nc = 3\n", "a = 1\nb = 2 + 2\nd = 4\nc = 3\n"
    assert idle_edit(before, after, lambda _: False) == IdleEdit(2, 3, 1)


def edit_of(old: str, new: str, *, back: bool = False) -> IdleEdit | None:
    assert MODULE.count(old) >= 1
    texts = [gist_of(MODULE), gist_of(MODULE.replace(old, new, 1))]
    before, after = reversed(texts) if back else texts
    return idle_edit(before, after, lambda _: False)


@cache
def known_words() -> tuple[str, ...]:
    """Every name that stands in a string of the detectors and of what they use."""
    words: set[str] = set()
    for folder in ("detect", "containerfiles", "pypi", "model"):
        for path in (ROOT / "src/okamochi" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
                    words.update(re.findall(r"[A-Za-z_][A-Za-z0-9_]{0,40}", node.value))
    return tuple(sorted(word for word in words if not keyword.iskeyword(word)))


def plan_json(files: dict[str, bytes]) -> bytes:
    project = MemoryProject(files)
    return plan_to_json(make_plan(project, read_settings(project)))


def without_lines(plan: bytes) -> Any:
    """The plan, wherever its evidence stands."""
    text = re.sub(r"(?<=\.py:)\d+", "", plan.decode())
    return json.loads(re.sub(r'"line": \d+,', "", text))


def files_of(example: str) -> dict[str, bytes]:
    project = DiskProject.open(ROOT / "examples" / example)
    contents = {path: project.read_bytes(path, limit_bytes=1_000_000) for path in project.files()}
    return {path: content for path, content in contents.items() if content is not None}


Statements = Callable[[Sequence[str]], list[str]]


def below_headers(text: str, statements: list[str], *, views: bool = False) -> str:
    """The text with statements at the start of all functions, or of all that are views."""
    lines = text.split("\n")
    functions = [one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef)]
    for one in sorted(functions, key=lambda one: -one.lineno):
        first = one.body[0]
        start = min([first.lineno, *(line.lineno for line in getattr(first, "decorator_list", []))])
        if start > one.lineno and (is_view(one) or not views):
            lines[start - 1 : start - 1] = [" " * first.col_offset + line for line in statements]
    return "\n".join(lines)


def routes(text: str, words: Sequence[str]) -> str:
    """Views with all words in path and name, beside those that a module has."""
    views = [one for one in ast.parse(text).body if isinstance(one, Function) and is_view(one)]
    holders = {ast.unparse(one.decorator_list[0]).rpartition(".")[0] for one in views}
    return "".join(
        f"\n\n@{holder}.get('/{word}/{word}')\ndef {word}_():\n    return '{word}'\n"
        for holder in holders
        for word in words
        if is_everyday(f"/{word}")
    )


BARE = {
    "requirements.txt": b"django\npyodbc\n",
    "manage.py": b"import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    "shop/wsgi.py": b"import os\nfrom django.core.wsgi import get_wsgi_application\n"
    b"os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
    b"application = get_wsgi_application()\n",
    "shop/settings.py": b"import os\nimport pyodbc\nKEY = os.environ['KEY']\n",
}


PROJECTS = ("flask-minimal", "flask-uploads", "flask-celery", "fastapi-uv", "django-poetry", "bare")


@pytest.mark.parametrize(
    ("example", "share"),
    [
        *((one, slice(number, None, len(PROJECTS))) for number, one in enumerate(PROJECTS)),
        *(pytest.param(one, slice(None), marks=pytest.mark.matrix) for one in PROJECTS),
    ],
)
def test_all_words_that_detectors_know_change_no_plan_where_an_edit_is_idle(
    example: str, share: slice
) -> None:
    """Each project is told a share of the words, and all of them in the long run: minutes of planning."""
    files = files_of(example) if example != "bare" else BARE
    before = without_lines(plan_json(files))
    own = set(re.findall(r"\w+", b"\n".join(files.values()).decode("latin-1")))
    words = [word for word in known_words() if not TOLD.search(word)]
    free = [word for word in words if word not in SWITCHES and word not in own]
    plain = [word for word in words if "_" not in word]
    assert len(free) > 1000 and len(plain) > 1000
    free = free[share]
    told = f"print({', '.join(map(repr, plain))})"
    logged = f"logger.warning({told})"
    dice = random.Random(example)
    values = (3, 8000, True, False)
    numbers = [f"{word} = {dice.choice(values)}" for word in free]
    written = [f"{word}_ = {dice.choice(plain)!r}" for word in free if not says_what(word)]
    written += [f"{word} = {dice.choice(plain)!r}" for word in free if not says_what(word)]
    written += [f"_{word} = [{dice.choice(free)!r}, '1.2', 3]" for word in free if not says_what(word)]
    written += [f"{word} = {{{dice.choice(free)!r}: True}}" for word in free if not says_what(word)]
    assert len(written) > 2 * len(free)
    answer = f"return {{{', '.join(f'{word!r}: {word!r}' for word in plain)}}}"
    functions = [one for one in free if not says_what(one) and not acts(one) and not one.startswith("__")]
    assert len(functions) > len(free) // 2
    defined = "".join(
        f"\n\ndef {word}(one, two: int):\n    return {dice.choice(plain)!r}\n" for word in functions
    )
    edited = {}
    modules = [path for path in files if path.endswith(".py") and files[path].strip()]
    gaining = {dice.choice(modules), *(path for path in modules if routes(files[path].decode(), functions))}
    for path in modules:
        text = below_headers(files[path].decode(), [answer], views=True)
        text = below_headers(text, [told, logged, *numbers])
        more = defined + routes(files[path].decode(), functions) if path in gaining else ""
        edited[path] = ("\n".join([text, told, logged, *numbers, *written, ""]) + more).encode()
    assert without_lines(plan_json({**files, **edited})) == before


@pytest.mark.parametrize("example", ["flask-minimal", "invoice", "fastapi-uv"])
def test_a_plan_with_moved_lines_is_the_one_that_planning_makes(example: str) -> None:
    files = files_of(example)
    dice, found = random.Random(example), 0
    modules = sorted(path for path in files if path.endswith(".py") and files[path].strip())
    before = plan_json(files)
    for number in range(12):
        path = dice.choice(modules)
        text = files[path].decode()
        lines = text.split("\n")
        place = dice.randrange(len(lines))
        indent = re.match(r" *", lines[place])
        new = dice.choice(["print('seen')", "logger.info('seen')", f"seen_{number} = {number}", "# seen", ""])
        lines.insert(place, (indent[0] if indent else "") + new)
        after = "\n".join(lines)
        edit = idle_edit(gist_of(text), gist_of(after), lambda _: False)
        if edit is not None:
            found += 1
            expected = plan_json({**files, path: after.encode()})
            assert with_moved_lines(before, path, edit) == expected, (path, place, new)
    assert found >= 4


@pytest.mark.parametrize(
    ("example", "step"), [("flask-minimal", 1), ("invoice", 30), ("flask-uploads", 4), ("fastapi-uv", 2)]
)
def test_a_plan_with_a_function_more_is_the_one_that_planning_makes(example: str, step: int) -> None:
    files = files_of(example)
    before, found = plan_json(files), 0
    modules = sorted(one for one in files if one.endswith(".py") and files[one].strip())
    texts = {path: files[path].decode() for path in modules}
    starts = [
        (path, number)
        for path, text in texts.items()
        for number, line in enumerate(text.split("\n"))
        if re.match(r"@|def |class ", line)
    ]
    for path, number in starts[::step]:
        text, lines = texts[path], texts[path].split("\n")
        if number and lines[number - 1]:
            continue  # below a decorator
        new = (routes(text, ["more"]) or "def more(one):\n    if one:\n        return 2\n").strip("\n")
        after = "\n".join([*lines[:number], *new.split("\n"), "", "", *lines[number:]])
        edit = idle_edit(gist_of(text), gist_of(after), lambda _: False)
        if edit is not None:
            found += 1
            expected = plan_json({**files, path: after.encode()})
            assert with_moved_lines(before, path, edit) == expected, (path, number)
    assert found >= 1


def test_a_line_below_the_main_guard_is_never_idle_since_a_process_may_hold_it() -> None:
    flask = "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\n"
    guard = (
        "if __name__ == '__main__':\n    with app.app_context():\n        db.create_all()\n        print(1)\n"
    )
    before = f"{flask}app = Flask(__name__)\ndb = SQLAlchemy(app)\n{guard}"
    after = before.replace("print(1)", "print(2)")
    processes = [
        planned({"app.py": text, "requirements.txt": "flask\n"}).processes for text in (before, after)
    ]
    assert processes[0] != processes[1]
    assert idle_edit(gist_of(before), gist_of(after), lambda _: False) is None
