"""A script of the project that a Dockerfile starts and that starts the server in turn, after work of its own.

CMD ["python", "entrypoint.py"]     makes a certificate, then runs gunicorn
"""

import shlex
from collections.abc import Iterator

from okamochi.containerfiles.dockerfile import Instruction, dockerfile_stages, shipped
from okamochi.detect.understanding import Understood
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.plan import ServerInterface
from okamochi.model.rendered_mark import text_by_people
from okamochi.system.patterns import regex

DOCKERFILE = "Dockerfile"
STARTS = regex(r"\b(?:subprocess\.\w+|os\.(?:exec\w+|spawn\w+|system)|Popen)\(")
SERVER = regex(r"[\"'\s](gunicorn|uvicorn|hypercorn|waitress-serve|uwsgi)[\"'\s]")


def warn(found: Understood) -> tuple[Decision, ...]:
    """None where the script is what is served."""
    sources, candidate = found.sources, found.entry.candidate
    text = text_by_people(sources.project, DOCKERFILE)
    stages = dockerfile_stages(text) if text is not None else ()
    if not stages or candidate.interface is ServerInterface.OWN:
        return ()
    stage = shipped(stages)
    for instruction in filter(None, (stage.last("ENTRYPOINT"), stage.last("CMD"))):
        for path in _scripts(instruction):
            code = sources.text(path) if path in sources.known and path != candidate.path else ""
            server = SERVER.search(code) if STARTS.search(code) is not None else None
            if server is not None:
                return (_decision(path, server[1], instruction.line),)
    return ()


def _scripts(instruction: Instruction) -> Iterator[str]:
    try:
        words = instruction.argv or tuple(shlex.split(instruction.rest))
    except ValueError:
        return
    for word in words:
        if word.endswith(".py"):
            yield word.removeprefix("./").removeprefix("/app/")


def _decision(path: str, server: str, line: int) -> Decision:
    return Decision.detected(
        "processes",
        f"Warning: {path} is not run, for okamochi starts {server} itself: what else {path} does has "
        "to be done by the app, or by a command that okamochi up --setup is given",
        (Evidence(path=DOCKERFILE, line=line, reason=f"starts {path}, which starts {server}"),),
    )
