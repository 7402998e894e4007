"""What an app on the host engine, which shares the machine's network, opens to others by its own code."""

from okamochi.run.engine import Engine
from okamochi.system.words import counted
from okamochi.system.world import World

__all__ = ["open_ports", "tell_open_ports"]


def open_ports(container: str, engine: Engine) -> tuple[int, ...]:
    """Those at which it listens to more than the loopback; none where it has a network of its own."""
    if engine.name != "host":
        return ()
    from okamochi.run.host.engine import HostEngine

    return engine.ports_open_to_others(container) if isinstance(engine, HostEngine) else ()


def tell_open_ports(container: str, engine: Engine, world: World) -> None:
    ports = open_ports(container, engine)
    if ports:
        world.reporter.warn(
            f"host: whoever reaches this machine reaches the app: its own code listens on every address "
            f"({counted(len(ports), 'port')}: {', '.join(map(str, ports))}); let it read the address from a "
            "variable, as HOST, or use --engine docker or podman"
        )
