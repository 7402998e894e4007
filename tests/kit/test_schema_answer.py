"""The question about the schema that the health check leaves behind: whoever inherits it sees it end well."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from okamochi import kit

MIGRATE = Path(kit.__file__).parent / "migrate.py"


@pytest.mark.parametrize("to_file", [True, False])
def test_a_question_whose_answer_is_in_a_file_ends_with_no_code_of_its_own(
    tmp_path: Path, to_file: bool
) -> None:
    """gunicorn as process 1 stops the whole server for any child that ends with 3 or 4."""
    place = tmp_path / "schema"
    flags = ("--check", "--answer", str(place)) if to_file else ("--check",)
    asked = (sys.executable, "-I", str(MIGRATE), *flags, "--", "nothing", "known")
    done = subprocess.run(
        asked, cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, check=False
    )
    said = place.read_text().split(" ", 1) if to_file else ["4", done.stdout]
    assert (said[0], done.returncode) == ("4", 0 if to_file else 4)
    assert "cannot be asked" in said[1]


LEAVES_ONE_BEHIND = """\
import subprocess, sys
sys.path.insert(0, {kit!r})
import schema_state

def asked():
    subprocess.Popen(("sleep", "20"))
    print("it goes on")
    return {{"behind": "", "head": "a1"}}

print(schema_state.in_a_child(asked))
"""


def run_program(text: str) -> "subprocess.CompletedProcess[str]":
    argv = (sys.executable, "-c", text)
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=10)


def test_what_an_env_file_starts_and_leaves_behind_does_not_keep_the_answer_waiting() -> None:
    done = run_program(LEAVES_ONE_BEHIND.format(kit=str(MIGRATE.parent)))
    assert done.stdout == "{'behind': '', 'head': 'a1'}\n", done.stderr


def test_what_a_failing_env_file_prints_last_is_the_reason() -> None:
    program = LEAVES_ONE_BEHIND.format(kit=str(MIGRATE.parent))
    done = run_program(program.replace("return {", "raise SystemError('x')  # {"))
    assert done.returncode == 1 and "RuntimeError: SystemError: x" in done.stderr
