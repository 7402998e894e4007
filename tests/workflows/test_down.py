"""What `down` says that it removed of a stack."""

from types import SimpleNamespace
from typing import Any

import pytest

from okamochi.system.progress import SilentReporter
from okamochi.workflows import running


@pytest.mark.parametrize(
    ("volumes", "told"), [(False, ("shop-web-1",)), (True, ("shop-web-1", "shop_db-data"))]
)
def test_data_that_is_gone_is_named(
    volumes: bool, told: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compose removes the volumes of its file and says nothing; an older one stays for who removes it."""
    there = ["shop_db-data", "shop_older"]

    def stop(*, volumes: bool, grace_seconds: int) -> None:
        if volumes:
            there.remove("shop_db-data")

    project = SimpleNamespace(
        states=lambda: (("web", "running", 0),), container=lambda name: f"shop-{name}-1", stop=stop
    )
    stack = SimpleNamespace(project=project, engine=SimpleNamespace(volumes=lambda _: tuple(there)))
    monkeypatch.setattr(running, "stack_of", lambda *_: stack)
    monkeypatch.setattr(running, "forget_stack", lambda _: None)
    app: Any = SimpleNamespace(identity="shop", state=None)
    world: Any = SimpleNamespace(reporter=SilentReporter())
    assert running.stack_down(app, world, volumes=volumes) == told
