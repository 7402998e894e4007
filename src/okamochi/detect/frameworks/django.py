"""What a Django project's settings say: which module they are, which hosts are answered, what is loaded."""

import ast
import re
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from okamochi.detect.files.platform_files import stated_values
from okamochi.detect.source.constants import Constants
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import text_of, texts_below, walk
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import regex

__all__ = [
    "SETTINGS",
    "VARIABLE",
    "DjangoSettings",
    "django_settings",
    "given_to",
    "manage_py",
]

NAME = "DJANGO_SETTINGS_MODULE"
SETTINGS = regex(r"[\"']DJANGO_SETTINGS_MODULE[\"']\s*+[,\]]\s*+=?\s*+[\"']([\w.]+)[\"']")
VARIABLE_NAME = "DJANGO_SETTINGS_MODULE"
MODULE = regex(r"\w+(?:\.\w+)*")
# the last part of a module's name, when it is for development: project.settings.local
OF_THE_DESK = regex(r"(dev|debug|test|local|ci|example|change|your)[^.]*$", re.IGNORECASE)
VARIABLE = regex(r"[A-Z][A-Z0-9_]+")
LOADED = frozenset(["ROOT_URLCONF", "INSTALLED_APPS", "MIDDLEWARE", "WSGI_APPLICATION"])


class DjangoSettings(msgspec.Struct, frozen=True):
    """`module` is "" when nothing names it; `said_by_server_module`: the server's module sets it itself.
    `others`: modules that name others, as manage.py and celery.py do for development; where the package of
    the server's module imports one of them, that one is heard first. `paths`: files that the settings load.
    `host` is the first literal one of ALLOWED_HOSTS that a health check may call itself by; `hosts_variable`
    the variable that ALLOWED_HOSTS is read from, with the value that admits the health check."""

    module: str
    said_by_server_module: bool
    paths: tuple[str, ...]
    host: str = ""
    hosts_variable: tuple[str, str] | None = None
    evidence: tuple[Evidence, ...] = ()
    others: tuple[str, ...] = ()


def manage_py(sources: Sources, import_root: str) -> str:
    """manage.py of the folder that the app's modules are imported from, else of the project's own; ""."""
    places = (f"{import_root}/manage.py" if import_root else "manage.py", "manage.py")
    return next((path for path in places if path in sources.known), "")


def django_settings(sources: Sources, server_path: str, import_root: str = "") -> DjangoSettings:
    """As the project's container names them, which asks no module; else as the server's module does, else
    manage.py; a module that sets nothing (a package with one module for each place, of which a person names
    one) is passed over where the other names a whole one."""
    said = _said_by_modules(sources, server_path, import_root)
    stated = next((one for one in stated_values(sources.project) if one.name == VARIABLE_NAME), None)
    if stated is None or stated.value == said.module or OF_THE_DESK.search(stated.value):
        return said
    if MODULE.fullmatch(stated.value) is None or sources.find(stated.value, importer=server_path) is None:
        return said
    found = _read(sources, stated.value, server_path, said=False)
    if not any(_sets(sources.module(one)) for one in found.paths):
        return said
    place = Evidence(path=stated.path, line=stated.line, reason=f"{VARIABLE_NAME} is {stated.value}")
    evidence = (*found.evidence[:-1], place)
    return replace(found, evidence=evidence, others=_that_say_another(sources, found, stated.path))


def _said_by_modules(sources: Sources, server_path: str, import_root: str) -> DjangoSettings:
    first: DjangoSettings | None = None
    for path in (server_path, manage_py(sources, import_root)):
        if path not in sources.known:
            continue
        match = SETTINGS.search(sources.text(path))
        name = match.group(1) if match is not None else computed_settings(sources.module(path), sources)
        if not name:
            continue
        found = _read(sources, name, path, said=path == server_path)
        if any(_sets(sources.module(one)) for one in found.paths):
            return replace(found, others=_that_say_another(sources, found, path))
        first = first or found
    return first or DjangoSettings("", False, ())


def _that_say_another(sources: Sources, chosen: DjangoSettings, said_by: str) -> tuple[str, ...]:
    """Modules that name settings which the chosen ones do not take in."""
    found: list[str] = []
    for module in sources.mentioning(VARIABLE_NAME):
        told = SETTINGS.search(module.text) if module.path != said_by else None
        if told is None or told[1] == chosen.module:
            continue
        if sources.find(told[1], importer=module.path) not in chosen.paths:
            found.append(module.path)
    return tuple(found)


def _sets(module: Module) -> bool:
    return any(
        isinstance(target, ast.Name) and target.id in LOADED
        for statement in module.of(ast.Assign)
        if isinstance(statement, ast.Assign)
        for target in statement.targets
    )


