"""Why a value is what it is."""

from enum import StrEnum

import msgspec

__all__ = ["Decision", "Evidence", "Origin"]


class Origin(StrEnum):
    """Where a decision comes from; later members overrule earlier ones."""

    DEFAULT = "default"
    DETECTED = "detected"
    SETTINGS = "settings"
    ENVIRONMENT = "environment"
    COMMAND_LINE = "command-line"


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One place in the project and what it says; `path` relative, POSIX; `line` from 1, 0 for all of it."""

    path: str
    line: int = 0
    reason: str

    @property
    def place(self) -> str:
        """ "app.py:3", or the file as a whole."""
        return f"{self.path}:{self.line}" if self.line else self.path

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The why of one field of the plan, named by its path in the plan's JSON: "processes.web.argv".

    List members that have a name (processes, environment, volumes by path) are addressed by it.
    `summary` is one line for people: the value, in words.
    """

    field: str
    summary: str
    origin: Origin
    evidence: tuple[Evidence, ...] = ()

    @property
    def warning(self) -> str:
        """What its summary warns of; "" for nothing."""
        return self.summary.partition("Warning: ")[2]

    @classmethod
    def detected(cls, field: str, summary: str, evidence: tuple[Evidence, ...] = ()) -> "Decision":
        """What the project's own files say."""
        return cls(field=field, summary=summary, origin=Origin.DETECTED, evidence=evidence)
