"""What plan and render say of environment files: each thing once, in the order of the lines."""

from pathlib import Path

from okamochi.model.evidence import Evidence
from okamochi.model.finding import Finding, Severity
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting.env_check import tell_findings


class Heard(SilentReporter):
    def warn(self, text: str) -> None:
        self.notes.append(f"warning: {text}")


def finding(place: str, message: str, severity: Severity = Severity.WARNING) -> Finding:
    path, _, line = place.partition(":")
    evidence = (Evidence(path=path, line=int(line or 0), reason=""),)
    return Finding(rule="env/x", severity=severity, message=message, hint="do", evidence=evidence)


def test_what_holds_in_several_files_is_said_once_and_notes_come_last(tmp_path: Path) -> None:
    heard = Heard()
    world = World.real({}, heard, cache_root=tmp_path)
    note = Severity.NOTE
    found = [
        finding(".env.dev:18", "twice"),
        finding(".env.dev:2", "dead"),
        finding(".env.prod:2", "dead"),
        finding("compose.yaml:9", "blank", note),
        *(finding(f".env.dev:{line}", f"note {line}", note) for line in range(20, 30)),
    ]
    tell_findings(found, world)
    assert heard.notes[:3] == [
        "warning: .env.dev:2, .env.prod:2: dead (do)",
        "warning: .env.dev:18: twice (do)",
        "note: .env.dev:20: note 20 (do)",
    ]
    assert heard.notes[-1] == "and 3 more notes"
