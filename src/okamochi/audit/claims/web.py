"""That pages are served: one, many at once, while a worker dies; to whom, and whether a server that hangs is
noticed."""

from okamochi.audit.claim import Claim, Judged, beside, failed, held, judged, untried
from okamochi.model.observation import Observation, Traffic
from okamochi.model.plan import Plan
from okamochi.model.process import HttpProbe

__all__ = ["WEB", "told", "why_not"]


def page(seen: Observation, plan: Plan) -> Judged:
    return judged(0 < seen.page < 500, f"/ answers {seen.page}" if seen.page else "/ does not answer")


def healthy(seen: Observation, plan: Plan) -> Judged:
    probe = plan.web.probe
    asked = f"GET {probe.path}" if isinstance(probe, HttpProbe) else "any answer on the port"
    return judged(seen.healthy, f"{asked}: {'healthy' if seen.healthy else 'not healthy'}")


def many(seen: Observation, plan: Plan) -> Judged:
    traffic = seen.traffic
    if not (traffic.answered or traffic.broken or traffic.refused):
        return untried("nothing was asked")
    good = not (traffic.broken or traffic.refused or traffic.failing)
    return judged(good, f"{told(traffic)} in {traffic.seconds:.1f} s")


def loopback(seen: Observation, plan: Plan) -> Judged:
    outside = seen.outside
    if outside.open_at:
        return failed(f"it answers at {', '.join(outside.open_at)}")
    elsewhere = [one for one in outside.published if not one.startswith(("127.", "::1"))]
    if elsewhere:
        return failed(f"published at {', '.join(elsewhere)}")
    asked = f"; no answer at {', '.join(outside.asked_at)}" if outside.asked_at else ""
    return held(f"published at {', '.join(outside.published) or '127.0.0.1'}{asked}")


def replaced(seen: Observation, plan: Plan) -> Judged:
    life = seen.life
    if life.replaced_seconds is None:
        return why_not(seen, "replaced")
    traffic = life.replaced_traffic
    good = life.replaced_seconds >= 0 and not traffic.failing
    if life.replaced_seconds < 0:
        return failed(f"none came; meanwhile {told(traffic)}")
    lost = f", {traffic.broken} lost with it" if traffic.broken else ""
    return judged(good, f"after {life.replaced_seconds:.1f} s; meanwhile {told(traffic, lost=False)}{lost}")


def hanging(seen: Observation, plan: Plan) -> Judged:
    if seen.life.noticed is None:
        return why_not(seen, "noticed")
    return judged(
        seen.life.noticed,
        "the health check failed while all workers stood still"
        if seen.life.noticed
        else "the health check was content while all workers stood still",
    )


def why_not(seen: Observation, what: str) -> Judged:
    if not seen.life.workers and what in ("replaced", "noticed"):
        if not seen.inside.processes:
            return untried("no process was seen")
        return beside("the server has no workers of its own")
    return untried(dict(seen.life.untried).get(what, "not tried"))


def told(traffic: Traffic, *, lost: bool = True) -> str:
    parts = [f"{count} × HTTP {status}" for status, count in traffic.answers]
    if lost and traffic.broken:
        parts.append(f"{traffic.broken} without an answer")
    if lost and traffic.refused:
        parts.append(f"{traffic.refused} not taken")
    return ", ".join(parts) or "no answer"


WEB = (
    Claim("first-page", "The first page is served", page),
    Claim("healthy", "The health check is content", healthy),
    Claim("many-at-once", "Many requests at once are all answered", many),
    Claim("loopback", "The port is open to this machine alone", loopback),
    Claim("worker-replaced", "A worker that dies is replaced, and the others go on serving", replaced),
    Claim("hang-noticed", "A server that hangs is noticed", hanging),
)
