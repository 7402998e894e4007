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
    """An engine without a network; what it has was loaded."""

    def __init__(self, name: str = "docker", *loaded: str) -> None:
        self.name, self.loaded = name, loaded

    def has(self, reference: str) -> bool:
        return reference in self.loaded

    def pull(self, reference: str) -> str:
        return WHY


def asked(service: BackingService, folder: Path, engine: Unconnected | None = None) -> tuple[bool, list[str]]:
    reporter = SilentReporter()
    world = World.real({}, reporter, offline=True, cache_root=folder)
    return has_image(service, cast(Engine, engine or Unconnected()), world), reporter.notes


def test_one_that_is_needed_is_refused_with_the_engines_words_and_the_command(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as refusal:
        asked(SERVICE, tmp_path)
    assert refusal.value.details == (WHY,)
    assert "docker pull postgres:17" in refusal.value.hint and "give DATABASE_URL with" in refusal.value.hint


def test_one_that_is_not_is_told_with_them(tmp_path: Path) -> None:
    had, told = asked(msgspec.structs.replace(SERVICE, required=False), tmp_path)
    assert not had
    assert told == [f"db: postgres:17 could not be pulled ({WHY}); the app starts without it"]


def test_podman_is_told_the_full_name_and_the_one_that_loading_gave(tmp_path: Path) -> None:
    full, tag = "docker.io/library/postgres:17", "podman tag localhost/postgres:17"
    with pytest.raises(EngineError) as refusal:
        asked(SERVICE, tmp_path, Unconnected("podman"))
    assert f"podman pull {full}" in refusal.value.hint and "localhost" not in refusal.value.hint
    loaded = Unconnected("podman", "localhost/postgres:17")
    with pytest.raises(EngineError) as refusal:
        asked(SERVICE, tmp_path, loaded)
    assert f"{tag} {full}" in refusal.value.hint and "pull it" not in refusal.value.hint
    had, told = asked(msgspec.structs.replace(SERVICE, required=False), tmp_path, loaded)
    assert not had and f"{tag} {full}" in told[0]
    assert asked(SERVICE, tmp_path, Unconnected("podman", full)) == (True, [])
