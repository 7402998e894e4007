"""The engines by name, and which of them answers."""

from okamochi.errors import EngineError, UsageError
from okamochi.run.engine import Engine
from okamochi.system.world import World

__all__ = ["CONTAINER_ENGINES", "ENGINES", "answering_engine", "engine_named", "refusals"]

CONTAINER_ENGINES = ("docker", "podman")
ENGINES = (*CONTAINER_ENGINES, "host")


def engine_named(name: str, world: World) -> Engine:
    """UsageError when there is no such engine; whether it answers is not asked. One run has each once, so
    that it is asked about itself once."""
    return world.once.answer(("engine", name), lambda: made(name, world))


def made(name: str, world: World) -> Engine:
    match name:
        case "docker":
            from okamochi.run.docker import DockerEngine

            return DockerEngine(world.runner, world.environ)
        case "podman":
            from okamochi.run.podman import PodmanEngine

            return PodmanEngine(world.runner, world.environ)
        case "host":
            from okamochi.run.host.engine import HostEngine

            return HostEngine.of(world)
    raise UsageError(f"no such engine: {name!r}", where="--engine", hint=f"use {', '.join(ENGINES)}")


def answering_engine(world: World) -> Engine | None:
    """The first container engine that answers, in the order of CONTAINER_ENGINES."""
    for name in CONTAINER_ENGINES:
        engine = engine_named(name, world)
        try:
            engine.facts()
        except EngineError:
            continue
        return engine
    return None


def refusals(world: World) -> tuple[tuple[str, str], ...]:
    """(engine, why it does not answer) for each container engine that does not."""
    found = []
    for name in CONTAINER_ENGINES:
        try:
            engine_named(name, world).facts()
        except EngineError as error:
            found.append((name, error.message))
    return tuple(found)
