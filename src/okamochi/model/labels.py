"""Labels of an image: of okamochi's own and of a rendered Dockerfile's."""

from okamochi.model.evidence import Origin
from okamochi.model.plan import Plan

__all__ = ["labels_of"]

TITLE = "org.opencontainers.image.title"


def labels_of(plan: Plan) -> tuple[tuple[str, str], ...]:
    """The name that project or settings give the app. A folder's name is no part of the project: a copy
    elsewhere makes the same image."""
    origins = [decision.origin for decision in plan.decisions if decision.field == "name"]
    return ((TITLE, plan.name),) if any(origin is not Origin.DEFAULT for origin in origins) else ()
