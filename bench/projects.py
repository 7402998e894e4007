"""The projects that are measured, and their copies: one for each side, edited alike."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

LEFT_OUT = shutil.ignore_patterns(
    "okamochi.lock",
    "__pycache__",
    ".venv",
    "instance",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    "*.sqlite3",
    # what okamochi rendered: the peer has a Dockerfile of its own, which takes other files
    *(".dockerignore", "Dockerfile", "compose.yaml", "compose.dev.yaml", ".okamochi", ".devcontainer"),
)


@dataclass(frozen=True, kw_only=True)
class Example:
    """`edited` is the module whose line changes, `viewed` one with views, and `routed` what they are added
    to; `styled` is the template; each may be missing. `debian_packages` is what a Dockerfile has to install
    for the app to start at all."""

    name: str
    served: str
    edited: str
    viewed: str = ""
    routed: str = ""
    styled: str = ""
    debian_packages: tuple[str, ...] = ()


EXAMPLES = {
    "flask-minimal": Example(
        name="flask-minimal", served="app:app", edited="app.py", viewed="app.py", routed="app"
    ),
    "invoice": Example(
        name="invoice",
        served="wsgi:app",
        edited="invoice/__init__.py",
        viewed="invoice/views/company.py",
        routed="blueprint",
        styled="invoice/templates/base.html",
        debian_packages=(
            "libpango-1.0-0",
            "libpangoft2-1.0-0",
            "libharfbuzz-subset0",
            "fontconfig",
            "fonts-ipaexfont-gothic",
        ),
    ),
}


@dataclass(frozen=True)
class Project:
    """A copy of an example that one side builds."""

    example: Example
    folder: Path

    def change_a_line(self, number: int) -> None:
        """One line of code is different from ever before: a number."""
        replace_line(self.folder / self.example.edited, "BENCHMARK_EDIT = ", f"{number} + {time.time_ns()}")

    def add_a_view(self, number: int) -> None:
        """The module ends with one view more, of a name that none had before."""
        name = f"benchmark_{number}_{time.time_ns()}"
        view = f'\n\n@{self.example.routed}.get("/{name}")\ndef {name}():\n    return "{name}"\n'
        with (self.folder / self.example.viewed).open("a", encoding="utf-8") as module:
            module.write(view)

    def change_a_name(self, number: int) -> None:
        """One line of code that planning has to look at is different from ever before."""
        text = f'"edit-{number}-at-{time.time_ns()}"'
        replace_line(self.folder / self.example.edited, "BENCHMARK_FOLDER = ", text)

    def change_a_sentence(self, number: int) -> None:
        """A sentence that people would read is different from ever before."""
        text = f'"Edit number {number}, at {time.time_ns()}."'
        replace_line(self.folder / self.example.edited, "BENCHMARK_TEXT = ", text)

    def change_a_template(self, number: int) -> None:
        """One line of a template is different from ever before."""
        replace_line(self.folder / self.example.styled, "<!-- benchmark ", f"{number} {time.time_ns()} -->")


def replace_line(path: Path, marker: str, rest: str) -> None:
    """The line that begins with the marker, in its place; the first time it is added at the end."""
    lines = path.read_text("utf-8").splitlines()
    found = [number for number, line in enumerate(lines) if line.startswith(marker)]
    if found:
        lines[found[0]] = marker + rest
    else:
        lines.append(marker + rest)
    path.write_text("\n".join(lines) + "\n", "utf-8")


def copied(root: Path, example: Example, folder: Path) -> Project:
    shutil.copytree(root / "examples" / example.name, folder, ignore=LEFT_OUT)
    return Project(example, folder)
