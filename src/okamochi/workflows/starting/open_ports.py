"""What an app opens to others by its own code, where it shares the machine's network."""

from okamochi.run.engine import Engine
from okamochi.system.words import counted
from okamochi.system.world import World

__all__ = ["tell_open_ports"]


def tell_open_ports(container: str, engine: Engine, world: World) -> None:
    ports = engine.open_ports(container)
    if ports:
        said = f"{counted(len(ports), 'port')}: {', '.join(map(str, ports))}"
        world.reporter.warn(
            f"{engine.name}: whoever reaches this machine reaches the app: its own code listens on every "
            f"address ({said}); let it read the address from a variable, as HOST, or use --engine docker or "
            "podman"
        )
