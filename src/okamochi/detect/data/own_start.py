"""What a project does to its data each time its author starts it: the lines below `if __name__ == "__main__"`
that come before the server, which no server of production runs.

    if __name__ == "__main__":
        with app.app_context():
            db.create_all()
        app.run(debug=True)
"""

import ast
import re
from collections.abc import Iterable, Iterator

import msgspec

from okamochi.detect.base import Detected
from okamochi.detect.data.first_rows import (
    EMPTY,
    Probe,
    adds_rows,
    bodies_of,
    is_whole,
    looks,
    probe_of,
    repeats,
    sql_files,
)
from okamochi.detect.files.app_tests import OF_TESTS
from okamochi.detect.serving.web_applications import Candidate
from okamochi.detect.source.flask_objects import (
    APPLICATION_CLASSES,
    ClassDefinition,
    FlaskObjects,
    Function,
    Instance,
)
from okamochi.detect.source.importable import importable_name
from okamochi.detect.source.known_names import has_name, unknown_names
from okamochi.detect.source.python_source import Module, is_main_guard
from okamochi.detect.source.syntax import descendants
from okamochi.model.evidence import Evidence
from okamochi.model.plan import VENV_ROOT
from okamochi.system.patterns import regex

__all__ = ["Start", "made_by_extension", "own_start"]

RUNS_SQL = frozenset(["execute", "executescript"])
RUNS = regex(r"\.(?:execute|executescript)\(")
MAKERS = frozenset(["create_all", "create_tables", "create_table"])
HARMLESS = frozenset(["print", "commit", "close", "push", "info", "debug"])
DROPS = regex(
    r"\b(?:drop\w*|truncate\w*|delete\w*|unlink|remove|rmtree|flush\w*|reset\w*|input|getpass)\("
    r"|\bdrop\s|\bdelete\s+from\b|\btruncate\s",
    re.IGNORECASE,
)
# A function that goes on to serve, main() for example, would keep the app from ever starting.
STAYS = regex(r"\b(?:run\w*|serve\w*|start\w*|listen|launch|sleep)\(|\bwhile (?:True|1)\b")
# The program has neither words of a command line nor anybody who answers.
ASKS = regex(r"\b(?:parse_args|parse_known_args|sys\.argv|docopt|input|getpass)\b")
CREATES = regex(r"\b(?:create_all|create_tables?)\(|\bcreate\s+table\b", re.IGNORECASE)
OF_NOTHING = regex(r"\bdrop\s+table\s+if\s+exists\b", re.IGNORECASE)
EXTENSION = "flask_sqlalchemy.SQLAlchemy"
# MetaData.create_all() of SQLAlchemy itself is given its engine
OF_EXTENSION = regex(r"(?<!metadata)\.create_all\(\s*\)")


def own_start(objects: FlaskObjects, paths: tuple[str, ...]) -> Detected[tuple[str, ...]] | None:
    """The statements of the first module that makes tables so, of the server's `paths` and of the scripts
    beside them. Whoever starts the app by hand runs them each time: they may run before each start, unless
    they drop something."""
    beside = (path for path in objects.sources.paths if "/" not in path)
    for path in dict.fromkeys((*paths, *beside)):
        module = objects.sources.module(path)
        if "__main__" not in module.text or (path not in paths and _drops_when_imported(module)):
            continue
        for statement in module.tree.body:
            if is_main_guard(statement) and isinstance(statement, ast.If):
                program = _program(objects, module, statement.body)
                if program:
                    reason = f"makes the tables whenever {path} is run, before it serves"
                    place = Evidence(path=path, line=statement.lineno, reason=reason)
                    return Detected((f"{VENV_ROOT}/bin/python", "-c", program), (place,))
    return None


def _drops_when_imported(module: Module) -> bool:
    """A script that the server does not load is imported for its names, with all that it does beside them."""
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    done = (one for one in module.tree.body if not isinstance(one, definitions) and not is_main_guard(one))
    return any(DROPS.search(ast.unparse(one)) for one in done)


def _program(objects: FlaskObjects, module: Module, body: list[ast.stmt]) -> str:
    """Python that does the same without the rest of the start; "" when nothing there makes tables, or when
    that rests on what somebody types."""
    first = next((n for n, one in enumerate(body) if Start(objects, module).makes(one)), len(body))
    if first == len(body):
        return ""
    for once in (True, False):
        kept = Start(objects, module, once=once).kept(body[first:], outermost=True)
        if not kept:
            return ""
        prepared = _in_a_context(objects, module, body[:first], kept)
        if any(ASKS.search(ast.unparse(one)) for one in (*prepared, *kept)):
            return ""
        local = frozenset(name for one in prepared for name in _bound(one))
        probe: Probe | None = None
        if any(EMPTY in _names(one) for one in kept):
            probe = probe_of(objects, module.path, ast.Module(body[first:], []), local)
            if probe is None:
                continue  # what is to be done once is left out
        if unknown_names(objects, module.path, (*prepared, *kept), local | {EMPTY}):
            return ""
        return "\n".join(_lines(objects, module, prepared, kept, local, probe))
    return ""


