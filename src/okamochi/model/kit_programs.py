"""How the kit's programs in an image are started, and what they are told: by every engine and renderer."""

from okamochi.model.plan import KIT_ROOT, VENV_ROOT
from okamochi.model.process import HttpProbe, Process

__all__ = ["HEALTH_CHECK", "SECRETS_MOUNT", "health_environment", "with_secrets"]

PYTHON = f"{VENV_ROOT}/bin/python"
HEALTH_CHECK = (PYTHON, "-I", "-S", f"{KIT_ROOT}/healthcheck.py")
"""Exits with 0 when the process's probe is content."""
LOADER = (PYTHON, "-I", f"{KIT_ROOT}/secret_files.py", "--")
SECRETS_MOUNT = "/run/secrets"
"""The folder, inside a container, in which each secret is a file of its name."""


def health_environment(process: Process) -> dict[str, str]:
    """What the kit's health check, access log and time limits are told; without a path, any HTTP answer on
    the port is healthy."""
    found = {"OKAMOCHI_STOP_GRACE_SECONDS": str(process.stop_grace_seconds)}
    if isinstance(process.probe, HttpProbe):
        found["OKAMOCHI_HEALTH_PATH"] = process.probe.path
        if process.probe.host:
            found["OKAMOCHI_HEALTH_HOST"] = process.probe.host
    return found


def with_secrets(argv: tuple[str, ...]) -> tuple[str, ...]:
    """The command with the secrets' files turned into variables first."""
    return (*LOADER, *argv)
