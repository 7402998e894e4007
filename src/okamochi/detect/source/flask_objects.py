"""Follows names through the project's modules to find web applications and the functions that make them.

Evaluates a little of Python: assignments, imports between the project's modules, calls of its functions and
classes. What it cannot follow is unknown, never guessed.
"""

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from okamochi.detect.frameworks.classes import (
    CLASSES,
    CONFIGURATORS,
    CONNEXION,
    CONVERTERS,
    FIRST_OF_SEVERAL,
    OF_STARS,
)
from okamochi.detect.source.bodies import argument_names, flat_statements, method_of, own_attributes
from okamochi.detect.source.flask_values import (
    ClassDefinition,
    External,
    Function,
    Imported,
    Instance,
    Names,
    Object,
    Value,
)
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import argument
from okamochi.model.plan import Framework, ServerInterface
from okamochi.system.patterns import regex
from okamochi.system.words import word_set

if TYPE_CHECKING:
    from okamochi.detect.base import Detected
    from okamochi.detect.serving.routes import Route

__all__ = ["APPLICATION_CLASSES", "ClassDefinition", "FlaskObjects", "Function", "Imported", "Instance"]

DASH_CLASSES = frozenset(name for name, one in CLASSES.items() if one.framework is Framework.DASH)
APPLICATION_CLASSES = frozenset(CLASSES) - DASH_CLASSES
WRAPPER_NAMES = word_set(
    "ProxyFix WhiteNoise DispatcherMiddleware SentryWsgiMiddleware SentryAsgiMiddleware ASGIApp WSGIApp "
    "mount_gradio_app OpenTelemetryMiddleware"
)
DEPTH_LIMIT = 40
OTHER_FLASK = regex(r"[A-Z]\w+Flask")


