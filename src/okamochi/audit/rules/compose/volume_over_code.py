"""A named volume covers the folder of the code: new images have no effect.

Docker fills an empty volume once with what the image has there. From then on the volume wins: the next
image is built and started, and the old code runs. The same with `static`, filled by collectstatic during
the build: new style sheets never appear.

Fix: no volume over code. Volumes are for what the app writes (uploads); static files are collected at
each start, or served from the image by WhiteNoise.

Okamochi: code comes from the image; volumes are for folders that the code writes.

See: https://docs.docker.com/engine/storage/volumes/#populate-a-volume-using-a-container
"""

import posixpath
import re

from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import Mount, mounts, services, workdir
from okamochi.audit.started import started_text

SEVERITY = Severity.ERROR
STATIC = re.compile(r"static|assets|dist")
COLLECTS = "collectstatic"


def look(setup: Setup) -> Finds:
    for container in services(setup):
        if not container.own or container.stage is None:
            continue
        for mount in mounts(container, setup):
            what = covered(container, mount, setup) if mount.kind == "volume" else ""
            if what:
                yield Found(
                    path=container.path,
                    line=mount.line,
                    message=f"the volume {mount.source} covers {mount.target} with {what} of the "
                    "first image; what later images have there is never seen",
                    hint="no volume over what the image brings",
                )


def covered(container: Container, mount: Mount, setup: Setup) -> str:
    """What of the image the volume hides; "" for nothing that is known."""
    stage, home = container.stage, workdir(container.stage)
    target = posixpath.normpath(mount.target)
    if stage is None or not home or home == "/":
        return ""
    if target == home and any(one.word in ("COPY", "ADD") for one in stage.instructions):
        return "the code"
    static = STATIC.fullmatch(posixpath.basename(target).removesuffix("files").rstrip("_-"))
    collected = any(COLLECTS in one.rest for one in stage.all("RUN"))
    again = COLLECTS in started_text(container, setup)
    return "the static files" if static and collected and not again and target.startswith(home) else ""
