"""Compose files of one's own that stay beside a rendered compose.yaml: what Docker Compose makes of both."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from okamochi.model.finding import Finding, Severity

__all__ = ["left_compose_files"]

OURS = "compose.yaml"
# passed over, since compose.yaml comes first; merged into it: https://docs.docker.com/compose/
PASSED_OVER = ("compose.yml", "docker-compose.yml", "docker-compose.yaml")
MERGED = tuple(f"{stem}.override.{end}" for stem in ("compose", "docker-compose") for end in ("yml", "yaml"))


def left_compose_files(output: Path, written: Iterable[str]) -> Iterator[Finding]:
    if OURS not in written:
        return
    for name in PASSED_OVER:
        if (output / name).is_file():
            yield Finding(
                rule="compose/left",
                severity=Severity.NOTE,
                message=f"{name} is still there: docker compose takes {OURS}, and warns of both each time",
                hint=f"remove {name} when nothing of it is needed any more",
            )
    for name in MERGED:
        if (output / name).is_file():
            yield Finding(
                rule="compose/merged",
                severity=Severity.WARNING,
                message=f"{name} is still there: docker compose would merge it into {OURS}",
                hint=f"remove {name}; what a desk needs is in compose.dev.yaml",
            )
