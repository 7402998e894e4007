"""What a renderer or a rule has to say about a plan or a project."""

from enum import StrEnum

import msgspec

from okamochi.model.evidence import Evidence

__all__ = ["Finding", "Severity"]


class Severity(StrEnum):
    """NOTE: worth knowing. WARNING: will bite. ERROR: the result would not do what the plan says."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One result, in SARIF's sense. `rule` is stable and short ("compose/reservations-cpus"); `field` is the
    plan's field it is about, "" for none; `hint` says what to do."""

    rule: str
    severity: Severity
    message: str
    hint: str
    field: str = ""
    evidence: tuple[Evidence, ...] = ()
