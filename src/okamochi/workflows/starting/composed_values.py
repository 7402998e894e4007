"""Values of secrets from where the project's own compose file takes them: a file, a variable of the shell."""

from collections.abc import Container, Iterator
from pathlib import Path

from okamochi.detect.variables.stated_secrets import ComposedSecret, composed_secrets
from okamochi.model.plan import Plan
from okamochi.model.process import VariableKind
from okamochi.system.project_files import DiskProject
from okamochi.system.world import World

__all__ = ["composed_values"]

LIMIT_BYTES = 100_000


def composed_values(plan: Plan, given: Container[str], project: Path, world: World) -> dict[str, str]:
    """By the variable's name, for secrets of the plan that are not `given` and that no service fills; each is
    told. What lies outside of the project is not read."""
    served = {variable.name for service in plan.services for variable in service.variables}
    secrets = {one.name for one in plan.environment if one.kind is not VariableKind.PLAIN} - served
    open_names = {name for name in secrets if name not in given}
    if not open_names:
        return {}
    files = DiskProject.open(project)
    found: dict[str, str] = {}
    for secret in composed_secrets(files):
        names = open_names.intersection(names_of(secret))
        for value, place in texts(secret, files, world) if names else ():
            found |= dict.fromkeys(names, value)
            world.reporter.note(f"{', '.join(sorted(names))}: from {place}, as {secret.evidence.path} says")
    return found


def names_of(secret: ComposedSecret) -> Iterator[str]:
    """Its file's own, and X of X_FILE."""
    yield secret.name
    for name in secret.named_by:
        yield name.removesuffix("_FILE")


def texts(secret: ComposedSecret, files: DiskProject, world: World) -> Iterator[tuple[str, str]]:
    if secret.file:
        content = files.read_bytes(secret.file.removeprefix("./"), limit_bytes=LIMIT_BYTES)
        text = content.decode("utf-8", "replace") if content is not None else ""
        text = text.removesuffix("\n").removesuffix("\r")
        if text.strip():
            yield text, secret.file
    elif secret.variable and world.environ.get(secret.variable, "").strip():
        yield world.environ[secret.variable], f"{secret.variable} of this shell's environment"
