"""How instructions of a Dockerfile are written. Reference: https://docs.docker.com/reference/dockerfile/."""

import json
from collections.abc import Iterable

from okamochi.model.kit_programs import health_environment
from okamochi.model.plan import Plan

__all__ = ["FOLDER", "SEEN", "apt_install", "environment_lines", "exec_form", "quoted"]

# plans leave it out of images: none of it is the project's
FOLDER = ".okamochi"
# where the build sees that folder, which never enters a layer of the image
SEEN = "/okamochi"


def apt_install(packages: Iterable[str]) -> list[str]:
    listed = " \\\n        ".join(packages)
    return [
        "RUN apt-get update \\",
        "    && apt-get install --yes --no-install-recommends \\",
        f"        {listed} \\",
        "    && rm -rf /var/lib/apt/lists/*",
    ]


def environment_lines(plan: Plan, more: dict[str, str]) -> list[str]:
    values = sorted({**dict(plan.image_environment), **health_environment(plan.web), **more}.items())
    lines = [f"{name}={quoted(value)}" for name, value in values]
    return ["ENV " + " \\\n    ".join(lines)] if lines else []


def quoted(value: str) -> str:
    """For ENV: in double quotes, with what BuildKit would expand or end the text made plain."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("\n", "\\n")
    return f'"{escaped}"'


def exec_form(argv: tuple[str, ...]) -> str:
    return json.dumps(list(argv), ensure_ascii=False)
