"""Applies the rules to a setup; leaves out what the project waived, with a reason, until a day."""

import datetime
from collections.abc import Iterable, Iterator

import msgspec

from okamochi.audit.rule import Found, Rule
from okamochi.audit.setup import Setup
from okamochi.model.finding import Severity
from okamochi.system.patterns import regex

__all__ = ["Audited", "Report", "audit"]

# "# okamochi: waive base/no-digest until 2027-03-01: the registry is our own"
COMMENT = regex(
    r"(?:#|//)\s*okamochi:\s*waive\s+(?P<rule>[\w/*-]+)(?:\s+until\s+(?P<until>\d{4}-\d\d-\d\d))?\s*(?::\s*(?P<why>\S.*))?"
)
ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


class Waiver(msgspec.Struct, frozen=True):
    """`rule` is a name, or family/* for all of a family; `line` 0 is the whole file. `until` is the last day
    on which it counts; None is for good."""

    rule: str
    path: str
    line: int
    why: str = ""
    until: datetime.date | None = None

    def covers(self, rule: str, path: str, line: int) -> bool:
        named = self.rule in (rule, f"{rule.partition('/')[0]}/*")
        return named and self.path == path and self.line in (0, line)


class Audited(msgspec.Struct, frozen=True):
    """A finding with the name of its rule; `waiver` is set where it is waived."""

    rule: str
    severity: Severity
    found: Found
    waiver: Waiver | None = None


class Report(msgspec.Struct, frozen=True):
    """`findings` are sorted by path, line and severity; `waived` as well. `stale` are waivers that cover
    nothing or are over: they are told."""

    findings: tuple[Audited, ...]
    waived: tuple[Audited, ...] = ()
    stale: tuple[Waiver, ...] = ()


def audit(setup: Setup, rules: Iterable[Rule]) -> Report:
    """Each fact once: a rule says the same of a place once."""
    waivers = tuple(waivers_of(setup))
    by_rule = (Audited(rule.name, rule.severity, one) for rule in rules for one in rule.look(setup))
    found: dict[tuple[str, str, int, str], Audited] = {}
    for one in by_rule:
        waiver = covering(waivers, one.rule, one.found, setup.today)
        key = (one.rule, one.found.path, one.found.line, one.found.message)
        found.setdefault(key, msgspec.structs.replace(one, waiver=waiver))
    ordered = sorted(found.values(), key=order)
    used = {one.waiver for one in ordered}
    return Report(
        findings=tuple(one for one in ordered if one.waiver is None),
        waived=tuple(one for one in ordered if one.waiver is not None),
        stale=tuple(one for one in waivers if one not in used),
    )


def order(one: Audited) -> tuple[str, int, int, str]:
    return (one.found.path, one.found.line, ORDER[one.severity], one.rule)


def covering(waivers: Iterable[Waiver], rule: str, found: Found, today: datetime.date) -> Waiver | None:
    for one in waivers:
        if one.covers(rule, found.path, found.line) and (one.until is None or today <= one.until):
            return one
    return None


def waivers_of(setup: Setup) -> Iterator[Waiver]:
    """Comments in the files: at the end of the line that they waive, on the line above it, or, before the
    first line that says something, for the whole file."""
    for file in setup.files:
        if "okamochi:" not in file.text:
            continue
        head = True
        for number, line in enumerate(file.lines, 1):
            comment = COMMENT.search(line)
            says_something = bool(line.strip()) and not line.lstrip().startswith(("#", "//"))
            if comment is not None:
                until = day(comment["until"])
                place = number if says_something else (0 if head else number + 1)
                yield Waiver(comment["rule"], file.path, place, (comment["why"] or "").strip(), until)
            head = head and not says_something


def day(text: str | None) -> datetime.date | None:
    """A day that the calendar does not have is over."""
    try:
        return datetime.date.fromisoformat(text) if text else None
    except ValueError:
        return datetime.date.min
