"""Rows that an author's start adds, and whether it would add them a second time.

Rows that are added only when a look finds none may be added before each start. All others go in once, with
the tables: when the database had none before.
"""

import ast
import builtins
import posixpath
import re
from collections.abc import Container, Iterator
from enum import Enum

import msgspec

from okamochi.detect.source.flask_objects import FlaskObjects, Function
from okamochi.detect.source.gist import DULL
from okamochi.detect.source.syntax import descendants, texts_below
from okamochi.system.patterns import regex

__all__ = [
    "EMPTY",
    "Probe",
    "adds_rows",
    "bodies_of",
    "is_whole",
    "looks",
    "probe_of",
    "repeats",
    "sql_files",
]

EMPTY = "without_tables"
"""The name under which a release keeps whether there were no tables."""
ADDS = regex(
    r"\bsession\.(?:add|add_all|merge|bulk_\w+)\(|\b(?:insert\w*|executemany|save|create|bulk_create)\("
    r"|\b(?:insert|replace)\s+(?:or\s+\w+\s+)?into\b",
    2,
)
# Rows that are there already are left alone, or written over with the same.
AGAIN = regex(
    r"\binsert\s+(?:or\s+)?(?:ignore|replace)\b|\breplace\s+into\b|\bon\s+(?:conflict|duplicate)\b"
    r"|\bnot\s+exists\s*\(|\bget_or_create\(|\bsession\.merge\(",
    2,
)
BARE_TABLE = regex(r"\bcreate\s+table\s+(?!if\s)", 2)
DROPPED = regex(r"\bdrop\s+table\s+if\s+exists\b", 2)
LOOKS = regex(
    r"\b(?:query|count|first|exists?|scalar\w*|fetch\w+|select\w*|get\w*|filter\w*|isfile|has_table|inspect|all"
    r"|one_or_none|len)\b"
)
# which is no look at what is there: os.environ.get("SEED")
SETTINGS = regex(r"environ|getenv|\benv\b|config|setting|option|\bargs\b", re.IGNORECASE)
# of handlers: what was added is there already
THERE = regex(r"Integrity|Duplicate|Unique|Exists")
SQL_FILE = regex(r"[\w./ -]+\.sql")
MOST_SQL_BYTES = 1_000_000
BUILTINS = frozenset(dir(builtins))
TABLES = "select 1 from sqlite_master"
Statements = list[ast.stmt]


class Harm(Enum):
    """What a second run can do: fail, since a table is there; add rows again; lose what is there."""

    FAILS = "fails"
    ADDS = "adds"
    LOSES = "loses"


ANY_HARM = frozenset(Harm)


class Probe(msgspec.Struct, frozen=True):
    """An expression that is true when there are no tables; `names` come from the module `path`, `modules` are
    to be imported. `context` is the expression of the app's context that it needs, "" for none."""

    text: str
    path: str
    names: tuple[str, ...]
    modules: tuple[str, ...]
    context: str = ""

    def lines(self, objects: FlaskObjects) -> tuple[str, ...]:
        """What looks, and keeps what was seen."""
        dotted = objects.sources.dotted(self.path)
        named = (f"from {dotted} import {', '.join(self.names)}",) if self.names else ()
        within = f"with {self.context}: " if self.context else ""
        return (*(f"import {one}" for one in self.modules), *named, f"{within}{EMPTY} = {self.text}")


def bodies_of(
    objects: FlaskObjects, path: str, root: ast.AST, depth: int = 3, seen: set[int] | None = None
) -> Iterator[Function]:
    """The project's functions that a piece of code of a module calls by name, and those that they call; each
    once."""
    seen = {id(root)} if seen is None else seen
    for node in descendants(root) if depth else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            inner = objects.resolve(path, node.func.id)
            if isinstance(inner, Function) and id(inner.node) not in seen:
                seen.add(id(inner.node))
                yield inner
                yield from bodies_of(objects, inner.path, inner.node, depth - 1, seen)


