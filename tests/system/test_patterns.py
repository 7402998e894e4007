"""Expressions that are compiled when they are used behave like those of `re`."""

import re

import pytest

from okamochi.system.patterns import regex


def test_it_finds_what_re_finds() -> None:
    word = regex(r"(\w+)=(\d+)", re.IGNORECASE)
    assert [found[1] for found in word.finditer("a=1 B=2")] == ["a", "B"]
    assert word.sub("x", "a=1") == "x" and word.fullmatch("a=") is None
    assert word.pattern == r"(\w+)=(\d+)" and word.groups == 2
    assert regex(rb"\d").search(b"a1") is not None


def test_it_is_compiled_with_the_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[object] = []
    real = re.compile
    monkeypatch.setattr(re, "compile", lambda *asked: compiled.append(asked) or real(*asked))
    word = regex(r"\w+")
    assert compiled == []
    assert word.search("a") and word.search("b")
    assert len(compiled) == 1
