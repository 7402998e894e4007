"""The images that an app's earlier starts left in an engine: all but the last ones go."""

from collections.abc import Sequence

from okamochi.errors import EngineError
from okamochi.oci.reference import Reference
from okamochi.run.engine import Engine
from okamochi.run.state import AppState, LoadedImage

__all__ = ["KEPT", "remember_image", "remove_superseded"]

KEPT = 2  # what serves, and what served before it


def remember_image(state: AppState, engine: Engine, reference: Reference) -> None:
    """To be called before the engine gets it, so that nothing stays behind that nobody knows of."""
    loaded = LoadedImage(engine=engine.name, reference=str(reference.tagged))
    state.put_loaded_images((*(one for one in state.loaded_images() if one != loaded), loaded))


def remove_superseded(state: AppState, engine: Engine) -> tuple[str, ...]:
    """The names that were removed: of each image name the KEPT latest stay, and whatever a container is of.

    Only images that a start of this app loaded by itself are touched. One that the engine does not give up
    yet is asked for again the next time."""
    known = state.loaded_images()
    removed = []
    for loaded in superseded(known, engine.name):
        try:
            engine.remove_image(loaded.reference)
        except EngineError:
            continue
        removed.append(loaded)
    if removed:
        state.put_loaded_images(tuple(one for one in known if one not in removed))
    return tuple(one.reference for one in removed)


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
