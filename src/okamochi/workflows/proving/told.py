"""What is told of a proof that no correction mends, or that went well and showed something."""

from collections.abc import Mapping

from okamochi.model.plan import APP_ROOT
from okamochi.run.proof.answer import Answer, Outcome
from okamochi.system.words import shortened
from okamochi.workflows.build import Building
from okamochi.workflows.mending.bare_entry import told_as_bare
from okamochi.workflows.mending.kept_out import told_to_be_kept_out
from okamochi.workflows.mending.missing_copy import example_of_module
from okamochi.workflows.mending.of_a_newer import told_to_be_newer
from okamochi.workflows.mending.older_library import told_of_its_age
from okamochi.workflows.mending.unset_values import told_of_unset
from okamochi.workflows.mending.vouched_names import told_unvouched
from okamochi.workflows.proving.prove_entry import Proof
from okamochi.workflows.rebuilding.remembered import BuiltImage

__all__ = ["hint_of", "warn_of_bare", "warn_of_broken"]


def hint_of(proof: Proof, built: BuiltImage, building: Building, given: Mapping[str, str]) -> str:
    """What to do about what no correction mends, better than the verdict's own hint; "" for nothing."""
    verdict, answer, hint = proof.verdict, proof.answer, ""
    match verdict.outcome:
        case Outcome.LIBRARY if answer is not None:
            hint = told_of_its_age(building.world, answer, built, building.plan_now())
        case Outcome.MISSING_MODULE:
            hint = hint_of_module(verdict.subject, answer, building)
        case Outcome.UNREADABLE:
            hint = told_to_be_newer(verdict, building.plan_now())
    if not hint and answer is not None and verdict.cause is not None:
        hint = told_of_unset(verdict.cause, answer.text, building.plan_now().plan, given)
    return hint


def hint_of_module(module: str, answer: Answer | None, building: Building) -> str:
    planned = building.plan_now()
    root = planned.plan.application.import_root
    hint = told_to_be_kept_out(module, planned) or example_of_module(module, root, planned.root)
    return hint or unvouched(answer, building)


def unvouched(answer: Answer | None, building: Building) -> str:
    """Nothing under a lock, to which nobody adds."""
    locked = building.request.locked
    return "" if locked else told_unvouched(answer, building.plan_now(), building.world)


def warn_of_broken(answer: Answer, building: Building) -> None:
    broken, reporter = answer.broken, building.world.reporter
    if broken is None:
        return
    page = broken.type.removeprefix(f"{APP_ROOT}/")
    what = f"the page {page} cannot be shown" if page.endswith(".py") else f"{page} cannot be used"
    reporter.warn(f"{what}: {broken.error}: {shortened(broken.message, 300)}")
    if hint := unvouched(broken, building):
        reporter.note(hint)


def warn_of_bare(answer: Answer, building: Building) -> None:
    if told := told_as_bare(answer, building.plan_now()):
        building.world.reporter.warn(told)
