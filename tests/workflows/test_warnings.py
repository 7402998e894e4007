"""How a decision's warning is said."""

from okamochi.workflows.build import without_the_word


def test_a_warning_is_a_sentence_of_its_own() -> None:
    assert (
        without_the_word("Python 3.10. Warning: it has had no updates")
        == "Python 3.10. It has had no updates"
    )
    assert without_the_word("Warning: the app uses Oracle") == "the app uses Oracle"
    for path in ("app/Dockerfile says 3.10", "dist/* of .gitignore not taken"):
        assert without_the_word(f"Python 3.11. Warning: {path}") == f"Python 3.11. {path}"