def sql_files(objects: FlaskObjects, path: str, root: ast.AST) -> Iterator[str]:
    """The texts of the project's files of SQL that a piece of code executes as scripts."""
    nodes = descendants(root)
    if not any(isinstance(one, ast.Attribute) and one.attr in ("executescript", "execute") for one in nodes):
        return
    for one in nodes:
        name = one.value if isinstance(one, ast.Constant) else None
        if not isinstance(name, str) or SQL_FILE.fullmatch(name) is None or name.startswith(("/", "..")):
            continue
        for place in dict.fromkeys((name, posixpath.join(posixpath.dirname(path), name))):
            content = objects.sources.project.read_bytes(place, limit_bytes=MOST_SQL_BYTES)
            if content is not None:
                yield content.decode("utf-8", "replace")
                break


def adds_rows(text: str) -> bool:
    return ADDS.search(text) is not None


def is_whole(statement: ast.AST) -> bool:
    """Whether its texts are those of the file: planning sees sentences without their words."""
    return not any(DULL in text for text in texts_below(statement))


def repeats(
    objects: FlaskObjects, path: str, body: Statements, harms: frozenset[Harm] = ANY_HARM, depth: int = 3
) -> bool:
    """Whether a second run does one of the `harms`. Below a look that found nothing, rows go in and tables
    are made; what loses rows is not trusted to it: the file that it looks for may be another one."""
    looked: set[str] = set()
    for statement in body:
        inner, counting = [statement], harms
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                continue
            case ast.If(test=test, body=[*_, ast.Return()], orelse=[]) if looks(
                test, looked
            ) and not finds_none(test):
                harms &= {Harm.LOSES}
                continue
            case ast.If(test=test, body=then, orelse=other):
                guarded = looks(test, looked) and finds_none(test)
                inner, counting = then, harms & {Harm.LOSES} if guarded else harms
                if repeats(objects, path, other, harms, depth):
                    return True
            case ast.Try() | ast.TryStar():
                counting = harms - forgiven(statement)
                inner = statement.body
                if repeats(objects, path, [*statement.orelse, *statement.finalbody], harms, depth):
                    return True
            case ast.With() | ast.AsyncWith() | ast.For() | ast.AsyncFor() | ast.While():
                if harms & set(_of_scripts(objects, path, statement)):
                    return True
                inner = [*statement.body, *getattr(statement, "orelse", ())]
            case _:
                looked |= _looked_up(statement)
                if _line_repeats(objects, path, statement, harms, depth):
                    return True
                continue
        if repeats(objects, path, inner, counting, depth):
            return True
    return False


def looks(test: ast.expr, looked: Container[str] = ()) -> bool:
    """Whether an answer of the database, or of the disk, decides; `looked` are names that hold one."""
    for one in descendants(test):
        if isinstance(one, ast.Name) and one.id in looked:
            return True
        called = ast.unparse(one.func) if isinstance(one, ast.Call) else ""
        if LOOKS.search(called) is not None and SETTINGS.search(called) is None:
            return True
    return False


def finds_none(test: ast.expr) -> bool:
    """`not found`, `found is None`, `count == 0`, `len(rows) < 3`, `"users" not in tables`."""
    match test:
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Compare(ops=[ast.NotIn() | ast.Lt() | ast.LtE()]):
            return True
        case ast.Compare(ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=value)]):
            return not value
        case ast.BoolOp(values=values):
            return all(map(finds_none, values))
        case _:
            return False


def _looked_up(statement: ast.stmt) -> set[str]:
    if not isinstance(statement, ast.Assign) or not looks(statement.value):
        return set()
    targets = (one for target in statement.targets for one in descendants(target))
    return {one.id for one in targets if isinstance(one, ast.Name)}


def forgiven(statement: ast.Try | ast.TryStar) -> frozenset[Harm]:
    """What the handlers make good: that a table is there, unless they raise again; that a row is, if they say
    so. What is lost is lost."""
    handlers = statement.handlers
    if not handlers or any(isinstance(one, ast.Raise) for part in handlers for one in descendants(part)):
        return frozenset()
    caught = [ast.unparse(one.type) for one in handlers if one.type is not None]
    return frozenset({Harm.FAILS, Harm.ADDS} if any(map(THERE.search, caught)) else {Harm.FAILS})


