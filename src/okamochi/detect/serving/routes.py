"""Routes of the app, read from decorators and registrations; blueprint prefixes resolved where literal."""

import ast
import re
from collections.abc import Iterator
from functools import cached_property

import msgspec

from okamochi.detect.base import Detected
from okamochi.detect.source.constants import Constants
from okamochi.detect.source.flask_objects import FlaskObjects, Imported
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import keyword_value
from okamochi.model.evidence import Evidence
from okamochi.pypi.python_values import last_name
from okamochi.system.patterns import regex
from okamochi.system.words import word_set

__all__ = ["Route", "routes"]

MAKERS = word_set(
    "register_blueprint include_router before_request add_url_rule add_get add_route Route add_resource "
    "Namespace"
)
HOLDERS = ("Blueprint", "Router")
DECORATORS = frozenset(["route", "get"])
DECORATED = regex(r"@(?:[^\n@\\]|\\\n?)*\b(?:route|get)\)?\s*\(")
GUARDS = regex(
    r"login|auth|jwt|token|permission|roles?|admin|required|protected|limit|private|signed|api_?key",
    re.IGNORECASE,
)


class Route(msgspec.Struct, frozen=True):
    """A URL path that answers GET. `guard` names what protects or limits it, "" when nothing does."""

    path: str
    guard: str = ""


class _Blueprint(msgspec.Struct, frozen=True):
    """Where a blueprint is made, and the prefix given there."""

    path: str
    name: str
    prefix: str | None


class _Registration(msgspec.Struct, frozen=True):
    """Of a blueprint with `parent`, an app or another blueprint."""

    parent: tuple[str, str]
    prefix: str | None
    known: bool


def routes(objects: FlaskObjects) -> tuple[Detected[Route], ...]:
    """Every GET route whose full path is known, in the order of the files."""
    known = objects.routes
    if known is None:
        known = objects.routes = tuple(_Routes(objects).all())
    return known


def may_route(path: str, sources: Sources) -> bool:
    """Whether a file has what routes are made of; most have not, and need not be parsed for it."""
    words = sources.words(path)
    return (
        not MAKERS.isdisjoint(words)
        or ("path" in words and path.rpartition("/")[2] == "urls.py")
        or any(holder in sources.text(path) for holder in HOLDERS)
        or (not DECORATORS.isdisjoint(words) and DECORATED.search(sources.text(path)) is not None)
    )


