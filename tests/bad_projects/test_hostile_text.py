"""Texts for which a pattern could be tried in more ways than there is time."""

import re

import pytest

from okamochi.detect import ignore, setup_commands
from okamochi.workflows import git_checkouts


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(setup_commands.NAME, "init" + "_a" * 60 + "!"), (ignore.PLAIN, "a" * 100_000 + "?")],
    ids=["command", "ignored"],
)
def test_what_nearly_fits_is_refused_at_once(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.fullmatch(text) is None


def test_an_address_of_many_parts_is_read_at_once() -> None:
    found = git_checkouts.PLACE.fullmatch("git+https://host/project@" + "a/" * 60 + ":")
    assert found is not None and found["ref"] is None


def test_what_is_plain_in_an_ignore_file() -> None:
    plain = ["a", "a/", "*.py", "a*b/c", "!/a/b.c/", "a.b"]
    odd = ["a*", "*", "a**b", "a//b", "[a]", "a b", "", "*/a", "a/*"]
    assert [text for text in [*plain, *odd] if ignore.PLAIN.fullmatch(text)] == plain
