"""Images of services that the engine cannot get."""

from pathlib import Path
from typing import cast

import msgspec
import pytest

from okamochi.errors import EngineError
from okamochi.model.backing_service import BackingService, ServiceKind, ServiceVariable
from okamochi.run.engine import Engine
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting.stack_services import has_image

SERVICE = BackingService(
    kind=ServiceKind.POSTGRES,
    name="db",
    image="postgres:17",
    port=5432,
    variables=(ServiceVariable(name="DATABASE_URL", template="postgresql://{host}"),),
)
WHY = "Error response from daemon: no such host"


class Unconnected:
    """An engine without a network."""

    name = "docker"

    def has(self, reference: str) -> bool:
        return False

    def pull(self, reference: str) -> str:
        return WHY


def asked(service: BackingService, folder: Path) -> tuple[bool, list[str]]:
    reporter = SilentReporter()
    world = World.real({}, reporter, offline=True, cache_root=folder)
    return has_image(service, cast(Engine, Unconnected()), world), reporter.notes


def test_one_that_is_needed_is_refused_with_the_engines_words_and_the_command(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as refusal:
        asked(SERVICE, tmp_path)
    assert refusal.value.details == (WHY,)
    assert "docker pull postgres:17" in refusal.value.hint and "give DATABASE_URL with" in refusal.value.hint


def test_one_that_is_not_is_told_with_them(tmp_path: Path) -> None:
    had, told = asked(msgspec.structs.replace(SERVICE, required=False), tmp_path)
    assert not had
    assert told == [f"db: postgres:17 could not be pulled ({WHY}); the app starts without it"]
