"""TOML as its version 1.1 has it: a formatter may have put an inline table on several lines."""

import pytest

from okamochi.system.data_text import NoDataError, toml_of


def test_inline_tables_may_have_several_lines_and_a_comma_at_their_end() -> None:
    text = (
        'sdist = {\n  url = "one",  # why\n  hash = "two",\n}\nauthors = [\n  {\n    name = "A",\n  },\n]\n'
    )
    assert toml_of(text) == {"sdist": {"url": "one", "hash": "two"}, "authors": [{"name": "A"}]}


def test_what_no_version_of_toml_reads_is_told_with_its_line() -> None:
    with pytest.raises(NoDataError) as told:
        toml_of("good = 1\nbad =\n")
    assert told.value.line == 2
