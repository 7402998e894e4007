"""Which images of earlier starts stay in an engine."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from okamochi.errors import EngineError
from okamochi.oci.reference import Reference
from okamochi.run.engine import Engine
from okamochi.run.state import AppState, UpRecord
from okamochi.workflows.starting.superseded import hand_on, remember_image, remove_superseded


@dataclass
class FakeEngine:
    name: str = "docker"
    in_use: set[str] = field(default_factory=set)
    removed: list[str] = field(default_factory=list)

    def remove_image(self, reference: str) -> None:
        if reference in self.in_use:
            raise EngineError("a container is of it", hint="end it")
        self.removed.append(reference)


def started(state: AppState, engine: FakeEngine, *references: str) -> tuple[str, ...]:
    """What goes after starts of these images, one after the other."""
    gone: tuple[str, ...] = ()
    for reference in references:
        remember_image(state, cast(Engine, engine), Reference.parse(reference))
        gone += remove_superseded(state, cast(Engine, engine))
    return gone


def test_the_last_two_images_of_an_app_stay(tmp_path: Path) -> None:
    state, engine = AppState.of(tmp_path, "shop-1"), FakeEngine()
    assert started(state, engine, "shop:1", "shop:2", "shop:3", "shop:4") == ("shop:1", "shop:2")
    assert [one.reference for one in state.loaded_images()] == ["shop:3", "shop:4"]


def test_an_image_that_is_started_again_is_the_newest(tmp_path: Path) -> None:
    state, engine = AppState.of(tmp_path, "shop-1"), FakeEngine()
    assert started(state, engine, "shop:1", "shop:2", "shop:1", "shop:3") == ("shop:2",)


def test_an_image_in_use_stays_until_it_is_free(tmp_path: Path) -> None:
    state, engine = AppState.of(tmp_path, "shop-1"), FakeEngine(in_use={"shop:1"})
    assert started(state, engine, "shop:1", "shop:2", "shop:3") == ()
    engine.in_use.clear()
    assert remove_superseded(state, cast(Engine, engine)) == ("shop:1",)


def test_names_and_engines_are_counted_apart(tmp_path: Path) -> None:
    state = AppState.of(tmp_path, "shop-1")
    docker, podman = FakeEngine(), FakeEngine(name="podman")
    assert started(state, docker, "shop:1", "shop-dev:1", "shop:2", "shop-dev:2") == ()
    assert started(state, podman, "shop:1", "shop:2", "shop:3") == ("shop:1",)
    assert docker.removed == []


def test_a_damaged_list_is_an_empty_one(tmp_path: Path) -> None:
    state, engine = AppState.of(tmp_path, "shop-1"), FakeEngine()
    started(state, engine, "shop:1", "shop:2")
    (state.folder / "images.json").write_text("{")
    assert started(state, engine, "shop:3", "shop:4") == ()


def test_an_image_that_another_folder_serves_or_may_go_back_to_is_left_to_that(tmp_path: Path) -> None:
    one, other, engine = AppState.of(tmp_path, "shop-1"), AppState.of(tmp_path, "shop-2"), FakeEngine()
    started(other, engine, "shop:1")
    assert started(one, engine, "shop:1", "shop:2", "shop:3") == ()
    assert [loaded.reference for loaded in one.loaded_images()] == ["shop:2", "shop:3"]
    assert started(other, engine, "shop:4", "shop:5") == ("shop:1",)


def test_an_image_that_another_folder_has_replaced_long_ago_goes(tmp_path: Path) -> None:
    one, other, engine = AppState.of(tmp_path, "shop-1"), AppState.of(tmp_path, "shop-2"), FakeEngine()
    busy = FakeEngine(in_use={"shop:1"})
    started(other, busy, "shop:1", "shop:2", "shop:3")
    assert started(one, engine, "shop:1", "shop:4", "shop:5") == ("shop:1",)


def test_what_another_folder_serves_stays_though_it_never_loaded_it(tmp_path: Path) -> None:
    one, other, engine = AppState.of(tmp_path, "shop-1"), AppState.of(tmp_path, "shop-2"), FakeEngine()
    other.put_record(UpRecord(app="shop-2", engine="docker", container="c", image_reference="shop:1"))
    assert started(one, engine, "shop:1", "shop:2", "shop:3") == ()


def test_of_many_proofs_the_last_images_stay(tmp_path: Path) -> None:
    own, engine = AppState.of(tmp_path, "shop-1"), FakeEngine()
    started(own, engine, "shop:1")
    gone: tuple[str, ...] = ()
    for reference in ("shop:2", "shop:3", "shop:1"):
        proof = AppState.of(tmp_path, "shop-1-proof")
        started(proof, engine, reference)
        hand_on(proof, own)
        shutil.rmtree(proof.folder)
        gone += remove_superseded(own, cast(Engine, engine))
    assert gone == ("shop:3",)
    assert [one.reference for one in own.loaded_images()] == ["shop:2", "shop:1"]
