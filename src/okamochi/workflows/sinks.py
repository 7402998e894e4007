"""Where an image goes: an engine, an OCI layout, an archive."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from okamochi.errors import UsageError
from okamochi.oci.image import Image
from okamochi.oci.layout import check_layout_folder, write_layout
from okamochi.oci.reference import Reference
from okamochi.system.files import storage_errors
from okamochi.system.world import World

if TYPE_CHECKING:
    from okamochi.run.engine import Engine

__all__ = ["LayoutSink", "Sink", "chosen_sinks", "default_reference", "parse_sink"]


class Sink(Protocol):
    """Takes an image. `put` returns the answer for stdout: how the image is found there."""

    def put(self, image: Image, reference: Reference) -> str: ...


@dataclass(frozen=True)
class LayoutSink:
    """An OCI image layout: a folder with blobs and an index; other images in it stay."""

    folder: Path

    def put(self, image: Image, reference: Reference) -> str:
        write_layout(image, self.folder, reference=reference.tag or None)
        return f"{reference.tagged}@{image.digest}"


@dataclass(frozen=True)
class ArchiveSink:
    """One tar that docker, podman and skopeo load."""

    path: Path

    def put(self, image: Image, reference: Reference) -> str:
        unfinished = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        with storage_errors(self.path, hint="choose another place for the archive"):
            try:
                from okamochi.oci.archive import write_archive

                with unfinished.open("wb") as stream:
                    write_archive(image, stream, reference=reference)
                unfinished.replace(self.path)
            finally:
                unfinished.unlink(missing_ok=True)
        return f"{reference.tagged}@{image.digest}"


@dataclass(frozen=True)
class EngineSink:
    """docker or podman; what it has already is not sent again."""

    engine: "Engine"
    world: World

    def put(self, image: Image, reference: Reference) -> str:
        with self.world.reporter.step(f"Loading into {self.engine.name}"):
            self.engine.load(image, reference)
        return str(reference.tagged)


def default_reference(name: str, image: Image, tag: str | None) -> Reference:
    """The tag that was asked for, else the project's name and 12 digits of the content."""
    return Reference.parse(tag) if tag else Reference.parse(f"{name}:{image.digest.hex[:12]}")


def chosen_sinks(texts: Sequence[str], world: World) -> tuple[Sink, ...]:
    """Those asked for; without any, the engine that answers, else a layout in the cache folder."""
    if texts:
        return tuple(parse_sink(text, world) for text in texts)
    from okamochi.run.engines import answering_engine

    engine = answering_engine(world)
    if engine is not None:
        return (EngineSink(engine, world),)
    folder = world.cache.tool_folder("layout")
    world.reporter.note(f"no container engine answers: the image goes to the layout {folder}")
    return (LayoutSink(folder),)


def parse_sink(text: str, world: World) -> Sink:
    """UsageError for anything but docker, podman, layout:DIR and archive:FILE; EngineError when the
    engine does not answer."""
    kind, colon, place = text.partition(":")
    if kind == "layout" and place:
        check_layout_folder(Path(place))
        return LayoutSink(Path(place))
    if kind == "archive" and place:
        return ArchiveSink(Path(place))
    from okamochi.run.engines import ENGINES, engine_named

    if kind in ENGINES and not colon:
        engine = engine_named(kind, world)
        engine.facts()
        return EngineSink(engine, world)
    raise UsageError(
        f"no such sink: {text!r}",
        where="--to",
        hint="use docker, podman, layout:DIR or archive:FILE",
    )
