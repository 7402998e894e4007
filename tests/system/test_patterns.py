"""Expressions that are compiled when they are used behave like those of `re`."""

import importlib
import pkgutil
import re

import pytest

import okamochi
from okamochi.system.patterns import LatePattern, regex


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


def test_every_expression_can_be_compiled() -> None:
    """Since importing its module no longer tells."""
    names = [found.name for found in pkgutil.walk_packages(okamochi.__path__, "okamochi.")]
    modules = [
        importlib.import_module(name) for name in names if ".kit" not in name and "__main__" not in name
    ]
    late = [value for module in modules for value in vars(module).values() if isinstance(value, LatePattern)]
    assert len(late) > 100
    assert all(one.pattern for one in late)
