import stat
import threading
import time
from pathlib import Path

import pytest

from okamochi.errors import UsageError
from okamochi.run.state import AppState, UpRecord
from okamochi.system.progress import SilentReporter


def test_a_generated_secret_is_made_once(tmp_path: Path) -> None:
    state = AppState.of(tmp_path, "shop")
    first, made = state.generated_secret("SECRET_KEY")
    again, made_again = state.generated_secret("SECRET_KEY")
    assert (first, made, made_again) == (again, True, False)
    assert len(first) >= 64


def test_given_secrets_are_forgotten_and_generated_ones_stay(tmp_path: Path) -> None:
    state = AppState.of(tmp_path, "shop")
    state.generated_secret("SECRET_KEY")
    state.generated_secret("JWT_SECRET")
    state.keep_secret("JWT_SECRET", "given after all")
    state.keep_secret("STRIPE_KEY", "sk")
    state.keep_secret("SMTP_PASSWORD", "pw")
    state.forget_given_secrets(but=["SMTP_PASSWORD"])
    assert state.secrets().keys() == {"SECRET_KEY", "SMTP_PASSWORD"}
    state.forget_given_secrets()
    assert state.secrets().keys() == {"SECRET_KEY"}


def test_a_secret_in_small_letters_is_one_file_with_two_names(tmp_path: Path) -> None:
    state = AppState.of(tmp_path, "shop")
    state.keep_secret("db_password", "pw")
    assert (state.secrets_folder / "db-password").read_text() == "pw"
    assert state.secrets() == {"db_password": "pw"}
    state.forget_given_secrets()
    assert list(state.secrets_folder.iterdir()) == []


def test_secrets_of_an_up_that_failed_are_what_they_were(tmp_path: Path) -> None:
    state = AppState.of(tmp_path, "shop")
    state.generated_secret("SECRET_KEY")
    state.keep_secret("TOKEN", "first")
    before = state.secrets()
    with pytest.raises(OSError), state.secrets_kept(unless=ValueError):
        state.keep_secret("SECRET_KEY", "given")
        state.keep_secret("TOKEN", "second")
        state.keep_secret("OTHER", "new")
        raise OSError
    assert state.secrets() == before
    state.forget_given_secrets()
    assert state.secrets().keys() == {"SECRET_KEY"}


def test_secrets_are_readable_only_through_a_private_folder(tmp_path: Path) -> None:
    state = AppState.of(tmp_path, "shop")
    path = state.keep_secret("TOKEN", "abc")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert stat.S_IMODE(state.secrets_folder.stat().st_mode) == 0o755
    assert stat.S_IMODE(state.folder.stat().st_mode) == 0o700


def test_the_record_is_read_back_and_dropped(tmp_path: Path) -> None:
    state = AppState.of(tmp_path, "shop")
    assert state.record() is None
    record = UpRecord(
        app="shop", engine="docker", container="okamochi-shop", image_reference="shop:1", port=8000
    )
    state.put_record(record)
    assert state.record() == record
    assert stat.S_IMODE((state.folder / "up.json").stat().st_mode) == 0o600
    assert AppState.all(tmp_path) == (state,)
    state.drop_record()
    assert state.record() is None


def test_a_damaged_record_is_none(tmp_path: Path) -> None:
    state = AppState.of(tmp_path, "shop")
    state.keep_secret("A", "b")
    (state.folder / "up.json").write_text("{")
    assert state.record() is None


@pytest.mark.parametrize("name", ["../x", "", "A-B", "A/B", "A\n"])
def test_names_that_are_no_variables_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        AppState.of(tmp_path, "shop").keep_secret(name, "x")


@pytest.mark.parametrize("app", ["..", "../x", "A", "", "a/b", "a\n"])
def test_names_that_are_no_apps_are_refused(tmp_path: Path, app: str) -> None:
    with pytest.raises(UsageError):
        AppState.of(tmp_path, app)


def test_where_nothing_was_kept_there_is_no_folder_afterwards(tmp_path: Path) -> None:
    state = AppState.of(tmp_path, "shop")
    with state.lock():
        pass
    assert list(tmp_path.iterdir()) == []
    with state.lock():
        state.generated_secret("SECRET_KEY")
    with state.lock():
        pass
    assert state.secrets().keys() == {"SECRET_KEY"}


def test_who_waited_for_a_lock_whose_folder_went_holds_a_new_one(tmp_path: Path) -> None:
    state = AppState.of(tmp_path, "shop")
    entered, held = threading.Event(), threading.Event()

    def wait() -> None:
        entered.set()
        with state.lock():
            state.put_plan(b"{}")
            held.set()

    waiting = threading.Thread(target=wait)
    with state.lock():
        waiting.start()
        assert entered.wait(10) and not held.wait(0.3)
    waiting.join(timeout=20)
    assert held.is_set() and state.plan_json() == b"{}"
    assert (state.folder / "lock").exists()
    assert stat.S_IMODE(state.folder.stat().st_mode) == 0o700


def test_who_waits_for_another_says_so(tmp_path: Path) -> None:
    state = AppState.of(tmp_path, "shop")
    told = SilentReporter()

    def wait() -> None:
        with state.lock(told):
            pass

    waiting = threading.Thread(target=wait)
    with state.lock(SilentReporter()):
        waiting.start()
        ends = time.monotonic() + 10
        while not told.notes and time.monotonic() < ends:
            time.sleep(0.02)
    waiting.join(timeout=20)
    assert told.notes == ["another okamochi works on this app: waiting for its end"]


def test_the_lock_is_for_one_at_a_time(tmp_path: Path) -> None:
    state = AppState.of(tmp_path, "shop")
    with state.lock():
        assert (state.folder / "lock").exists()
    with state.lock():
        pass
