"""What the container starts is in no file of the project: the base brings it along.

Images such as those for uWSGI with nginx, or uvicorn with gunicorn, start a server of their own, with their
own number of workers, timeouts and user, found by variables and by names of modules. Whoever reads the
Dockerfile cannot tell what runs, and a new version of the base may run something else.

Fix: `FROM python:3.13-slim`, the server among the requirements, and a CMD that starts it.

Okamochi: the command stands in the plan, with why; `okamochi plan` shows it.

See: https://docs.docker.com/reference/dockerfile/#cmd
"""

from okamochi.audit.containers import ContainerKind
from okamochi.audit.images import image_of
from okamochi.audit.rule import Finds, Found, Severity
from okamochi.audit.setup import Dockerfile, Setup

SEVERITY = Severity.NOTE

# of these it is known that they start nothing but a shell or an interpreter
BARE = frozenset(
    ("python", "pypy", "debian", "ubuntu", "alpine", "fedora", "almalinux", "rockylinux", "busybox", "uv")
)


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        stage = file.shipped
        image = image_of(stage.image)
        if file.desk or image is None or image.name.rpartition("/")[2] in BARE:
            continue
        if stage.last("CMD") or stage.last("ENTRYPOINT") or is_told_elsewhere(file, setup):
            continue
        below = next(one for one in stage.instructions if one.word == "FROM")
        yield Found(
            path=file.path,
            line=below.line,
            message=f"neither CMD nor ENTRYPOINT: {stage.image} starts what it likes, and no file here "
            "says what",
            hint="a CMD that names the server and the app",
        )


def is_told_elsewhere(file: Dockerfile, setup: Setup) -> bool:
    """Whether whoever starts the image says what to start."""
    others = (one for one in setup.containers if one.kind is not ContainerKind.IMAGE)
    return any(one.stage_path == file.path and one.command for one in others)
