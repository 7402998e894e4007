"""What is told of a proof that went well and showed something."""

from okamochi.model.plan import APP_ROOT
from okamochi.run.proof.answer import Answer
from okamochi.system.words import shortened
from okamochi.workflows.build import Building
from okamochi.workflows.mending.bare_entry import told_as_bare
from okamochi.workflows.mending.vouched_names import told_unvouched

__all__ = ["warn_of_bare", "warn_of_broken"]


def warn_of_broken(answer: Answer, building: Building) -> None:
    broken, reporter = answer.broken, building.world.reporter
    if broken is None:
        return
    page = broken.type.removeprefix(f"{APP_ROOT}/")
    what = f"the page {page} cannot be shown" if page.endswith(".py") else f"{page} cannot be used"
    reporter.warn(f"{what}: {broken.error}: {shortened(broken.message, 300)}")
    # under a lock, to which nobody adds, nothing
    locked = building.request.locked
    if hint := "" if locked else told_unvouched(broken, building.plan_now(), building.world):
        reporter.note(hint)


def warn_of_bare(answer: Answer, building: Building) -> None:
    if told := told_as_bare(answer, building.plan_now()):
        building.world.reporter.warn(told)