def _read(sources: Sources, name: str, said_by: str, *, said: bool) -> DjangoSettings:
    first = sources.find(name, importer=said_by)
    reason = f"{VARIABLE_NAME} is {name}"
    evidence = (Evidence(path=said_by, reason=reason),)
    if first is None:
        return DjangoSettings(name, said, (), evidence=evidence)
    modules = [sources.module(path) for path in _with_stars(sources, first)]
    loaded = [path for module in modules for path in _loaded(sources, module)]
    host, variable, where = _hosts(modules)
    paths = tuple(dict.fromkeys([*(module.path for module in modules), *loaded]))
    return DjangoSettings(name, said, paths, host, variable, (*where, *evidence))


def given_to(name: str, sources: Sources, settings: DjangoSettings) -> tuple[str, list[ast.expr]]:
    """The first of the settings' modules that gives the setting a value, and its values there; none where one
    of them counts below a condition, unless that is `if not DEBUG:`, as in production."""
    for path in settings.paths:
        if name not in sources.words(path):
            continue
        module = sources.module(path)
        found = [one for one in module.of(ast.Assign, ast.AnnAssign) if name in _names(one)]
        always = {id(one) for one in _in_production(module.tree.body)}
        if found:
            values = [one.value for one in found if isinstance(one, ast.Assign | ast.AnnAssign)]
            told = all(id(one) in always for one in found)
            return path, [one for one in values if one is not None] if told else []
    return "", []


def _of_classes_too(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """django-configurations keeps settings in classes: https://django-configurations.readthedocs.io/"""
    for statement in body:
        yield from statement.body if isinstance(statement, ast.ClassDef) else (statement,)


def _in_production(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        match statement:
            case ast.If(test=ast.UnaryOp(op=ast.Not(), operand=ast.Name(id="DEBUG"))):
                yield from statement.body
            case _:
                yield statement


def _names(statement: ast.AST) -> set[str]:
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _with_stars(sources: Sources, path: str) -> list[str]:
    """The settings' module and those it takes everything from (`from .base import *`)."""
    found: list[str] = []
    waiting = [path]
    while waiting:
        current = waiting.pop(0)
        if current not in found:
            found.append(current)
            waiting += reversed(sources.stars(current))
    return found


def _loaded(sources: Sources, module: Module) -> Iterator[str]:
    for statement in _of_classes_too(module.tree.body):
        names = [t.id for t in getattr(statement, "targets", []) if isinstance(t, ast.Name)]
        if not LOADED.intersection(names):
            continue
        for text in texts_below(statement):
            for dotted in (text, f"{text}.models", f"{text}.urls"):
                found = sources.find(dotted, importer=module.path)
                if found is not None:
                    yield found


def _hosts(modules: list[Module]) -> tuple[str, tuple[str, str] | None, tuple[Evidence, ...]]:
    for module in modules:
        for node in module.nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id="ALLOWED_HOSTS")], value=value):
                    evidence = (Evidence(path=module.path, line=node.lineno, reason="ALLOWED_HOSTS"),)
                    variable = _variable(value, module)
                    if variable is not None:
                        return "", variable, evidence
                    host = _literal_host(value)
                    if host is not None:
                        return host, None, evidence
                case _:
                    pass
    return "", None, ()


def _literal_host(value: ast.expr) -> str | None:
    if not isinstance(value, ast.List | ast.Tuple):
        return None
    texts = [text for one in value.elts if (text := text_of(one))]
    if not texts or {"*", "localhost"} & set(texts):
        return ""
    return texts[0].lstrip(".")


def _variable(value: ast.expr, module: Module) -> tuple[str, str] | None:
    """(variable, value) when the hosts come from the environment alone."""
    text = ast.unparse(value)
    if not re.search(r"environ|getenv|env\b|env\(|env\.|config\(", text):
        return None
    names = [
        node.value
        for node in walk(value)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"[A-Z][A-Z0-9_]+", node.value)
    ]
    if not names:
        return None
    if isinstance(value, ast.List | ast.Tuple) and not any(
        isinstance(one, ast.Starred) for one in value.elts
    ):
        return names[0], "localhost"  # [os.environ["DOMAIN"]] takes one name
    separator = " " if re.search(r"split\((' ')?\)", text) else ","
    return names[0], separator.join(("localhost", "127.0.0.1"))


def computed_settings(module: Module, sources: Sources) -> str:
    """The text that a module computes for DJANGO_SETTINGS_MODULE, as it is where no variable is set, which is
    what the image starts with; "" when that cannot be told."""
    for node in module.nodes:
        match node:
            case ast.Call(func=ast.Attribute(attr="setdefault"), args=[ast.Constant(value=key), value]):
                pass
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=key))], value=value):
                pass
            case _:
                continue
        if key == NAME:
            found = Constants(sources).known(value, module).value
            return found if isinstance(found, str) else ""
    return ""
