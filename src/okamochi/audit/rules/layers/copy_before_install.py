"""The code is copied before the requirements are installed, so that each change installs them all again.

A layer is built anew once anything that went into it, or into a layer below, has changed. `COPY . .` changes
with every commit; an install after it starts from nothing each time, minutes instead of nothing at all.

Fix: copy the files that name the requirements (requirements.txt, pyproject.toml and its lock), install, and
copy the rest after that.

Okamochi: dependencies lie below the code, in layers by wheel: an edit sends some kilobytes.

See: https://docs.docker.com/build/cache/optimize/#order-your-layers
"""

from okamochi.audit.rule import Finds, Found, Severity
from okamochi.audit.setup import Dockerfile, Setup
from okamochi.audit.steps import Install, copies_everything, installs, makers
from okamochi.containerfiles.dockerfile import Stage

SEVERITY = Severity.WARNING
LISTS = {
    "pipenv": "Pipfile and Pipfile.lock",
    "poetry": "pyproject.toml and poetry.lock",
    "uv": "pyproject.toml and uv.lock",
    "pdm": "pyproject.toml and pdm.lock",
}


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for stage in makers(file) if not file.desk else ():
            yield from of_stage(file, stage)


def of_stage(file: Dockerfile, stage: Stage) -> Finds:
    found = [one for one in installs(stage.instructions) if takes_a_list(one)]
    copied = [one for one in stage.own if copies_everything(one)]
    if not found or not copied or found[0].instruction.line < copied[0].line:
        return
    first = found[0]
    if first.instruction not in stage.own or "type=cache" in first.instruction.rest:
        return
    names = " and ".join(first.files) or LISTS.get(first.tool, "pyproject.toml and its lock")
    yield Found(
        path=file.path,
        line=copied[0].line,
        message=f"all files are copied before line {first.instruction.line} installs: each changed line of "
        "code installs every requirement again",
        hint=f"COPY {names}, install, and only then COPY . .",
    )


def takes_a_list(one: Install) -> bool:
    """Whether it installs what a file lists, and not the project itself alone."""
    if one.tool in ("pip", "uv pip"):
        return bool(one.files) and one.verb == "install"
    return one.verb in ("install", "sync") and not one.names
