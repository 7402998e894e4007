"""Texts of a project that cost time or memory, or hold what no file can: a plan, or an error, at once."""

import time
from collections.abc import Mapping

import pytest

from okamochi.errors import DetectionError, OkamochiError
from tests.detect.plans import FLASK_APP, planned

SPACES = " " * 120_000
WORD = "z" * 120_000
DOUBLED = "ENV A0=" + "x" * 100 + "\n" + "".join(f"ENV A{n}=$A{n - 1}$A{n - 1}\n" for n in range(1, 60))


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": f"{FLASK_APP}X = {WORD!r}\n"},
        {"Dockerfile": f"FROM python\nENV {WORD}\n"},
        {"Dockerfile": f"FROM python\nENV a{SPACES}b{SPACES}\n"},
        {"Dockerfile": f"FROM python\n{DOUBLED}WORKDIR /$A59\nVOLUME $A59\n"},
        {"Dockerfile": f"FROM python\nCMD {'A=b ' * 60_000}\n"},
        {"Dockerfile": f"FROM python\nCMD {'[' * 60_000}\nVOLUME {'[' * 60_000}\nENTRYPOINT {'[' * 60_000}\n"},
        {"requirements.txt": f"flask\nclick{SPACES}\n"},
        {"requirements.txt": f"flask\nclick{SPACES}# a comment\n"},
    ],
    ids=["word", "variable", "spaces", "doubled", "words", "brackets", "end", "comment"],
)
def test_long_texts_take_no_time_that_grows_with_their_square(files: Mapping[str, str]) -> None:
    begin = time.process_time()
    planned({"app.py": FLASK_APP, **files})
    assert time.process_time() - begin < 5


def test_a_marker_that_is_nested_too_deep_is_an_error_with_its_line() -> None:
    with pytest.raises(DetectionError, match="no dependency specifier") as caught:
        planned({"app.py": FLASK_APP, "requirements.txt": f"flask\nclick ; {'(' * 5_000}\n"})
    assert caught.value.where == "requirements.txt:2"


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("if os.getenv('A'):\n    pass\n" + "elif os.getenv('B'):\n    pass\n" * 2_500, 5005),
        ("x = os.environ" + ".get('A')" * 900 + "\n", 5),
    ],
    ids=["elif", "calls"],
)
def test_code_that_is_nested_too_deep_is_told_with_its_place(code: str, line: int) -> None:
    with pytest.raises(DetectionError, match="nested too deep") as caught:
        planned({"app.py": f"{FLASK_APP}import os\n{code}", "other.py": "import os\n"})
    assert caught.value.where == f"app.py:{line}"


def test_halves_of_characters_in_a_source_do_no_harm() -> None:
    source = FLASK_APP + "import os\nA = os.getenv('A', '\\udfff')\nB = os.environ['B\\ud800']\n"
    assert planned({"app.py": source}).application.object_reference == "app:app"


DIGITS = "9" * 10_000
LOCK = f'lock-version = "1.0"\n[[packages]]\nname = "flask"\nversion = "{DIGITS}"\n'


def test_a_lock_with_a_version_of_thousands_of_digits_is_damaged() -> None:
    with pytest.raises(DetectionError, match="damaged"):
        planned({"app.py": FLASK_APP, "pylock.toml": LOCK})


@pytest.mark.parametrize(
    "files",
    [
        {"setup.cfg": f"[metadata]\nname = shop\nversion = {DIGITS}\n[options]\ninstall_requires =\n  flask\n"},
        {"requirements.txt": f"flask=={DIGITS}\n"},
        {"requirements.txt": f"flask\nclick ; python_version > '{DIGITS}'\n"},
        {"requirements.txt": "flask\n", ".python-version": DIGITS},
        {"pyproject.toml": f'[project]\nname = "a"\ndependencies = ["flask<{DIGITS}"]\nrequires-python = "<{DIGITS}"\n'},
    ],
    ids=["setup.cfg", "pinned", "marker", "python", "pyproject"],
)
def test_versions_of_thousands_of_digits_are_planned_or_refused(files: Mapping[str, str]) -> None:
    try:
        plan = planned({"app.py": FLASK_APP, **files})
    except OkamochiError as refusal:
        assert refusal.hint
        return
    assert plan.application.object_reference == "app:app"


def test_functions_that_call_each_other_countless_times_are_looked_at_once() -> None:
    calls = "".join(f"def g{n}():\n" + "    h()\n" * 150 for n in range(60))
    source = (
        "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\napp = Flask(__name__)\n"
        "db = SQLAlchemy(app)\ndef h():\n    db.create_all()\n    db.session.add(1)\n"
        + calls
        + "def f():\n"
        + "".join(f"    g{n % 60}()\n" for n in range(1500))
        + "if __name__ == '__main__':\n    f()\n    app.run()\n"
    )
    begin = time.process_time()
    planned({"app.py": source, "requirements.txt": "flask\nflask-sqlalchemy\n"})
    assert time.process_time() - begin < 5
