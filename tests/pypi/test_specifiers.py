"""Specifiers of strangers."""

import pytest

from okamochi.pypi.specifiers import parsed_specifier


@pytest.mark.parametrize("text", ["", "-r x", "flask=1", "a @", f"a; {'(' * 50_000}1{')' * 50_000}"])
def test_what_is_no_specifier_or_nested_beyond_reading_is_none(text: str) -> None:
    assert parsed_specifier(text) is None


def test_a_specifier_is_read_with_its_parts() -> None:
    found = parsed_specifier("flask[async]>=2 ; python_version > '3.8'")
    assert found is not None
    assert (found.name, found.extras, str(found.specifier)) == ("flask", {"async"}, ">=2")
