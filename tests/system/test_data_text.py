"""YAML and JSON of strangers: what is nested as no person nests it is refused before it is read."""

import pytest

from okamochi.system.data_text import NoDataError, yaml_trees


def test_blanks_behind_a_bracket_are_no_depth() -> None:
    """A devcontainer.json whose comments were taken out has lines of them."""
    blanks = (" " * 100 + "\n") * 3
    (tree,) = yaml_trees(f'{{{blanks}"name": "Python 3",{blanks}"build": {{{blanks}"context": ".."}}}}')
    assert [key.value for key, _ in tree.value] == ["name", "build"]


@pytest.mark.parametrize("text", ["[" * 40 + "]" * 40, "[ \n" * 40, '{"' * 40, "- " * 40 + "x"])
def test_brackets_in_brackets_are(text: str) -> None:
    with pytest.raises(NoDataError, match="nested too deep"):
        yaml_trees(text)
