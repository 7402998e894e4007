"""A file with secrets or data lies in the folder, and enters the image.

It is there now, `COPY . .` takes it, and the .dockerignore does not name it. Whoever can pull the image
has it, and a database that enters is the one that each new container starts with.

Fix: name it in the .dockerignore. A secret that was in an image is known: change it.

Okamochi: files with secrets and local databases are left out by name.

See: https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

import posixpath
from collections.abc import Iterator

from okamochi.audit.build_context import SECRET_FILE, BuildContext, build_contexts, once
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.dockerignore import keeps_out
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import regex
from okamochi.system.words import some_of

SEVERITY = Severity.ERROR
DATA = regex(
    r"(?:db|app|data|database|site|dev|development|prod|production|local|main|test)\.(?:sqlite3?|db)"
)
# of tests and documentation
EXAMPLES = regex(r"(?:.*/)?(?:tests?|fixtures?|examples?|samples?|docs?|testing|testdata)/.*")


def look(setup: Setup) -> Finds:
    for context in once(build_contexts(setup)):
        entering = tuple(files_that_enter(context, setup))
        if not entering:
            continue
        shown = some_of(entering, 3)
        ignore = context.ignore
        yield Found(
            path=ignore.path if ignore is not None else context.file.path,
            line=1 if ignore is not None else context.copy.line,
            message=f"{shown} would enter the image: {context.file.path}:{context.copy.line} copies "
            "everything",
            hint=f"**/{posixpath.basename(entering[0])} in {context.path('.dockerignore')}",
            also=tuple(
                Evidence(path=context.path(path), line=1, reason="enters as well") for path in entering[1:5]
            ),
        )


def files_that_enter(context: BuildContext, setup: Setup) -> Iterator[str]:
    outside = keeps_out(context.ignore.text) if context.ignore is not None else lambda _: False
    start = f"{context.folder}/" if context.folder else ""
    for path in setup.project.files():
        relative = path.removeprefix(start)
        name = posixpath.basename(path)
        if not path.startswith(start) or EXAMPLES.fullmatch(path) or outside is None:
            continue
        if (SECRET_FILE.fullmatch(name) or DATA.fullmatch(name)) and not outside(relative):
            yield relative
