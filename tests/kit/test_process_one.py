from pathlib import Path

import pytest

from okamochi.kit import process_one


def process(root: Path, comm: str, cmdline: str, caught: int = 0) -> str:
    folder = root / "proc/1"
    folder.mkdir(parents=True)
    (folder / "comm").write_text(comm + "\n")
    (folder / "cmdline").write_text(cmdline.replace(" ", "\0") + "\0")
    (folder / "status").write_text(f"Name:\t{comm}\nSigIgn:\t0\nSigCgt:\t{caught:016x}\nCapInh:\t0\n")
    return str(root)


@pytest.mark.parametrize("cmdline", ["sh -c true&&gunicorn", "sh /start.sh"])
def test_a_shell_that_handles_no_sigterm_is_refused(tmp_path: Path, cmdline: str) -> None:
    assert process_one.verdict(process(tmp_path, "sh", cmdline), parent=1) == "refuse"


def test_a_script_with_a_trap_is_only_warned_of(tmp_path: Path) -> None:
    root = process(tmp_path, "bash", "bash /start.sh", caught=1 << 14)
    assert process_one.verdict(root, parent=1) == "warn"


def test_an_interactive_shell_is_only_warned_of(tmp_path: Path) -> None:
    assert process_one.verdict(process(tmp_path, "bash", "bash"), parent=1) == "warn"


def test_an_init_program_is_fine(tmp_path: Path) -> None:
    assert process_one.verdict(process(tmp_path, "docker-init", "docker-init -- gunicorn"), parent=1) == ""


def test_being_process_one_oneself_is_fine(tmp_path: Path) -> None:
    assert process_one.verdict(process(tmp_path, "sh", "sh -c gunicorn"), parent=0) == ""


def test_the_explanation_names_the_shell_and_the_remedy(tmp_path: Path) -> None:
    text = process_one.explanation(process(tmp_path, "dash", "dash -c gunicorn"))
    assert "process 1 is dash" in text
    assert "exec" in text
