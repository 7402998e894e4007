"""A program that serves with Werkzeug's debugger on, which runs whatever its visitors write:
https://werkzeug.palletsprojects.com/en/stable/debug/"""

import ast

from okamochi.detect.source.python_source import Module
from okamochi.detect.source.reachable import loaded_from
from okamochi.detect.source.syntax import is_true
from okamochi.detect.understanding import Understood
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.plan import ServerInterface
from okamochi.pypi.python_values import last_name

WERKZEUG = frozenset(["flask", "flask_socketio", "werkzeug", "dash"])
DEBUGGER = frozenset(["debug", "use_debugger"])
RUNS = frozenset(["run", "run_simple"])


def warn(found: Understood) -> tuple[Decision, ...]:
    candidate, sources = found.entry.candidate, found.sources
    if candidate.interface is not ServerInterface.OWN:
        return ()
    paths = loaded_from(candidate.path, found.objects)
    if all(WERKZEUG.isdisjoint(sources.words(path)) for path in paths):
        return ()
    for module in (sources.module(path) for path in paths if not DEBUGGER.isdisjoint(sources.words(path))):
        for call in module.of(ast.Call):
            if is_run(call, module) and any(map(switches_it_on, call.keywords)):
                place = Evidence(path=module.path, line=call.lineno, reason="serves with debug=True")
                return (debugger_decision(place),)
    return ()


def is_run(call: ast.Call, module: Module) -> bool:
    full = module.imports.full(call.func)
    return last_name(call.func) in RUNS and not full.startswith(("uvicorn.", "bottle.", "hypercorn."))


def switches_it_on(keyword: ast.keyword) -> bool:
    return keyword.arg in DEBUGGER and is_true(keyword.value)


def debugger_decision(place: Evidence) -> Decision:
    return Decision.detected(
        "application.framework",
        "Warning: the program serves with a debugger in which visitors can run code: "
        "take debug=True from its call, or read it from a variable",
        (place,),
    )
