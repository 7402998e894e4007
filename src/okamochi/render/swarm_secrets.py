"""The secrets of a Swarm: a script that makes each once, since a stack file can only name them."""

import shlex
from collections.abc import Iterator

from okamochi.model.plan import Plan
from okamochi.render.compose_secrets import wanted
from okamochi.render.orchestrators import secrets_folder
from okamochi.render.rendering import Language, RenderedFile

__all__ = ["FOLDER", "double_quoted", "secret_files"]

FOLDER = "swarm"
HEAD = {
    Language.ENGLISH: """\
# Written by okamochi render swarm: makes each secret of the stack once, and keeps those that are there.
# A value of your own is the file swarm/secrets/NAME; what is made up is written there as well. Nothing of it
# is committed. To change one: docker stack rm, docker secret rm, and this again.""",
    Language.JAPANESE: """\
# okamochi render swarm が書き出したファイル。スタックのシークレットを一度だけ作り、既にあるものは残す。
# 自分の値は swarm/secrets/NAME に置く。生成した値もそこに書かれる（コミットされない）。
# 変えるには docker stack rm、docker secret rm のあと、もう一度実行する。""",
}
FUNCTIONS = """\
set -eu
umask 077
cd "$(dirname "$0")/secrets"
random() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \\n'; }
make() { [ -s "$1" ] || printf '%s' "$2" >"$1"; }
need() {
    [ -s "$1" ] && return
    echo "no value for $1: write it to the file swarm/secrets/$1" >&2
    exit 1
}
keep() {
    docker secret inspect "${stack}_$1" >/dev/null 2>&1 || docker secret create "${stack}_$1" "$1" >/dev/null
}
"""


def secret_files(plan: Plan, language: Language) -> Iterator[RenderedFile]:
    """Nothing for a plan without secrets."""
    entries = values(plan)
    if not entries:
        return
    lines = ["#!/bin/sh", *HEAD[language].splitlines(), f"stack={shlex.quote(plan.name)}", FUNCTIONS]
    lines += entries.values()
    lines += ["", *(f"keep {name}" for name in sorted(entries)), ""]
    yield RenderedFile(path=f"{FOLDER}/secrets.sh", content="\n".join(lines).encode(), executable=True)
    yield secrets_folder(f"{FOLDER}/secrets", language)


def values(plan: Plan) -> dict[str, str]:
    """For each secret a line of the script. What is put together of others comes after them."""
    made: dict[str, str] = {}
    put_together: dict[str, str] = {}
    for entry in wanted(plan, plan.services):
        place, equals, template = entry.partition("=")
        name = place.rpartition("/")[2]
        if name.endswith("??"):  # a stack names secrets that are there
            continue
        if equals:
            put_together[name] = f"make {name} {double_quoted(template)}"
        elif name.endswith("?"):
            made[name[:-1]] = f"need {name[:-1]}"
        else:
            made[name] = f'make {name} "$(random)"'
    return {**made, **put_together}


def double_quoted(template: str) -> str:
    """As the shell takes it, with the content of the file NAME for {NAME}."""
    pieces = []
    rest = template
    while "{" in rest:
        before, _, after = rest.partition("{")
        name, _, rest = after.partition("}")
        pieces.append(escaped(before) + f"$(cat {name})")
    return '"' + "".join(pieces) + escaped(rest) + '"'


def escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in '"\\$`' else char for char in text)
