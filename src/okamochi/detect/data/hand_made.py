"""Functions such as `init_db()` that nothing but a person ever calls: they run once, or are offered.

def init_db():
    with app.app_context(), app.open_resource("schema.sql") as file:
        get_db().executescript(file.read().decode())
"""

import ast
from collections.abc import Iterator

from okamochi.detect.base import Detected
from okamochi.detect.data.first_rows import EMPTY, bodies_of, probe_of, repeats
from okamochi.detect.data.own_start import Start
from okamochi.detect.data.setup_scripts import STEM
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.syntax import descendants
from okamochi.model.evidence import Evidence
from okamochi.model.plan import VENV_ROOT, SetupCommand
from okamochi.system.patterns import regex

__all__ = ["hand_made", "made_by_command", "offered_by_hand"]

# of a context that is there while a request is answered
OF_A_REQUEST = regex(r"\bcurrent_app\b|\bg\.|\bgetattr\(g\b")
COMMANDS = (".command", "click")


def hand_made(objects: FlaskObjects, reached: Reached) -> Detected[tuple[str, ...]] | None:
    """The function of a telling name among the server's modules that makes tables by SQL and stands alone."""
    for module, node in _functions(objects, reached):
        program = _program(objects, module, node)
        if program and not any(word in module.text for word in COMMANDS):
            return _made(module, node, program, f"nothing calls it when {module.path} is loaded")
    return None


def made_by_command(objects: FlaskObjects, reached: Reached) -> Detected[tuple[str, ...]] | None:
    """The same function of a Flask app that a command of its module calls: in the app's context."""
    for module, node in _functions(objects, reached):
        if _is_called_by_command(module, node.name):
            program = _program(objects, module, node) or _in_context(objects, module, node)
            if program:
                return _made(module, node, program, "nothing but a command calls it")
    return None


def _made(module: Module, node: ast.FunctionDef, program: str, why: str) -> Detected[tuple[str, ...]]:
    place = Evidence(path=module.path, line=node.lineno, reason=f"makes the tables, and {why}")
    return Detected((f"{VENV_ROOT}/bin/python", "-c", program), (place,))


def offered_by_hand(objects: FlaskObjects, reached: Reached) -> Iterator[tuple[SetupCommand, Evidence]]:
    """Those of which nobody can see whether they were run: they would add their rows again."""
    for module, node in _functions(objects, reached):
        if not _stands_alone(objects, module, node) or not _repeats(objects, module, node):
            continue
        if _program(objects, module, node) or any(word in module.text for word in COMMANDS):
            continue
        name = node.name.replace("_", "-")
        program = "\n".join((_import(objects, module, node), f"{node.name}()"))
        command = SetupCommand(name=name, argv=(f"{VENV_ROOT}/bin/python", "-c", program))
        place = Evidence(path=module.path, line=node.lineno, reason=f"{node.name}() sets data up")
        yield command, place


def _functions(objects: FlaskObjects, reached: Reached) -> Iterator[tuple[Module, ast.FunctionDef]]:
    """Those that are not called while the server loads the app."""
    for path in reached.paths:
        module = objects.sources.module(path)
        if "execute" not in module.text:
            continue
        start = Start(objects, module)
        for node in module.tree.body:
            if not isinstance(node, ast.FunctionDef) or node.decorator_list or not STEM.fullmatch(node.name):
                continue
            required = len(node.args.args) - len(node.args.defaults) + len(node.args.posonlyargs)
            call = ast.Call(ast.Name(node.name, ast.Load()), [], [])
            if required > 0 or any(one is None for one in node.args.kw_defaults):
                continue
            if start.is_maker(call) and not reached.runs(node.name, objects):
                yield module, node


def _program(objects: FlaskObjects, module: Module, node: ast.FunctionDef) -> str:
    """ "" when it does not stand alone, or nobody can see whether it was run."""
    if not _stands_alone(objects, module, node):
        return ""
    imported, call = _import(objects, module, node), f"{node.name}()"
    if not _repeats(objects, module, node):
        return f"{imported}\n{call}"
    probe = probe_of(objects, module.path, node, frozenset())
    if probe is None:
        return ""
    return "\n".join((imported, *probe.lines(objects), f"if {EMPTY}:\n    {call}"))


def _in_context(objects: FlaskObjects, module: Module, node: ast.FunctionDef) -> str:
    """Where the database has no tables, by the app that Flask itself would find."""
    probe = probe_of(objects, module.path, node, frozenset())
    if probe is None or probe.context:
        return ""
    within = "with flask.cli.ScriptInfo(os.environ['FLASK_APP']).load_app().app_context():"
    run = (f"if {EMPTY}:", f"    {_import(objects, module, node)}", f"    {node.name}()")
    lines = (*probe.lines(objects), *run)
    return "\n".join(("import os, flask.cli", within, *(f"    {one}" for one in lines)))


def _is_called_by_command(module: Module, name: str) -> bool:
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef) and any(
            ast.unparse(one).partition("(")[0].endswith(".command") for one in node.decorator_list
        ):
            calls = (one for one in descendants(node) if isinstance(one, ast.Call))
            if any(isinstance(one.func, ast.Name) and one.func.id == name for one in calls):
                return True
    return False


def _import(objects: FlaskObjects, module: Module, node: ast.FunctionDef) -> str:
    dotted = objects.sources.dotted(module.path)
    return f"from {dotted} import {node.name}"


def _stands_alone(objects: FlaskObjects, module: Module, node: ast.FunctionDef) -> bool:
    texts = [ast.unparse(node), *(ast.unparse(one.node) for one in bodies_of(objects, module.path, node))]
    return any("app_context" in one for one in texts) or not any(map(OF_A_REQUEST.search, texts))


def _repeats(objects: FlaskObjects, module: Module, node: ast.FunctionDef) -> bool:
    return repeats(objects, module.path, node.body)
