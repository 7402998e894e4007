"""README in both languages, CONTRIBUTING and the rest say the same, and what is there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from okamochi.cli.main import program

ROOT = Path(__file__).resolve().parents[2]
PAPERS = sorted((*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")))
OF_TODAY = [path for path in PAPERS if path.parent.name != "adr" and path.name != "CHANGELOG.md"]
LINK = re.compile(r"\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```\w*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`(okamochi [a-z][^`\n]*)`")
PATH = re.compile(r"`((?:src|tests|docs|tools|examples)/[\w./-]+)`")
# Made by the languages, not by the contents.
OWN = {"README.md", "README.ja.md", "docs/images/demo.png", "docs/images/demo-ja.png"}


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def commands(text: str) -> list[str]:
    """What stands in code blocks, without what is said about it behind a #."""
    lines = (line for block in BLOCK.findall(text) for line in block.splitlines())
    return [line.partition(" # ")[0].rstrip() for line in (line.replace("    # ", " # ") for line in lines)]


def table(text: str) -> list[str]:
    """The commands of the table, in their order, and the options that it names."""
    rows = [line for line in text.splitlines() if line.startswith("| `okamochi")]
    return [word for row in rows for word in re.findall(r"`([^`]+)`", row)]


def shown_commands(text: str) -> Iterator[list[str]]:
    """Each by its words, from sentences, blocks and indented lines."""
    indented = (line for line in text.splitlines() if line.startswith("    "))
    lines = (line.strip().removeprefix("$ ") for line in (*commands(text), *indented))
    shown = (re.split(r" (?:#|\||&&|>) ", f"{line} ")[0] for line in lines if line.startswith("okamochi "))
    for command in (*INLINE.findall(text), *shown):
        name, *words = shlex.split(command)[1:]
        if name.isalpha():
            yield [name, *(word for word in words if word != "…")]


def what_is_wrong(words: list[str]) -> str:
    """By the program's own parser; nothing is run, and no path is looked at."""
    above = click.Context(program, **program.context_settings)
    command = program.get_command(above, words[0])
    if command is None:
        return "there is no such command"
    context = click.Context(command, above, words[0], **command.context_settings)
    if isinstance(command, click.Group):
        missing = [one for one in words[1:2] if command.get_command(context, one.partition("|")[0]) is None]
        return f"there is no command {missing[0]}" if missing else ""
    try:
        command.make_parser(context).parse_args(words[1:])
    except click.UsageError as error:
        return error.format_message()
    return ""


def links(text: str) -> set[str]:
    return {link.partition("#")[0] for link in LINK.findall(text) if "://" not in link} - OWN


def test_both_languages_show_the_same_commands_and_transcripts() -> None:
    assert commands(text_of("README.ja.md")) == commands(text_of("README.md"))


def test_both_languages_have_the_same_table_of_commands_and_options() -> None:
    assert table(text_of("README.ja.md")) == table(text_of("README.md"))


def test_both_languages_lead_to_the_same_pages() -> None:
    assert links(text_of("README.ja.md")) == links(text_of("README.md"))


def test_both_languages_have_the_same_sections() -> None:
    marks = [re.findall(r"^#+", text_of(name), re.MULTILINE) for name in ("README.md", "README.ja.md")]
    assert marks[0] == marks[1]


@pytest.mark.parametrize("paper", OF_TODAY, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_commands_that_a_page_shows_are_the_program_s(paper: Path) -> None:
    shown = shown_commands(paper.read_text("utf-8"))
    assert {shlex.join(words): wrong for words in shown if (wrong := what_is_wrong(words))} == {}


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_page_leads_to_is_there(paper: Path) -> None:
    text = paper.read_text("utf-8")
    missing = [link for link in sorted(links(text)) if link and not (paper.parent / link).exists()]
    assert missing == []


def test_the_architecture_names_every_package_and_contributing_files_that_are_there() -> None:
    text = text_of("docs/architecture.md")
    packages = {path.parent.name for path in (ROOT / "src/okamochi").glob("*/__init__.py")}
    assert {name for name in packages if f"`{name}`" not in text} == set()
    assert [path for path in PATH.findall(text_of("CONTRIBUTING.md")) if not (ROOT / path).exists()] == []
