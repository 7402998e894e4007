"""A report as SARIF 2.1.0, which code hosts and editors show beside the lines.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from typing import Any

from okamochi.audit.audit import Audited, Report
from okamochi.audit.rule import Edit, Rule

__all__ = ["sarif"]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(report: Report, rules: tuple[Rule, ...], version: str) -> dict[str, Any]:
    """The log with one run. What is waived is there as suppressed."""
    driver = {
        "name": "okamochi",
        "semanticVersion": version,
        "rules": [
            {
                "id": rule.name,
                "shortDescription": {"text": rule.title},
                "fullDescription": {"text": rule.page.strip()},
                "defaultConfiguration": {"level": rule.severity.value},
            }
            for rule in rules
        ],
    }
    results = [result(one) for one in (*report.findings, *report.waived)]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def result(one: Audited) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": one.rule,
        "level": one.severity.value,
        "message": {"text": f"{one.found.message}. {one.found.hint}"},
        "locations": [location(one.found.path, one.found.line)],
    }
    if one.found.also:
        found["relatedLocations"] = [
            {**location(place.path, place.line), "message": {"text": place.reason}}
            for place in one.found.also
        ]
    if one.found.edits:
        found["fixes"] = [{"artifactChanges": [change(edit) for edit in one.found.edits]}]
    if one.waiver is not None:
        found["suppressions"] = [{"kind": "inSource", "justification": one.waiver.why}]
    return found


def location(path: str, line: int) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": path}}
    if line:
        place["region"] = {"startLine": line}
    return {"physicalLocation": place}


def change(edit: Edit) -> dict[str, Any]:
    """The lines as a region that ends where the next line begins."""
    region = {"startLine": edit.first, "startColumn": 1, "endLine": edit.last + 1, "endColumn": 1}
    text = f"{edit.text}\n" if edit.text or edit.last < edit.first else ""
    return {
        "artifactLocation": {"uri": edit.path},
        "replacements": [{"deletedRegion": region, "insertedContent": {"text": text}}],
    }
