"""A plain docker build makes the image for developers.

Without `--target` the last stage is built. Where that is the one for the desk, whoever forgets the option
ships the development server, the debugger and git; Compose without `build.target` does, too.

Fix: the stage for production last.

Okamochi: the rendered Dockerfile has the stage for production last; `okamochi build` has no other.

See: https://docs.docker.com/build/building/multi-stage/#stop-at-a-specific-build-stage
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.desk import is_desk_name

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        last = file.stages[-1]
        if not file.desk and last != file.shipped and is_desk_name(last.name):
            yield Found(
                path=file.path,
                line=last.own[0].line,
                message=f"docker build without --target makes {last.name}, not "
                f"{file.shipped.name or 'production'}",
                hint="move the stage for production to the end",
            )
