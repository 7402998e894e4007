"""`docker run --env-file` reads the file otherwise than Compose does.

It knows neither quotes nor comments behind a value: `NAME="shop"` gives the app a text with the quotes
in it, `DEBUG=0 # off` one with the comment, and `export NAME=…` ends in "contains whitespaces" (measured
with Docker 20.10). Compose reads all three as a shell would.

Fix: values without quotes, comments on lines of their own; that is right for both.

See: https://docs.docker.com/reference/cli/docker/container/run/#env
"""

import posixpath
import re
from collections.abc import Iterator

from okamochi.audit.rule import Finds, Found, Severity
from okamochi.audit.setup import Setup, TextFile
from okamochi.system.patterns import regex

SEVERITY = Severity.WARNING
RUN = regex(
    r"\b(?:docker|podman)\s+(?:container\s+)?(?:run|create)\b"
    r"(?:\\\n|[^\n])*?--env-file[ =]+(?P<path>[\w./-]+)"
)
READ = re.compile(r".*\.(?:md|sh|ya?ml|txt|rst)|(?:.*/)?(?:Makefile|justfile|README)")
SAID = regex(
    r"\s*(?P<export>export\s+)?[A-Za-z_]\w*=(?P<quote>[\"']).*(?P=quote)\s*|\s*export\s.*|[^#\s=]+=[^\"'#]*\s#.*"
)
SAMPLE = (".example", ".sample", ".template", ".dist")


def look(setup: Setup) -> Finds:
    """Once for each file, at the first such line."""
    named = dict(named_files(setup))
    for file in setup.env_files:
        where = named.get(without_sample(posixpath.basename(file.path)))
        number = first_line(file) if where else 0
        if number:
            yield Found(
                path=file.path,
                line=number,
                message=f"docker run --env-file ({where}) takes quotes and comments here for the value",
                hint="no quotes, no export, comments on lines of their own",
            )


def named_files(setup: Setup) -> Iterator[tuple[str, str]]:
    for path in setup.project.files():
        if READ.fullmatch(path) and path.count("/") < 3:
            for found in RUN.finditer(setup.project.read_text(path) or ""):
                yield posixpath.basename(found["path"]), path


def without_sample(name: str) -> str:
    return next((name.removesuffix(end) for end in SAMPLE if name.endswith(end)), name)


def first_line(file: TextFile) -> int:
    lines = enumerate(file.lines, 1)
    return next((number for number, line in lines if SAID.fullmatch(line)), 0)