class _Routes:
    def __init__(self, objects: FlaskObjects) -> None:
        self.objects = objects
        sources = objects.sources
        self.modules = tuple(sources.module(path) for path in sources.paths if may_route(path, sources))
        self.blueprints: dict[tuple[str, str], _Blueprint] = {}
        self.registrations: dict[tuple[str, str], list[_Registration]] = {}
        self.guarded: set[tuple[str, str]] = set()

    def all(self) -> Iterator[Detected[Route]]:
        for module in self.modules:
            self._collect(module)
        for module in self.modules:
            for node in module.nodes:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield from self._decorated(module, node)
                elif isinstance(node, ast.Call):
                    yield from self._registered(module, node)

    def _collect(self, module: Module) -> None:
        for node in module.nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                    if re.search(r"Blueprint$|^Namespace$|Router$", last_name(call.func)):
                        prefix = self._text(keyword_value(call, "url_prefix", "prefix"), module)
                        self.blueprints[module.path, name] = _Blueprint(module.path, name, prefix)
                case ast.Call(
                    func=ast.Attribute(attr="register_blueprint" | "include_router", value=holder),
                    args=[argument, *_],
                ):
                    self._registration(module, node, holder, argument)
                case ast.FunctionDef(decorator_list=decorators):
                    self._before_request(module, decorators)
                case _:
                    pass

    def _registration(self, module: Module, call: ast.Call, holder: ast.expr, argument: ast.expr) -> None:
        given = keyword_value(call, "url_prefix", "prefix")
        prefix = self._text(given, module) if given is not None else None
        known = given is None or prefix is not None
        blueprint, parent = self._owner(module, argument), self._owner(module, holder)
        found = self.registrations.setdefault(blueprint, [])
        found.append(_Registration(parent, prefix, known))

    def _text(self, expression: ast.expr | None, module: Module) -> str | None:
        return Constants(self.objects.sources).text(expression, module)

    def _before_request(self, module: Module, decorators: list[ast.expr]) -> None:
        names = [last_name(d.func if isinstance(d, ast.Call) else d) for d in decorators]
        if "before_request" in names and any(GUARDS.search(name) for name in names):
            for decorator in decorators:
                if isinstance(decorator, ast.Attribute) and decorator.attr == "before_request":
                    self.guarded.add(self._owner(module, decorator.value))

    def _owner(self, module: Module, expression: ast.expr) -> tuple[str, str]:
        """The module and name in which an app or blueprint is defined, imports followed."""
        if isinstance(expression, ast.Name):
            path, name = module.path, expression.id
        elif isinstance(expression, ast.Attribute) and isinstance(expression.value, ast.Name):
            path, name = self._module(module.path, expression.value.id), expression.attr
        else:
            return (module.path, "")
        for _ in range(10):
            if (path, name) in self.blueprints:
                break
            found = self._imported(path, name)
            if found is None or not found.name:
                break
            path, name = found.path, found.name
        return (path, name)

    def _module(self, path: str, name: str) -> str:
        """The module that a local name stands for, else the one it is written in."""
        found = self.objects.module_named(path, name)
        if found is None:
            local = self._local_import(path, name)
            found = local.path if local is not None else path
        return found

    def _imported(self, path: str, name: str) -> Imported | None:
        value = self.objects.names(path).get(name) or self._local_import(path, name)
        return value if isinstance(value, Imported) else None

    def _local_import(self, path: str, name: str) -> Imported | None:
        """Imports inside of functions: application factories import their blueprints late."""
        sources = self.objects.sources
        for node in sources.module(path).of(ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) != name:
                    continue
                below = sources.find_from(node, alias.name, importer=path)
                if below is not None:
                    return Imported(below)
                here = sources.find_from(node, importer=path)
                if here is not None:
                    return Imported(here, alias.name)
        return None

    def _prefixes(self, owner: tuple[str, str], depth: int = 0) -> tuple[str, ...]:
        """URL prefixes under which an owner's routes are served; none when it is never registered."""
        blueprint = self.blueprints.get(owner)
        if blueprint is None:
            return ("",)
        found: list[str] = []
        for registration in self.registrations.get(owner, ()):
            if not registration.known or depth > 5:
                continue
            own = registration.prefix if registration.prefix is not None else blueprint.prefix or ""
            outer = (
                self._prefixes(registration.parent, depth + 1)
                if registration.parent in self.blueprints
                else ("",)
            )
            found += [_joined(one, own) for one in outer]
        if not found and self._registers_in_a_loop:
            found.append(blueprint.prefix or "")
        return tuple(dict.fromkeys(found))

    @cached_property
    def _registers_in_a_loop(self) -> bool:
        """`for blueprint in BLUEPRINTS: app.register_blueprint(blueprint)` registers what we cannot name.
        Asked only when all modules are collected."""
        unnamed = (found for owner, found in self.registrations.items() if owner not in self.blueprints)
        return any(one.known for found in unnamed for one in found)

    def _decorated(
        self, module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef
    ) -> Iterator[Detected[Route]]:
        guard = _guard(node)
        for decorator in node.decorator_list:
            match decorator:
                case ast.Call(func=ast.Name(id="get"), args=[ast.Constant(value=str(own)), *_]) if (
                    module.imports.full(decorator.func).startswith("litestar")
                ):
                    yield _plain(module, own, decorator)
                case ast.Call(func=ast.Attribute(attr="route" | "get" as how, value=holder), args=[path, *_]):
                    text = self._text(path, module)
                    if text is not None and (how == "get" or _answers_get(decorator)):
                        yield from self._found(module, holder, text, decorator.lineno, guard)
                case _:
                    pass

    def _registered(self, module: Module, call: ast.Call) -> Iterator[Detected[Route]]:
        match call:
            case ast.Call(func=ast.Attribute(attr="add_url_rule", value=holder), args=[path, *_]):
                text = self._text(path, module)
                if text is not None and _answers_get(call):
                    yield from self._found(module, holder, text, call.lineno, "")
            case ast.Call(
                func=ast.Attribute(attr="add_get" | "add_route") | ast.Name(id="Route"),
                args=[ast.Constant(value=str(text)), *_],
            ) if text.startswith("/"):
                yield _plain(module, text, call)
            case ast.Call(
                func=ast.Name(id="path"),
                args=[ast.Constant(value=str(text)), ast.Name() | ast.Attribute(), *_],
            ) if module.path.rpartition("/")[2] == "urls.py":
                if self._is_root_urls(module):
                    yield _plain(module, f"/{text}", call)
            case ast.Call(func=ast.Attribute(attr="add_resource"), args=[_, path, *_]):
                text = self._text(path, module)
                if text is not None:
                    evidence = Evidence(path=module.path, line=call.lineno, reason=f"resource {text}")
                    yield Detected(Route(text), (evidence,))
            case _:
                pass

    def _is_root_urls(self, module: Module) -> bool:
        """The URLs of other modules are included below a prefix that is not followed."""
        dotted = module.path.removesuffix(".py").replace("/", ".").removeprefix("src.")
        said = self.objects.sources.mentioning("ROOT_URLCONF")
        return any(re.search(rf"ROOT_URLCONF\s*=\s*[\"']{re.escape(dotted)}[\"']", one.text) for one in said)

    def _found(
        self, module: Module, holder: ast.expr, path: str, line: int, guard: str
    ) -> Iterator[Detected[Route]]:
        owner = self._owner(module, holder)
        guard = guard or ("before_request" if owner in self.guarded else "")
        for prefix in self._prefixes(owner):
            full = _joined(prefix, path)
            evidence = Evidence(path=module.path, line=line, reason=f"route {full}")
            yield Detected(Route(full, guard), (evidence,))


def _plain(module: Module, path: str, call: ast.Call) -> Detected[Route]:
    evidence = Evidence(path=module.path, line=call.lineno, reason=f"route {path}")
    return Detected(Route(path), (evidence,))


def _guard(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    for decorator in node.decorator_list:
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = ast.unparse(function)
        if GUARDS.search(last_name(function)) and not name.endswith((".exempt", "login_exempt")):
            return name
    return ""


def _answers_get(call: ast.Call) -> bool:
    methods = keyword_value(call, "methods")
    return methods is None or re.search(r"\bget\b", ast.unparse(methods), re.IGNORECASE) is not None


def _joined(prefix: str, path: str) -> str:
    if not prefix.strip("/"):
        return path if path.startswith("/") else f"/{path}"
    return (
        f"/{prefix.strip('/')}/{path.lstrip('/')}" if path not in ("", "/") else f"/{prefix.strip('/')}{path}"
    )
