"""A piece of Markdown came along when the file was copied from a page.

`pip install --upgrade pip[label](https://…)` is a link that lost its page: the shell ends with `syntax error
near unexpected token "("`. A line of three backticks is no instruction. A character set in typographic quotes
is one word to the shell, quotes and all.

Fix: take the debris away.

See: https://docs.docker.com/reference/dockerfile/#format
"""

import re
from collections.abc import Iterator

from okamochi.audit.rule import Found, Rule
from okamochi.audit.setup import Setup
from okamochi.model.finding import Severity

__all__ = ["RULE"]

DEBRIS = re.compile(r"\w+\[[^\]\s]+\]\(https?://|^\s*```|[\u201c\u201d]\w")


def look(setup: Setup) -> Iterator[Found]:
    for file in setup.dockerfiles:
        for number, line in enumerate(file.file.lines, 1):
            found = DEBRIS.search(line)
            if found is not None and not line.lstrip().startswith("#"):
                yield Found(
                    path=file.path,
                    line=number,
                    message=f"{found[0].strip()} is Markdown, or a word processor's quote: no shell "
                    "understands it",
                    hint="write the command as it was before a page made it nicer",
                )


RULE = Rule("layers/markdown-debris", Severity.ERROR, look, __doc__ or "")