def _line_repeats(
    objects: FlaskObjects, path: str, statement: ast.stmt, harms: frozenset[Harm], depth: int
) -> bool:
    if harms & {*_harms_of(ast.unparse(statement)), *_of_scripts(objects, path, statement)}:
        return True
    inner = bodies_of(objects, path, statement, depth=1) if depth else ()
    return any(_function_repeats(objects, one, harms, depth - 1) for one in inner)


def _function_repeats(objects: FlaskObjects, function: Function, harms: frozenset[Harm], depth: int) -> bool:
    """Looked at once, however often it is called; one that calls itself does no more by that."""
    memory, key = objects.sources.memory, ("repeats", id(function.node), harms, depth)
    if key not in memory:
        memory[key] = False
        memory[key] = repeats(objects, function.path, function.node.body, harms, depth)
    return bool(memory[key])


def _of_scripts(objects: FlaskObjects, path: str, statement: ast.stmt) -> Iterator[Harm]:
    for text in sql_files(objects, path, statement):
        yield from _harms_of(text)


def _harms_of(text: str) -> Iterator[Harm]:
    """Of a line of Python, or a script of SQL, statement by statement."""
    for one in text.split(";"):
        if BARE_TABLE.search(one):
            yield Harm.FAILS
        if DROPPED.search(one):
            yield Harm.LOSES
        if adds_rows(one) and not AGAIN.search(one):
            yield Harm.ADDS


def probe_of(objects: FlaskObjects, path: str, root: ast.AST, local: frozenset[str]) -> Probe | None:
    """How to see that there are no tables yet: by SQLAlchemy's engine, or by the SQLite file that the code
    opens; None when the code shows neither in a way that stands alone. `local` are names that are there."""
    found = _probe(objects, path, root, local)
    if found is not None:
        return found
    inner = (_probe(objects, one.path, one.node) for one in bodies_of(objects, path, root))
    return next((one for one in inner if one is not None), None)


def _probe(
    objects: FlaskObjects, path: str, root: ast.AST, local: frozenset[str] = frozenset()
) -> Probe | None:
    context = ""
    for node in descendants(root):
        match node:
            case ast.withitem(context_expr=ast.Call(func=ast.Attribute(attr="app_context")) as call):
                context = ast.unparse(call)
            case ast.Call(func=ast.Attribute(value=holder, attr="create_all")):
                return _by_engine(objects, path, node, holder, context, local)
            case ast.Call(args=[where, *_]) if _opens_sqlite(objects, path, node):
                text = f"not sqlite3.connect({ast.unparse(where)}).execute({TABLES!r}).fetchone()"
                return _standing_alone(objects, path, text, where, ("sqlite3",), context, local)
            case _:
                continue
    return None


def _opens_sqlite(objects: FlaskObjects, path: str, call: ast.Call) -> bool:
    return objects.sources.module(path).imports.full(call.func) == "sqlite3.connect"


def _by_engine(
    objects: FlaskObjects, path: str, call: ast.Call, holder: ast.expr, context: str, local: frozenset[str]
) -> Probe | None:
    """`db.create_all()` of Flask-SQLAlchemy, `Base.metadata.create_all(engine)` of SQLAlchemy."""
    given = [*call.args, *(one.value for one in call.keywords if one.arg == "bind")]
    if not given and isinstance(holder, ast.Attribute):
        return None  # whatever the metadata is bound to
    engine = given[0] if given else ast.Attribute(value=holder, attr="engine", ctx=ast.Load())
    text = f"not sqlalchemy.inspect({ast.unparse(engine)}).get_table_names()"
    return _standing_alone(objects, path, text, engine, ("sqlalchemy",), context, local)


def _standing_alone(
    objects: FlaskObjects,
    path: str,
    text: str,
    value: ast.expr,
    modules: tuple[str, ...],
    context: str,
    local: frozenset[str],
) -> Probe | None:
    """None when it rests on names that a function only has while it runs."""
    known = objects.names(path)
    parts = (value, ast.parse(context, mode="eval").body) if context else (value,)
    names = {one.id for part in parts for one in descendants(part) if isinstance(one, ast.Name)} - local
    names -= BUILTINS
    if any(name not in known for name in names) or not all(map(is_whole, parts)):
        return None
    return Probe(text, path, tuple(sorted(names)), modules, context)