class FlaskObjects(msgspec.Struct, eq=False):
    """What the names of every module stand for; each module is evaluated once. `routes` are found once, too,
    by those who look for them."""

    sources: Sources
    modules: dict[str, Names] = msgspec.field(default_factory=dict)
    stars: dict[str, list[str]] = msgspec.field(default_factory=dict)
    made: dict[int, Instance | None] = msgspec.field(default_factory=dict)
    together: "dict[int, tuple[Value | None, ...]]" = msgspec.field(default_factory=dict)
    attributes: dict[tuple[int, str], "Value | None"] = msgspec.field(default_factory=dict)
    lines: dict[tuple[str, str], int] = msgspec.field(default_factory=dict)
    routes: "tuple[Detected[Route], ...] | None" = None

    def names(self, path: str) -> Names:
        """Top-level names of a module, imported ones included, as far as they are known."""
        if path not in self.modules:
            names: Names = {}
            self.modules[path] = names
            _Scope(self, path, names, None).run(self.sources.module(path).tree.body)
        return self.modules[path]

    def resolve(self, path: str, name: str, asked: set[tuple[str, str]] | None = None) -> Value | None:
        """What a name of a module stands for in the end, imports followed. `asked` are the names of modules
        that were looked at on the way: packages that take each other's names have countless ways."""
        asked = set() if asked is None else asked
        if (path, name) in asked:
            return None
        asked.add((path, name))
        value = self.names(path).get(name)
        if value is not None:
            return self.settled(value, asked)
        for other in self.stars.get(path, ()):
            found = self.resolve(other, name, asked)
            if found is not None:
                return found
        return self._submodule(path, name)

    def module_named(self, path: str, name: str) -> str | None:
        """The file of the project's module that a name of a module stands for."""
        found = self.resolve(path, name)
        return found.path if isinstance(found, Imported) and not found.name else None

    def settled(self, value: Value | None, asked: set[tuple[str, str]] | None = None) -> Value | None:
        if isinstance(value, Imported) and value.name:
            return self.resolve(value.path, value.name, asked)
        return value

    def returned(self, function: Function) -> Instance | None:
        """The application that a function returns; None when it returns none or that is unknown."""
        key = id(function.node)
        if key not in self.made:
            self.made[key] = None  # a recursive function is asked about itself
            self.made[key] = self._returned(function)
        return self.made[key]

    def class_of(self, definition: ClassDefinition, depth: int = 0) -> str:
        """The known class that a class of the project inherits from: "flask.Flask"; "" when none."""
        scope = _Scope(self, definition.path, self.names(definition.path), None)
        for base in definition.node.bases:
            value = scope.value(base)
            if isinstance(value, External) and value.name in CLASSES:
                return value.name
            if isinstance(value, ClassDefinition) and value is not definition and depth < DEPTH_LIMIT:
                inherited = self.class_of(value, depth + 1)
                if inherited:
                    return inherited
        return ""

    def attribute(self, holder: Object, name: str) -> Value | None:
        """What `self.name = value` in a method, an assignment of the class, or a method itself gives it."""
        key = (id(holder.definition.node), name)
        if key not in self.attributes:
            self.attributes[key] = None  # `self.app = wrapped(self.app)` asks for itself
            self.attributes[key] = self._attribute(holder, name)
        return self.attributes[key]

    def _attribute(self, holder: Object, name: str) -> Value | None:
        definition = holder.definition
        for statement in definition.node.body:
            if isinstance(statement, ast.FunctionDef) and name in own_attributes(statement):
                names = self._method_names(statement, definition)
                scope = _Scope(self, definition.path, names, self.names(definition.path))
                scope.run(statement.body)
                found = scope.value(own_attributes(statement)[name])
                if found is not None:
                    return found
        method = method_of(definition, name)
        if method is not None:
            return Function(method.path, method.node, definition)
        body: Names = {}
        _Scope(self, definition.path, body, self.names(definition.path)).run(definition.node.body)
        return self.settled(body.get(name))

    def _method_names(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, owner: ClassDefinition | None
    ) -> Names:
        names: Names = dict.fromkeys(argument_names(node))
        if owner is not None and node.args.args:
            names[node.args.args[0].arg] = Object(owner)
        return names

    def _submodule(self, path: str, name: str) -> Value | None:
        if not path.endswith("__init__.py"):
            return None
        found = self.sources.find_relative(path, 1, name)
        return Imported(found) if found is not None and found != path else None

    def returned_together(self, function: Function) -> "tuple[Value | None, ...]":
        """What a function returns at once, `return app, database`; of it applications alone are followed."""
        if id(function.node) in self.together:
            return self.together[id(function.node)]
        self.together[id(function.node)] = ()  # a recursive function is asked about itself
        for statement in flat_statements(function.node.body):
            if isinstance(statement, ast.Return) and isinstance(statement.value, ast.Tuple):
                scope = self._run(function)
                found = tuple(scope.value(one) for one in statement.value.elts)
                kept = tuple(one if isinstance(one, Instance) else None for one in found)
                self.together[id(function.node)] = kept
                return kept
        return ()

    def _run(self, function: Function) -> "_Scope":
        outer = self.names(function.path)
        scope = _Scope(self, function.path, self._method_names(function.node, function.owner), outer)
        scope.run(function.node.body)
        return scope

    def _returned(self, function: Function) -> Instance | None:
        node = function.node
        scope = self._run(function)
        for statement in flat_statements(node.body):
            if isinstance(statement, ast.Return) and statement.value is not None:
                found = scope.value(statement.value)
                if isinstance(found, Instance) and not found.dash:
                    return found
        return scope.by_annotation(node)


