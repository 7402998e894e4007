"""Builds the image of a project into the engine that will run it, proved on its way."""

from okamochi.oci.reference import Reference
from okamochi.run.engine import Engine
from okamochi.run.proof.answer import Outcome
from okamochi.system.world import World
from okamochi.workflows.apps import App
from okamochi.workflows.build import Building
from okamochi.workflows.env_values import Values
from okamochi.workflows.prove_entry import Proof, tell_proof
from okamochi.workflows.proved_before import ProvedBefore
from okamochi.workflows.proved_build import Delivered, build_proved
from okamochi.workflows.remembered import BuiltImage
from okamochi.workflows.sinks import EngineSink, default_reference
from okamochi.workflows.superseded import remember_image

__all__ = ["built_and_loaded"]


def built_and_loaded(
    app: App, building: Building, engine: Engine, values: Values, world: World
) -> tuple[BuiltImage, Reference, tuple[str, ...]]:
    """With the pages that the proof saw, when it is a new image. What cannot be served at all is told before
    what serves now is stopped; whether the rest is healthy, the start will tell."""
    sink = EngineSink(engine, world)

    def deliver(built: BuiltImage) -> Delivered:
        reference = default_reference(built.name, built.image, None)
        remember_image(app.state, engine, reference)
        return Delivered(built, reference, (sink.put(built.image, reference),))

    from okamochi.run.proof.trial import with_untold

    given = with_untold(dict(values.plain), values.secret_names)
    delivered, proof = build_proved(building, world, deliver, sinks=(sink,), given=given)
    if not isinstance(proof, ProvedBefore) and proof.verdict.outcome is Outcome.PROVED:
        tell_proof(proof, delivered.built, world)
    pages = () if isinstance(proof, ProvedBefore) else pages_of(proof)
    return delivered.built, delivered.reference, pages


def pages_of(proof: Proof) -> tuple[str, ...]:
    found = proof.answer.pages if proof.answer is not None else ()
    return tuple(dict.fromkeys(("/", *(page.path for page in found))))
