"""A schedule that the app runs beside its pages, in the very process that serves them.

scheduler = BackgroundScheduler()          APScheduler, Flask-APScheduler
scheduler.start()

@repeat_every(seconds=60)                  fastapi-utils

threading.Thread(target=poll).start()      def poll(): while True: ...

Of several workers each has one of its own, and does each job once more.
"""

import ast
from collections.abc import Iterable, Iterator

from okamochi.detect.source.bodies import flat_statements
from okamochi.detect.source.names import assigned
from okamochi.detect.source.python_source import Module, is_main_guard
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import keyword_value, walk
from okamochi.model.evidence import Evidence
from okamochi.pypi.python_values import last_name

__all__ = ["own_schedule"]

# https://apscheduler.readthedocs.io/en/3.x/userguide.html#choosing-the-right-scheduler-job-store-s-executor-s-and-trigger-s
SCHEDULERS = frozenset(
    ["BackgroundScheduler", "AsyncIOScheduler", "GeventScheduler", "TornadoScheduler", "APScheduler"]
)
LIBRARIES = ("apscheduler", "flask_apscheduler")
# https://fastapi-utils.davidmontague.xyz/user-guide/repeated-tasks/
REPEATS = frozenset(["fastapi_utils.tasks.repeat_every", "fastapi_utilities.repeat_every"])
WORDS = frozenset(["Thread", "repeat_every", *SCHEDULERS])


def own_schedule(paths: Iterable[str], sources: Sources) -> Evidence | None:
    """Where the modules of `paths`, which the server loads, start one; what stands below the main guard is
    started by nobody."""
    paths = tuple(paths)
    telling = {path for path in paths if not WORDS.isdisjoint(sources.words(path))}
    if not telling:
        return None
    names = {name for path in telling for name in _schedulers(sources.module(path))}
    for path in paths:
        if path in telling or (names and "start" in sources.words(path)):
            found = _of_module(sources.module(path), names)
            if found is not None:
                return found
    return None


def _of_module(module: Module, names: set[str]) -> Evidence | None:
    """`names` are those of schedulers, wherever they are made."""
    told = (
        (_started(module, names), "starts a schedule of its own"),
        (_repeated(module), "repeats a task of its own"),
        (_endless_thread(module), "starts a thread that never ends"),
    )
    return next((Evidence(path=module.path, line=line, reason=text) for line, text in told if line), None)


def _started(module: Module, names: set[str]) -> int:
    """The line that starts one; 0."""
    guarded = {id(n) for one in module.tree.body if is_main_guard(one) for n in walk(one)}
    for call in module.of(ast.Call):
        match call.func:
            case ast.Attribute(value=made, attr="start") if id(call) not in guarded:
                if last_name(made) in names or _is_scheduler(made, module):
                    return call.lineno
            case _:
                continue
    return 0


def _repeated(module: Module) -> int:
    """The line of a decorator that repeats what it decorates; 0."""
    for function in module.of(ast.FunctionDef, ast.AsyncFunctionDef):
        for one in function.decorator_list:
            if isinstance(one, ast.Call) and module.imports.full(one.func) in REPEATS:
                return one.lineno
    return 0


def _schedulers(module: Module) -> Iterator[str]:
    for statement in module.of(ast.Assign, ast.AnnAssign):
        for name, value in assigned(statement):
            if _is_scheduler(value, module):
                yield name


def _is_scheduler(value: ast.AST | None, module: Module) -> bool:
    if not isinstance(value, ast.Call):
        return False
    full = module.imports.full(value.func)
    return full.rpartition(".")[2] in SCHEDULERS and full.partition(".")[0] in LIBRARIES


def _endless_thread(module: Module) -> int:
    """The line of a thread that is made while the module is loaded, of a function of its own that loops for
    ever; 0."""
    endless = {
        one.name
        for one in module.of(ast.FunctionDef)
        if any(isinstance(n, ast.While) and _is_true(n.test) for n in walk(one))
    }
    for statement in flat_statements(module.tree.body) if endless else ():
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for call in walk(statement):
            if isinstance(call, ast.Call) and module.imports.full(call.func) == "threading.Thread":
                target = keyword_value(call, "target")
                if target is not None and last_name(target) in endless:
                    return call.lineno
    return 0


def _is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)
