"""Which engine runs the app."""

from okamochi.errors import EngineError, UsageError
from okamochi.run.engine import Engine
from okamochi.run.engines import ENGINES, answering_engine, engine_named, refusals
from okamochi.run.state import UpRecord
from okamochi.system.world import World

__all__ = ["chosen_engine"]


def chosen_engine(name: str | None, world: World, *, record: UpRecord | None) -> Engine:
    """The one asked for, which must answer; else that on which the app runs, where its data is; else docker,
    podman, or the host, in this order."""
    if name is not None:
        if name not in ENGINES:
            raise UsageError(f"no such engine: {name!r}", where="--engine", hint=f"use {', '.join(ENGINES)}")
        engine = engine_named(name, world)
        tell_missing(engine, world)
        return engine
    if record is not None:
        return engine_of_before(record, world)
    engine_found = answering_engine(world)
    if engine_found is not None:
        tell_missing(engine_found, world)
        return engine_found
    for refused, why in refusals(world):
        world.reporter.note(f"{refused}: {why}")
    world.reporter.note("no container engine answers: running the image's own files on this machine")
    host = engine_named("host", world)
    tell_missing(host, world)
    return host


def engine_of_before(record: UpRecord, world: World) -> Engine:
    """EngineError when it does not answer: another one would begin with empty data, unasked."""
    engine = engine_named(record.engine, world)
    try:
        tell_missing(engine, world)
    except EngineError as error:
        others = " or ".join(f"--engine {one}" for one in ENGINES if one != engine.name)
        raise EngineError(
            f"{error.message}, on which {record.container} was started and keeps its data",
            where=error.where,
            hint=f"start it again; {others} begins elsewhere, without that data",
            details=error.details,
        ) from error
    return engine


def tell_missing(engine: Engine, world: World) -> None:
    """Warns of limits that the engine cannot set; EngineError when it does not answer."""
    for sentence in engine.facts().missing:
        world.reporter.warn(f"{engine.name}: {sentence}")
