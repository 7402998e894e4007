"""What every target tells a process beside what the code reads: the kit's variables, where secrets lie."""

from collections.abc import Sequence

from okamochi.model.kit_programs import SECRETS_MOUNT, health_environment, schema_environment
from okamochi.model.plan import Plan
from okamochi.model.process import Process, ProcessType

__all__ = ["key_files_environment", "kit_environment", "secret_files_environment"]


def kit_environment(plan: Plan, process: Process) -> dict[str, str]:
    """The port, what the health check asks, and what the plan sets for this process."""
    found: dict[str, str] = {}
    if process.port:
        found["PORT"] = str(process.port)
    if process.port or process.probe:
        found |= health_environment(process)
    if process.type is ProcessType.WEB:
        found |= schema_environment(plan.processes)
    return found | dict(process.environment)


def secret_files_environment(plan: Plan, names: Sequence[str]) -> dict[str, str]:
    """For the kit's loader of secrets, where `names` are files below /run/secrets; of key files the path."""
    # the image's own value (a SQLite file) gives way to the file
    found = dict.fromkeys(dict(plan.image_environment).keys() & set(names), "")
    loaded = [name for name in names if name not in plan.key_names]
    found |= {f"{name}_FILE": f"{SECRETS_MOUNT}/{name}" for name in loaded}
    found |= {name: f"{SECRETS_MOUNT}/{name}" for name in names if name in plan.key_names}
    return found | ({"OKAMOCHI_SECRET_FILES": ",".join(loaded)} if loaded else {})


def key_files_environment(plan: Plan, names: Sequence[str]) -> dict[str, str]:
    """Where the kit looks for key files that may be missing; one that the code opens by a path of its own has
    no variable."""
    by_path = {one.name for one in plan.environment if one.as_file}
    told = [f"{name}={SECRETS_MOUNT}/{name}" for name in names if name not in by_path]
    return {"OKAMOCHI_KEY_FILES": ",".join(told)} if told else {}
