"""The folder in which the counters of several workers meet."""

import importlib.util
from pathlib import Path

import pytest

from okamochi.kit import prometheus_files


@pytest.fixture(autouse=True)
def client_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))


def test_a_folder_is_made_in_memory_when_nobody_names_one(tmp_path: Path) -> None:
    environ: dict[str, str] = {}
    folder = prometheus_files.prepare(environ)
    assert environ[prometheus_files.VARIABLE] == folder == str(tmp_path / "okamochi-prometheus")
    assert Path(folder).is_dir()


def test_what_an_earlier_start_left_is_removed_but_not_at_a_reload(tmp_path: Path) -> None:
    environ = {prometheus_files.VARIABLE: str(tmp_path)}
    left, own = tmp_path / "counter_7.db", tmp_path / "notes.txt"
    left.touch()
    own.touch()
    prometheus_files.prepare(environ)
    assert (left.exists(), own.exists()) == (False, True)
    left.touch()
    prometheus_files.prepare(environ)
    assert left.exists()


def test_an_ended_worker_s_gauges_go_and_its_counters_stay(tmp_path: Path) -> None:
    names = ("counter_7.db", "gauge_livesum_7.db", "gauge_livesum_77.db", "gauge_max_7.db")
    for name in names:
        (tmp_path / name).touch()
    prometheus_files.forget(7, str(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "counter_7.db",
        "gauge_livesum_77.db",
        "gauge_max_7.db",
    ]


def test_an_empty_variable_turns_it_off(tmp_path: Path) -> None:
    assert prometheus_files.prepare({prometheus_files.VARIABLE: ""}) == ""


def test_without_the_client_nothing_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    environ: dict[str, str] = {}
    assert prometheus_files.prepare(environ) == ""
    assert environ == {} and list(tmp_path.iterdir()) == []
