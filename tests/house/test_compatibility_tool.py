"""The page of public apps is written from the results, and keeps what is not tried again."""

from typing import Any

from tools.compatibility import HEAD, page_of

APPS: list[dict[str, Any]] = [
    {"id": name, "repo": f"somebody/{repo}", "commit": "0123456789abcdef", "framework": "Flask", **others}
    for name, repo, others in (
        ("shop", "shop", {"health": {"path": "/"}, "setup": ["init-db"]}),
        ("one", "many", {"health": {"path": "/"}, "folder": "examples/one"}),
        ("two", "many", {"health": {"path": "/"}, "folder": "examples/two"}),
        ("new", "new", {"health": {"path": "/"}}),
    )
]
OLD = {"shop": ("served", "aaaaaaa"), "one": ("served", "aaaaaaa"), "two": ("exit 5: no", "bbbbbbb")}


def test_what_is_not_tried_again_keeps_its_row_its_commit_and_the_words_below() -> None:
    first = page_of(APPS, OLD, f"{HEAD}\n0 of 0 serve their page.\n\nHow to read it: slowly.\n")
    assert first.endswith("\n2 of 3 serve their page.\n\nHow to read it: slowly.\n")
    assert page_of(APPS, {}, first) == first
    again = page_of(APPS, {"two": ("served", "ccccccc")}, first)
    for folder, commit in (("one", "aaaaaaa"), ("two", "ccccccc")):
        (found,) = [one for one in again.splitlines() if f"many: examples/{folder} " in one]
        assert found.endswith(f"| / | served | {commit} |")
    assert "3 of 3 serve their page." in again
    assert "somebody/new" not in again
    assert "set-up: init-db" in again


def test_rows_of_apps_that_the_list_does_not_name_stay() -> None:
    first = page_of(APPS, OLD, f"{HEAD}\n0 of 0 serve their page.\n")
    again = page_of(APPS[-1:], {"new": ("exit 4: no", "ddddddd")}, first)
    assert again.startswith(first.partition("\n2 of 3")[0])
    assert "| somebody/new | 0123456789 | Flask |  | / | exit 4: no | ddddddd |\n" in again
    assert "2 of 4 serve their page." in again
