"""Computes, from the source alone, the paths that an app builds from __file__, its working directory, its
instance folder and literals; as they will be inside the image."""

import ast
import posixpath
from collections.abc import Iterator, Sequence

import msgspec

from okamochi.detect.source.constants import GETTERS
from okamochi.detect.source.flask_objects import FlaskObjects, Imported
from okamochi.detect.source.module_index import MODULE_SCOPE
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.syntax import argument, text_of, walk
from okamochi.detect.variables.environment_reads import reads_of
from okamochi.model.plan import APP_ROOT
from okamochi.system.patterns import regex
from okamochi.system.words import word_set

__all__ = ["KnownPath", "PathReader", "path_reader"]

JOINS = word_set("os.path.join posixpath.join path.join safe_join flask.safe_join werkzeug.utils.safe_join")
SAME = word_set(
    "os.path.abspath os.path.realpath os.path.normpath os.path.expanduser str os.fspath pathlib.Path "
    "pathlib.PurePath pathlib.PosixPath Path repr"
)
SAME_METHODS = frozenset(["resolve", "absolute", "as_posix", "expanduser", "lower", "strip"])
DEPTH_LIMIT = 30
VARIABLE = regex(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
FIELD = regex(r"\{(\w*)\}")


class KnownPath(msgspec.Struct, frozen=True):
    """`text` is absolute, or relative to the working directory, or a URL such as sqlite:///...
    `whole` is false when only the beginning is known. `variable` is the environment variable that
    replaces it, "" when none does; what it replaces comes after the text `before`."""

    text: str
    whole: bool = True
    variable: str = ""
    before: str = ""


class PathReader(msgspec.Struct, eq=False):
    """`instance_path` and `root_path` are those of the Flask object, inside the image."""

    objects: FlaskObjects
    instance_path: str
    root_path: str
    found: dict[tuple[str, int, str], KnownPath | None] = msgspec.field(default_factory=dict)

    def read(self, expression: ast.expr, module: Module, depth: int = 0) -> KnownPath | None:
        """The path that an expression stands for; None when nothing of it is known."""
        if depth > DEPTH_LIMIT:
            return None
        match expression:
            case ast.Constant(value=str(text)):
                return KnownPath(text)
            case ast.Name(id="__file__"):
                return KnownPath(posixpath.join(APP_ROOT, module.path))
            case ast.Name():
                return self._named(expression, module, depth)
            case ast.Attribute():
                return self._attribute(expression, module, depth)
            case ast.Call():
                return self._call(expression, module, depth)
            case ast.BinOp(op=ast.Div(), left=left, right=right):
                return self._joined((left, right), module, depth)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return self._added((left, right), module, depth)
            case ast.BinOp(op=ast.Mod(), left=ast.Constant(value=str(text)), right=right):
                return self._added(percent_parts(text, right), module, depth)
            case ast.JoinedStr(values=values):
                return self._added(tuple(values), module, depth)
            case ast.FormattedValue(value=value):
                return self.read(value, module, depth + 1)
            case ast.BoolOp(op=ast.Or(), values=values):
                return self._either(values, module, depth)
            case ast.Subscript():
                return self._subscript(expression, module, depth)
            case ast.IfExp(body=body, orelse=orelse):
                return self.read(body, module, depth + 1) or self.read(orelse, module, depth + 1)
            case _:
                return None

    def _either(self, values: list[ast.expr], module: Module, depth: int) -> KnownPath | None:
        """`os.environ.get("X") or path`: the path, which X replaces."""
        last = self.read(values[-1], module, depth + 1)
        variables = [name for value in values[:-1] if (name := self._variable(value, module))]
        if last is None or not variables:
            return last
        return KnownPath(last.text, last.whole, variables[0])

    def _variable(self, expression: ast.expr, module: Module) -> str:
        names = module.imports
        for node in walk(expression):
            if isinstance(node, ast.Call) and names.full(node.func) in GETTERS and node.args:
                name = text_of(node.args[0])
                if name:
                    return name
        return ""

    def _named(self, node: ast.Name, module: Module, depth: int) -> KnownPath | None:
        """A variable's value: of its function, of the functions around, of the module, of another module."""
        index = module.index
        scope = index.scopes.get(id(node), MODULE_SCOPE)
        while scope != MODULE_SCOPE:
            if (scope, node.id) in index.values:
                return self._assigned(node.id, module, depth, scope)
            if (scope, node.id) in index.parameters:
                default = index.parameters[scope, node.id]
                return self.read(default, module, depth + 1) if default is not None else None
            scope = index.outer.get(scope, MODULE_SCOPE)
        return self._assigned(node.id, module, depth)

    def _assigned(self, name: str, module: Module, depth: int, scope: int = MODULE_SCOPE) -> KnownPath | None:
        key = (module.path, scope, name)
        if key not in self.found:
            self.found[key] = None  # `path = path.strip()` asks for itself
            self.found[key] = self._first(module.index.values.get((scope, name), ()), module, depth)
        if self.found[key] is not None or scope != MODULE_SCOPE:
            return self.found[key]
        imported = self.objects.names(module.path).get(name)
        if isinstance(imported, Imported) and imported.name and imported.path != module.path:
            return self._assigned(imported.name, self.objects.sources.module(imported.path), depth + 1)
        return self._of_all_names(name, module, depth)

    def _of_all_names(self, name: str, module: Module, depth: int) -> KnownPath | None:
        """BASE_DIR of `from .base import *`."""
        sources = self.objects.sources
        if depth > DEPTH_LIMIT or "import *" not in module.text:
            return None
        for path in sources.stars(module.path):
            found = self._assigned(name, sources.module(path), depth + 1)
            if found is not None:
                return found
        return None

    def _first(self, values: Sequence[ast.expr], module: Module, depth: int) -> KnownPath | None:
        if depth > DEPTH_LIMIT:
            return None
        found = (self.read(value, module, depth + 1) for value in values)
        return next((one for one in found if one is not None), None)

    def _attribute(self, expression: ast.Attribute, module: Module, depth: int) -> KnownPath | None:
        match expression.attr:
            case "instance_path":
                return KnownPath(self.instance_path)
            case "root_path":
                return KnownPath(self.root_path)
            case "static_folder" if isinstance(expression.value, ast.Name):
                return KnownPath(posixpath.join(self.root_path, "static"))
            case "parent":
                inner = self.read(expression.value, module, depth + 1)
                return KnownPath(posixpath.dirname(inner.text)) if inner is not None and inner.whole else None
            case "pardir":
                return KnownPath("..")
            case "sep":
                return KnownPath("/")
            case _:
                return self._of_class(expression, module, depth)

    def _of_class(self, expression: ast.Attribute, module: Module, depth: int) -> KnownPath | None:
        """config.UPLOAD_FOLDER, Config.UPLOAD_FOLDER: assigned in that module or in a class of this one."""
        if not isinstance(expression.value, ast.Name):
            return None
        value = self.objects.names(module.path).get(expression.value.id)
        if isinstance(value, Imported) and value.path != module.path:
            return self._assigned(expression.attr, self.objects.sources.module(value.path), depth + 1)
        return self._assigned(expression.attr, module, depth + 1) if expression.attr.isupper() else None

    def _call(self, call: ast.Call, module: Module, depth: int) -> KnownPath | None:
        called = module.imports.full(call.func)
        if called in JOINS:
            return self._joined(tuple(call.args), module, depth)
        if called in ("os.getcwd", "pathlib.Path.cwd"):
            return KnownPath(APP_ROOT)
        if called == "os.path.dirname" and call.args:
            inner = self.read(call.args[0], module, depth + 1)
            return KnownPath(posixpath.dirname(inner.text)) if inner is not None and inner.whole else None
        if called in GETTERS and len(call.args) > 1:
            given = self.read(call.args[1], module, depth + 1)
            name = self._variable(call, module)
            return KnownPath(given.text, given.whole, name) if given is not None else None
        if called in SAME and call.args:
            return self._joined(tuple(call.args), module, depth)
        if (default := _default_of_variable(call)) is not None:
            return self._read_by_helper(call, default, module, depth)
        if isinstance(call.func, ast.Attribute):
            return self._method(call, call.func, module, depth)
        return None

    def _read_by_helper(
        self, call: ast.Call, default: ast.expr, module: Module, depth: int
    ) -> KnownPath | None:
        """`env.str("MEDIA_ROOT", "/srv/media")` of django-environ, environs, decouple and the like."""
        name = ast.literal_eval(call.args[0])
        given = self.read(default, module, depth + 1)
        if given is None or all(one.name != name for one in reads_of(module, self.objects.sources)):
            return None
        return KnownPath(given.text, given.whole, name)

    def _method(
        self, call: ast.Call, function: ast.Attribute, module: Module, depth: int
    ) -> KnownPath | None:
        if function.attr in SAME_METHODS:
            return self.read(function.value, module, depth + 1)
        if function.attr == "joinpath":
            return self._joined((function.value, *call.args), module, depth)
        if function.attr == "format":
            parts = format_parts(function.value, call)
            if parts:
                return self._added(parts, module, depth)
        if function.attr == "format" or function.attr == "with_suffix":
            inner = self.read(function.value, module, depth + 1)
            return KnownPath(inner.text.partition("{")[0], False) if inner is not None else None
        return None

    def _subscript(self, expression: ast.Subscript, module: Module, depth: int) -> KnownPath | None:
        match expression:
            case ast.Subscript(
                value=ast.Attribute(value=path, attr="parents"), slice=ast.Constant(value=int(level))
            ):
                inner = self.read(path, module, depth + 1)
                if inner is None or not inner.whole:
                    return None
                text = inner.text
                for _ in range(level + 1):
                    text = posixpath.dirname(text)
                return KnownPath(text)
            case ast.Subscript(value=ast.Attribute(attr="config"), slice=ast.Constant(value=str(key))):
                return self._configured(key, depth)
            case _:
                return None

    def _configured(self, key: str, depth: int) -> KnownPath | None:
        """app.config["KEY"]: what some module assigns to that key, or to that name in a class."""
        place = ("", MODULE_SCOPE, key)
        if place not in self.found:
            self.found[place] = None
            for module in self._that_may_configure(key):
                values = module.index.configured.get(key, ())
                self.found[place] = self.found[place] or self._first(values, module, depth)
        return self.found[place]

    def _that_may_configure(self, key: str) -> Iterator[Module]:
        """Those with config["KEY"]; for a key in capitals also those with that name (see ModuleIndex)."""
        sources, word = self.objects.sources, key if key.isupper() and key.isidentifier() else "config"
        for path in sources.paths:
            if word in sources.words(path) and key in sources.text(path):
                yield sources.module(path)

    def _joined(self, parts: tuple[ast.expr, ...], module: Module, depth: int) -> KnownPath | None:
        """A variable counts only as the last part: what follows it would follow its value, too."""
        text, variable = "", ""
        for position, part in enumerate(parts):
            found = self.read(part, module, depth + 1)
            if found is None:  # something inside of what is known
                return KnownPath(posixpath.join(text, ""), False, variable) if position and text else None
            text = posixpath.join(text, found.text) if text else found.text
            variable = "" if found.before else found.variable
            if not found.whole:
                return KnownPath(text, False, variable)
        return KnownPath(tidied(text), True, variable)

    def _added(self, parts: tuple[ast.expr, ...], module: Module, depth: int) -> KnownPath | None:
        text, variable, before = "", "", ""
        for position, part in enumerate(parts):
            found = self.read(part, module, depth + 1)
            if found is None:
                return KnownPath(text, False, variable, before) if position and text else None
            if found.variable or found.text != "/":  # "{FOLDER}/{name}" is in that folder
                before, variable = text + found.before, found.variable
            text += found.text
            if not found.whole:
                return KnownPath(text, False, variable, before)
        return KnownPath(text, True, variable, before)


def path_reader(objects: FlaskObjects) -> PathReader:
    """The one for all to whom the place of the Flask object does not matter: what it found stays known."""

    def made() -> PathReader:
        return PathReader(objects, posixpath.join(APP_ROOT, "instance"), APP_ROOT)

    return objects.sources.remember(("paths",), made)


def _default_of_variable(call: ast.Call) -> ast.expr | None:
    """The default of a call that looks like a read of the environment: a name in capitals comes first."""
    first = call.args[0] if call.args else None
    if not isinstance(first, ast.Constant) or VARIABLE.fullmatch(str(first.value)) is None:
        return None
    return argument(call, 1, "default")


def percent_parts(text: str, given: ast.expr) -> tuple[ast.expr, ...]:
    """What "sqlite:///%s" % path puts together; the text alone up to the first place when that is unclear."""
    values = given.elts if isinstance(given, ast.Tuple) else [given]
    pieces = text.split("%s")
    if len(pieces) != len(values) + 1 or isinstance(given, ast.Dict):
        return (ast.Constant(pieces[0].partition("%")[0]), ast.Constant(None))
    return tuple(alternating(pieces, values))


def format_parts(text: ast.expr, call: ast.Call) -> tuple[ast.expr, ...]:
    """What "sqlite:///{}".format(path) puts together; none when that is unclear."""
    fields = FIELD.findall(text_of(text))
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    places = {str(number): value for number, value in enumerate(call.args)}
    values = [named.get(one) or places.get(one or str(number)) for number, one in enumerate(fields)]
    known = [one for one in values if one is not None]
    if not fields or len(known) != len(fields):
        return ()
    return tuple(alternating(FIELD.sub("{}", text_of(text)).split("{}"), known))


def alternating(pieces: Sequence[str], values: Sequence[ast.expr]) -> Iterator[ast.expr]:
    for piece, value in zip(pieces, values, strict=False):
        yield ast.Constant(piece)
        yield value
    yield ast.Constant(pieces[-1])


def tidied(text: str) -> str:
    return text if "://" in text or not text else posixpath.normpath(text)
