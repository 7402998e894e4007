"""That processes can do nothing but their work: user, capabilities, filters, limits."""

from okamochi.audit.claim import Claim, Judged, failed, held, untried
from okamochi.model.observation import Observation, SeenProcess
from okamochi.model.plan import Plan
from okamochi.model.sizes import MEBIBYTE
from okamochi.system.words import counted

__all__ = ["ISOLATION"]


def user(seen: Observation, plan: Plan) -> Judged:
    """No process of another user, and none in root's group."""
    wanted = (plan.security.run_as_user, plan.security.run_as_group)
    others = [one for one in seen.inside.processes if (one.user, one.group) != wanted or 0 in one.groups]
    if not seen.inside.processes:
        return untried("no process was seen")
    if others:
        return failed(f"{described(others)} run as {others[0].user}:{others[0].group}")
    return held(f"{processes(seen)} as {wanted[0]}:{wanted[1]}")


def capabilities(seen: Observation, plan: Plan) -> Judged:
    others = [one for one in seen.inside.processes if one.capabilities]
    wrong = f"have capabilities: {others[0].capabilities:#x}" if others else ""
    return of_processes(seen, others, wrong, f"{processes(seen)}, each of the five sets is empty")


def no_new_privileges(seen: Observation, plan: Plan) -> Judged:
    others = [one for one in seen.inside.processes if not one.no_new_privileges]
    return of_processes(
        seen, others, "could gain some by a file with special bits", f"set on {processes(seen)}"
    )


def system_calls(seen: Observation, plan: Plan) -> Judged:
    others = [one for one in seen.inside.processes if one.seccomp != 2]
    return of_processes(seen, others, "may make every system call", f"a seccomp filter on {processes(seen)}")


def of_processes(seen: Observation, others: list[SeenProcess], wrong: str, right: str) -> Judged:
    """Of what an engine gives each process: it holds when there are no `others`."""
    if engine_lacks(seen):
        return untried(engine_lacks(seen))
    return failed(f"{described(others)} {wrong}") if others else held(right)


def limits(seen: Observation, plan: Plan) -> Judged:
    wanted, found = plan.web.resources, seen.inside.limits
    if seen.missing and not (found.memory_bytes and found.cpus and found.pids):
        return untried("; ".join(seen.missing))
    same = (
        found.memory_bytes == wanted.memory_bytes
        and abs(found.cpus - wanted.cpus) < 0.01
        and found.pids == wanted.pids
    )
    cpus = "1 CPU" if found.cpus == 1 else f"{found.cpus:g} CPUs"
    words = f"memory {size(found.memory_bytes)}, {cpus}, {found.pids or 'no limit of'} processes"
    if same:
        return held(words)
    return failed(f"{words}; the plan says {size(wanted.memory_bytes)}, {wanted.cpus:g}, {wanted.pids}")


def size(number: int) -> str:
    return f"{number // MEBIBYTE} MiB" if number else "without a limit"


def processes(seen: Observation) -> str:
    return counted(len(seen.inside.processes), "process", "processes")


def described(processes: list[SeenProcess]) -> str:
    first = processes[0]
    more = f" and {len(processes) - 1} more" if len(processes) > 1 else ""
    return f"process {first.pid} ({first.command[:40]}){more}"


def engine_lacks(seen: Observation) -> str:
    """Why nothing can be said; "" when it can. Without an engine there are namespaces at the most."""
    if seen.engine == "host":
        return "without an engine this is not promised"
    return "" if seen.inside.processes else "no process was seen"


ISOLATION = (
    Claim("user", "No process runs as root, or as another user than the plan's", user),
    Claim("capabilities", "No process has a capability", capabilities),
    Claim("no-new-privileges", "No process can gain privileges", no_new_privileges),
    Claim("system-calls", "System calls that a web app never makes are refused", system_calls),
    Claim("limits", "Memory, CPU and processes are limited as planned", limits),
)
