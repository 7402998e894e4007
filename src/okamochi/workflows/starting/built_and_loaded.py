"""Builds the image of a project into the engine that will run it, proved on its way."""

import msgspec

from okamochi.oci.reference import Reference
from okamochi.run.engine import Engine
from okamochi.run.proof.answer import Outcome, has_front_page
from okamochi.workflows.build import Building
from okamochi.workflows.delivery.sinks import EngineSink, default_reference
from okamochi.workflows.proving.prove_entry import tell_proof
from okamochi.workflows.proving.proved_before import ProvedBefore
from okamochi.workflows.proving.proved_build import Delivered, build_proved
from okamochi.workflows.rebuilding.remembered import BuiltImage
from okamochi.workflows.starting.apps import App
from okamochi.workflows.starting.env_values import Values
from okamochi.workflows.starting.superseded import remember_image

__all__ = ["Loaded", "built_and_loaded"]


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """`fresh` is an image that was not proved before, `pages` what its proof saw; `front_page` is false where
    the app is known to have none at /."""

    built: BuiltImage
    reference: Reference
    fresh: bool
    pages: tuple[str, ...]
    front_page: bool


def built_and_loaded(app: App, building: Building, engine: Engine, values: Values) -> Loaded:
    """What cannot be served at all is told before what serves now is stopped; whether the rest is healthy,
    the start will tell."""
    sink = EngineSink(engine, building.world)

    def deliver(built: BuiltImage) -> Delivered:
        reference = default_reference(built.name, built.image, None)
        remember_image(app.state, engine, reference)
        sink.put(built.image, reference)
        return Delivered(built, reference, engine)

    from okamochi.run.proof.trial import with_untold

    given = with_untold(dict(values.plain), values.secret_names)
    delivered, proof = build_proved(building, deliver, given)
    if not isinstance(proof, ProvedBefore) and proof.verdict.outcome is Outcome.PROVED:
        tell_proof(proof, delivered.built, building.world)
    answer = proof.answer
    front_page = answer is None or has_front_page(answer)
    seen = [page.path for page in answer.pages] if answer is not None else []
    return Loaded(
        built=delivered.built,
        reference=delivered.reference,
        fresh=not isinstance(proof, ProvedBefore),
        pages=tuple(dict.fromkeys((*(["/"] if front_page else []), *seen))),
        front_page=front_page,
    )
