"""What lies beside a rendered compose.yaml: compose files of one's own, and the Dockerfile that it builds."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from okamochi.model.finding import Finding, Severity

__all__ = ["left_compose_files", "unbuildable_compose"]

OURS = "compose.yaml"
STAGE = " AS production"
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


def unbuildable_compose(output: Path, written: Iterable[str]) -> Iterator[Finding]:
    """A compose.yaml whose web nothing here builds: `docker compose up --build` would end at once."""
    paths = frozenset(written)
    if OURS not in paths or "Dockerfile" in paths:
        return
    found = output / "Dockerfile"
    text = found.read_text("utf-8", "replace") if found.is_file() else ""
    if STAGE in text:
        return
    lacks = f"has no stage {STAGE.split()[-1]}" if text else "is not there"
    yield Finding(
        rule="compose/dockerfile",
        severity=Severity.WARNING,
        message=f"{OURS} builds its image from a Dockerfile that {lacks}",
        hint="okamochi render dockerfile writes it; or start what okamochi build made, without --build: "
        "OKAMOCHI_IMAGE=NAME:TAG docker compose up --wait",
    )
