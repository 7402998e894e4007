"""What strangers' words can do to the terminal that shows them: nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from okamochi.system.standard_streams import harmless

APP = "import os\nfrom flask import Flask\n\napp = Flask(__name__)\nkey = os.environ['KEY']\n"
TITLE = "\x1b]0;title\x07"
OBEYED = ("\x1b]", "\x1b[2J", "\x07", "\x9b", "\u202e")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain: ü, 日本, 👩\u200d💻, \u05d0\n\tnext\n", "plain: ü, 日本, 👩\u200d💻, \u05d0\n\tnext\n"),
        ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m"),
        (f"{TITLE}x", "\\u001b]0;title\\u0007x"),
        ("\x1b[2J\x1b[6n\r\x08", "\\u001b[2J\\u001b[6n\\u000d\\u0008"),
        ("\x9b2J", "\\u009b2J"),
        ("a\u202eb\u2066", "a\\u202eb\\u2066"),
        ("\udcff", "\\udcff"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(text: str, shown: str) -> None:
    assert harmless(text) == shown


def on_terminal(*argv: str) -> str:
    """What a program writes to a terminal, as it comes there."""
    child, terminal = os.forkpty()
    if child == 0:
        os.environ.pop("NO_COLOR", None)
        os.execv(sys.executable, (sys.executable, *argv))
    pieces: list[bytes] = []
    try:
        while piece := os.read(terminal, 65536):
            pieces.append(piece)
    except OSError:  # how a terminal ends
        pass
    os.close(terminal)
    os.waitpid(child, 0)
    return b"".join(pieces).decode()


def test_names_and_values_of_a_project_reach_the_terminal_as_text(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "requirements.txt").write_text("flask\n")
    hostile = f"a\x1b[2J{TITLE}\u202e\x9b.py"
    (tmp_path / hostile).write_text("import os\nother = os.environ['OTHER']\n")
    (tmp_path / "app.py").write_text(f"{APP}open({hostile!r})\n")
    (tmp_path / "Procfile").write_text(f"web: gunicorn app:app\njob: python {hostile}\n")
    plan = on_terminal("-m", "okamochi", "plan", str(tmp_path))
    assert "\\u001b]0;title" in plan
    assert "\x1b[36m" in plan
    (tmp_path / "requirements.txt").write_text(f"flask\nfoo {TITLE}\x1b[2J\u202e\x9b==1\n")
    refused = on_terminal("-m", "okamochi", "plan", str(tmp_path))
    assert "\\u001b]0;title" in refused
    assert not [one for one in OBEYED for text in (plan, refused) if one in text]


def test_json_stays_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "a\u202e\x9b.py").write_text("print('job')\n")
    (tmp_path / "Procfile").write_text("web: gunicorn app:app\njob: python a\u202e\x9b.py\n")
    done = subprocess.run(
        (sys.executable, "-m", "okamochi", "plan", str(tmp_path), "--format", "json"),
        capture_output=True,
        check=True,
    )
    assert not [one for one in OBEYED if one.encode() in done.stdout]
    assert "a\u202e\x9b.py" in json.dumps(json.loads(done.stdout), ensure_ascii=False)
