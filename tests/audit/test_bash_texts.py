"""When bash gives its place to the last command of a text: as bash itself does it, where it is here."""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from okamochi.audit.bash_texts import gives_its_place

# `sleep 2` stands for the server
GIVES = (
    "sleep 2",
    "true; sleep 2",
    "true && sleep 2",
    "cd /tmp && true && sleep 2",
    "false || sleep 2",
    "true && true; sleep 2",
    "while false; do true; done; sleep 2",
    "for i in 1; do true; done && sleep 2",
    "true | cat && sleep 2",
    "export A=1; sleep 2 # say > this",
    "true; sleep $((1+1))",
    "true; sleep ${SECONDS_TO_SLEEP:-2}",
    "true\ntrue && sleep 2",
    "true &\nsleep 2",
    "true && \\\n  sleep 2\n",
    "if true\nthen\n  true\nfi\nsleep 2",
    'echo "a && b; c" >/dev/null; sleep 2',
)
KEEPS = (
    "sleep 2 2>&1",
    "true; sleep 2 >/dev/null",
    "true; true && sleep 2",
    "if true; then sleep 2; fi",
    "{ true; sleep 2; }",
    "(sleep 2)",
    "sleep 2 | cat",
    "true & sleep 2",
    "! sleep 2",
    "trap 'true' EXIT; sleep 2",
)


@pytest.mark.parametrize("text", GIVES)
def test_it_gives_its_place(text: str) -> None:
    assert gives_its_place(text)


@pytest.mark.parametrize("text", KEEPS)
def test_it_keeps_its_place(text: str) -> None:
    assert not gives_its_place(text)


def new_bash() -> bool:
    if shutil.which("bash") is None or not Path("/proc/self/cmdline").exists():
        return False
    said = subprocess.run(
        ("bash", "-c", "echo ${BASH_VERSINFO[0]}"), capture_output=True, text=True, check=True
    )
    return int(said.stdout) >= 5


@pytest.mark.skipif(not new_bash(), reason="there is no bash from 5.0 on, or no /proc")
@pytest.mark.parametrize("text", GIVES + KEEPS)
def test_bash_does_so(text: str) -> None:
    with subprocess.Popen(
        ("bash", "-c", text), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as started:
        children = Path(f"/proc/{started.pid}/task/{started.pid}/children")
        name = Path(f"/proc/{started.pid}/comm")
        for _ in range(100):
            if name.read_text("ascii").strip() == "sleep" or "sleep" in names_of(children):
                break
            try:
                started.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue
        assert (name.read_text("ascii").strip() == "sleep") is gives_its_place(text)
        for child in children.read_text("ascii").split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        started.kill()


def names_of(children: Path) -> set[str]:
    found = [Path(f"/proc/{one}/comm") for one in children.read_text("ascii").split()]
    return {one.read_text("ascii").strip() for one in found if one.exists()}
