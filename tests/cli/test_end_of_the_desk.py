"""Ctrl-C is how `okamochi dev --follow` ends."""

from collections.abc import Callable
from pathlib import Path

import pytest

from okamochi.cli.main import program
from okamochi.run.state import UpRecord
from okamochi.system.signals import Terminated

RECORD = UpRecord(app="shop-123456-dev", engine="docker", container="shop", image_reference="shop:1")


def ended(monkeypatch: pytest.MonkeyPatch, project: Path, *, serves: bool, error: BaseException) -> object:
    def follow(_: object, __: object, tell: Callable[[UpRecord], None]) -> None:
        if serves:
            tell(RECORD)
        raise error

    monkeypatch.setattr("okamochi.workflows.desk.follow.follow", follow)
    return program.main(["dev", str(project), "--follow"], standalone_mode=False)


def test_it_says_that_the_desk_is_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "app.py").write_text("")
    with pytest.raises(SystemExit) as left:
        ended(monkeypatch, tmp_path, serves=True, error=KeyboardInterrupt())
    assert left.value.code == 130
    assert "the desk is stopped; its data stays" in capsys.readouterr().err


@pytest.mark.parametrize("serves", [False, True])
def test_before_it_serves_and_by_another_signal_it_ends_as_every_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], serves: bool
) -> None:
    import signal

    (tmp_path / "app.py").write_text("")
    error = Terminated(signal.SIGTERM) if serves else KeyboardInterrupt()
    with pytest.raises((KeyboardInterrupt, Exception)):
        ended(monkeypatch, tmp_path, serves=serves, error=error)
    assert "stopped" not in capsys.readouterr().err
