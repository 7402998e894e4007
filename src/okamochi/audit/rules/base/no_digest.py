"""The base is not pinned by its digest.

A tag moves: `python:3.13-slim` gets each patch release and each rebuild of Debian, and moved from Debian 12
to 13 in August 2025. That brings security fixes, and now and then another library below the app. With a
digest, two builds of one commit are the same, and a bot's pull request says when the base moves. Who builds
often and tests what is built may well live without; hence a note.

Fix: `FROM python:3.13-slim-trixie@sha256:…`, renewed by Renovate or Dependabot.

Okamochi: the lock holds the digest of the base, or of each Debian package of it; `okamochi outdated` tells
when there is something newer.

See: https://docs.docker.com/build/building/best-practices/#pin-base-image-versions
"""

from okamochi.audit.images import image_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.rules.base.floating_tag import floats
from okamochi.audit.steps import names_an_image

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    """Once for a file: of what is shipped."""
    for file in setup.dockerfiles:
        below = next(
            (one for one in file.stages if one.base == file.shipped.base and names_an_image(one)), None
        )
        image = image_of(file.shipped.image)
        if file.desk or below is None or image is None or image.digest or floats(image):
            continue
        yield Found(
            path=file.path,
            line=below.own[0].line,
            message=f"{file.shipped.image} is a tag, which moves: two builds of one commit may differ",
            hint=f"{file.shipped.image}@sha256:… (docker buildx imagetools inspect names it), renewed "
            "by a bot",
        )
