"""The text of pip's requirement files: what is one line, and the options on it."""

import shlex
from collections.abc import Iterator
from functools import lru_cache

from okamochi.pypi.requirement_line import bad_line
from okamochi.system.patterns import regex

__all__ = ["IGNORED", "logical_lines", "options_of"]

COMMENT = regex(r"(?:^|(?<=\s))#.*$")
IGNORED_OPTIONS = ("--only-binary", "--no-binary", "--use-feature", "--uploaded-prior-to")
IGNORED = frozenset(
    ("--require-hashes", "--prefer-binary", "--no-use-wheel", "--use-wheel", *IGNORED_OPTIONS)
)
"""Options of pip's that mean nothing where only wheels are installed, and by their hashes."""
VALUE_OPTIONS = {
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-i": "--index-url",
    "-f": "--find-links",
    "--pypi-url": "--index-url",
}
WITH_VALUE = {
    "--requirement",
    "--constraint",
    "--editable",
    "--index-url",
    "--extra-index-url",
    "--find-links",
    "--trusted-host",
    *IGNORED_OPTIONS,
}


@lru_cache(16)
def logical_lines(text: str) -> tuple[tuple[int, str], ...]:
    """(number of the first physical line, text) with continuations joined and comments removed."""
    return tuple(_joined_lines(text))


def _joined_lines(text: str) -> Iterator[tuple[int, str]]:
    held, start = "", 0
    for number, raw in enumerate(text.splitlines(), start=1):
        start = start if held else number
        comment_only = raw.lstrip().startswith("#")
        if raw.endswith("\\") and not comment_only:
            held += raw[:-1] + " "
            continue
        # A comment line ends a continuation, as in pip.
        line = COMMENT.sub("", held + (" " + raw if comment_only else raw)).strip()
        held = ""
        if line:
            yield start, line
    if last := COMMENT.sub("", held).strip():
        yield start, last


def options_of(line: str, where: str) -> Iterator[tuple[str, str]]:
    """Each option by its long name, with its value; words that are no option stand alone."""
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if word[:2] in VALUE_OPTIONS and not word.startswith("--") and len(word) > 2:
            name, equals, value = word[:2], "=", word[2:].removeprefix("=")
        name = VALUE_OPTIONS.get(name, name)
        if name in WITH_VALUE and not equals:
            value = words.pop(0) if words else ""
        if name in WITH_VALUE and not value:
            raise bad_line(f"{name} lacks its value", line, where)
        yield name, value
