"""The desk in a container: devcontainer.json on the Dockerfile's development stage, beside the services.

https://containers.dev/implementors/json_reference/. The file is JSON with comments, as editors read it.
"""

import json
from typing import Any

from okamochi.model.lock import Lock
from okamochi.model.plan import APP_ROOT, Framework, Plan
from okamochi.render.compose_secrets import compose_secrets
from okamochi.render.devcontainer_services import AGENT, DESK_ENVIRONMENT, compose_text, initialize_script
from okamochi.render.devcontainer_words import said
from okamochi.render.doors import not_at_the_desk
from okamochi.render.project_tools import project_tool
from okamochi.render.rendering import Language, RenderedFile, Rendering

__all__ = ["DevcontainerRenderer", "install_command"]

FOLDER = ".devcontainer"
USER = "developer"
HOME = f"/home/{USER}"
VENV = f"{HOME}/.venv"
TOOLS = f"{HOME}/.tools"
PATH = f"{VENV}/bin:{TOOLS}/bin:/opt/venv/bin:/usr/local/bin:/usr/bin:/bin"
EXTENSIONS = ("ms-python.python", "ms-python.debugpy", "charliermarsh.ruff", "tamasfe.even-better-toml")
BY_FRAMEWORK = {
    Framework.DJANGO: ("batisteo.vscode-django",),
    Framework.FLASK: ("wholroyd.jinja",),
    Framework.QUART: ("wholroyd.jinja",),
}
COMMENTED = {"remoteUser": "uid", "remoteEnv": "own", "postCreateCommand": "install", "forwardPorts": "ports"}
# ssh asks this agent only where no editor forwards one; unset, `test -z` is true without a word after it
SSH = f"""Match exec "test -z $SSH_AUTH_SOCK && test -S {AGENT}"\\n  IdentityAgent {AGENT}\\n"""


class DevcontainerRenderer:
    target = "devcontainer"

    def render(self, plan: Plan, language: Language, lock: Lock | None = None) -> Rendering:
        files = [
            RenderedFile(path=f"{FOLDER}/.gitignore", content=b"/ssh-agent\n"),
            RenderedFile(path=f"{FOLDER}/devcontainer.json", content=text_of(plan, language).encode()),
            RenderedFile(
                path=f"{FOLDER}/initialize.sh",
                content=initialize_script(plan, language).encode(),
                executable=True,
            ),
        ]
        if plan.services:
            content = compose_text(plan, language).encode()
            files.append(RenderedFile(path=f"{FOLDER}/compose.yaml", content=content))
        ordered = tuple(sorted(files, key=lambda one: one.path))
        return Rendering(files=ordered, findings=tuple(not_at_the_desk(plan)))


def text_of(plan: Plan, language: Language) -> str:
    """JSON with a comment above some keys."""
    lines = [f"// {said('json', language, name=plan.name)}"]
    for line in json.dumps(configuration(plan), indent=2, ensure_ascii=False).splitlines():
        key = line.strip().partition(":")[0].strip('"')
        if line.startswith('  "') and key in COMMENTED:
            lines.append(f"  // {said(COMMENTED[key], language)}")
        lines.append(line)
    return "\n".join(lines) + "\n"


def configuration(plan: Plan) -> dict[str, Any]:
    return {
        "name": plan.name,
        **(beside_services(plan) if plan.services else alone(plan)),
        "workspaceFolder": APP_ROOT,
        "initializeCommand": ["sh", f"{FOLDER}/initialize.sh"],
        "overrideCommand": True,
        "remoteUser": USER,
        "updateRemoteUserUID": True,
        "remoteEnv": {"HOME": HOME, "VIRTUAL_ENV": VENV, "PATH": PATH},
        "postCreateCommand": {"dependencies": install_command(plan), "ssh-agent": agent_command()},
        "forwardPorts": [plan.web.port, *(f"{one.name}:{one.port}" for one in plan.services if one.port)],
        "portsAttributes": {str(plan.web.port): {"label": plan.name}},
        "customizations": {
            "vscode": {
                "extensions": [*EXTENSIONS, *BY_FRAMEWORK.get(plan.application.framework, ())],
                "settings": {
                    "python.defaultInterpreterPath": f"{VENV}/bin/python",
                    "python.testing.pytestEnabled": True,
                },
            }
        },
    }


def alone(plan: Plan) -> dict[str, Any]:
    folder = "${localWorkspaceFolder}"
    given = ("--env-file", f"{folder}/{DESK_ENVIRONMENT}") if compose_secrets(plan) else ()
    return {
        "build": {"dockerfile": "../Dockerfile", "context": "..", "target": "development"},
        "workspaceMount": f"source={folder},target={APP_ROOT},type=bind",
        "mounts": [f"source={folder}/{FOLDER}/ssh-agent,target={AGENT},type=bind"],
        "runArgs": ["--init", *given],
    }


def beside_services(plan: Plan) -> dict[str, Any]:
    return {
        "dockerComposeFile": ["../compose.yaml", "compose.yaml"],
        "service": "desk",
        "runServices": ["desk", *(service.name for service in plan.services)],
        "shutdownAction": "stopCompose",
    }


def install_command(plan: Plan) -> str:
    """Into an environment of the desk's own; the tool lives in another one beside it."""
    python = f"python{plan.python_version}"
    made = f"{python} -m venv {VENV}"
    tool = project_tool(plan)
    commands = " && ".join(tool.install)
    if tool.package:
        got = f"{python} -m venv {TOOLS} && {TOOLS}/bin/pip install --quiet {tool.package}"
        # into the environment made here, not into .venv beside the source
        return f"{made} && {got} && {commands.replace('uv sync', 'uv sync --active')}"
    return f"{made} && {commands}" if commands else made


def agent_command() -> str:
    """ssh looks for its settings where /etc/passwd says, whatever HOME is."""
    return f"mkdir -p -m 700 {HOME}/.ssh && printf '%b' '{SSH}' >> {HOME}/.ssh/config"
