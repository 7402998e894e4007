"""The outside world, as one argument: what a workflow needs to touch anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from okamochi.system.cache import Cache
from okamochi.system.clock import Clock
from okamochi.system.environ import cache_dir
from okamochi.system.http import Transport, UrllibTransport
from okamochi.system.process import Runner, SubprocessRunner
from okamochi.system.progress import Reporter

__all__ = ["World"]


@dataclass(frozen=True)
class World:
    """Programs, downloads, the cache, the time, the environment, and who listens to progress."""

    runner: Runner
    transport: Transport
    cache: Cache
    clock: Clock
    environ: Mapping[str, str]
    reporter: Reporter
    offline: bool = False

    @classmethod
    def real(
        cls,
        environ: Mapping[str, str],
        reporter: Reporter,
        *,
        offline: bool = False,
        cache_root: Path | None = None,
    ) -> "World":
        """This machine. UsageError for variables that make no sense; touches nothing yet."""
        return cls(
            runner=SubprocessRunner(),
            transport=UrllibTransport.of(environ, offline=offline),
            cache=Cache.open(cache_root if cache_root is not None else cache_dir(environ)),
            clock=Clock.of(environ),
            environ=dict(environ),
            reporter=reporter,
            offline=offline,
        )
