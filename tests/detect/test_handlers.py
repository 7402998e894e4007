"""Of functions that answer requests, planning sees the statements that have a word of interest."""

import ast
import time
from pathlib import Path

import pytest

from okamochi.detect.source.gist import gist_of, python_text
from okamochi.detect.source.handlers import without_idle_statements

VIEW = '@app.route("/")\ndef home():\n'

IDLE = [
    "return render_template('pages/home.html', items=items)",
    "items = Item.query.filter_by(name=form.name.data).all()",
    "db.session.add(item)",
    "total += sum(\n        one.price\n        for one in items\n    )",
    "form.save()",
    "form.save(commit=False)",
    "return jsonify({'count': len(items)}), 201",
    "return redirect(url_for('home'))",
    "pass",
]

KEPT = [
    "import redis",
    "with it as file:\n        key = environ",
    "key = os.environ['NAME']",
    "key = env('SECRET_KEY')",
    "subprocess.run(['convert', name])",
    "url = 'redis://localhost'",
    "name = 'package.module'",
    "connection = psycopg2.connect(host='db')",
    "app.config['UPLOAD_FOLDER'] = 'x'",
    "def inner():\n        run()",
    "if x: return 1",
    "task = module.celery.send(1)",
]

WRITING = [
    "target = PLACE / name\n    file.save(target)",
    "with open(PLACE / name, 'w') as file:\n        file.write(x)",
    "PLACE.mkdir()\n    name = PLACE",
]


STARTING = [
    "command = ['ffmpeg', '-i', name]\n    subprocess.run(command)",
    "command = 'convert'\n    system(command)",
    "upload_folder = place\n    store(upload_folder)",
    "RotatingFileHandler(name)",
]


@pytest.mark.parametrize("statement", IDLE)
def test_a_statement_without_a_word_of_interest_is_blanked(statement: str) -> None:
    text = f"{VIEW}    {statement}\n\n\nrest = 1\n"
    thin = without_idle_statements(text)
    assert thin.replace("    0", "").strip("\n ").split("\n\n")[0] == VIEW.strip()
    assert thin.count("\n") == text.count("\n")
    assert thin.endswith("\nrest = 1\n")


@pytest.mark.parametrize("statement", [*KEPT, *WRITING, *STARTING])
def test_what_can_matter_stays(statement: str) -> None:
    text = f"{VIEW}    {statement}\n"
    assert without_idle_statements(text) == text


@pytest.mark.parametrize(
    "function",
    [
        "def home(request):\n    return page\n",
        "class View:\n    def get(self, request, *args):\n        return page\n",
        "@bp.get('/a')\n@login_required\nasync def home(id: int = 3) -> str:\n    return page\n",
        "@app.route(\n    '/a',\n    methods=['GET'],\n)\ndef home(\n    one,\n):\n    return page\n",
        "@get('/')\ndef home():\n    return page\n",
    ],
)
def test_who_answers_requests(function: str) -> None:
    assert without_idle_statements(function) == function.replace("return page", "0")


@pytest.mark.parametrize(
    "function",
    [
        "def home():\n    return page\n",
        "@app.cli.command('a')\ndef home():\n    return page\n",
        "@app.get('/')\ndef home():\n    return open(page)\n\ndef other():\n    return page\n",
        "def create_app(config):\n    return page  # @app.get\n",
        "@app.get('/')\ndef home(): return page\n",
        "def load(request=None):\n    return page\n\nload()\n",
        "from subprocess import run as start\n@app.get('/')\ndef home():\n    start(page)\n",
        "TEXT = '''\ndef home(request):\n    return page'''\nUPLOAD_FOLDER = 'a'\nREST = 1\n",
        "TEXT = '''\ndef home(request):\n    return page'''\nPLACE = 'a'\nREST = '''\nb\n'''\n",
    ],
)
def test_who_does_not(function: str) -> None:
    assert without_idle_statements(function) == function


def test_conditions_without_such_words_are_blanked_too() -> None:
    text = f"{VIEW}    if form.valid(\n        1):\n        return 1\n    elif environ:\n        return 2\n"
    expected = f"{VIEW}    if _:\n\n        0\n    elif environ:\n        0\n"
    assert without_idle_statements(text) == expected


def test_files_of_this_repository_and_others_stay_python_with_their_lines() -> None:
    examples = (Path(__file__).parents[2] / "examples").glob("**/*.py")
    for path in (*examples, *sorted(Path(ast.__file__).parent.glob("*.py"))[::2]):
        text = python_text(path.read_bytes())
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        gist = gist_of(text)
        assert gist.count("\n") == text.count("\n"), path
        ast.parse(gist)


@pytest.mark.parametrize(
    "text",
    [
        "".join(" " * depth + "def f(request):\n" for depth in range(1500)),
        "def f(request):\n" * 60_000,
        "".join(f"def f{number}(request):\n    1\n" for number in range(60_000)),
        "x = '''a'''\n" + "def f(request):\n" * 60_000,
        "def f(request):\n" + "as " * 300_000,
        "@x\n" * 200_000 + "def f(a):\n",
        "def f(request):\n    a = " + "(" * 500_000,
        "def f(request):\n    a = '" + "a." * 400_000,
        "def f(request):\n" + "    x = 'A_" * 60_000,
        "def f(" + " " * 800_000,
    ],
)
def test_hostile_texts_take_no_time(text: str) -> None:
    start = time.process_time()
    without_idle_statements(text)
    assert time.process_time() - start < 20
