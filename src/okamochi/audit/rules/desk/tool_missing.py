"""A command of the devcontainer starts a tool that its image does not have.

"pipenv: not found", and the environment is made without the packages of the project. The editor shows it in a
log that few people read.

Fix: install the tool in that stage, or by a devcontainer feature.

Okamochi: the command uses the project's own tool, and installs it first.

See: https://containers.dev/implementors/json_reference/#lifecycle-scripts
"""

import re

from okamochi.audit.devcontainers import commands, stage_behind
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.dockerfile import Stage

SEVERITY = Severity.ERROR

# none of these is in an image of Python
TOOLS = frozenset(("pipenv", "poetry", "uv", "pdm", "hatch", "npm", "yarn", "pnpm", "pre-commit"))
PYTHON = re.compile(r"(?:docker\.io/)?(?:library/)?python:")
BRINGS = {"npm": "node", "yarn": "node", "pnpm": "node"}


def look(setup: Setup) -> Finds:
    for file in setup.devcontainers:
        stage = stage_behind(file, setup)
        if stage is None or file.root.get("features").pairs or PYTHON.match(stage.image) is None:
            continue
        brought: set[str] = set()
        for one in commands(file):
            program = one.argv[0].rpartition("/")[2]
            if program in ("pip", "pip3", "pipx", "apt-get", "sudo", "curl", "npm", "python", "python3"):
                brought.update(one.argv[1:])
            if program in TOOLS and program not in brought and lacks_tool(stage, program):
                yield Found(
                    path=file.path,
                    line=one.line,
                    message=f"{program} is not in the image of the stage {stage.name or stage.image}",
                    hint=f"install {program} in that stage",
                )


def lacks_tool(stage: Stage, program: str) -> bool:
    """Whether no step speaks of it, nor installs what the project's files name."""
    word = re.compile(rf"\b(?:{program}|{BRINGS.get(program, program)})")
    steps = [one.rest for one in stage.instructions if one.word in ("RUN", "COPY", "ADD", "ENV", "FROM")]
    by_file = re.compile(r"pip3? install .*(?:-r|\.)|\.sh\b|\$\(")
    return not any(word.search(rest) or by_file.search(rest) for rest in steps)
