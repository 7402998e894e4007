"""`okamochi build` and `push`: build for each platform, prove, then hand the image to its sinks."""

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from okamochi.errors import UsageError
from okamochi.oci.image import Image, ImageIndex
from okamochi.oci.native import native_platforms
from okamochi.oci.reference import Reference
from okamochi.system.project_files import DiskProject
from okamochi.system.world import World
from okamochi.workflows.build import Building, BuildRequest
from okamochi.workflows.delivery.attestations import Attachments
from okamochi.workflows.delivery.sinks import EngineSink, RegistrySink, Sink, chosen_sinks, default_reference
from okamochi.workflows.layers.platforms import chosen_platforms
from okamochi.workflows.proving.proved_before import ProvedBefore
from okamochi.workflows.proving.proved_build import Delivered, build_proved
from okamochi.workflows.rebuilding.remembered import BuiltImage

if TYPE_CHECKING:
    from concurrent.futures import Future

    from okamochi.workflows.layers.ahead import Ahead
    from okamochi.workflows.proving.prove_entry import Proof

__all__ = ["build_and_deliver", "check_tag"]


class Delivery(msgspec.Struct, frozen=True):
    """`answers` are one for each sink, in order; the last one is the command's answer. `built` has one image
    for each platform, and `image` is the only one or their index."""

    built: tuple[BuiltImage, ...]
    image: Image | ImageIndex
    reference: str
    answers: tuple[str, ...]
    proofs: "tuple[Proof | ProvedBefore, ...]"

    def report(self) -> dict[str, object]:
        """For --format json: names, digests, sizes, layers and components."""
        if isinstance(self.image, Image):
            return {**self.names, **report_of_image(self.built[0], self.proofs[0])}
        return {
            **self.names,
            "images": [
                {"digest": str(built.image.digest), **report_of_image(built, proof)}
                for built, proof in zip(self.built, self.proofs, strict=True)
            ],
        }

    @property
    def names(self) -> dict[str, object]:
        return {"reference": self.reference, "digest": str(self.image.digest), "answers": self.answers}


def report_of_image(built: BuiltImage, proof: "Proof | ProvedBefore") -> dict[str, object]:
    from okamochi.workflows.proving.prove_entry import report_of

    image = built.image
    return {
        "image_id": str(image.image_id),
        "platform": str(built.platform),
        "size_bytes": image.size_bytes,
        "entry_point": report_of(proof),
        "layers": [
            {
                "digest": str(layer.descriptor.digest),
                "size_bytes": layer.descriptor.size_bytes,
                "comment": layer.comment,
            }
            for layer in image.layers
        ],
        "components": built.components,
    }


def build_and_deliver(
    request: BuildRequest, world: World, *, tag: str | None, sinks: tuple[str, ...], attach: Attachments
) -> Delivery:
    """The sinks, the tag and what is to be attached are checked before anything is built, so that a mistyped
    one costs no build. Nothing leaves before all platforms are built and proved."""
    DiskProject.open(request.path)  # a mistyped folder asks no registry
    platforms = chosen_platforms(request.platform)
    targets = chosen_sinks(sinks, world)
    attach.check(targets, platforms)
    if attach.key is not None:
        attach.signer(world)
    check_tag(tag, targets)
    requests = [replace(request, platform=str(platform)) for platform in platforms]
    if len(requests) == 1:
        made = [build_one(requests[0], world, tag, targets, alone=True)]
    else:
        made = build_several(requests, world, tag, targets)
    built, proofs = tuple(one for one, _ in made), tuple(proof for _, proof in made)
    images = tuple(one.image for one in built)
    image: Image | ImageIndex = images[0] if len(images) == 1 else ImageIndex(images)
    reference = default_reference(built[0].name, image, tag)
    loaded = EngineSink if len(platforms) == 1 else ()
    answers = tuple(
        str(reference.tagged) if isinstance(one, loaded) else one.put(image, reference) for one in targets
    )
    attach.write(world, targets, built, image, reference, request.path)
    world.cache.prune_when_due()
    return Delivery(built, image, str(reference.tagged), answers, proofs)


def build_several(
    requests: list[BuildRequest], world: World, tag: str | None, targets: tuple[Sink, ...]
) -> "list[tuple[BuiltImage, Proof | ProvedBefore]]":
    """What the proof of one platform teaches is in the lock when the next one is planned."""
    from okamochi.workflows.layers.ahead import laying_ahead

    ahead = laying_ahead(tuple(requests[1:]), world)
    return [
        build_one(one, world, tag, targets, alone=False, ahead=laid)
        for one, laid in zip(requests, (None, *ahead), strict=True)
    ]


def build_one(
    request: BuildRequest,
    world: World,
    tag: str | None,
    targets: tuple[Sink, ...],
    *,
    alone: bool,
    ahead: "Future[Ahead | None] | None" = None,
) -> "tuple[BuiltImage, Proof | ProvedBefore]":
    """The only image goes into its engines now, since it is proved there where this machine cannot keep the
    app to itself; what becomes part of an index is proved by this machine's own means."""
    engines = tuple(one for one in targets if isinstance(one, EngineSink)) if alone else ()

    def deliver(built: BuiltImage) -> Delivered:
        reference = default_reference(built.name, built.image, tag)
        for one in engines:
            one.put(built.image, reference)
        return Delivered(built, reference, engines[0].engine if engines else None)

    building = Building.open(request, world)
    building.ahead = ahead
    delivered, proof = build_proved(building, deliver, given={})
    if not isinstance(proof, ProvedBefore) and (alone or building.platform in native_platforms()):
        from okamochi.workflows.proving.prove_entry import tell_proof

        tell_proof(proof, delivered.built, world)
    return delivered.built, proof


def check_tag(tag: str | None, targets: tuple[Sink, ...]) -> None:
    """UsageError for what is no reference; for a registry there must be one, and the registry is asked."""
    reference = Reference.parse(tag) if tag else None
    for one in targets:
        if not isinstance(one, RegistrySink):
            continue
        if reference is None:
            raise UsageError(
                "a registry needs the image's name",
                where="--to registry",
                hint="add --tag REGISTRY/NAME:TAG, or use 'okamochi push REGISTRY/NAME:TAG'",
            )
        if reference.digest is not None:
            raise UsageError(
                "an image is pushed under a tag; its digest is the answer",
                where=str(reference),
                hint="leave out what follows the @",
            )
        if reference.registry == "docker.io" and reference.repository.startswith("library/"):
            name = reference.repository.removeprefix("library/")
            raise UsageError(
                f"that name means {reference.full}, where only Docker's own images are",
                where=str(tag),
                hint=f"write REGISTRY/OWNER/{name}, or OWNER/{name} for an account on Docker Hub",
            )
        one.check(reference.tagged)
