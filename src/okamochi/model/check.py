"""What holds for every plan; all problems are collected before anything is said."""

import posixpath
from collections import Counter
from collections.abc import Iterable

from okamochi.errors import PlanError
from okamochi.model.codec import plan_to_builtins
from okamochi.model.explain import PlanValues
from okamochi.model.plan import APP_ROOT, KIT_ROOT, VENV_ROOT, Plan, ServerInterface
from okamochi.model.process import URL_PATH, HttpProbe, Process, ProcessType, TcpProbe, VariableKind
from okamochi.system.patterns import regex
from okamochi.system.words import word_tuple

__all__ = ["checked", "problems_of"]

NORMALIZED_NAME = regex(r"[a-z0-9]+(-[a-z0-9]+)*")
PYTHON_VERSION = regex(r"3\.\d{1,2}")
VARIABLE_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*")
OBJECT_REFERENCE = regex(r"[\w-]+(\.[\w-]+)*:[A-Za-z_]\w*(\.\w+)*(\(.*\))?")
SYSTEM_FOLDERS = frozenset(
    f"/{name}" for name in word_tuple("bin boot dev etc lib lib64 opt proc root run sbin sys tmp usr var")
)


def checked(plan: Plan) -> Plan:
    """The plan itself. PlanError that lists every invariant it breaks."""
    problems = problems_of(plan)
    if not problems:
        return plan
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    raise PlanError(
        f"{first}{more}",
        where="plan",
        hint="correct the settings that these fields come from: okamochi plan --explain FIELD",
        details=problems if problems[1:] else (),
    )


def problems_of(plan: Plan) -> tuple[str, ...]:
    """All broken invariants, one sentence each; empty when the plan is sound."""
    return (
        *_name_problems(plan),
        *_process_problems(plan),
        *_folder_problems(plan),
        *_moved_problems(plan),
        *_key_problems(plan),
        *_service_problems(plan),
        *_environment_problems(plan),
        *_decision_problems(plan),
    )


def _name_problems(plan: Plan) -> Iterable[str]:
    if NORMALIZED_NAME.fullmatch(plan.name) is None:
        yield f"name: {plan.name!r} is not a normalized name (a-z, 0-9, single hyphens inside)"
    if len(plan.name) > 100:
        yield "name: longer than 100 characters"
    if PYTHON_VERSION.fullmatch(plan.python_version) is None:
        yield f"python_version: {plan.python_version!r} is not of the form 3.13"
    for version in plan.python_alternatives:
        if PYTHON_VERSION.fullmatch(version) is None:
            yield f"python_alternatives: {version!r} is not of the form 3.13"
    reference = plan.application.object_reference
    if plan.application.interface is ServerInterface.OWN:
        if reference:
            yield f"application.object_reference: {reference!r}, but the app is its own server"
    elif OBJECT_REFERENCE.fullmatch(reference) is None:
        yield f"application.object_reference: {reference!r} is not module:object"
    for path in _project_paths(plan):
        if path.startswith("/") or ".." in path.split("/"):
            yield f"{path} lies outside the project"
    for path in _shared_paths(plan):
        # what a workspace or checkout shares is named from the project, and by nothing else
        beyond = path.lstrip("./") if f"{path}/".startswith("../") else path
        if path.startswith("/") or ".." in beyond.split("/"):
            yield f"{path} lies outside the project"


def _project_paths(plan: Plan) -> Iterable[str]:
    yield from (path for service in plan.services for path in service.initial_files)
    yield from (plan.application.import_root, plan.application.script)


def _shared_paths(plan: Plan) -> Iterable[str]:
    dependencies = plan.dependencies
    yield from (*dependencies.files, *dependencies.constraint_files, *dependencies.input_files)
    yield from (package.path for package in dependencies.local)
    yield dependencies.lock_file


def _process_problems(plan: Plan) -> Iterable[str]:
    web = [process for process in plan.processes if process.type is ProcessType.WEB]
    if len(web) != 1:
        yield f"processes: there must be exactly one of type web, not {len(web)}"
    yield from _repeated("processes", (process.name for process in plan.processes))
    ports = (str(process.port) for process in plan.processes if process.port)
    yield from _repeated("processes: port", ports)
    for process in plan.processes:
        yield from _one_process(process)


def _one_process(process: Process) -> Iterable[str]:
    field = f"processes.{process.name}"
    if not process.argv or not process.argv[0].startswith("/"):
        yield f"{field}.argv: must begin with an absolute path"
    if process.port not in range(65536) or (process.type is ProcessType.WEB and not process.port):
        yield f"{field}.port: {process.port} is not a port"
    if isinstance(process.probe, HttpProbe | TcpProbe) and not process.port:
        yield f"{field}.probe: there is nothing to probe without a port"
    if isinstance(process.probe, HttpProbe) and URL_PATH.fullmatch(process.probe.path) is None:
        yield f"{field}.probe.path: {process.probe.path!r} is not an absolute URL path"
    if process.resources.memory_bytes < 32 * 1024 * 1024:
        yield f"{field}.resources.memory_bytes: Python does not start in less than 32M"
    if process.resources.cpus <= 0 or process.resources.pids < 8:
        yield f"{field}.resources: cpus must be above 0 and pids at least 8"


