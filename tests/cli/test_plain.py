"""A plain `okamochi build` is understood without click, as click would understand it."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from okamochi.cli.build import command
from okamochi.cli.main import program
from okamochi.cli.plain import plain_build

PLAIN = [
    [],
    ["shop"],
    ["shop", "--to", "layout:out"],
    ["--to", "docker", "shop", "--to", "archive:a.tar"],
    ["--tag", "shop:1", "--locked", "--offline", "."],
    ["--tag", "shop:1", "--tag", "shop:2"],
    ["--locked", "--locked"],
    ["a folder with blanks"],
]
OTHERS = [
    ["plan"],
    ["build", "--help"],
    ["build", "a", "b"],
    ["build", "--to"],
    ["build", "--to", "--tag"],
    ["build", "--to=docker"],
    ["build", "--ta", "x"],
    ["build", "--format", "json"],
    ["build", "--platform", "linux/arm64"],
    ["build", "--", "-x"],
    ["build", "-x"],
    ["build", ""],
    ["--help"],
    [],
]


@pytest.mark.parametrize("arguments", PLAIN, ids=" ".join)
def test_it_is_what_click_makes_of_it(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = plain_build(["build", *arguments])
    whole = click.Context(program, info_name="okamochi", **program.context_settings)
    by_click = command.make_context("build", list(arguments), parent=whole).params
    assert found is not None
    told = {
        "path": Path(found.path),
        "tag": found.tag,
        "sinks": tuple(found.sinks),
        "offline": found.offline,
        "locked": found.locked,
    }
    assert told.items() <= by_click.items()
    others = {name: value for name, value in by_click.items() if name not in told}
    assert not any(value for name, value in others.items() if name != "output_format"), others
    assert by_click["output_format"] == "text"


@pytest.mark.parametrize("arguments", OTHERS, ids=" ".join)
def test_all_else_is_left_to_click(arguments: list[str]) -> None:
    assert plain_build(arguments) is None


SLOW = ("click", "inspect", "dataclasses", "typing_extensions", "tempfile", "shutil", "importlib.resources")
USED = (
    "okamochi.cli.plain",
    "okamochi.cli.world",
    "okamochi.cli.ending",
    "okamochi.workflows.delivery.attestations",
    "okamochi.workflows.build",
    "okamochi.workflows.deliver",
    "okamochi.workflows.rebuilding.incremental",
    "okamochi.workflows.rebuilding.seen",
    "okamochi.system.subprocess_runner",
)


def test_a_plain_build_imports_nothing_that_takes_long() -> None:
    """Each of these is a tenth of a build in which nothing changed, or more."""
    code = (
        "import sys\nbefore = set(sys.modules)\n"
        "from okamochi.__main__ import import_msgspec\nimport_msgspec()\n"
        f"import {', '.join(USED)}\n"
        f"print(sorted(set({SLOW!r}) & (set(sys.modules) - before)))\n"
        "import typing_extensions, dataclasses"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
