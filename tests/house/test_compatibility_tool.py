"""The page of public apps is written from the results, and keeps what is not tried again."""

import re
from pathlib import Path
from typing import Any

import pytest
from tools.compatibility import HEAD, page_of

ROOT = Path(__file__).resolve().parents[2]
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


def test_an_app_that_two_lists_name_has_one_row_and_counts_once() -> None:
    first = page_of(APPS, OLD, f"{HEAD}\n0 of 0 serve their page.\n")
    other = {**APPS[0], "id": "shop-again", "framework": "Flask (uv)"}
    again = page_of([other], {"shop-again": ("served", "eeeeeee")}, first)
    rows = [line for line in again.splitlines() if "somebody/shop " in line]
    assert rows == ["| somebody/shop | 0123456789 | Flask (uv) | set-up: init-db | / | served | eeeeeee |"]
    assert "2 of 3 serve their page." in again


def test_the_page_in_docs_has_a_row_an_app_and_counts_them() -> None:
    page = (ROOT / "docs/compatibility.md").read_text("utf-8")
    assert page_of([], {}, page) == page


@pytest.mark.parametrize(
    ("paper", "words"),
    [
        ("README.md", "{served} of {tried} public apps"),
        ("README.ja.md", "公開アプリ {tried} のうち {served} が"),
    ],
)
def test_the_readme_counts_as_the_page_does(paper: str, words: str) -> None:
    page = (ROOT / "docs/compatibility.md").read_text("utf-8")
    counted = re.search(r"^(?P<served>\d+) of (?P<tried>\d+) serve their page\.$", page, re.MULTILINE)
    assert counted is not None
    assert words.format(**counted.groupdict()) in (ROOT / paper).read_text("utf-8")
