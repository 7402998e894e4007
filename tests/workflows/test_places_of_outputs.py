"""Where images and documents go that are named behind a word and a colon, where no shell knows a "~"."""

from pathlib import Path

import pytest

from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.delivery.bills import parse_bills
from okamochi.workflows.delivery.sinks import ArchiveSink, LayoutSink, parse_sink


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_a_tilde_is_the_home_folder(home: Path) -> None:
    world = World.real({}, SilentReporter(), cache_root=home / "cache")
    assert parse_sink("layout:~/image", world) == LayoutSink(home / "image")
    assert parse_sink("archive:~/image.tar", world) == ArchiveSink(home / "image.tar")
    assert parse_bills(["spdx:~/bill.json"])[0].file == home / "bill.json"


def test_other_places_are_as_they_are_written(home: Path) -> None:
    world = World.real({}, SilentReporter(), cache_root=home / "cache")
    assert parse_sink(f"layout:{home}/a:b~", world) == LayoutSink(home / "a:b~")
