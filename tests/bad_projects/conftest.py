import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.program import Program, tree_of

FLASK_APP = (
    "from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.get('/')\ndef index():\n    return 'ok'\n"
)

MakeProject = Callable[..., Path]


@dataclass(frozen=True)
class Refusing:
    """Runs the program on bad input and checks what holds for every refusal."""

    program: Program

    def __call__(self, project: Path, code: int, *words: str, arguments: tuple[str | Path, ...]) -> str:
        """stderr. The exit code is right, stdout empty, there is a hint, `words` are said in their order,
        and the project's folder is as it was."""
        before = tree_of(project)
        answer = self.program(*arguments)
        assert answer.code == code, answer.stderr
        assert answer.stdout == ""
        assert "hint:" in answer.stderr
        assert "Traceback" not in answer.stderr and "bug in okamochi" not in answer.stderr
        place = 0
        for word in words:
            found = answer.stderr.find(word, place)
            assert found >= 0, f"{word!r} is not said, or not in this order:\n{answer.stderr}"
            place = found
        assert tree_of(project) == before
        return answer.stderr

    def build(self, project: Path, code: int, *words: str, options: tuple[str, ...] = ()) -> str:
        layout = project.parent / "layout-of-refused"
        stderr = self(
            project, code, *words, arguments=("build", project, "--to", f"layout:{layout}", *options)
        )
        assert not layout.exists()
        return stderr

    def up(self, project: Path, code: int, *words: str, options: tuple[str | Path, ...] = ()) -> str:
        return self(project, code, *words, arguments=("up", project, "--engine", "host", *options))

    def having(self, **environ: str) -> "Refusing":
        return Refusing(self.program.with_environ(**environ))


@pytest.fixture
def refuses() -> Refusing:
    """No network, and no index but those that a test makes."""
    return Refusing(Program(LONELY))


LONELY = {
    "OKAMOCHI_DEBIAN_MIRROR": "file:///nonexistent/debian",
    "PIP_CONFIG_FILE": "/dev/null",
    "PIP_FIND_LINKS": "",
    "PIP_INDEX_URL": "",
    "PIP_NO_INDEX": "1",
    "PIP_EXTRA_INDEX_URL": "",
    "UV_NO_CONFIG": "1",
    "UV_HTTP_RETRIES": "0",
    "CI": "1",
    "COLUMNS": "500",
}


@pytest.fixture
def make_project(tmp_path: Path) -> MakeProject:
    def make(files: Mapping[str, str] | None = None, *, requirements: str | None = "flask\n") -> Path:
        root = tmp_path / "project"
        root.mkdir()
        held = {"app.py": FLASK_APP, **(files or {})}
        if requirements is not None:
            held["requirements.txt"] = requirements
        for name, text in held.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return root

    return make


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    """A port of the loopback interface where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
