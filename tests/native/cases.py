"""The packages of the matrix: cases.toml."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Case:
    """`added` are the Debian packages that must be found for `requirement`; `code` is a call that fails, or
    does not."""

    requirement: str
    code: str
    added: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return re.split(r"[=<>]", self.requirement)[0]


@cache
def cases() -> tuple[Case, ...]:
    text = Path(__file__).with_name("cases.toml").read_text("utf-8")
    return tuple(
        Case(one["requirement"], one["code"].strip(), tuple(one["added"]))
        for one in tomllib.loads(text)["case"]
    )
