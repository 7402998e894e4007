"""The entry point proved: the app's own code imported inside the built root file system, before success is
said. What was proved is remembered, until what the server loads or what lies below the app changes."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from okamochi.errors import BuildError, EngineError
from okamochi.oci.native import native_platforms
from okamochi.run.engine import Engine, NotIsolated
from okamochi.run.proof.answer import Answer, Outcome, Verdict, verdict_of
from okamochi.run.proof.program import joined_text
from okamochi.run.proof.trial import ask, made_up_values
from okamochi.run.traces import Cause
from okamochi.system.words import counted
from okamochi.system.world import World
from okamochi.workflows.mending.imported import imports_digest
from okamochi.workflows.proving.proved_before import ProvedBefore
from okamochi.workflows.rebuilding.remembered import BuiltImage

if TYPE_CHECKING:
    from okamochi.workflows.proving.early_proof import EarlyProof

__all__ = ["REFUSED", "Proof", "prove_entry", "refuse_unproved", "report_of", "tell_proof"]

KIND = "entry-proof"
STEP = "Entry point: proving"
NO_VALUES: Mapping[str, str] = {}
REFUSED = (Outcome.MISSING_MODULE, Outcome.WRONG_OBJECT, Outcome.LIBRARY, Outcome.UNREADABLE)


class Proof(msgspec.Struct, frozen=True):
    """`answer` is None when nothing was run; `fresh` is false when it was proved by an earlier build."""

    verdict: Verdict
    answer: Answer | None = None
    fresh: bool = True


def prove_entry(
    world: World,
    built: BuiltImage,
    root: Path,
    holder: Callable[[], tuple[Engine, str]],
    *,
    given: Mapping[str, str] = NO_VALUES,
    early: "EarlyProof | None" = None,
) -> Proof:
    """By `early`, which may have the answer already, else in the engine that `holder` brings the image to,
    under the name that is told with it; it is asked for only where something is to be run.

    `root` is the project's folder. `given` are values of variables; secrets are made up. An image of another
    platform is not proved here.
    """
    if str(built.platform) not in map(str, native_platforms()):
        return unproved(f"the image is for {built.platform}, which does not run here")
    plan = built.plan
    made_up = made_up_values(plan, given)
    key = key_of(built, root, given, tuple(made_up))
    exact = hashlib.sha256(f"{key} {built.image.digest}".encode()).hexdigest()
    known = world.cache.record(KIND, key) or world.cache.record(KIND, exact)
    if known is not None:
        answer = msgspec.json.decode(known, type=Answer)
        return Proof(verdict_of(answer, made_up=tuple(made_up)), answer, fresh=False)
    found = answer_of_early(early, world)
    if found is None:
        engine, name = holder()
        try:
            with world.reporter.step(STEP):
                found = ask(engine, name, plan, {**given, **made_up})
        except NotIsolated as refusal:
            return unproved(refusal.message)
        except EngineError as error:
            return unproved(f"{error.message} ({error.where})")
    verdict = verdict_of(found, made_up=tuple(made_up))
    kept = key if verdict.outcome is Outcome.PROVED else exact
    world.cache.put_record(KIND, kept, msgspec.json.encode(found))
    return Proof(verdict, found)


def answer_of_early(early: "EarlyProof | None", world: World) -> Answer | None:
    if early is None or not early.asked:
        return None
    with world.reporter.step(STEP):
        return early.answer()


def proof_of_answer(answer: Answer) -> Proof:
    """The proof that an earlier build kept."""
    return Proof(Verdict(outcome=Outcome.PROVED), answer, fresh=False)


def unproved(reason: str) -> Proof:
    return Proof(Verdict(outcome=Outcome.UNCERTAIN, cause=Cause(reason, "see: okamochi doctor")))


def key_of(built: BuiltImage, root: Path, given: Mapping[str, str], made_up: tuple[str, ...]) -> str:
    """Of what the server loads, what lies below the app, and what the app's modules import. Other edits are
    no part: that the app still starts is what `up` waits to see, and proving each would cost more than
    building it."""
    plan = built.plan
    below = built.rebuild.get("below", 0)
    parts = (
        hashlib.sha256(joined_text().encode()).hexdigest(),
        str(root),
        [str(layer.descriptor.digest) for layer in built.image.layers[:below]],
        imports_digest(root, (path for path, *_ in built.rebuild["entries"]))
        if below
        else str(built.image.digest),
        plan.application,
        plan.web.argv,
        plan.image_environment,
        sorted(given),
        sorted(made_up),
        plan.volumes,
        plan.moved_files,
        plan.secret_files,
        sorted(plan.key_names),
        plan.temporary_folders,
    )
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def refuse_unproved(proof: Proof, built: BuiltImage, *, tried: str = "", hint: str = "") -> None:
    """BuildError when the app cannot be what the server loads, whatever its variables and services are.
    `tried` says what was done about it and how that failed; `hint` what to do, better than the verdict's."""
    verdict = proof.verdict
    if verdict.outcome not in REFUSED or verdict.cause is None:
        return
    text = proof.answer.text if proof.answer is not None else ""
    raise BuildError(
        f"the entry point {name_of(built)} does not load: {verdict.cause.text}",
        where=verdict.cause.where or name_of(built),
        hint=hint or verdict.cause.hint,
        details=(*text.strip().splitlines()[-12:], *((f"tried {tried}",) if tried else ())),
    )


def tell_proof(proof: Proof, built: BuiltImage, world: World) -> None:
    """One line: what was proved, or why not."""
    verdict, answer = proof.verdict, proof.answer
    if verdict.outcome is Outcome.PROVED and answer is not None:
        if proof.fresh:
            routes = f" with {counted(len(answer.routes), 'route')}" if answer.routes else ""
            world.reporter.note(f"entry point proved: {name_of(built)} is a {answer.type}{routes}")
        return
    cause = verdict.cause or Cause("nothing was run", "")
    world.reporter.warn(f"the entry point {name_of(built)} could not be proved: {cause.text}{cause.place}")
    if cause.hint:
        world.reporter.note(cause.hint)


def name_of(built: BuiltImage) -> str:
    application = built.plan.application
    return application.entry_point or " ".join(built.plan.web.argv[:3])


def report_of(proof: Proof | ProvedBefore) -> dict[str, object]:
    """For --format json."""
    if isinstance(proof, ProvedBefore):
        proof = proof_of_answer(proof.answer)
    answer = proof.answer
    return {
        "outcome": proof.verdict.outcome.value,
        "reason": proof.verdict.cause.text if proof.verdict.cause else "",
        "type": answer.type if answer else "",
        "routes": answer.routes if answer else (),
        "writes": answer.writes if answer else (),
    }
