"""What a terminal of eighty columns shows: no line that is broken in the middle of a word, no colour that is
not wanted; and that programs which read the answer get whole lines."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click import unstyle

from okamochi.cli.doctor import as_text
from okamochi.cli.layout import folded
from okamochi.workflows.doctor import Check
from tests.detect.plans import FLASK_APP


def test_texts_are_broken_between_words_below_where_they_began() -> None:
    assert folded("one two three four five six seven", 4, 24) == "one two three four\n    five six seven"
    assert folded(f"see {'x' * 30} there", 4, 26) == f"see\n    {'x' * 30}\n    there"


@pytest.mark.parametrize(("indent", "width"), [(4, 0), (70, 80), (4, 80)])
def test_they_are_left_as_they_are_without_a_terminal_without_room_and_when_they_fit(
    indent: int, width: int
) -> None:
    assert folded("one two three four five six seven", indent, width) == "one two three four five six seven"


def test_what_the_machine_offers_is_broken_between_words() -> None:
    check = Check(name="host", ok=False, found="the network " * 8, remedy="do something " * 8)
    assert max(map(len, unstyle(as_text(check, 80)).splitlines())) <= 80
    assert len(as_text(check, 0).splitlines()) == 2


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(FLASK_APP)
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "Dockerfile").write_text("FROM python:3.13-slim\nCOPY . .\nCMD gunicorn app:app\n")
    return tmp_path


def on_a_terminal(*words: str, **environ: str) -> str:
    ours, theirs = pty.openpty()
    own = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "CI")}
    own |= {"COLUMNS": "80", "TERM": "xterm-256color", **environ}
    with os.fdopen(theirs, "wb") as stdout:
        subprocess.run(
            (sys.executable, "-m", "okamochi", *words),
            env=own,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    said = b""
    try:
        while block := os.read(ours, 65536):
            said += block
    except OSError:
        pass  # how Linux tells the end of a terminal
    os.close(ours)
    return said.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("words", [("plan",), ("check", "--notes"), ("render", "--adopt", "--check")])
def test_lines_fit_into_eighty_columns_and_have_colour_only_where_it_is_wanted(
    words: tuple[str, ...], shop: Path, tmp_path: Path
) -> None:
    where = {"OKAMOCHI_CACHE_DIR": str(tmp_path / "cache"), "OKAMOCHI_STATE_DIR": str(tmp_path / "state")}
    command = (words[0], *words[1:2], str(shop), *words[2:]) if words[0] == "render" else (*words, str(shop))
    said = on_a_terminal(*command, NO_COLOR="1", **where)
    shown = [line for line in said.splitlines() if " " in line.strip()]
    assert [line for line in shown if len(line) > 80] == []
    assert "\x1b" not in said
    if words[0] != "render":
        assert "\x1b[" in on_a_terminal(*command, **where)
