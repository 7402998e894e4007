"""The images that an app's earlier starts left in an engine: all but the last ones go."""

from collections.abc import Sequence

from okamochi.errors import EngineError
from okamochi.oci.reference import Reference
from okamochi.run.engine import Engine
from okamochi.run.state import AppState, LoadedImage

__all__ = ["hand_on", "remember_image", "remove_superseded"]

KEPT = 2  # what serves, and what served before it


def remember_image(state: AppState, engine: Engine, reference: Reference) -> None:
    """To be called before the engine gets it, so that nothing stays behind that nobody knows of, and nobody
    removes it meanwhile."""
    loaded = LoadedImage(engine=engine.name, reference=str(reference.tagged))
    with state.images_lock():
        state.put_loaded_images((*(one for one in state.loaded_images() if one != loaded), loaded))


def hand_on(state: AppState, successor: AppState) -> None:
    """What an app loaded that is about to be forgotten counts as the oldest of another one's."""
    loaded = state.loaded_images()
    if not loaded:
        return
    with state.images_lock():
        known = successor.loaded_images()
        successor.put_loaded_images((*(one for one in loaded if one not in known), *known))


def remove_superseded(state: AppState, engine: Engine) -> tuple[str, ...]:
    """The names that were removed: of each image name the KEPT latest stay, and whatever a container is of.

    Only images that a start of this app loaded by itself are touched; one that another app keeps (two folders
    with the same content have one image) is left to that. One that the engine does not give up yet is asked
    for again the next time."""
    removed, left = [], []
    with state.images_lock():
        known, others = state.loaded_images(), kept_by_others(state)
        for loaded in superseded(known, engine.name):
            if loaded in others:
                left.append(loaded)
                continue
            try:
                engine.remove_image(loaded.reference)
            except EngineError:
                continue
            removed.append(loaded)
        state.put_loaded_images(tuple(one for one in known if one not in (*removed, *left)))
    return tuple(one.reference for one in removed)


def kept_by_others(state: AppState) -> frozenset[LoadedImage]:
    """What the other apps of this user serve, or would go back to."""
    found: set[LoadedImage] = set()
    for other in state.others():
        known, record = other.loaded_images(), other.record()
        engines = {one.engine for one in known}
        found |= set(known).difference(*(superseded(known, engine) for engine in engines))
        if record is not None:
            found.add(LoadedImage(engine=record.engine, reference=record.image_reference))
    return frozenset(found)


def superseded(known: Sequence[LoadedImage], engine: str) -> tuple[LoadedImage, ...]:
    """Those of one engine that KEPT later ones of the same name follow; `known` is oldest first."""
    found: list[LoadedImage] = []
    later: dict[str, int] = {}
    for loaded in reversed(known):
        if loaded.engine != engine:
            continue
        name = loaded.reference.rpartition(":")[0]
        later[name] = later.get(name, 0) + 1
        if later[name] > KEPT:
            found.append(loaded)
    return tuple(found)
