"""There may be two schedulers, and each job is queued twice.

celery beat, rq scheduler and their like keep no lock: with two replicas, or in a rolling update, when the new
pod runs before the old one has ended, each sends the same task.

Fix: `replicas: 1` and `strategy: {type: Recreate}`.

Okamochi: a scheduler has one pod, and the old one ends before the new one starts.

See: https://docs.celeryq.dev/en/stable/userguide/periodic-tasks.html#introduction
"""

from okamochi.audit.cluster_objects import containers_of, most_replicas, workloads
from okamochi.audit.containers import Container
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import servers

SEVERITY = Severity.WARNING

# schedulers that lock, in Redis or in a database
LOCKING = ("redbeat", "RedBeat", "celery_beatx")


def look(setup: Setup) -> Finds:
    for one in workloads(setup, "Deployment"):
        replicas, line = most_replicas(one, setup)
        recreated = one.root.get("spec", "strategy", "type").text == "Recreate"
        for container in containers_of(one, setup):
            if schedules(container) and (replicas > 1 or not recreated):
                why = f"{replicas} pods run" if replicas > 1 else "during a rollout two pods run"
                yield Found(
                    path=one.path,
                    line=line,
                    message=f"{why} the scheduler of {container.name}: each job is queued twice",
                    hint="replicas: 1 and strategy: {type: Recreate}",
                )


def schedules(container: Container) -> bool:
    text = container.command.line_text
    if any(name in text for name in LOCKING):
        return False
    return any(
        one.name == "celery" and ("beat" in one.words or one.option("beat") is not None)
        for one in servers(container)
    )
