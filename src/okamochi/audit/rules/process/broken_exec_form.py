"""What looks like an exec form is none: a shell gets it, brackets and all.

An exec form is JSON, with double quotes. `CMD ['gunicorn', 'app:app']` is none; Docker takes it for a shell
line, and the shell looks for a program called `[gunicorn,`: "not found". A missing comma or a comma too many
does the same. BuildKit and hadolint say at most that a shell form is there.

Fix: double quotes, commas between the words, none after the last.

Okamochi: command lines are lists in the plan, and written as JSON.

See: https://docs.docker.com/reference/dockerfile/#exec-form
"""

import ast
import json
import re
from collections.abc import Iterator

from okamochi.audit.rule import Edit, Finds, Found, Setup, Severity
from okamochi.containerfiles.dockerfile import Instruction

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for stage in file.stages:
            for one in stage.own:
                rest = (
                    re.sub(r"^(?:--\S+\s+)*(?:CMD\s+)?", "", one.rest)
                    if one.word == "HEALTHCHECK"
                    else one.rest
                )
                if one.word not in ("CMD", "ENTRYPOINT", "HEALTHCHECK") or not is_broken(rest):
                    continue
                yield Found(
                    path=file.path,
                    line=one.line,
                    message=f"{one.word} is no exec form, since it is no JSON: a shell gets the brackets as "
                    "they are and finds no such program",
                    hint="double quotes around each word, commas between them",
                    edits=tuple(edits(file.path, one, rest)),
                )


def is_broken(rest: str) -> bool:
    """Whether it begins as a list and is none; `[ -f x ] && y` is a shell's test."""
    if not rest.startswith("[") or re.match(r"\[\[?\s+[-!\"$\w/]\S*\s", rest):
        return re.match(r"\[\s*[\"'][^\"']*[\"']\s*[\"',\]]", rest) is not None and not is_json(rest)
    return not is_json(rest)


def is_json(rest: str) -> bool:
    try:
        return isinstance(json.loads(rest), list)
    except (ValueError, RecursionError):
        return False


def edits(path: str, one: Instruction, rest: str) -> Iterator[Edit]:
    """Where it is a list of words in Python's eyes, which are the author's."""
    try:
        words = ast.literal_eval(rest)
    except (ValueError, SyntaxError, RecursionError):
        return
    if one.word != "HEALTHCHECK" and isinstance(words, list) and all(isinstance(word, str) for word in words):
        yield Edit(path, one.line, one.end, f"{one.word} {json.dumps(words, ensure_ascii=False)}")
