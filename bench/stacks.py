"""A stack on a warm cache: okamochi up against `docker compose up --wait` of the very same file."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from measure import MeasurementError, Row, Samples, run, verdict_of
from ours import Ours
from projects import Example
from serving import free_port

if TYPE_CHECKING:
    from scenarios import Counts
    from workshop import Workshop

GROUP = (
    "A stack to healthy: okamochi up, docker compose up --wait of the same file; images and data are there"
)
AT_MOST = 1.3
UPLOADS = Example(name="flask-uploads", served="app:app", edited="app.py")


def stack(workshop: Workshop, counts: Counts) -> Iterator[Row]:
    """Database, cache, migrations and web; both sides start what is stopped, with the data of before."""
    ours = Ours.of(workshop, UPLOADS, "stack")
    port = free_port()
    mine: list[float] = []
    theirs: list[float] = []
    try:
        ours.up(port)
        kept = kept_files(ours)
        stopped(ours)
        for _ in workshop.rounds(max(3, counts.warm // 2)):
            mine.append(ours.up(port).seconds)
            stopped(ours)
            theirs.append(composed(kept, ours, "up", "--detach", "--no-build", "--wait", "web"))
            composed(kept, ours, "down")
    finally:
        ours.down()
    first, second = Samples(tuple(mine)), Samples(tuple(theirs))
    ratio = first.median / second.median
    yield Row(
        group=GROUP,
        name="flask-uploads: PostgreSQL, Valkey, migrations, web",
        ours=first,
        peer=second,
        measured=ratio,
        result=f"{ratio:.2f} times as long",
        target=f"at most {AT_MOST:g} times",
        verdict=verdict_of(ratio, at_most=AT_MOST),
    )


def stopped(ours: Ours) -> None:
    """Its data stays."""
    run((ours.program, "down", os.fspath(ours.project.folder)), env=ours.environment)


def kept_files(ours: Ours) -> Path:
    """A copy of the state: `down` forgets the file and the addresses with passwords."""
    folder = state_folder(ours)
    if not (folder / "compose.yaml").is_file():
        raise MeasurementError("okamochi up left no compose file")
    copy = ours.folder / "kept"
    shutil.copytree(folder, copy)
    return copy


def state_folder(ours: Ours) -> Path:
    """Of its only app; beside it lies the lock of the images."""
    (folder,) = (one for one in Path(ours.environment["OKAMOCHI_STATE_DIR"]).iterdir() if one.is_dir())
    return folder


def composed(kept: Path, ours: Ours, *words: str) -> float:
    variables = json.loads((kept / "compose.env.json").read_text("utf-8"))
    variables |= {"OKAMOCHI_SECRETS": os.fspath(kept / "secrets"), "OKAMOCHI_FILES": os.fspath(kept)}
    folder = state_folder(ours)
    places = (
        "--project-directory",
        os.fspath(ours.project.folder),
        "--file",
        os.fspath(kept / "compose.yaml"),
    )
    name = ("--project-name", f"okamochi-{folder.name}")
    return run(("docker", "compose", *name, *places, *words), env={**os.environ, **variables}).seconds
