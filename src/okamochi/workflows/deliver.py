"""`okamochi build`: build, then hand the image to its sinks."""

from dataclasses import dataclass

from okamochi.oci.reference import Reference
from okamochi.system.world import World
from okamochi.workflows.bills import parse_bills, write_bills
from okamochi.workflows.build import Building, BuildRequest
from okamochi.workflows.prove_entry import Proof, report_of, tell_proof
from okamochi.workflows.proved_build import Delivered, build_proved
from okamochi.workflows.remembered import BuiltImage
from okamochi.workflows.sinks import LayoutSink, chosen_sinks, default_reference

__all__ = ["Delivery", "build_and_deliver"]


@dataclass(frozen=True)
class Delivery:
    """`answers` are one for each sink, in order; the last one is the command's answer."""

    built: BuiltImage
    reference: str
    answers: tuple[str, ...]
    proof: Proof

    def report(self) -> dict[str, object]:
        """For --format json: names, digests, sizes, layers and components."""
        image = self.built.image
        return {
            "reference": self.reference,
            "digest": str(image.digest),
            "image_id": str(image.image_id),
            "platform": str(self.built.platform),
            "size_bytes": image.size_bytes,
            "answers": self.answers,
            "entry_point": report_of(self.proof),
            "layers": [
                {
                    "digest": str(layer.descriptor.digest),
                    "size_bytes": layer.descriptor.size_bytes,
                    "comment": layer.comment,
                }
                for layer in image.layers
            ],
            "components": self.built.components,
        }


def build_and_deliver(
    request: BuildRequest,
    world: World,
    *,
    tag: str | None,
    sinks: tuple[str, ...],
    bills: tuple[str, ...] = (),
) -> Delivery:
    """The sinks, the tag and the bills of materials are checked before anything is built, so that a mistyped
    one costs no build."""
    targets = chosen_sinks(sinks, world)
    layouts = tuple(one.folder for one in targets if isinstance(one, LayoutSink))
    asked = parse_bills(bills, layouts)
    if tag:
        Reference.parse(tag)

    def deliver(built: BuiltImage) -> Delivered:
        reference = default_reference(built.name, built.image, tag)
        return Delivered(built, reference, tuple(one.put(built.image, reference) for one in targets))

    building = Building.open(request, world)
    delivered, proof = build_proved(building, world, deliver, sinks=targets, given={})
    tell_proof(proof, delivered.built, world)
    write_bills(world, asked, layouts, delivered.built, request.path)
    world.cache.prune_when_due()
    return Delivery(delivered.built, str(delivered.reference.tagged), delivered.answers, proof)
