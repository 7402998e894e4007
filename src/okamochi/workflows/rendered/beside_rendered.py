"""What lies beside rendered files, or does not: own compose files, a Dockerfile to build, the app."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from okamochi.model.finding import Finding, Severity

__all__ = ["left_compose_files", "unbuildable_compose", "without_the_app"]

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
                hint=f"okamochi render --adopt writes down what the plan has from {name}; then remove it",
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


def without_the_app(output: Path, root: Path, written: Iterable[str]) -> Iterator[Finding]:
    """A Dockerfile copies the app from the folder in which it is built."""
    if output == root or "Dockerfile" not in written:
        return
    yield Finding(
        rule="dockerfile/elsewhere",
        severity=Severity.WARNING,
        message=f"the Dockerfile cannot be built in {output}, where the app's source is not",
        hint="copy it, .dockerignore and .okamochi into the project, or render without --output; files for "
        "Kubernetes, Swarm and ECS may lie anywhere",
    )
