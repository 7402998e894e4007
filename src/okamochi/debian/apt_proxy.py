"""Downloads of Debian packages through apt's own proxy, where the host has one and no other is set."""

from pathlib import Path

from msgspec.structs import replace

from okamochi.debian.sources import apt_proxies
from okamochi.system.http import UrllibTransport
from okamochi.system.world import World

__all__ = ["through_apt_proxy"]

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy")


def through_apt_proxy(world: World, apt_folder: Path) -> World:
    """The same world; its transport goes through apt.conf's proxy unless the environment names one."""
    if any(world.environ.get(name) or world.environ.get(name.upper()) for name in PROXY_VARIABLES):
        return world
    proxies = apt_proxies(apt_folder)
    if not proxies or not isinstance(world.transport, UrllibTransport):
        return world
    environ = {**world.environ, **proxies}
    return replace(
        world, transport=UrllibTransport.of(environ, offline=world.offline, once=world.once), environ=environ
    )
