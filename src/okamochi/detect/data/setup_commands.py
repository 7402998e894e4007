"""Commands of the project that set its data up: offered by name, run when somebody says so, never guessed.

Some of them drop what is there: https://flask.palletsprojects.com/tutorial/database/ does.
"""

import ast
import posixpath
from collections.abc import Iterable, Iterator, Mapping

from okamochi.detect.base import Detected
from okamochi.detect.data.blueprint_commands import blueprint_groups
from okamochi.detect.data.called_decorators import called_decorators
from okamochi.detect.data.command_groups import command_groups
from okamochi.detect.data.command_names import command_name
from okamochi.detect.data.setup_scripts import makes_tables_only, setup_scripts
from okamochi.detect.packages.pyproject import Pyproject
from okamochi.detect.source.names import ImportedNames
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.plan import VENV_ROOT, Framework, SetupCommand
from okamochi.pypi.manifests.package_facts import read_package
from okamochi.system.patterns import regex
from okamochi.system.tables import table_of

__all__ = ["NAME", "setup_commands", "table_command"]

NAME = regex(
    r"(init|initiali[sz]e|setup|create|recreate|drop|reset|seed|populate|deploy|forge|install|load)(?>([-_]\w++)*)|initdb|setupdb"
    r"|(db|database|data)[-_](init|setup|create|seed)"
)
WORDS = (".command", "click.command")
REFERENCE = regex(r"([A-Za-z_][\w.]*):([A-Za-z_]\w*)")
Found = tuple[SetupCommand, Evidence]
Argv = tuple[str, ...]
Groups = Mapping[tuple[str, str], Argv]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def setup_commands(
    sources: Sources,
    pyproject: Pyproject,
    framework: Framework,
    by_hand: Iterable[Found] = (),
    *,
    ini: str = "",
) -> tuple[tuple[SetupCommand, ...], tuple[Decision, ...]]:
    """Sorted by name, with one decision that offers each. `by_hand` are functions that people call; `ini` is
    the file that Pyramid makes the app from, which is what its scripts are given."""
    found: dict[str, Found] = {}
    groups = {**_groups(sources), **dict(_groups_of_scripts(sources, pyproject))}
    offered = (
        *_of_modules(sources, framework, groups),
        *(_of_a_package(sources, ini) if ini else _of_scripts(pyproject)),
        *setup_scripts(sources),
        *by_hand,
    )
    for one in offered:
        # init_db, a script of the project, and init-db, the function that it calls, are one
        found.setdefault(one[0].name.replace("_", "-"), one)
    ordered = sorted(found.values(), key=lambda one: one[0].name)
    decisions = tuple(
        Decision.detected(
            f"setup_commands.{command.name}",
            f"offered, not run: okamochi up --setup {command.name}",
            (evidence,),
        )
        for command, evidence in ordered
    )
    return tuple(command for command, _ in ordered), decisions


def table_command(sources: Sources, framework: Framework) -> Detected[tuple[str, ...]] | None:
    """The project's command that, called as it is, makes the tables that are missing and nothing else; None
    when it has none."""
    groups = _groups(sources)
    for module in sources.mentioning("create_all"):
        for node, name, program in _commands(module, framework, groups):
            if makes_tables_only(node.body, _unset(node)):
                reason = f"the command {name} makes the tables that are missing, no more"
                place = Evidence(path=module.path, line=node.lineno, reason=reason)
                return Detected((*program, name), (place,))
    return None


def _groups(sources: Sources) -> dict[tuple[str, str], Argv]:
    return {**command_groups(sources), **blueprint_groups(sources)}


def _unset(node: Function) -> frozenset[str]:
    """Parameters that are flags of the command, which nobody gives."""
    flags: set[str] = set()
    for decorator in node.decorator_list:
        if not isinstance(decorator, ast.Call):
            continue
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in decorator.keywords}
        if given.get("is_flag") == "True" and "default" not in given:
            names = (one.value for one in decorator.args if isinstance(one, ast.Constant))
            flags |= {str(name).lstrip("-").replace("-", "_") for name in names}
    return frozenset(flags)


