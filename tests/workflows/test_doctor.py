"""`okamochi doctor`: what it says of the folders in which okamochi keeps things."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.doctor import state_folder, storage


def world_with(state: Path, tmp_path: Path) -> World:
    environ = {"OKAMOCHI_STATE_DIR": str(state)}
    return World.real(environ, SilentReporter(), offline=True, cache_root=tmp_path / "cache")


def test_a_state_folder_that_can_be_made_is_ok(tmp_path: Path) -> None:
    check = state_folder(world_with(tmp_path / "not/yet", tmp_path))
    assert (check.ok, check.found) == (True, f"{tmp_path}/not/yet")


def test_a_state_folder_that_is_a_file_is_not_ok(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    check = state_folder(world_with(tmp_path / "state/app", tmp_path))
    assert not check.ok and check.needed
    assert "is no folder" in check.found and "OKAMOCHI_STATE_DIR" in check.remedy


def test_a_state_folder_that_cannot_be_written_is_not_ok(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda place, mode: False)  # root may write everywhere
    check = state_folder(world_with(tmp_path / "state", tmp_path))
    assert not check.ok and f"{tmp_path} cannot be written" in check.found


def test_folders_on_a_file_system_that_starts_no_programs_are_not_ok(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = dict.fromkeys(("f_bavail", "f_bfree", "f_blocks"), 10**9)
    told = SimpleNamespace(f_flag=os.ST_NOEXEC, f_frsize=4096, **room)
    monkeypatch.setattr(os, "statvfs", lambda _: told)
    world = world_with(tmp_path / "state", tmp_path)
    for check, variable in (
        (state_folder(world), "OKAMOCHI_STATE_DIR"),
        (storage(world), "OKAMOCHI_CACHE_DIR"),
    ):
        assert not check.ok and "noexec" in check.remedy and variable in check.remedy
