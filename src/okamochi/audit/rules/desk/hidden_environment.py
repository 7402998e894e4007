"""The mount of the project hides the virtual environment that the image has there.

The environment is made at /app/.venv, and then `.:/app` covers /app: "No module named flask", or, worse,
the host's own .venv is taken, with packages for another system.

Fix: the environment outside of the project (`UV_PROJECT_ENVIRONMENT=/opt/venv`,
`POETRY_VIRTUALENVS_PATH`), or a volume that keeps its place free: `- /app/.venv`.

Okamochi: the environment is /opt/venv, outside of the mount.

See: https://docs.astral.sh/uv/guides/integration/docker/#developing-in-a-container
"""

import posixpath
import re

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import beside, mounts, services, workdir
from okamochi.containerfiles.dockerfile import Stage

SEVERITY = Severity.ERROR
MADE = re.compile(
    r"(?:python3?|uv)\s+(?:-m\s+)?(?:venv|virtualenv)\s+(?:--?\S+\s+)*(?P<path>[\w./-]+)|\buv\s+sync\b(?P<sync>)"
    r"|virtualenvs\.in-project\s+true(?P<project>)"
)


def look(setup: Setup) -> Finds:
    for container in services(setup, desk=True):
        where = environment_of(container.stage) if container.stage is not None else ""
        if not where:
            continue
        all_mounts = [
            (same, mount)
            for same in beside(setup, container)
            if same.name == container.name
            for mount in mounts(same, setup)
        ]
        if any(posixpath.normpath(mount.target) == where for _, mount in all_mounts):
            continue
        for same, mount in all_mounts:
            target = posixpath.normpath(mount.target)
            if mount.kind == "bind" and where.startswith(f"{target}/") and same.path == container.path:
                yield Found(
                    path=container.path,
                    line=mount.line,
                    message=f"the mount at {mount.target} hides {where}, where the image has its packages",
                    hint=f"- {where}, a volume that keeps it, or the environment outside of {mount.target}",
                )


def environment_of(stage: Stage) -> str:
    """Where the stage's environment lies, when that is below its WORKDIR; "" otherwise."""
    home = workdir(stage)
    stated = next(
        (
            stage.environment[name][0]
            for name in ("UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV")
            if name in stage.environment
        ),
        "",
    )
    found = next((one for step in stage.all("RUN") if (one := MADE.search(step.rest))), None)
    if not home or (found is None and not stated):
        return ""
    path = stated or ((found["path"] if found is not None else None) or ".venv")
    if "UV_SYSTEM_PYTHON" in stage.environment and not stated:
        return ""
    whole = posixpath.normpath(posixpath.join(home, path))
    return whole if whole.startswith(f"{home.rstrip('/')}/") else ""
