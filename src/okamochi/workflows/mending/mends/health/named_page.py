"""The health check of a proof's routes: what the source alone does not show, or shows otherwise."""

from okamochi.detect.serving.health import rank
from okamochi.model.correction import ANY_ANSWER, Correction, CorrectionKind
from okamochi.model.evidence import Origin
from okamochi.model.plan import Plan
from okamochi.model.process import HttpProbe, TcpProbe, request_path
from okamochi.run.proof.answer import Answer, Outcome
from okamochi.workflows.mending.failed import Failed, Mended

CLOSED = (401, 403)


def mend(failed: Failed) -> Mended:
    if failed.outcome is not Outcome.PROVED or failed.answer is None:
        return None
    answer, plan = failed.answer, failed.planned.plan
    found = named_page(answer, plan) or moved_page(answer, plan) or open_page(answer, plan)
    return (Correction.of(CorrectionKind.HEALTH, *found),) if found is not None else None


def named_page(answer: Answer, plan: Plan) -> tuple[str, str] | None:
    """A page of a health route's name that answered well, where the source told of none."""
    if not isinstance(plan.web.probe, TcpProbe) or not is_probe_of(Origin.DEFAULT, plan):
        return None
    path = open_health(answer)
    reason = f"the proof saw {path} answer, a route that the source alone does not show"
    return (path, reason) if path else None


def moved_page(answer: Answer, plan: Plan) -> tuple[str, str] | None:
    """The only route of the app that ends as the health route that the source shows, where the app has no
    such one: a router above it puts a path of its own in front."""
    path = detected_path(plan).rstrip("/")
    there = [one.path for one in answer.routes if not one.methods or "GET" in one.methods]
    if not path or path in {one.rstrip("/") for one in there}:
        return None
    ends = [one for one in there if one.rstrip("/").endswith(path)]
    if len(ends) != 1:
        return None
    return ends[0], f"the proof saw the route {ends[0]}, and none that is {path} alone"


def open_page(answer: Answer, plan: Plan) -> tuple[str, str] | None:
    """An open page of such a name, else any answer, where the health route that the source shows wants
    somebody who is logged in: to an orchestrator the app would be ill for ever."""
    path = detected_path(plan)
    status = next((one.status for one in answer.pages if one.path == path), 0)
    if not path or status not in CLOSED:
        return None
    reason = f"the proof saw {path} answer {status}: it wants somebody who is logged in"
    return open_health(answer) or ANY_ANSWER, reason


def open_health(answer: Answer) -> str:
    """The best page of a health route's name that answered well; ""."""
    named = sorted((rank(one.path), one.path) for one in answer.pages if 200 <= one.status < 300)
    return next((path for place, path in named if place >= 0), "")


def detected_path(plan: Plan) -> str:
    """Of the probe, where the source shows it; "" else."""
    probe = plan.web.probe
    shown = isinstance(probe, HttpProbe) and is_probe_of(Origin.DETECTED, plan)
    return request_path(probe.path) if shown and isinstance(probe, HttpProbe) else ""


def is_probe_of(origin: Origin, plan: Plan) -> bool:
    return any(one.field == "processes.web.probe" and one.origin is origin for one in plan.decisions)