def _in_a_context(
    objects: FlaskObjects, module: Module, before: list[ast.stmt], kept: list[ast.stmt]
) -> list[ast.stmt]:
    """What is prepared. create_all() of Flask-SQLAlchemy asks for an app's context since version 3; an app
    that is at hand gives one, so that lines of an earlier version go on with today's."""
    prepared = _prepared(before, kept)
    texts = [text for one in (*prepared, *kept) for text in Start(objects, module).texts(one)]
    if not any(map(OF_EXTENSION.search, texts)) or any("app_context" in text for text in texts):
        return prepared
    if not any(objects.sources.mentioning("flask_sqlalchemy")):
        return prepared
    for name in objects.names(module.path):
        value = objects.resolve(module.path, name)
        if isinstance(value, Instance) and value.class_name == "Flask" and not value.dash:
            push = ast.parse(f"{name}.app_context().push()").body
            return [*_prepared(before, [*push, *kept]), *push]
    return prepared


def _prepared(before: list[ast.stmt], kept: list[ast.stmt]) -> list[ast.stmt]:
    """Of what comes before, that which the kept statements need."""
    needed = {name for one in kept for name in _names(one)}
    prepared: list[ast.stmt] = []
    for one in reversed(before):
        assigned = (
            {name for target in one.targets for name in _names(target)}
            if isinstance(one, ast.Assign)
            else set()
        )
        if needed & assigned or ast.unparse(one).endswith("app_context().push()"):
            prepared.insert(0, one)
            needed |= set(_names(one))
        elif isinstance(one, ast.Import | ast.ImportFrom):
            prepared.insert(0, one)
    return prepared


def _lines(
    objects: FlaskObjects,
    module: Module,
    prepared: list[ast.stmt],
    kept: list[ast.stmt],
    local: frozenset[str],
    probe: Probe | None,
) -> Iterator[str]:
    needed = {name for one in (*prepared, *kept) for name in _names(one)}
    taken = sorted(name for name in needed - local if has_name(objects, module.path, name))
    if taken:
        yield f"from {_dotted(objects, module.path)} import {', '.join(taken)}"
    yield from map(ast.unparse, prepared)
    if probe is not None:
        yield from probe.lines(objects)
    yield from map(ast.unparse, kept)


