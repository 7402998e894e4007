"""How a decision's warning is said."""

from okamochi.model.evidence import Decision, Evidence
from okamochi.workflows.build import warning_of, without_the_word


def test_a_warning_is_a_sentence_of_its_own() -> None:
    assert (
        without_the_word("Python 3.10. Warning: it has had no updates")
        == "Python 3.10. It has had no updates"
    )
    assert without_the_word("Warning: the app uses Oracle") == "the app uses Oracle"
    for path in ("app/Dockerfile says 3.10", "dist/* of .gitignore not taken"):
        assert without_the_word(f"Python 3.11. Warning: {path}") == f"Python 3.11. {path}"


def test_a_warning_names_the_line_that_it_is_about() -> None:
    place = Evidence(path="app.py", line=8, reason="app.run() stands where the module is loaded")
    about = Decision.detected("application", "Warning: it is called", (place,))
    assert warning_of(about) == "it is called (app.py:8)"
    told = Decision.detected("application", "Warning: app.py calls it", (place,))
    assert warning_of(told) == "app.py calls it"
