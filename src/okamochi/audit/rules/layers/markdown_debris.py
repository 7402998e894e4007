"""A piece of Markdown came along when the file was copied from a page.

`pip install --upgrade pip[label](https://…)` is a link that lost its page: the shell ends with `syntax error
near unexpected token "("`. A line of three backticks is no instruction. A character set in typographic quotes
is one word to the shell, quotes and all.

Fix: take the debris away.

See: https://docs.docker.com/reference/dockerfile/#format
"""

import re

from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.ERROR
DEBRIS = re.compile(r"\w+\[[^\]\s]+\]\(https?://|^\s*```|[\u201c\u201d]\w")


def look(setup: Setup) -> Finds:
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
