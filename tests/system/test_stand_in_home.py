"""Where things are kept for a user who has no home, as in `docker run --user 1000`."""

import os
from pathlib import Path

import pytest

from okamochi.errors import UsageError
from okamochi.system import stand_in_home
from okamochi.system.environ import cache_dir, state_dir, without_a_home


@pytest.fixture
def lasting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place for temporary files; nothing else on this machine but /usr takes files."""
    place = tmp_path / "var-tmp"
    place.mkdir()

    def takes_files(path: str | Path, mode: int, **_: object) -> bool:
        return str(path).startswith((str(place), "/usr"))

    monkeypatch.setattr(stand_in_home, "LASTING", str(place))
    monkeypatch.setattr(os, "access", takes_files)
    return place


@pytest.mark.parametrize("home", ["/", "/root", "/nonexistent"])
def test_a_home_that_takes_nothing_has_a_stand_in_of_the_users_own(lasting: Path, home: str) -> None:
    own = lasting / f"okamochi-{os.geteuid()}"
    assert (cache_dir({"HOME": home}), state_dir({"HOME": home})) == (own / "cache", own / "state")
    assert own.stat().st_mode & 0o777 == 0o700
    assert without_a_home({"HOME": home}) == (
        f"{home} takes no files: the cache and the state of what runs are in {own} "
        "(OKAMOCHI_CACHE_DIR and OKAMOCHI_STATE_DIR can name a better place)"
    )


@pytest.mark.parametrize(
    "environ",
    [
        {"HOME": "/", "OKAMOCHI_CACHE_DIR": "/c", "OKAMOCHI_STATE_DIR": "/s"},
        {"HOME": "/", "XDG_CACHE_HOME": "/c", "XDG_STATE_HOME": "/s"},
        {"HOME": "/usr/new"},
    ],
)
def test_who_names_a_place_or_has_a_home_gets_no_other(lasting: Path, environ: dict[str, str]) -> None:
    assert without_a_home(environ) == ""
    assert not list(lasting.iterdir())


def test_one_folder_of_a_home_that_takes_nothing_is_its_owners_to_mend(lasting: Path, tmp_path: Path) -> None:
    assert not stand_in_home.cannot_hold(tmp_path / ".cache" / "okamochi", lasting)


def test_what_somebody_else_made_in_its_place_is_refused(lasting: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (lasting / f"okamochi-{os.geteuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError) as refused:
        state_dir({"HOME": "/"})
    assert "somebody else" in refused.value.message and "OKAMOCHI_STATE_DIR" in refused.value.hint


def test_a_folder_that_others_may_write_is_refused(lasting: Path) -> None:
    (lasting / f"okamochi-{os.geteuid()}").mkdir()
    (lasting / f"okamochi-{os.geteuid()}").chmod(0o777)
    with pytest.raises(UsageError):
        cache_dir({"HOME": "/"})


def test_where_nothing_takes_files_the_variable_is_told(lasting: Path) -> None:
    lasting.rmdir()
    with pytest.raises(UsageError) as refused:
        cache_dir({"HOME": "/", "TMPDIR": "/nowhere"})
    assert "OKAMOCHI_CACHE_DIR" in refused.value.hint
