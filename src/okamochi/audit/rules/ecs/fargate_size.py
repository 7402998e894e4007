"""Fargate has no task of that size.

Each number of processors goes with certain amounts of memory; others are refused when the definition is
registered or the task is run: `No Fargate configuration exists for given values`.

Fix: one of the amounts that the hint names.

Okamochi: the smallest pair of CPU and memory that Fargate has.

See: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.tasks import Task, fitting_memory, mebibytes, tasks, units

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for task in tasks(setup):
        if task.fargate:
            yield from of_task(task)


def of_task(task: Task) -> Finds:
    cpu, memory = task.root.get("cpu"), task.root.get("memory")
    if not cpu or not memory:
        yield Found(
            path=task.path,
            line=task.root.key("requiresCompatibilities").line,
            message=f"a task on Fargate says how large it is, and {'memory' if cpu else 'cpu'} is missing: "
            "it is refused",
            hint='"cpu": "256", "memory": "512" of the task itself',
        )
        return
    asked, given = units(cpu.text), mebibytes(memory.text)
    fitting = fitting_memory(asked) if asked is not None else ()
    if fitting and given is not None and given not in fitting:
        listed = ", ".join(map(str, fitting[:5])) + (f", … {fitting[-1]}" if len(fitting) > 5 else "")
        yield Found(
            path=task.path,
            line=memory.line,
            message=f"Fargate has no task with cpu {cpu.text} and memory {memory.text}: it is refused",
            hint=f"with {cpu.text}: {listed}",
        )
