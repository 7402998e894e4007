"""Which packages could not be put into an image, before anything is unpacked."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from okamochi.debian.apt_proxy import through_apt_proxy
from okamochi.debian.deb import Control, read_control
from okamochi.debian.fetch import THREADS, fetch_deb
from okamochi.debian.maintainer_scripts import unreviewed
from okamochi.debian.sources import APT_FOLDER, find_mirrors
from okamochi.model.lock import LockedDeb
from okamochi.system.world import World

__all__ = ["unknown_scripts"]


def unknown_scripts(world: World, debs: Sequence[LockedDeb], snapshot: str) -> tuple[str, ...]:
    """Names of those whose maintainer scripts do something that nobody has read; they are fetched for that,
    as they would be for the image."""
    mirrors = find_mirrors(world.environ, APT_FOLDER)
    reached = through_apt_proxy(world, APT_FOLDER)

    def one(deb: LockedDeb) -> tuple[str, Control]:
        return deb.name, read_control(fetch_deb(reached, deb, mirrors, snapshot))

    with ThreadPoolExecutor(THREADS) as pool:
        controls = tuple(pool.map(one, debs))
    return tuple(sorted({line.partition(":")[0] for line in unreviewed(controls)}))
