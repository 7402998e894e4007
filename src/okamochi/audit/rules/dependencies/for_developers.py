"""What developers need is installed in production.

Test runners, linters and debuggers make the image larger, and whoever gets into the container finds them
there. `uv sync` installs the group `dev` unless it is told not to, and so do `poetry install` and `pdm
install`.

Fix: `uv sync --no-dev`, `poetry install --only main`, `pdm install --prod`, `pipenv sync` without
`--dev`, requirements.txt without what only tests import.

Okamochi: groups and files for developers stay out; `okamochi dev` has them.

See: https://docs.astral.sh/uv/concepts/projects/dependencies/#dependency-groups
"""

import posixpath
import re
from typing import Any

from okamochi.audit.rule import Finds, Found, Severity
from okamochi.audit.setup import Dockerfile, Setup
from okamochi.audit.steps import Install, installs, makers
from okamochi.containerfiles.desk import is_desk_name
from okamochi.containerfiles.dockerfile import Stage
from okamochi.system.data_text import NoDataError, toml_of

SEVERITY = Severity.WARNING
FOR_TESTS = re.compile(r"(?:.*[-_./])?(?:dev|devel|development|tests?|testing|local|lint)(?:[-_.].*)?")
CONDITION = re.compile(r"\$\(|\bif\b|\bcase\b|\$\{")
SWITCHES = frozenset(("UV_NO_DEV", "UV_NO_DEFAULT_GROUPS", "POETRY_INSTALLER_ONLY", "POETRY_WITHOUT"))


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for stage in makers(file) if not file.desk else ():
            for one in installs(stage.own):
                if is_desk_name(stage.name) or CONDITION.search(one.instruction.rest):
                    continue  # who builds decides
                what = brought(one, stage, file, setup)
                if what:
                    yield Found(
                        path=file.path,
                        line=one.instruction.line,
                        message=f"{what[0]} in what is shipped",
                        hint=what[1],
                    )


def brought(one: Install, stage: Stage, file: Dockerfile, setup: Setup) -> tuple[str, str] | None:
    if one.tool in ("pip", "uv pip"):
        name = next((name for name in one.files if FOR_TESTS.fullmatch(posixpath.basename(name))), "")
        return (f"{name} is for developers, and", "leave it to the stage for developers") if name else None
    if one.tool == "pipenv":
        given = one.has("--dev", "-d")
        return (
            ("the Pipfile's dev-packages are installed, and", "pipenv sync without --dev") if given else None
        )
    if SWITCHES & set(stage.environment) or one.names:
        return None
    group = default_group(file, setup, one.tool)
    left_out = one.has("--no-dev", "--only-group", "--no-default-groups", "--no-group")
    if group and one.tool == "uv" and one.verb == "sync" and not left_out:
        return f"uv sync installs the group {group} as well, and it is", "uv sync --no-dev"
    if group and one.tool == "poetry" and not one.has("--only", "--without", "--no-dev", "--only-root"):
        return f"poetry install installs the group {group} as well, and it is", "poetry install --only main"
    if group and one.tool == "pdm" and not one.has("--prod", "--production", "--no-dev", "-G", "--group"):
        return f"pdm {one.verb} installs the group {group} as well, and it is", "pdm install --prod"
    return None


def default_group(file: Dockerfile, setup: Setup, tool: str) -> str:
    """The group that a tool installs without being asked, where the project has one."""
    for folder in dict.fromkeys((posixpath.dirname(file.path), "")):
        text = setup.project.read_text(posixpath.join(folder, "pyproject.toml"))
        if text is None:
            continue
        try:
            return group_of(toml_of(text), tool)
        except NoDataError:
            return ""
    return ""


def group_of(table: dict[str, Any], tool: str) -> str:
    tools = table.get("tool") or {}
    if tool == "poetry":
        poetry = tools.get("poetry") or {}
        groups = poetry.get("group") or {}
        asked = [
            name for name, group in groups.items() if isinstance(group, dict) and not group.get("optional")
        ]
        return next(iter(asked), "dev" if poetry.get("dev-dependencies") else "")
    named = (table.get("dependency-groups") or {}).get("dev") or (tools.get(tool) or {}).get(
        "dev-dependencies"
    )
    chosen = (tools.get("uv") or {}).get("default-groups", ["dev"])
    return "dev" if named and "dev" in chosen else ""
