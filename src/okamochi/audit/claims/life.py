"""That a stop loses nothing, that a start finds what was kept, that migrations can run again."""

from okamochi.audit.claim import Claim, Judged, beside, failed, judged, untried
from okamochi.audit.claims.web import told, why_not
from okamochi.model.observation import Observation
from okamochi.model.plan import Plan

__all__ = ["LIFE"]


def stops(seen: Observation, plan: Plan) -> Judged:
    stop = seen.life.stop
    if stop is None:
        return why_not(seen, "stop")
    grace = plan.web.stop_grace_seconds
    words = f"after {stop.seconds:.1f} s of {grace} s, exit code {stop.exit_code}"
    return judged(stop.seconds < grace and stop.exit_code in (0, 143), words)


def loses_nothing(seen: Observation, plan: Plan) -> Judged:
    stop = seen.life.stop
    if stop is None:
        return why_not(seen, "stop")
    if not stop.traffic.answered:
        return untried("no request came through before the stop")
    good = not stop.traffic.broken and not stop.traffic.failing
    return judged(good, f"{told(stop.traffic)}")


def keeps(seen: Observation, plan: Plan) -> Judged:
    life = seen.life
    if not plan.volumes:
        return beside("the app keeps nothing in folders of its own")
    if not life.kept:
        return why_not(seen, "kept")
    lost = [path for path, kept in life.kept if not kept]
    return judged(
        not lost,
        f"lost: {', '.join(lost)}" if lost else f"found again in {', '.join(p for p, _ in life.kept)}",
    )


def starts_again(seen: Observation, plan: Plan) -> Judged:
    if seen.life.healthy_again is None:
        return why_not(seen, "again")
    return judged(seen.life.healthy_again, "healthy" if seen.life.healthy_again else "not healthy")


def migrates_again(seen: Observation, plan: Plan) -> Judged:
    ran = seen.life.migrated_again
    if not ran:
        return beside("the app has no release process")
    failing = [name for name, code in ran if code]
    return (
        failed(f"{', '.join(failing)} failed")
        if failing
        else judged(True, f"{', '.join(name for name, _ in ran)}: done, and nothing to do")
    )


LIFE = (
    Claim("stop", "A stop ends in time, by the server's own will", stops),
    Claim("stop-loses-nothing", "A request that was taken before the stop is answered", loses_nothing),
    Claim("start-again", "It is healthy again after a stop", starts_again),
    Claim("data-kept", "What the app writes into its folders is there after a stop", keeps),
    Claim("migrations-again", "Migrations can run a second time", migrates_again),
)
