"""A step may fail and the image is built all the same.

`pip install … || true` says that it does not matter whether the packages are there. The build is green, and
the container fails in production, or runs with what an older layer happens to hold.

Fix: take `|| true` away; what may be absent is asked for first (`[ -f extra.txt ] && …`).

See: https://docs.docker.com/reference/dockerfile/#run
"""

import re

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.steps import makers

SEVERITY = Severity.WARNING
HIDDEN = re.compile(
    r"\b(pip3? install|uv sync|uv pip install|poetry install|pipenv (?:install|sync)|apt-get install|apk add"
    r"|npm (?:ci|install)|yarn install|collectstatic|compilemessages|python -m playwright install)\b"
    r"[^;&|]*\|\|\s*(?:true\b|:(?=\s|$)|exit 0\b)"
)


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for stage in makers(file) if not file.desk else ():
            for one in stage.own:
                found = HIDDEN.search(one.rest) if one.word == "RUN" else None
                if found is not None:
                    yield Found(
                        path=file.path,
                        line=one.line,
                        message=f"{found[1]} may fail without anybody noticing before production",
                        hint="take what follows || away",
                    )
