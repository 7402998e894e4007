"""The four documents from which okamochi began, row by row: what of it `okamochi check` finds, at which line,
and what okamochi writes instead.

Each page of documents/ holds files that do what the document's own do, and below them rows: `- 000-08
Dockerfile:7 env/flask-env` is found there; `- 000-15 flask-uploads/Dockerfile: TEXT` stands in a rendered
file of that example, "without" it does not; `- 000-01 tests/x.py: why` is another test's; the rest says why
no file can tell.
"""

import datetime
import re
from functools import cache
from pathlib import Path

import pytest

from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.check import check
from tests.audit.cases import BLOCK

FOLDER = Path(__file__).parent / "documents"
ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "rendered"
# how many rows each document has
ROWS = {"000": 65, "001": 82, "003": 77, "004": 43}
TODAY = datetime.date(2026, 11, 29)
OTHERS = ("What okamochi produces", "Proved elsewhere", "Neither")
ROW = re.compile(r"^- (\d{3}-\d\d) (.+)$|^- (\d{3}-\d\d): (.+)$", re.MULTILINE)


def sections(page: Path) -> dict[str, str]:
    parts = re.split(r"^## ", page.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0].strip(): part for part in parts}


def rows(text: str) -> list[tuple[str, str]]:
    return [(one[0] or one[2], one[1] or one[3]) for one in ROW.findall(BLOCK.sub("", text))]


@cache
def projects() -> list[tuple[str, str]]:
    pages = sorted(FOLDER.glob("*.md"))
    return [(page.stem, title) for page in pages for title in sections(page) if title not in OTHERS]


def told(kind: str) -> list[tuple[str, str]]:
    return [row for page in sorted(FOLDER.glob("*.md")) for row in rows(sections(page)[kind])]


@pytest.mark.parametrize(("page", "title"), projects())
def test_what_is_wrong_in_a_row_is_found_at_its_line(page: str, title: str, tmp_path: Path) -> None:
    section, folder = sections(FOLDER / f"{page}.md")[title], tmp_path / "project"
    for path, _, text in BLOCK.findall(section):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    world = World.real({}, SilentReporter(), offline=True, cache_root=tmp_path / "cache")
    found = check(folder, world, today=TODAY).report.findings
    places = {
        (f"{path}:{line}", one.rule)
        for one in found
        for path, line in ((one.found.path, one.found.line), *((e.path, e.line) for e in one.found.also))
    }
    wanted = rows(section)
    assert wanted
    missing = [(row, words) for row, words in wanted if tuple(words.split()) not in places]
    assert missing == [], sorted(places)


@pytest.mark.parametrize(("row", "words"), told("What okamochi produces"))
def test_what_is_rendered_answers_the_row(row: str, words: str) -> None:
    place, _, text = words.partition(": ")
    place, without, _ = place.partition(" without")
    example = place.partition("/")[0]
    file = ROOT / "examples" / place if example == "invoice" else GOLDEN / place
    assert (text in file.read_text("utf-8")) is not bool(without), f"{row}: {file}"


@pytest.mark.parametrize(("row", "words"), told("Proved elsewhere"))
def test_a_row_that_another_test_proves_names_one_that_is_there(row: str, words: str) -> None:
    assert (ROOT / words.partition(":")[0]).is_file(), row


def test_no_row_is_forgotten() -> None:
    pages = sorted(FOLDER.glob("*.md"))
    accounted = {row for page in pages for text in sections(page).values() for row, _ in rows(text)}
    expected = {f"{name}-{number:02}" for name, most in ROWS.items() for number in range(1, most + 1)}
    assert expected - accounted == set()
    assert accounted - expected == set()
    neither = {row for row, _ in told("Neither")}
    others = [text for page in pages for title, text in sections(page).items() if title != "Neither"]
    assert neither & {row for text in others for row, _ in rows(text)} == set()