def _folder_problems(plan: Plan) -> Iterable[str]:
    """Of volumes and temporary folders: what may be written at all."""
    yield from _repeated("volumes", (volume.name for volume in plan.volumes))
    written = (
        *((f"volumes.{volume.name}", volume.path) for volume in plan.volumes),
        *((f"temporary_folders.{folder.path}", folder.path) for folder in plan.temporary_folders),
    )
    yield from _repeated("volumes, temporary_folders", (path for _, path in written))
    code = {APP_ROOT, posixpath.join(APP_ROOT, plan.application.import_root).rstrip("/")}
    for field, path in written:
        if not path.startswith("/") or posixpath.normpath(path) != path:
            yield f"{field}: {path!r} is not a normalized absolute path"
        elif path in code:
            yield f"{field}: {path} holds the app's own code; it must stay read-only"
        elif path == "/" or path in SYSTEM_FOLDERS:
            yield f"{field}: {path} belongs to the system"
        elif any(f"{path}/".startswith(f"{root}/") for root in (VENV_ROOT, KIT_ROOT)):
            yield f"{field}: {path} belongs to the image"


def _key_problems(plan: Plan) -> Iterable[str]:
    known = {one.name for one in plan.environment if one.holds_path and one.kind is VariableKind.SECRET}
    yield from _repeated("secret_files", (one.path for one in plan.secret_files))
    for one in plan.secret_files:
        if not one.path.startswith(f"{APP_ROOT}/") or posixpath.normpath(one.path) != one.path:
            yield f"secret_files.{one.path}: is not a normalized path below {APP_ROOT}"
        if one.name not in known:
            yield f"secret_files.{one.path}: {one.name} is no secret of the plan that is a file"


def _moved_problems(plan: Plan) -> Iterable[str]:
    roots = tuple(f"{volume.path}/" for volume in plan.volumes)
    yield from _repeated("moved_files", (moved.path for moved in plan.moved_files))
    for moved in plan.moved_files:
        if not moved.path.startswith(f"{APP_ROOT}/") or posixpath.normpath(moved.path) != moved.path:
            yield f"moved_files.{moved.path}: is not a normalized path below {APP_ROOT}"
        if posixpath.normpath(moved.target) != moved.target or not moved.target.startswith(roots):
            yield f"moved_files.{moved.path}: {moved.target!r} lies in no volume"


def _service_problems(plan: Plan) -> Iterable[str]:
    names = (*(service.name for service in plan.services), *(process.name for process in plan.processes))
    yield from _repeated("services, processes: name", names)
    for service in plan.services:
        field = f"services.{service.name}"
        if NORMALIZED_NAME.fullmatch(service.name) is None:
            yield f"{field}.name: {service.name!r} is not a host name of a-z, 0-9 and single hyphens"
        if service.port not in range(1, 65536):
            yield f"{field}.port: {service.port} is not a port"
        if service.volume_path and not service.volume_path.startswith("/"):
            yield f"{field}.volume_path: {service.volume_path!r} is not an absolute path"
        for variable in service.variables:
            try:
                variable.template.format(host="", port=0, user="", password="", database="")
            except (KeyError, IndexError, ValueError):
                yield f"{field}.variables.{variable.name}: {variable.template!r} is not a template"


def _environment_problems(plan: Plan) -> Iterable[str]:
    yield from _repeated("environment", (variable.name for variable in plan.environment))
    yield from _repeated("image_environment", (name for name, _ in plan.image_environment))
    if list(plan.image_environment) != sorted(plan.image_environment):
        yield "image_environment: must be sorted by name"
    names = (*(v.name for v in plan.environment), *(name for name, _ in plan.image_environment))
    for name in names:
        if VARIABLE_NAME.fullmatch(name) is None:
            yield f"environment: {name!r} is not a variable name"
    for variable in plan.environment:
        if variable.kind is not VariableKind.PLAIN and variable.default is not None:
            yield f"environment.{variable.name}: a secret must have no default in the plan"
    for name, value in plan.image_environment:
        if "\0" in value:
            yield f"image_environment.{name}: holds a null byte"


def _decision_problems(plan: Plan) -> Iterable[str]:
    values = PlanValues(plan_to_builtins(plan))
    for decision in plan.decisions:
        try:
            values.at(decision.field)
        except KeyError:
            yield f"decisions: {decision.field} names no field of the plan"


def _repeated(field: str, values: Iterable[str]) -> Iterable[str]:
    for value, count in sorted(Counter(values).items()):
        if count > 1:
            yield f"{field}: {value} is there {count} times"
