"""Where an image goes: an engine, an OCI layout, an archive, a registry."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from okamochi.errors import UsageError
from okamochi.oci.image import Image, ImageIndex
from okamochi.oci.layout import check_layout_folder, write_layout
from okamochi.oci.platform import Platform
from okamochi.oci.reference import Reference
from okamochi.system.environ import of_the_user
from okamochi.system.files import require_file_place, storage_errors
from okamochi.system.world import World

if TYPE_CHECKING:
    from okamochi.oci.artifact import Artifact
    from okamochi.oci.cosign import Signer
    from okamochi.oci.digest import Digest
    from okamochi.oci.registry.registries import Registries
    from okamochi.run.engine import Engine

__all__ = [
    "ArchiveSink",
    "EngineSink",
    "LayoutSink",
    "RegistrySink",
    "Sink",
    "chosen_sinks",
    "default_reference",
    "parse_sink",
]


class Sink(Protocol):
    """Takes an image, or one for each of several platforms. `put` returns the answer for stdout: how the
    image is found there."""

    def put(self, image: Image | ImageIndex, reference: Reference) -> str: ...


class LayoutSink(msgspec.Struct, frozen=True):
    """An OCI image layout: a folder with blobs and an index; other images in it stay."""

    folder: Path

    def put(self, image: Image | ImageIndex, reference: Reference) -> str:
        write_layout(image, self.folder, reference=reference.tag or None)
        return f"{reference.tagged}@{image.digest}"


class ArchiveSink(msgspec.Struct, frozen=True):
    """One tar that docker, podman and skopeo load."""

    path: Path

    def put(self, image: Image | ImageIndex, reference: Reference) -> str:
        unfinished = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        with storage_errors(self.path, hint="choose another place for the archive"):
            try:
                from okamochi.oci.archive import write_archive

                with unfinished.open("wb") as stream:
                    write_archive(image, stream, reference=reference, platform=own_platform())
                unfinished.replace(self.path)
            finally:
                unfinished.unlink(missing_ok=True)
        return f"{reference.tagged}@{image.digest}"


class EngineSink(msgspec.Struct, frozen=True):
    """docker or podman; what it has already is not sent again. Of several platforms, this machine's."""

    engine: "Engine"
    world: World

    def put(self, image: Image | ImageIndex, reference: Reference) -> str:
        own = own_platform()
        chosen = next((one for one in image.images if one.config.platform == own), image.images[0])
        if len(image.images) > 1:
            self.world.reporter.note(f"{self.engine.name} gets the image for {chosen.config.platform} alone")
        with self.world.reporter.step(f"Loading into {self.engine.name}"):
            self.engine.load(chosen, reference)
        return str(reference.tagged)


class RegistrySink(msgspec.Struct, frozen=True):
    """A registry, by the name of the image; what it has already is not sent again."""

    registries: "Registries"
    world: World

    def check(self, reference: Reference) -> None:
        """Asks for the repository, so that a name or a password that is wrong costs no build."""
        from okamochi.oci.digest import Digest
        from okamochi.oci.registry.registries import PUSH

        repository = self.registries.repository(reference, PUSH)
        repository.has_manifest(Digest.of(str(reference).encode()))

    def put(self, image: Image | ImageIndex, reference: Reference) -> str:
        from okamochi.oci.registry.push import push_image
        from okamochi.workflows.delivery.known_places import CachedPlaces

        with self.world.reporter.step(f"Pushing to {reference.registry}"):
            pushed = push_image(image, reference, self.registries, CachedPlaces(self.world.cache))
        if not pushed.sent and not pushed.mounted:
            self.world.reporter.note("all of it was there already")
            return f"{reference.tagged}@{image.digest}"
        mounted = f", {pushed.mounted} mounted from other repositories" if pushed.mounted else ""
        self.world.reporter.note(
            f"{pushed.sent} blobs with {pushed.sent_bytes:,} bytes sent, {pushed.there} were there{mounted}"
        )
        return f"{reference.tagged}@{image.digest}"

    def attach(self, artifact: "Artifact", reference: Reference) -> None:
        """Beside an image that was put there."""
        from okamochi.oci.registry.push import push_artifact

        with self.world.reporter.step(f"Attaching {artifact.artifact_type}"):
            push_artifact(artifact, reference, self.registries)

    def sign(self, digest: "Digest", reference: Reference, signer: "Signer") -> None:
        """As cosign does, for whoever has the public key."""
        from okamochi.oci.cosign import Signature
        from okamochi.oci.registry.push import push_signature

        signature = Signature.of(digest, f"{reference.registry}/{reference.repository}", signer)
        with self.world.reporter.step(f"Signing {reference.tagged}"):
            push_signature(signature, digest, reference, self.registries)

    def attest(
        self, statement: bytes, predicate_type: str, digest: "Digest", reference: Reference, signer: "Signer"
    ) -> None:
        """A statement about the image, signed: what `cosign verify-attestation` reads."""
        from okamochi.oci.cosign import Attestation
        from okamochi.oci.registry.push import push_signature

        attestation = Attestation.of(statement, predicate_type, signer)
        with self.world.reporter.step(f"Attesting {reference.tagged}"):
            push_signature(attestation, digest, reference, self.registries)


def own_platform() -> Platform | None:
    """None on a machine that no images are built for."""
    import platform as host

    try:
        return Platform.of_machine(host.machine())
    except UsageError:
        return None


def default_reference(name: str, image: Image | ImageIndex, tag: str | None) -> Reference:
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
    """UsageError for anything but docker, podman, layout:DIR, archive:FILE and registry; EngineError when the
    engine does not answer."""
    kind, colon, place = text.partition(":")
    # no shell knows a "~" in the middle of a word
    path = of_the_user(place)
    if kind == "layout" and place:
        check_layout_folder(path)
        return LayoutSink(path)
    if kind == "archive" and place:
        require_file_place(path, option="--to")
        return ArchiveSink(path)
    if text == "registry":
        from okamochi.oci.registry.registries import Registries

        return RegistrySink(
            Registries.of(world.environ, world.runner, offline=world.offline, once=world.once), world
        )
    from okamochi.run.engines import ENGINES, engine_named

    if kind in ENGINES and not colon:
        engine = engine_named(kind, world)
        engine.facts()
        return EngineSink(engine, world)
    raise UsageError(
        f"no such sink: {text!r}",
        where="--to",
        hint="use docker, podman, layout:DIR, archive:FILE or registry",
    )
