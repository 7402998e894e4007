"""The base has no version in its name, so that each build may get another one.

`FROM python`, `python:latest`, `python:slim` and `python:3` are whatever is newest on the day of the build:
a rebuild for a typo changes the Python below the app, to one for which its wheels may not exist.

Fix: at least Python's minor version, `python:3.13-slim`; with a digest the build is the same for good.

Okamochi: a version that the project asks for, pinned by digest in okamochi.lock; or Debian's own packages,
each by its digest.

See: https://docs.docker.com/build/building/best-practices/#pin-base-image-versions
"""

from okamochi.audit.images import Image, image_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.rules.base.end_of_life import oldest_alive
from okamochi.audit.steps import makers, names_an_image

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    """Each image of a file once."""
    for file in setup.dockerfiles:
        seen: set[str] = set()
        for stage in makers(file) if not file.desk else ():
            image = image_of(stage.image)
            if image is None or image.digest or not names_an_image(stage) or not floats(image):
                continue
            if stage.image not in seen:
                yield Found(
                    path=file.path,
                    line=stage.own[0].line,
                    message=f"{stage.image} is whatever is newest when it is built: the same files give "
                    f"another {'Python' if image.is_python else 'base'} next year",
                    hint=f"FROM {instead(image, setup)}",
                )
            seen.add(stage.image)


def instead(image: Image, setup: Setup) -> str:
    return f"python:{oldest_alive(setup.today)}-slim" if image.is_python else f"{image.name}:VERSION"


def floats(image: Image) -> bool:
    if image.is_python:
        return not image.python
    return image.tag in ("", "latest")
