"""The health check starts a script that is not in the image.

`HEALTHCHECK CMD python healthcheck.py` needs the file in the image's working folder. Where no COPY brings it,
or .dockerignore keeps it out, Python ends with "can't open file", and the container is unhealthy for ever.

Fix: `COPY healthcheck.py .` in the stage that is shipped.

Okamochi: the check is part of the image: /opt/okamochi/healthcheck.py.

See: https://docs.docker.com/reference/dockerfile/#healthcheck
"""

import posixpath
import re

from okamochi.audit.build_context import context_folder, ignore_file
from okamochi.audit.commands import Command
from okamochi.audit.containers import Container
from okamochi.audit.health import health_checks
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.dockerfile import Stage
from okamochi.containerfiles.dockerignore import keeps_out

SEVERITY = Severity.ERROR
SCRIPT = re.compile(r"(?:[\w.-]+/|/)*[\w.-]+\.(?:py|sh)")


def look(setup: Setup) -> Finds:
    for check in health_checks(setup):
        stage = check.container.stage
        script = "" if check.off else script_of(check.command)
        if stage is None or not script or not check.container.own or not setup.project.files("**/*.py"):
            continue
        why = what_keeps_it_out(script, stage, check.container, setup)
        if why:
            yield Found(
                path=check.path,
                line=check.line,
                message=f"{script} is not in the image ({why}): the check fails each time",
                hint=f"COPY {posixpath.basename(script)} into the stage that is shipped",
            )


def script_of(command: Command) -> str:
    """The first script that it starts."""
    for argv in command.programs:
        for word in argv[:3]:
            if SCRIPT.fullmatch(word):
                return word
    return ""


def what_keeps_it_out(script: str, stage: Stage, container: Container, setup: Setup) -> str:
    """ "" where something may bring it."""
    name = posixpath.basename(script)
    if any(name in one.rest for one in stage.instructions if one.word in ("RUN", "COPY", "ADD")):
        return ""
    if any(one.flag("from") for one in stage.instructions if one.word == "COPY"):
        return ""  # whatever that stage made
    mounted = (one.get("source").text or one.text for one in container.node.get("volumes").items)
    if any(text.startswith((".", "/")) for text in mounted):
        return ""
    found = setup.project.files(f"**/{name}")
    if not found:
        return "the project has no such file"
    file = setup.dockerfile(container.stage_path)
    folder = context_folder(file, setup) if file is not None else None
    if file is None or folder is None:
        return ""
    inside = [path[len(folder) :].lstrip("/") for path in found if path.startswith(folder)]
    ignore = ignore_file(file, folder, setup)
    outside = keeps_out(ignore.text) if ignore is not None else None
    if ignore is not None and outside is not None and inside and all(map(outside, inside)):
        return f"{ignore.path} keeps it out"
    if any(is_taken(path, stage) for path in inside):
        return ""
    return "no COPY takes it"


def is_taken(path: str, stage: Stage) -> bool:
    for one in stage.instructions:
        for word in one.words[:-1] if one.word in ("COPY", "ADD") else ():
            source = posixpath.normpath(word).lstrip("/")
            if source in (".", "") or "*" in source or "$" in source or f"{path}/".startswith(f"{source}/"):
                return True
    return False
