"""The outside world, as one argument: what a workflow needs to touch anything."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from okamochi.system.cache import Cache
from okamochi.system.clock import Clock
from okamochi.system.environ import cache_dir
from okamochi.system.once import Once
from okamochi.system.progress import Reporter

if TYPE_CHECKING:
    from okamochi.system.http import Transport
    from okamochi.system.process import Runner

__all__ = ["World"]


class World(msgspec.Struct, frozen=True, eq=False):
    """Programs, downloads, the cache, the time, the environment, and who listens to progress; what was asked
    `once` in this run."""

    runner: "Runner"
    transport: "Transport"
    cache: Cache
    clock: Clock
    environ: Mapping[str, str]
    reporter: Reporter
    offline: bool = False
    once: Once = msgspec.field(default_factory=Once)

    def check_network_settings(self) -> None:
        """UsageError for proxies and CAs that make no sense, before anybody else stumbles over them."""
        _ = self.transport.get

    @classmethod
    def real(
        cls,
        environ: Mapping[str, str],
        reporter: Reporter,
        *,
        offline: bool = False,
        cache_root: Path | None = None,
    ) -> "World":
        """This machine; touches nothing yet."""
        once = Once()
        return cls(
            runner=cast("Runner", Late(real_runner)),
            transport=cast("Transport", Late(lambda: real_transport(environ, once, offline=offline))),
            cache=Cache.open(cache_root if cache_root is not None else cache_dir(environ)),
            clock=Clock.of(environ),
            environ=dict(environ),
            reporter=reporter,
            offline=offline,
            once=once,
        )


class Late:
    """Stands for something until it is used: a build in which nothing changed starts no program and asks no
    server, and importing what can do both would take longer than the build."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        made = self.__dict__.setdefault("_made", None) or self._make()
        self.__dict__["_made"] = made
        return getattr(made, name)


def real_runner() -> "Runner":
    from okamochi.system.subprocess_runner import SubprocessRunner

    return SubprocessRunner()


def real_transport(environ: Mapping[str, str], once: Once, *, offline: bool) -> "Transport":
    from okamochi.system.http import UrllibTransport

    return UrllibTransport.of(environ, offline=offline, once=once)
