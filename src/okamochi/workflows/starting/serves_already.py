"""Whether what `up` would start is what serves already: then it goes on, without a pause."""

import hashlib
from collections.abc import Iterable
from contextlib import suppress

from okamochi.errors import EngineError, UnhealthyError
from okamochi.run.engine import Engine
from okamochi.run.spec import ContainerState, RunSpec
from okamochi.run.state import AppState
from okamochi.run.wait import Patience, wait_until_healthy
from okamochi.system.tree_stamp import program_identity

__all__ = ["is_healthy", "start_digest"]

# What does not answer within the time that a busy machine may take is started anew.
A_LOOK = Patience(limit_seconds=10, inside_after_seconds=0, inside_for_seconds=0, failing_page_seconds=0)


def start_digest(state: AppState, engine: Engine, secret_names: Iterable[str], *parts: bytes) -> str:
    """Of all that decides how something is started: `parts`, this okamochi, and the secrets as they are kept
    now. It stays in the app's private state folder, since secrets are part of it."""
    secrets = state.secrets()
    told = (f"{name}={secrets.get(name)}".encode() for name in sorted(secret_names))
    digest = hashlib.sha256()
    for part in (engine.name.encode(), program_identity().encode(), *parts, b"secrets", *told):
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()


def is_healthy(engine: Engine, spec: RunSpec, beside: Iterable[str] = ()) -> bool:
    """Whether the container of `spec` is healthy now and those `beside` it run."""
    with suppress(EngineError, UnhealthyError):
        names = (spec.name, *beside)
        if all(engine.inspect(name).state is ContainerState.RUNNING for name in names):
            wait_until_healthy(engine, spec, A_LOOK)
            return True
    return False
