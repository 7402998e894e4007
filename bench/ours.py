"""Our side: the program as a user runs it, with a cache of its own, and what lies in the layout it writes."""

from __future__ import annotations

import json
import os
import tarfile
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from measure import Finished, run
from projects import Example, Project, copied
from workshop import Workshop

CODE_FOLDERS = ("usr/lib/python3.13/", "opt/venv/lib/python3.13/site-packages/")


@dataclass(frozen=True)
class Ours:
    """One project, its cache, state and layout."""

    workshop: Workshop
    project: Project
    folder: Path
    extra: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, workshop: Workshop, example: Example, use: str) -> Ours:
        folder = workshop.folder / f"{use}-ours"
        folder.mkdir()
        project = copied(workshop.root, example, folder / f"{workshop.name}-{example.name}")
        return cls(workshop, project, folder)

    def fresh_in_the_engine(self, number: int) -> Ours:
        """With a time in its layers that no other image has, so that the engine has none of them already."""
        moment = {"SOURCE_DATE_EPOCH": str(int(time.time()) + number)}
        return replace(self, extra=moment)

    @property
    def name(self) -> str:
        return f"{self.workshop.name}-{self.project.example.name}"

    @property
    def layout(self) -> Path:
        return self.folder / "layout"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **self.workshop.environment,
            "OKAMOCHI_CACHE_DIR": os.fspath(self.folder / "cache"),
            "OKAMOCHI_STATE_DIR": os.fspath(self.folder / "state"),
            "OKAMOCHI_NAME": self.name,
            **self.extra,
        }

    @property
    def program(self) -> str:
        return os.fspath(self.workshop.root / ".venv/bin/okamochi")

    def build(self, *options: str) -> Finished:
        target = ("--to", f"layout:{self.layout}", *options)
        return run((self.program, "build", os.fspath(self.project.folder), *target), env=self.environment)

    def load(self, tag: str) -> Finished:
        target = ("--to", "docker", "--tag", tag)
        return run((self.program, "build", os.fspath(self.project.folder), *target), env=self.environment)

    def up(self, port: int) -> Finished:
        where = ("--engine", "docker", "--port", str(port))
        return run((self.program, "up", os.fspath(self.project.folder), *where), env=self.environment)

    def down(self) -> None:
        run((self.program, "down", "--volumes", os.fspath(self.project.folder)), env=self.environment)

    def forget(self, *, lock: bool) -> None:
        """The next build is the first one; with its lock kept: the first one on a new machine. What was there
        is put aside and goes at the end: on ext4 without a journal, a new file costs up to twenty times as
        much for minutes after many were removed, since the numbers of those are passed over one by one."""
        aside = Path(tempfile.mkdtemp(prefix="aside-", dir=self.folder))
        for path in (self.folder / "cache", self.folder / "state", self.layout):
            if path.exists():
                path.rename(aside / path.name)
        if lock:
            (self.project.folder / "okamochi.lock").unlink(missing_ok=True)

    def pinned(self) -> tuple[str, ...]:
        """`name==version` of every wheel that the lock holds."""
        lock = json.loads((self.project.folder / "okamochi.lock").read_text("utf-8"))
        return tuple(f"{w['name']}=={w['version']}" for w in lock["platforms"][0]["wheels"])

    def blobs(self) -> dict[str, int]:
        """Digest → size in bytes of every blob in the layout."""
        return {path.name: path.stat().st_size for path in (self.layout / "blobs/sha256").iterdir()}


@dataclass(frozen=True)
class Part:
    """A layer: what it holds, and its compressed size."""

    title: str
    size_bytes: int
    blob: Path


def parts_of(layout: Path) -> tuple[Part, ...]:
    """The layers of the layout's one image, lowest first."""
    manifest = read_json(layout, json.loads((layout / "index.json").read_text())["manifests"][0]["digest"])
    history = read_json(layout, manifest["config"]["digest"]).get("history", [])
    titles = [step.get("comment", "") for step in history if not step.get("empty_layer")]
    layers = manifest["layers"]
    return tuple(
        Part(title, layer["size"], blob_path(layout, layer["digest"]))
        for title, layer in zip(titles, layers, strict=True)
    )


def read_json(layout: Path, digest: str) -> Any:
    return json.loads(blob_path(layout, digest).read_bytes())


def blob_path(layout: Path, digest: str) -> Path:
    return layout / "blobs" / digest.replace(":", "/")


def bytecode_census(layout: Path) -> tuple[int, tuple[str, ...]]:
    """How many modules of the standard library and site-packages there are, and those without bytecode."""
    names: set[str] = set()
    for part in parts_of(layout):
        with tarfile.open(part.blob, "r:gz") as tar:
            names.update(member.name.removeprefix("./") for member in tar if not member.isdir())
    modules = sorted(n for n in names if n.endswith(".py") and n.startswith(CODE_FOLDERS))
    return len(modules), tuple(name for name in modules if bytecode_of(name) not in names)


def bytecode_of(module: str) -> str:
    folder, _, name = module.rpartition("/")
    return f"{folder}/__pycache__/{name.removesuffix('.py')}.cpython-313.pyc"
