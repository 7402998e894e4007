"""The chain of time limits: what the app does < the server's graceful stop < the engine's grace period.

When a link is longer than the next, requests are cut off at each new version, and nobody is told. The
engine's grace period is OKAMOCHI_STOP_GRACE_SECONDS, which okamochi sets wherever it writes the period.
"""

from __future__ import annotations

GRACEFUL_SECONDS = 25
REQUEST_SECONDS = 30
AFTER_STOP_SECONDS = 10  # from the end of the graceful stop to the engine's SIGKILL


def graceful_for(grace_seconds: int) -> int:
    """The graceful stop that fits into a grace period; 0 means that the period is unknown."""
    if not grace_seconds:
        return GRACEFUL_SECONDS
    return max(1, grace_seconds - min(AFTER_STOP_SECONDS, max(1, grace_seconds // 3)))


def breaks(timeout: int, graceful: int, grace_seconds: int) -> list[str]:
    """Sentences about links of the chain that do not hold; none when all is well or unknown."""
    if not grace_seconds:
        return []
    found = []
    if graceful >= grace_seconds:
        found.append(
            f"GUNICORN_GRACEFUL_TIMEOUT={graceful} is not below the {grace_seconds} s after which the engine "
            "kills the container: requests would be cut off at each stop. Lengthen the stop grace period"
        )
    if timeout > grace_seconds:
        found.append(
            f"GUNICORN_TIMEOUT={timeout} is beyond the stop grace period of {grace_seconds} s: so long a "
            "request would be cut off by a stop. Lengthen the stop grace period, or move the work to a worker"
        )
    if timeout == 0:
        found.append("GUNICORN_TIMEOUT=0: a worker that hangs is never replaced")
    return found
