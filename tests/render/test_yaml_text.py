"""What is written as YAML is read back as it was."""

import pytest
from ruamel.yaml import YAML

from okamochi.render.yaml_text import Commented, Yaml, yaml_text

TRICKY = (
    *("", "yes", "No", "null", "1", "1.5", "0o17", "12:30:00", "a: b", "# no comment", "- x", "{a}", "[a]"),
    *("~", "${A:?say}", "päge", "発注", 'a "quoted" word', "back\\slash", "two\nlines", "tab\t", "@a", "%a"),
    *("&a", "*a", "!a", "|", ">", "a #b", "'", "\u2028", "\x85", "\x7f", "\ufeff", "."),
)


@pytest.mark.parametrize("text", TRICKY)
def test_any_text_stays_itself_as_key_as_value_and_in_lists(text: str) -> None:
    table: dict[str, Yaml] = {"value": text, "list": [text, text], f"{text}-": {"inner": text}}
    assert YAML(typ="safe", pure=True).load(yaml_text(table)) == table


def test_a_comment_stands_above_its_key() -> None:
    lines = yaml_text({"a": {"b": 1, "c": Commented("why\nso", 2)}}).splitlines()
    assert lines == ["a:", "  b: 1", "  # why", "  # so", "  c: 2"]


def test_a_comment_stands_where_it_is_said_first_and_nowhere_else() -> None:
    two = {name: {"user": Commented("a number", name), "image": name} for name in ("a", "b")}
    text = yaml_text({**two, "c": Commented("another", {"user": Commented("a number", "c")})})
    assert text.count("# a number") == 1 and text.index("# a number") < text.index("user: a")
    assert "# another\nc:\n  user: c\n" in text
