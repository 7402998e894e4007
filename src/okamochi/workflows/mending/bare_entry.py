"""An entry point that loads and has no page: most likely not the object that its author serves."""

import shlex
from typing import TYPE_CHECKING

from okamochi.model.correction import CorrectionKind
from okamochi.model.plan import Framework, Plan

if TYPE_CHECKING:
    from okamochi.run.proof.answer import Answer
    from okamochi.workflows.plan import PlannedProject

__all__ = ["told_as_bare"]

OF_FRAMEWORKS = frozenset(["/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc"])
STATIC = "/<path:filename>"
WITH_ROUTES = (Framework.FLASK, Framework.FASTAPI, Framework.QUART, Framework.STARLETTE)
MOST_NAMED = 4


def told_as_bare(answer: "Answer", planned: "PlannedProject") -> str:
    """What to warn of; "" for an entry point with pages, and where nothing else could be meant."""
    if not is_bare(answer, planned.plan):
        return ""
    passed = [one for one in planned.corrections if one.kind is CorrectionKind.PASSED_OVER]
    name = planned.plan.application.object_reference
    others = [one for one in candidates(planned) if one not in {name, *(one.value for one in passed)}]
    if not passed and not others:
        return ""
    why = f"; it was taken since {passed[0].reason}" if passed else ""
    named = f"; {', '.join(others[:MOST_NAMED])} could be meant" if others else ""
    wanted = others[0] if others else passed[0].value
    return (
        f"{name} loads, but has no page of its own, only what its framework adds: most likely it is not what "
        f"is to be served{why}{named}. Name the right one: --entrypoint {shlex.quote(wanted)}"
    )


def is_bare(answer: "Answer", plan: Plan) -> bool:
    """Of a framework whose routes the proof lists."""
    if plan.application.framework not in WITH_ROUTES:
        return False
    return all(one.path in OF_FRAMEWORKS or one.path.endswith(STATIC) for one in answer.routes)


def candidates(planned: "PlannedProject") -> list[str]:
    """Every object of the project that a server could load, by its label."""
    from okamochi.detect.serving.web_applications import web_applications
    from okamochi.detect.source.flask_objects import FlaskObjects
    from okamochi.detect.source.sources import Sources

    found = web_applications(FlaskObjects(Sources(planned.project)))
    return list(dict.fromkeys(one.value.label for one in found))
