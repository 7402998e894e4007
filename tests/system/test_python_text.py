"""Somebody else's Python is read without a word."""

import warnings

from okamochi.system.python_text import syntax_tree


def test_what_python_warns_of_is_not_told() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert syntax_tree("bind = '\\d' is 1\nx = 1if bind else 2\n") is not None


def test_what_cannot_be_parsed_is_none() -> None:
    assert [syntax_tree(text) for text in ("x = = 1", "\0", "(" * 1000)] == [None] * 3