class Start(msgspec.Struct, frozen=True):
    """What of a start is kept: what makes tables, and what adds first rows. What would add them a second time
    is done where there were no tables (`once`), or not at all."""

    objects: FlaskObjects
    module: Module
    once: bool = True

    def makes(self, statement: ast.stmt) -> bool:
        """A call that makes tables, or of the project's own function that does; alone, or within an app's
        context or a condition."""
        match statement:
            case ast.With(body=body):
                return any(map(self.makes, body)) or self.runs_a_script(statement)
            case ast.If(test=test, body=body, orelse=[]):
                rest = [one for one in body if not self.makes(one) and not _harmless(one)]
                decided = not rest or (looks(test) and self.may_be_kept(rest))
                return any(map(self.makes, body)) and decided
            case ast.Expr(value=ast.Call() as call):
                return self.is_maker(call)
            case _:
                return False

    def kept(self, body: list[ast.stmt], *, outermost: bool = False) -> list[ast.stmt]:
        kept: list[ast.stmt] = []
        rest: list[ast.stmt] = []
        for one in body:
            if self.makes(one):
                kept += self.made(one)
            elif outermost:
                kept += self.rows([one]) if isinstance(one, ast.Expr | ast.With) else []
            elif _harmless(one):
                (rest if rest else kept).append(one)
            elif not _serves(one):
                rest.append(one)
        return [*kept, *self.rows(rest)]

    def made(self, statement: ast.stmt) -> list[ast.stmt]:
        """The statement as the release has it; none when it cannot be told whether it is done already."""
        if isinstance(statement, ast.With) and any(map(self.makes, statement.body)):
            body = self.kept(statement.body)
            return [ast.With(statement.items, body, lineno=statement.lineno)] if body else []
        return self.only_once([statement]) if self.repeats([statement]) else [statement]

    def rows(self, rest: list[ast.stmt]) -> list[ast.stmt]:
        """What adds first rows, when that is all it does; nothing of what is anything else."""
        if not rest or not self.may_be_kept(rest):
            return []
        return self.only_once(rest) if self.repeats(rest) else rest

    def only_once(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [ast.If(ast.Name(EMPTY, ast.Load()), body, [])] if self.once else []

    def may_be_kept(self, rest: list[ast.stmt]) -> bool:
        texts = [text for one in rest for text in self.texts(one)]
        if not any(map(adds_rows, texts)) or not all(map(is_whole, rest)):
            return False
        return not any(one.search(text) for one in (DROPS, STAYS, ASKS) for text in texts)

    def texts(self, root: ast.stmt) -> Iterator[str]:
        yield ast.unparse(root)
        for one in bodies_of(self.objects, self.module.path, root):
            yield ast.unparse(one.node)
            yield from sql_files(self.objects, one.path, one.node)
        yield from sql_files(self.objects, self.module.path, root)

    def repeats(self, body: list[ast.stmt]) -> bool:
        return repeats(self.objects, self.module.path, body)

    def is_maker(self, call: ast.Call) -> bool:
        if isinstance(call.func, ast.Attribute) and call.func.attr in MAKERS:
            return True
        if isinstance(call.func, ast.Attribute) and call.func.attr in RUNS_SQL:
            return self.runs_a_script(ast.Expr(call))
        name = ast.unparse(call.func)
        value = self.objects.resolve(self.module.path, name) if isinstance(call.func, ast.Name) else None
        if not isinstance(value, Function) or isinstance(value.node, ast.AsyncFunctionDef):
            return False
        return self.creates(self.texts(ast.Expr(call)))

    def runs_a_script(self, statement: ast.stmt) -> bool:
        """executescript(open("schema.sql").read()), cursor.execute("CREATE TABLE ...")."""
        return bool(RUNS.search(ast.unparse(statement))) and self.creates(self.texts(statement))

    def creates(self, texts: Iterable[str]) -> bool:
        # of an empty database, nothing can be lost
        found = [OF_NOTHING.sub("", text) for text in texts]
        refused = (DROPS, STAYS, ASKS)
        return any(map(CREATES.search, found)) and not any(
            one.search(text) for one in refused for text in found
        )


def _harmless(statement: ast.stmt) -> bool:
    called = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(called, ast.Call):
        return isinstance(statement, ast.Import | ast.ImportFrom | ast.Pass)
    return ast.unparse(called.func).rpartition(".")[2] in HARMLESS


def _serves(statement: ast.stmt) -> bool:
    called = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(called, ast.Call) and STAYS.search(f"{ast.unparse(called.func)}(") is not None


def _names(node: ast.AST) -> Iterator[str]:
    return (one.id for one in descendants(node) if isinstance(one, ast.Name))


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from _names(target)
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        for alias in statement.names:
            yield (alias.asname or alias.name).split(".")[0]


def made_by_extension(
    objects: FlaskObjects, paths: tuple[str, ...], candidate: Candidate
) -> Detected[tuple[str, ...]] | None:
    """create_all() of Flask-SQLAlchemy, where nothing but tests calls it: people do it by hand, once."""
    others = (path for path in objects.sources.all_paths if OF_TESTS.fullmatch(path) is None)
    if any("create_all" in objects.sources.text(path) for path in others):
        return None
    if not candidate.is_factory and not _is_flask_itself(objects, candidate):
        return None
    for path in paths:
        if "SQLAlchemy" not in objects.sources.text(path):
            continue
        module = objects.sources.module(path)
        name, line = _extension(module)
        if name:
            lines = (
                f"from {candidate.module} import {candidate.name}",
                f"from {importable_name(module, objects.sources, candidate.import_root)} import {name}",
                f"with {candidate.name}{candidate.call}.app_context(): {name}.create_all()",
            )
            place = Evidence(
                path=path, line=line, reason=f"nothing in the project makes the tables of {name}"
            )
            return Detected((f"{VENV_ROOT}/bin/python", "-c", "\n".join(lines)), (place,))
    return None


def _extension(module: Module) -> tuple[str, int]:
    """`db = SQLAlchemy(...)`, with its line."""
    for statement in module.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function)):
                if module.imports.full(function) == EXTENSION:
                    return name, statement.lineno
            case _:
                pass
    return "", 0


def _is_flask_itself(objects: FlaskObjects, candidate: Candidate) -> bool:
    """A wrapper such as ProxyFix(app) has no context."""
    path, line = candidate.origin
    module = objects.sources.module(path)
    for statement in module.of(ast.Assign):
        call = statement.value
        if statement.lineno == line and isinstance(call, ast.Call):
            own = objects.resolve(path, ast.unparse(call.func))
            return module.imports.full(call.func) in APPLICATION_CLASSES or isinstance(own, ClassDefinition)
    return False


def _dotted(objects: FlaskObjects, path: str) -> str:
    return objects.sources.dotted(path)