class _Scope(msgspec.Struct, eq=False):
    """The names of one module or function while its statements run, top to bottom."""

    objects: FlaskObjects
    path: str
    own: Names
    outer: Names | None

    def run(self, body: Sequence[ast.stmt]) -> None:
        for statement in flat_statements(body):
            self._statement(statement)

    def _statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Import():
                self._import(statement)
            case ast.ImportFrom():
                self._import_from(statement)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._set(statement.name, Function(self.path, statement), statement.lineno)
            case ast.ClassDef():
                self._set(statement.name, ClassDefinition(self.path, statement), statement.lineno)
            case ast.Assign():
                for target in statement.targets:
                    self._assign(target, statement.value)
            case ast.AnnAssign(value=None):
                pass
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, value)
                self._annotated(target, statement.annotation)
            case ast.With():
                for item in statement.items:
                    if item.optional_vars is not None:
                        self._assign(item.optional_vars, item.context_expr)
            case _:
                pass

    def _set(self, name: str, value: "Value | None", line: int) -> None:
        if value is None and isinstance(self.own.get(name), Instance):
            return  # a later branch that we cannot follow does not undo what another branch made
        self.own[name] = value
        if self.outer is None:
            self.objects.lines[(self.path, name)] = line

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, other in zip(target.elts, value.elts, strict=False):
                self._assign(one, other)
        elif isinstance(target, ast.Tuple | ast.List):
            several = self._several(value)
            for place, one in enumerate(target.elts):
                if isinstance(one, ast.Name):
                    self._set(one.id, several[place] if place < len(several) else None, one.lineno)
        elif isinstance(target, ast.Name):
            self._set(target.id, self.value(value), target.lineno)

    def _several(self, value: ast.expr) -> tuple["Value | None", ...]:
        """What a call gives to several names: `app, rt = fast_app()`, `app, socketio = create_app()`."""
        match self.value(value.func) if isinstance(value, ast.Call) else None:
            case External(name=name) if name in FIRST_OF_SEVERAL:
                known = FIRST_OF_SEVERAL[name]
                return (_made((self.path, value.lineno), known, known.rpartition(".")[2]),)
            case Function() as function:
                return self.objects.returned_together(function)
            case _:
                return ()

    def _annotated(self, target: ast.expr, annotation: ast.expr) -> None:
        if isinstance(target, ast.Name) and self.own.get(target.id) is None:
            known = self._annotation(annotation)
            if known:
                made = _made((self.path, target.lineno), known, known.rpartition(".")[2])
                self._set(target.id, made, target.lineno)

    def _import(self, statement: ast.Import) -> None:
        for alias in statement.names:
            shown = alias.name if alias.asname else alias.name.split(".")[0]
            found = self.objects.sources.find(shown, importer=self.path)
            value: Value = Imported(found) if found is not None else External(shown)
            self._set(alias.asname or shown, value, statement.lineno)

    def _import_from(self, statement: ast.ImportFrom) -> None:
        found = self.objects.sources.find_from(statement, importer=self.path)
        for alias in statement.names:
            if alias.name == "*":
                if found is not None:
                    self.objects.stars.setdefault(self.path, []).append(found)
                elif statement.module and not statement.level:
                    self._library_star(statement.module, statement.lineno)
                continue
            value = self._from(statement, found, alias.name)
            self._set(alias.asname or alias.name, value, statement.lineno)

    def _library_star(self, module: str, line: int) -> None:
        """`from bottle import *`: of what a library brings, the names that make applications."""
        for name in OF_STARS.get(module, ()):
            self._set(name, External(f"{module}.{name}"), line)

    def _from(self, statement: ast.ImportFrom, found: str | None, name: str) -> Value | None:
        if found is not None and found != self.path:
            return Imported(found, name)
        below = self.objects.sources.find_from(statement, name, importer=self.path)
        if below is not None:
            return Imported(below)
        return None if statement.level else External(f"{statement.module}.{name}")

    def value(self, expression: ast.expr, depth: int = 0) -> Value | None:
        """What an expression stands for; None when that is unknown or of no interest."""
        if depth > DEPTH_LIMIT:
            return None
        match expression:
            case ast.Name():
                return self._name(expression.id)
            case ast.Attribute():
                return self._attribute(expression, depth)
            case ast.Call():
                return self._call(expression, depth)
            case ast.IfExp():
                return self._first_instance((expression.body, expression.orelse), depth)
            case ast.BoolOp():
                return self._first_instance(expression.values, depth)
            case ast.NamedExpr():
                return self.value(expression.value, depth + 1)
            case _:
                return None

    def _first_instance(self, branches: Sequence[ast.expr], depth: int) -> Value | None:
        values = [self.value(branch, depth + 1) for branch in branches]
        return next((value for value in values if isinstance(value, Instance)), None)

    def _name(self, name: str) -> Value | None:
        if name in self.own:
            return self.objects.settled(self.own[name])
        if self.outer is not None and name in self.outer:
            return self.objects.settled(self.outer[name])
        for other in self.objects.stars.get(self.path, ()):
            found = self.objects.resolve(other, name)
            if found is not None:
                return found
        return None

    def _attribute(self, expression: ast.Attribute, depth: int) -> Value | None:
        holder = self.value(expression.value, depth + 1)
        match holder:
            case External():
                return External(f"{holder.name}.{expression.attr}")
            case Imported():
                return self.objects.resolve(holder.path, expression.attr)
            case Instance(dash=True) if expression.attr == "server":
                return holder.server or replace(holder, dash=False)
            case Instance() if expression.attr == "wsgi_app":
                return holder
            case Instance(class_name=kind) if kind == CONNEXION and expression.attr == "app":
                return replace(holder, class_name="Flask", interface=ServerInterface.WSGI)
            case ClassDefinition():
                return method_of(holder, expression.attr) or self.objects.attribute(
                    Object(holder), expression.attr
                )
            case Object():
                return self.objects.attribute(holder, expression.attr)
            case _:
                return None

    def _call(self, call: ast.Call, depth: int) -> Value | None:
        callee = self.value(call.func, depth + 1)
        origin = (self.path, call.lineno)
        match callee:
            case External() if callee.name in DASH_CLASSES:
                return self._dash(call, origin, depth)
            case External() if callee.name in CLASSES:
                return _made(origin, callee.name, _shown(callee.name))
            case External() if callee.name in CONFIGURATORS:
                return External(f"{callee.name}()")
            case External() if callee.name in CONVERTERS:
                inner = self._wrapped(call, depth)
                return replace(inner, interface=CONVERTERS[callee.name]) if inner is not None else None
            case ClassDefinition():
                known = self.objects.class_of(callee)
                if known in DASH_CLASSES:
                    return self._dash(call, origin, depth)
                if known:
                    return _made(origin, known, callee.node.name)
                wrapped = self._wrapped(call, depth) if method_of(callee, "__call__") else None
                return wrapped or Object(callee)
            case Function() if isinstance(callee.node, ast.AsyncFunctionDef):
                return None
            case Function():
                return self.objects.returned(callee)
            case External() if _wraps(callee.name):
                return self._wrapped(call, depth)
            case External() if _is_flask_of_a_library(callee.name, call):
                return _made(origin, "flask.Flask", callee.name.rpartition(".")[2])
            case _:
                return None

    def _dash(self, call: ast.Call, origin: tuple[str, int], depth: int) -> Instance | None:
        """None where a function is handed the server: whose pages those are, its caller knows."""
        for keyword in call.keywords:
            given = self.value(keyword.value, depth + 1) if keyword.arg == "server" else None
            if isinstance(given, Instance):
                return Instance(given.origin, "Dash", dash=True, framework=Framework.DASH, server=given)
            handed = keyword.value.id if isinstance(keyword.value, ast.Name) else ""
            if keyword.arg == "server" and self.outer is not None and self.own.get(handed, self) is None:
                return None
        return Instance(origin, "Dash", dash=True, framework=Framework.DASH)

    def _wrapped(self, call: ast.Call, depth: int) -> Instance | None:
        for given in (*call.args[:2], *(keyword.value for keyword in call.keywords)):
            inner = self.value(given, depth + 1)
            if isinstance(inner, Instance) and not inner.dash:
                return inner
        return None

    def by_annotation(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Instance | None:
        """`-> Flask` counts when the body returns something, unless an app was handed in."""
        known = self._annotation(node.returns) if node.returns is not None else ""
        if not known:
            return None
        arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        if any(a.arg == "app" or (a.annotation and self._annotation(a.annotation)) for a in arguments):
            return None
        if not any(isinstance(s, ast.Return) and s.value for s in flat_statements(node.body)):
            return None
        return _made((self.path, node.lineno), known, known.rpartition(".")[2])

    def _annotation(self, annotation: ast.expr) -> str:
        """The application class that an annotation names; "" for everything else."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return "flask.Flask" if annotation.value.rpartition(".")[2] == "Flask" else ""
        value = self.value(annotation)
        if isinstance(value, ClassDefinition):
            known = self.objects.class_of(value)
        else:
            known = value.name if isinstance(value, External) else ""
        return known if known in APPLICATION_CLASSES else ""


def _made(origin: tuple[str, int], known: str, class_name: str) -> Instance:
    """The application that a known class, or one of the project that inherits from it, makes."""
    kind = CLASSES[known]
    if kind.words == ("connexion",) and kind.framework is Framework.FLASK:
        class_name = CONNEXION
    return Instance(origin, class_name, known in DASH_CLASSES, kind.framework, kind.interface)


def _shown(name: str) -> str:
    """Without the package: "Flask", "Configurator().make_wsgi_app"."""
    holder, call, method = name.partition("().")
    return f"{holder.rpartition('.')[2]}{call}{method}"


def _is_flask_of_a_library(name: str, call: ast.Call) -> bool:
    """CustomFlask(__name__): a library's class of that name, called as Flask is, inherits from it. The proof
    of the entry point will tell otherwise."""
    if OTHER_FLASK.fullmatch(name.rpartition(".")[2]) is None:
        return False
    first = argument(call, 0, "import_name")
    return isinstance(first, ast.Name) and first.id == "__name__"


def _wraps(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last in WRAPPER_NAMES or last.lower().endswith(("middleware", "fix"))
