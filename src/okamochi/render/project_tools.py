"""How a developer installs the project and what development needs: by its own tool, as its lock says."""

from dataclasses import dataclass

from okamochi.model.plan import DependencyManager, Plan

__all__ = ["project_tool"]

EDITABLE = (DependencyManager.PYPROJECT, DependencyManager.SETUPTOOLS)


@dataclass(frozen=True)
class ProjectTool:
    """`package` is the tool, "" for pip; `install` are the commands, one after the other; `run` stands before
    a command, to run it in the project's environment; `with_pytest` sees to it that pytest is there."""

    package: str
    install: tuple[str, ...]
    run: str = ""
    with_pytest: str = ""


def project_tool(plan: Plan) -> ProjectTool:
    locked = bool(plan.dependencies.lock_file)
    desk = plan.development
    match plan.dependencies.manager:
        case DependencyManager.PIPENV:
            command = "pipenv sync --dev" if locked else "pipenv install --dev"
            return ProjectTool("pipenv", (command,), "pipenv run ", "pipenv run pip install pytest")
        case DependencyManager.POETRY:
            groups = f" --with {','.join(desk.groups)}" if desk.groups else ""
            extras = "".join(f" --extras {one}" for one in desk.extras)
            add = "poetry run pip install pytest"
            return ProjectTool("poetry", (f"poetry install{groups}{extras}",), "poetry run ", add)
        case DependencyManager.UV:
            more = [f" --group {one}" for one in desk.groups] + [f" --extra {one}" for one in desk.extras]
            return ProjectTool("uv", (f"uv sync{' --frozen' if locked else ''}{''.join(more)}",), "uv run ")
        case DependencyManager.PDM:
            command = "pdm sync --dev" if locked else "pdm install --dev"
            add = "pdm run python -m ensurepip && pdm run python -m pip install pytest"
            return ProjectTool("pdm", (command,), "pdm run ", add)
        case DependencyManager.PYLOCK:
            named = " ".join(f"-r {path}" for path in (plan.dependencies.lock_file, *desk.files))
            return ProjectTool("uv", (f"uv pip install {named}",), "", "uv pip install pytest")
        case manager if manager in EDITABLE:
            extras = f"[{','.join(desk.extras)}]" if desk.extras else ""
            groups = "".join(f" --group {one}" for one in desk.groups)
            return ProjectTool("", (f"pip install --editable .{extras}{groups}",), "", "pip install pytest")
        case _:
            # a file with hashes takes no other beside it
            files = (*plan.dependencies.files, *desk.files)
            return ProjectTool("", tuple(f"pip install -r {one}" for one in files), "", "pip install pytest")
