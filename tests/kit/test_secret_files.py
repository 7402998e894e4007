import os
import subprocess
import sys
from pathlib import Path

import pytest

from okamochi.kit import secret_files


def environment(folder: Path, content: bytes) -> dict[str, str]:
    (folder / "key").write_bytes(content)
    return {"OKAMOCHI_SECRET_FILES": "SECRET_KEY, TOKEN", "SECRET_KEY_FILE": str(folder / "key")}


@pytest.mark.parametrize(("content", "value"), [(b"a b\n", "a b"), (b"a\r\n", "a"), (b"a\n\n", "a\n")])
def test_one_line_break_is_stripped(tmp_path: Path, content: bytes, value: str) -> None:
    environ = environment(tmp_path, content)
    assert secret_files.load(environ) == ["SECRET_KEY"]
    assert environ["SECRET_KEY"] == value


def test_names_that_are_not_listed_are_left_alone(tmp_path: Path) -> None:
    environ = {"LOG_FILE": str(tmp_path / "log"), "OKAMOCHI_SECRET_FILES": "SECRET_KEY"}
    assert secret_files.load(environ) == []
    assert "LOG" not in environ


def test_a_reload_reads_the_file_again(tmp_path: Path) -> None:
    environ = environment(tmp_path, b"old")
    secret_files.load(environ)
    (tmp_path / "key").write_text("new")
    secret_files.load(environ)
    assert environ["SECRET_KEY"] == "new"


def test_both_set_is_an_error_that_shows_no_value(tmp_path: Path) -> None:
    environ = environment(tmp_path, b"fromfile") | {"SECRET_KEY": "fromvariable"}
    with pytest.raises(secret_files.SecretError, match="both SECRET_KEY and SECRET_KEY_FILE") as caught:
        secret_files.load(environ)
    assert "fromfile" not in str(caught.value)
    assert "fromvariable" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"changeme\n", "placeholder"),
        (b"\xff\xfe", "UTF-8"),
        (b"a\0b", "NUL"),
    ],
)
def test_a_file_that_holds_no_secret_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(secret_files.SecretError, match=reason):
        secret_files.load(environment(tmp_path, content))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    environ = {"OKAMOCHI_SECRET_FILES": "TOKEN", "TOKEN_FILE": str(tmp_path / "absent")}
    with pytest.raises(secret_files.SecretError, match=r"TOKEN_FILE=.*absent cannot be read"):
        secret_files.load(environ)


def test_as_a_program_it_runs_another_with_the_secrets(tmp_path: Path) -> None:
    environ = {**os.environ, **environment(tmp_path, b"opens-the-door\n")}
    child = (sys.executable, "-c", "import os; print(os.environ['SECRET_KEY'])")
    program = (sys.executable, secret_files.__file__, "--", *child)
    completed = subprocess.run(program, env=environ, capture_output=True, text=True, check=True)
    assert completed.stdout == "opens-the-door\n"


def test_a_program_that_does_not_exist_is_said() -> None:
    program = (sys.executable, secret_files.__file__, "--", "no-such-program")
    completed = subprocess.run(program, capture_output=True, text=True, check=False)
    assert completed.returncode == 127
    assert "cannot run no-such-program" in completed.stderr


def test_the_variable_of_a_key_file_that_is_there_has_its_path(tmp_path: Path) -> None:
    here, gone = tmp_path / "GCP_KEY", tmp_path / "OTHER"
    here.write_text("{}")
    environ = {"OKAMOCHI_KEY_FILES": f"GCP_KEY={here},OTHER={gone},FOLDER={tmp_path}"}
    assert secret_files.load(environ) == []
    assert environ["GCP_KEY"] == str(here) and "OTHER" not in environ and "FOLDER" not in environ
    environ["GCP_KEY"] = "/elsewhere"
    secret_files.load(environ)
    assert environ["GCP_KEY"] == "/elsewhere"