def _of_modules(sources: Sources, framework: Framework, groups: Groups) -> Iterator[Found]:
    for module in sources.mentioning(*WORDS):
        for node, name, program in _commands(module, framework, groups):
            if NAME.fullmatch(name):
                evidence = Evidence(path=module.path, line=node.lineno, reason=f"the command {name}")
                yield SetupCommand(name=name, argv=(*program, name)), evidence


def _commands(module: Module, framework: Framework, groups: Groups) -> Iterator[tuple[Function, str, Argv]]:
    """A function, the name of the command that it is, and the program that has it."""
    called = called_decorators(module)
    for node in module.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in (*node.decorator_list, *called.get(node.name, ())):
                name, program = _command(decorator, node.name, module, framework, groups)
                if name:
                    yield node, name, program


def _command(
    decorator: ast.expr, function: str, module: Module, framework: Framework, groups: Groups
) -> tuple[str, tuple[str, ...]]:
    """The command's name and the program that has it; "" when the decorator makes none."""
    call = decorator if isinstance(decorator, ast.Call) else None
    target = call.func if call is not None else decorator
    written = ast.unparse(target)
    group = groups.get((module.path, written.removesuffix(".command")))
    if group is not None and written.endswith(".command"):
        return command_name(call, function), group
    if written.endswith("manager.command") and posixpath.basename(module.path) == "manage.py":
        return function, (f"{VENV_ROOT}/bin/python", module.path)
    if not _is_command_of_the_app(written, target, module.imports):
        return "", ()
    program = "quart" if framework is Framework.QUART else "flask"
    if framework not in (Framework.FLASK, Framework.QUART, Framework.DASH):
        return "", ()
    return command_name(call, function), (f"{VENV_ROOT}/bin/{program}",)


def _is_command_of_the_app(written: str, target: ast.expr, names: ImportedNames) -> bool:
    return written.endswith(".cli.command") or names.full(target) == "click.command"


def _of_scripts(pyproject: Pyproject) -> Iterator[Found]:
    for name, module, function in _scripts(pyproject):
        if NAME.fullmatch(name) is not None:
            evidence = Evidence(
                path="pyproject.toml", line=pyproject.line_of(name), reason=f"the script {name}"
            )
            yield SetupCommand(name=name, argv=_call(module, function)), evidence


def _of_a_package(sources: Sources, ini: str) -> Iterator[Found]:
    """https://docs.pylonsproject.org/projects/pyramid/en/latest/narr/commandline.html"""
    facts = read_package(sources.project)
    if facts is None:
        return
    for name, reference in dict(facts.entry_points).get("console_scripts", ()):
        match = REFERENCE.fullmatch(reference)
        if match is not None and NAME.fullmatch(name) is not None:
            evidence = Evidence(path=facts.manifest, reason=f"the script {name}, which is given {ini}")
            yield SetupCommand(name=name, argv=(*_call(match[1], match[2]), ini)), evidence


def _groups_of_scripts(sources: Sources, pyproject: Pyproject) -> Iterator[tuple[tuple[str, str], Argv]]:
    """Groups that are a script of the project themselves: `shop = "shop.cli:main"`, with @click.group() on
    main: https://click.palletsprojects.com/en/stable/commands-and-groups/"""
    for _, module, function in _scripts(pyproject):
        path = sources.find(module)
        if path is None:
            continue
        found = sources.module(path)
        for node in found.tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == function:
                calls = (one.func if isinstance(one, ast.Call) else one for one in node.decorator_list)
                if any(found.imports.full(one) == "click.group" for one in calls):
                    yield (path, function), _call(module, function)


def _scripts(pyproject: Pyproject) -> Iterator[tuple[str, str, str]]:
    """Name, module and function of project.scripts and Poetry's."""
    for table in (table_of(pyproject.project, "scripts"), table_of(pyproject.tool, "poetry", "scripts")):
        for name, reference in table.items():
            match = REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
            if match is not None:
                yield name, match[1], match[2]


def _call(module: str, function: str) -> Argv:
    """The project itself is not installed, its function is called."""
    program = f"import sys; from {module} import {function}; sys.exit({function}())"
    return f"{VENV_ROOT}/bin/python", "-c", program
