"""The outside world as one argument, and the variables that shape it."""

import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from okamochi.errors import UsageError
from okamochi.system.clock import Clock
from okamochi.system.environ import VARIABLES, cache_dir, state_dir
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World


def test_a_world_is_made_from_the_environment_without_touching_anything(tmp_path: Path) -> None:
    environ = {"OKAMOCHI_CACHE_DIR": str(tmp_path / "cache"), "SOURCE_DATE_EPOCH": "86400"}
    world = World.real(environ, SilentReporter())
    assert world.cache.root == tmp_path / "cache"
    assert world.clock.rfc3339 == "1970-01-02T00:00:00Z"
    assert not world.offline
    assert list(tmp_path.iterdir()) == []


def test_an_explicit_cache_folder_wins(tmp_path: Path) -> None:
    world = World.real({"OKAMOCHI_CACHE_DIR": "/elsewhere"}, SilentReporter(), cache_root=tmp_path)
    assert world.cache.root == tmp_path


@pytest.mark.parametrize("text", ["now", "-1", "1.5", "²", "1" * 30])
def test_a_date_that_is_no_number_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError):
        World.real({"SOURCE_DATE_EPOCH": text}, SilentReporter())


def test_images_carry_the_year_1970_when_nothing_is_set() -> None:
    assert Clock.of({}).rfc3339 == "1970-01-01T00:00:00Z"


def test_the_folders_can_be_chosen_relative_to_the_home_folder() -> None:
    environ = {"HOME": "/home/me", "OKAMOCHI_CACHE_DIR": "~/c", "OKAMOCHI_STATE_DIR": "/var/s"}
    assert cache_dir(environ) == Path("/home/me/c")
    assert state_dir(environ) == Path("/var/s")


def test_the_folders_have_the_name_of_the_program_by_default() -> None:
    assert cache_dir({}).name == "okamochi"
    assert state_dir({}).name == "okamochi"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have folders of their own")
def test_the_folders_are_those_that_platformdirs_gives(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for given in ({}, {"XDG_CACHE_HOME": str(tmp_path / "c"), "XDG_STATE_HOME": str(tmp_path / "s")}):
        environ = {"HOME": str(tmp_path), **given}
        for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        assert cache_dir(environ) == Path(platformdirs.user_cache_dir("okamochi", appauthor=False))
        assert state_dir(environ) == Path(platformdirs.user_state_dir("okamochi", appauthor=False))


def test_every_variable_is_in_the_table_once_with_what_it_does() -> None:
    names = [variable.name for variable in VARIABLES]
    assert len(set(names)) == len(names)
    assert {"OKAMOCHI_CACHE_DIR", "OKAMOCHI_STATE_DIR", "SOURCE_DATE_EPOCH", "HTTPS_PROXY"} <= set(names)
    assert all(variable.does for variable in VARIABLES)


def test_importing_this_floor_loads_nothing_heavy() -> None:
    script = (
        "import sys; import okamochi.system.world, okamochi.system.project_files\n"
        "heavy = {'urllib3', 'ssl', 'platformdirs', 'rich', 'filelock', 'asyncio', 'click', 'pathspec'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
