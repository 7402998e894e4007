"""File systems that forbid what okamochi does on them, as the tmpfs of `docker run --tmpfs /tmp`."""

import os
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from okamochi.system import file_systems
from okamochi.system.process import ProgramMissing
from okamochi.system.subprocess_runner import SubprocessRunner


def mounted(monkeypatch: pytest.MonkeyPatch, **flags: int) -> None:
    """Flags by the last part of the path; what is not named has none."""
    monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(f_flag=flags.get(Path(path).name, 0)))


@pytest.mark.parametrize("flag", [os.ST_NOEXEC, os.ST_NODEV])
def test_a_root_for_programs_is_put_together_where_they_may_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: int
) -> None:
    for name in ("usual", "other"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "usual"))
    monkeypatch.setattr(file_systems, "OTHERS", (str(tmp_path / "other"),))
    assert file_systems.temporary_with_programs() == str(tmp_path / "usual")
    mounted(monkeypatch, usual=flag)
    assert file_systems.temporary_with_programs() == str(tmp_path / "other")
    mounted(monkeypatch, usual=flag, other=flag)
    assert file_systems.temporary_with_programs() is None


def test_a_folder_that_is_not_there_yet_is_judged_by_the_one_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert file_systems.holds_roots(tmp_path / "new/state")
    mounted(monkeypatch, **{tmp_path.name: os.ST_NODEV})
    assert not file_systems.holds_roots(tmp_path / "new/state")


def test_a_program_on_a_file_system_that_forbids_them_is_not_told_to_be_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ld.so"
    program.touch(mode=0o644)
    mounted(monkeypatch, **{"ld.so": os.ST_NOEXEC})
    with pytest.raises(ProgramMissing) as raised:
        SubprocessRunner().run((os.fspath(program),))
    assert "noexec" in raised.value.hint and "OKAMOCHI_CACHE_DIR" in raised.value.hint
