"""devcontainer.json: the desk in a container, on the Dockerfile's development stage.

https://containers.dev/implementors/json_reference/.
"""

import json
from typing import Any

from okamochi.model.finding import Finding, Severity
from okamochi.model.lock import Lock
from okamochi.model.plan import APP_ROOT, DependencyManager, Framework, Plan
from okamochi.render.rendering import Language, RenderedFile, Rendering

__all__ = ["DevcontainerRenderer"]

# the project's own tool, in a way that never rewrites its lock
INSTALL = {
    DependencyManager.PIPENV: "pip install --user pipenv && pipenv sync --dev",
    DependencyManager.POETRY: "pip install --user poetry && poetry install",
    DependencyManager.UV: "pip install --user uv && uv sync --frozen",
    DependencyManager.PDM: "pip install --user pdm && pdm sync --dev",
    DependencyManager.PYLOCK: "pip install --user uv && uv pip sync pylock.toml",
    DependencyManager.PYPROJECT: "pip install --user -e .",
    DependencyManager.SETUPTOOLS: "pip install --user -e .",
}
EXTENSIONS = ("ms-python.python", "ms-python.debugpy", "charliermarsh.ruff", "tamasfe.even-better-toml")
BY_FRAMEWORK = {Framework.DJANGO: ("batisteo.vscode-django",), Framework.FLASK: ("wholroyd.jinja",)}


class DevcontainerRenderer:
    @property
    def target(self) -> str:
        return "devcontainer"

    def render(self, plan: Plan, language: Language, lock: Lock | None = None) -> Rendering:
        content = json.dumps(configuration(plan), indent=2, ensure_ascii=False) + "\n"
        found = RenderedFile(path=".devcontainer/devcontainer.json", content=content.encode())
        return Rendering(files=(found,), findings=findings(plan))


def findings(plan: Plan) -> tuple[Finding, ...]:
    if not plan.services:
        return ()
    names = ", ".join(service.name for service in plan.services)
    return (
        Finding(
            rule="devcontainer/services",
            severity=Severity.NOTE,
            message=f"{names} run beside it by compose.yaml",
            hint="okamochi render compose; docker compose up --detach on the host starts them",
            field="services",
        ),
    )


def configuration(plan: Plan) -> dict[str, Any]:
    ports = [plan.web.port, *(service.port for service in plan.services)]
    return {
        "name": plan.name,
        "build": {"dockerfile": "../Dockerfile", "context": "..", "target": "development"},
        "workspaceFolder": APP_ROOT,
        "workspaceMount": f"source=${{localWorkspaceFolder}},target={APP_ROOT},type=bind",
        "remoteUser": "developer",
        "updateRemoteUserUID": True,
        "overrideCommand": True,
        "forwardPorts": ports,
        "postCreateCommand": install_command(plan),
        "customizations": {
            "vscode": {
                "extensions": [*EXTENSIONS, *BY_FRAMEWORK.get(plan.application.framework, ())],
                "settings": {"python.defaultInterpreterPath": "/opt/venv/bin/python"},
            }
        },
    }


def install_command(plan: Plan) -> str:
    known = INSTALL.get(plan.dependencies.manager)
    if known is not None:
        return known
    files = " ".join(f"-r {path}" for path in plan.dependencies.files)
    return f"pip install --user {files}" if files else "true"
