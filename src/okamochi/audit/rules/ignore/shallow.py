"""Patterns of the .dockerignore hold at the top alone, unlike those of .gitignore.

Docker anchors each pattern at the root of the context: `.env` is `/.env`, and `shop/.env`,
`shop/__pycache__`, `data/app.sqlite` enter the image. Measured with Docker: with `__pycache__/`,
`*.pyc`, `.env` and `*.sqlite` in the file, those of a folder were all in the image.

Fix: `**/` in front, which is any number of folders, none included.

Okamochi: each pattern holds at every depth.

See: https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

import re
from collections.abc import Iterator

from okamochi.audit.build_context import BuildContext, build_contexts
from okamochi.audit.rule import Edit, Finds, Found, Setup, Severity
from okamochi.containerfiles.dockerignore import keeps_out

SEVERITY = Severity.NOTE

# what is made or kept at any depth
ANYWHERE = re.compile(
    r"(?P<name>__pycache__|\*\.py\[cod\w*\]|\*\.py[cod]|\.env(?:\.\*|\*)?|\*\.env|\*\.sqlite3?|\*\.db|\.pytest_cache"
    r"|\.mypy_cache|\.ruff_cache|\.DS_Store|\*\.log|\*\.pem|\*\.key)/?"
)


def look(setup: Setup) -> Finds:
    for context in build_contexts(setup):
        lines = tuple(shallow(context))
        if not lines or context.ignore is None:
            continue
        names = ", ".join(text for _, text in lines[:4]) + (" …" if len(lines) > 4 else "")
        yield Found(
            path=context.ignore.path,
            line=lines[0][0],
            message=f"{names}: these hold at the top only; the same in a folder enters the image",
            hint=f"**/{lines[0][1]}",
            edits=tuple(Edit(context.ignore.path, number, number, f"**/{text}") for number, text in lines),
        )


def shallow(context: BuildContext) -> Iterator[tuple[int, str]]:
    """Lines whose like in a folder nothing else in the file keeps out."""
    text = context.ignore.text if context.ignore is not None else ""
    outside = keeps_out(text)
    for number, line in enumerate(text.split("\n"), 1):
        found = ANYWHERE.fullmatch(line.strip())
        if found is not None and outside is not None and not outside(f"folder/{example(found['name'])}"):
            yield number, line.strip()


def example(name: str) -> str:
    return re.sub(r"\[(\w)\w*\]", r"\1", name).replace("*", "x")
