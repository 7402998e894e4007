"""A file with secrets is copied into the image.

What COPY brings is there for everybody who can pull the image; a later step that deletes it changes
nothing, since the layer below still has it.

Fix: at run time a variable from outside or a file below /run/secrets; while building `RUN
--mount=type=secret,id=netrc,target=/root/.netrc …`. A secret that was in an image is known: change it.

Okamochi: files with secrets are left out of each image by name, whatever the project's ignore files say.

See: https://docs.docker.com/build/building/secrets/
"""

import posixpath

from okamochi.audit.build_context import SECRET_FILE
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for one in file.shipped.instructions if not file.desk else ():
            if one.word not in ("COPY", "ADD") or one.flag("from"):
                continue
            for word in one.words[:-1]:
                if SECRET_FILE.fullmatch(posixpath.basename(word.rstrip("/"))):
                    yield Found(
                        path=file.path,
                        line=one.line,
                        message=f"{word} is in the image, for everybody who can pull it",
                        hint="give it to the container when it starts, or mount it: RUN "
                        "--mount=type=secret,id=…",
                    )
