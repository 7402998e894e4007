"""Documents about an image, where the image goes: bills of materials, provenance, a signature."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from okamochi.errors import UsageError
from okamochi.oci.artifact import Artifact, attach_to_layout
from okamochi.oci.image import Image, ImageIndex
from okamochi.oci.platform import Platform
from okamochi.oci.reference import Reference
from okamochi.system.files import require_file_place, write_atomic
from okamochi.system.world import World
from okamochi.workflows.delivery.bills import bill_documents, parse_bills
from okamochi.workflows.delivery.sinks import LayoutSink, RegistrySink, Sink
from okamochi.workflows.rebuilding.remembered import BuiltImage

if TYPE_CHECKING:
    from okamochi.build.commit_files import Committed

__all__ = ["Attachments"]

ATTACH = "attach"


class Attachments(msgspec.Struct, frozen=True):
    """What was asked for: `bills` as "FORMAT" or "FORMAT:FILE", `provenance` as "attach" or a file, "" for
    none, `key` as the file of a private key that signs what a registry gets."""

    bills: tuple[str, ...] = ()
    provenance: str = ""
    key: Path | None = None

    @property
    def _provenance_file(self) -> Path | None:
        return None if self.provenance == ATTACH else Path(self.provenance)

    def check(self, targets: Sequence[Sink], platforms: Sequence[Platform]) -> None:
        """UsageError for a document that has no place to go, and for one file of several images."""
        if self.key is not None and not any(isinstance(one, RegistrySink) for one in targets):
            raise UsageError(
                "a signature lies beside an image in a registry, and the image goes to none",
                where="--sign",
                hint="push it: okamochi push REF --sign KEY",
            )
        files = [("--sbom", bill.file) for bill in parse_bills(self.bills)]
        if self.provenance:
            files.append(("--provenance", self._provenance_file))
        placeless = [option for option, file in files if file is None]
        if placeless and not any(isinstance(one, LayoutSink | RegistrySink) for one in targets):
            raise UsageError(
                "there is no layout and no registry to attach the document to",
                where=placeless[0],
                hint="name a file (--sbom spdx:FILE, --provenance FILE), or build into a layout or registry",
            )
        for option, file in files:
            if file is not None:
                require_file_place(file, option=option)
        named = [option for option, file in files if file is not None]
        if named and len(platforms) > 1:
            raise UsageError(
                "one file cannot hold the documents of several platforms",
                where=named[0],
                hint="leave the file out: each is attached to its image in the layout or registry",
            )

    def write(
        self,
        world: World,
        targets: Sequence[Sink],
        built: Sequence[BuiltImage],
        image: Image | ImageIndex,
        reference: Reference,
        project: Path,
    ) -> None:
        """Each document into its file or, as an artifact whose subject is the image, beside the image."""
        self._sign(world, targets, image, reference)
        for one in built:
            for media_type, file, content in self._documents(world, one, project):
                document = Artifact(media_type, content, one.image.descriptor)
                self._attest(world, targets, document, reference)
                if file is not None:
                    write_atomic(file, content)
                    continue
                put_beside(document, targets, reference)

    def _sign(
        self, world: World, targets: Sequence[Sink], image: Image | ImageIndex, reference: Reference
    ) -> None:
        """What the reference names, and each image of an index, since these are what is pulled."""
        if self.key is None:
            return
        signer = self.signer(world)
        digests = dict.fromkeys((image.digest, *(one.digest for one in image.images)))
        for one in targets:
            if isinstance(one, RegistrySink):
                for digest in digests:
                    one.sign(digest, reference, signer)

    def _attest(
        self, world: World, targets: Sequence[Sink], document: Artifact, reference: Reference
    ) -> None:
        """The provenance of an image, under the same key as the image."""
        from okamochi.build.provenance import PREDICATE
        from okamochi.oci.media_types import IN_TOTO

        if self.key is None or document.artifact_type != IN_TOTO:
            return
        signer = self.signer(world)
        for one in targets:
            if isinstance(one, RegistrySink):
                one.attest(document.content, PREDICATE, document.subject.digest, reference, signer)

    def signer(self, world: World) -> Callable[[bytes], bytes]:
        """UsageError when the key cannot be used."""
        from okamochi.oci.cosign import PASSWORD_VARIABLE, load_signer

        assert self.key is not None
        try:
            content = self.key.read_bytes()
        except OSError as error:
            raise UsageError(
                f"the key cannot be read: {error.strerror}",
                where=str(self.key),
                hint="name the file of a private key: --sign cosign.key",
            ) from error
        return load_signer(content, world.environ.get(PASSWORD_VARIABLE, ""), where=str(self.key))

    def _documents(
        self, world: World, built: BuiltImage, project: Path
    ) -> Iterator[tuple[str, Path | None, bytes]]:
        for bill, media_type, content in bill_documents(world, parse_bills(self.bills), built, project):
            yield media_type, bill.file, content
        if self.provenance:
            from okamochi.build.commit_files import committed_files
            from okamochi.build.provenance import provenance
            from okamochi.oci.media_types import IN_TOTO

            committed = committed_files(built.image, project)
            tell_uncommitted(committed, world)
            content = provenance(built.image, built.name, built.components, built.plan, committed)
            yield IN_TOTO, self._provenance_file, content


def tell_uncommitted(committed: "Committed", world: World) -> None:
    if committed.others:
        more = f" and {len(committed.others) - 1} more" if len(committed.others) > 1 else ""
        world.reporter.warn(
            f"not all of the app is in the commit that the provenance names: {committed.others[0]}{more}"
        )


def put_beside(artifact: Artifact, targets: Sequence[Sink], reference: Reference) -> None:
    for one in targets:
        if isinstance(one, LayoutSink):
            attach_to_layout(artifact, one.folder)
        elif isinstance(one, RegistrySink):
            one.attach(artifact, reference)
