"""Errors of a start, which show how the app's log ends, in terminals and in logs of CI."""

from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from okamochi.errors import UnhealthyError
from okamochi.run.state import AppState
from okamochi.workflows import dev, up
from okamochi.workflows.starting.secrets_untold import secrets_untold

KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\n-----END PRIVATE KEY-----\n"


def test_an_app_that_prints_its_secrets_does_not_have_them_told(tmp_path: Path) -> None:
    state = AppState.of(tmp_path, "shop")
    state.keep_secret("SECRET_KEY", "correct-horse-battery")
    state.keep_secret("DATABASE_URL", "postgresql://shop:p%40ss-w0rd!@db:5432/shop")
    state.keep_secret("SIGNING_KEY", KEY)
    state.keep_secret("POSTGRES_PASSWORD", "postgres")
    state.keep_secret("QUOTED", "it's a\ttab-secret")
    log = (
        "config: {'SECRET_KEY': 'correct-horse-battery'}",
        "cannot connect to postgresql://shop:p%40ss-w0rd!@db:5432/shop",
        "login as shop with p@ss-w0rd! refused by postgres",
        "key MIIEvQIBADANBgkqhkiG",
        repr({"QUOTED": "it's a\ttab-secret"}),
    )
    failure = UnhealthyError("ended: correct-horse-battery", hint="see p@ss-w0rd!", where="web", details=log)
    failure.log = "\n".join(log)
    with pytest.raises(UnhealthyError) as caught, secrets_untold(state):
        raise failure
    told = caught.value
    assert told.details == (
        "config: {'SECRET_KEY': '***'}",
        "cannot connect to ***",
        "login as shop with *** refused by postgres",
        "key ***",
        "{'QUOTED': \"***\"}",
    )
    assert (told.message, str(told), told.hint, told.where) == ("ended: ***", "ended: ***", "see ***", "web")
    assert told.log == "\n".join(told.details)


@pytest.mark.parametrize(("module", "part"), [(up, "mended"), (dev, "proved_plan")])
def test_every_start_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, part: str
) -> None:
    state = AppState.of(tmp_path, "shop")
    state.keep_secret("SECRET_KEY", "correct-horse-battery")
    app: Any = SimpleNamespace(state=state, root=tmp_path, reporter=None)

    def failing(*_: object) -> None:
        raise UnhealthyError("ended", hint="", details=("correct-horse-battery",))

    for name in ("app_of", "desk_of", "chosen_engine", "read_values", "tell_unread_file", "tell_stores"):
        monkeypatch.setattr(module, name, lambda *_, **__: app, raising=False)
    monkeypatch.setattr(module, "refuse_absent", lambda *_: None, raising=False)
    monkeypatch.setattr(module.Building, "open", lambda *_: app)
    app.name, app.plan = "docker", None
    monkeypatch.setattr(module, part, failing)
    request: Any = SimpleNamespace(
        build=SimpleNamespace(path=tmp_path), path=tmp_path, engine="", env_file=None
    )
    with pytest.raises(UnhealthyError) as caught:
        getattr(module, module.__name__.rpartition(".")[2])(request, app)
    assert caught.value.details == ("***",)
