"""All web applications and application factories that a server could load, each with its place."""

import ast
import posixpath
import re
from enum import IntEnum

import msgspec

from okamochi.detect.base import Detected
from okamochi.detect.frameworks.classes import CLASSES
from okamochi.detect.serving.factory_arguments import arguments_for, required_parameters
from okamochi.detect.serving.paste_files import ini_for
from okamochi.detect.source.flask_objects import (
    APPLICATION_CLASSES,
    ClassDefinition,
    FlaskObjects,
    Function,
    Instance,
)
from okamochi.detect.source.import_lines import imported_modules
from okamochi.detect.source.likely_modules import likely_modules
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import dotted_name
from okamochi.model.evidence import Evidence
from okamochi.model.plan import Framework, ServerInterface
from okamochi.system.patterns import regex
from okamochi.system.words import word_set

__all__ = [
    "FACTORY_NAMES",
    "OBJECT_NAMES",
    "STAND_IN",
    "Candidate",
    "Place",
    "candidate_for",
    "import_root_for",
    "place_of",
    "unusable_factories",
    "web_applications",
]

OBJECT_NAMES = ("app", "application")
FACTORY_NAMES = ("create_app", "make_app", "create_application", "get_app", "app_factory", "build_app")
# in the name of a module or a folder: what stands in for the app at a desk, or was the app once
STAND_IN = regex(
    r"(?:.*[/_-])?(?:dev|local|debug|tests?|mocks?|fake|old|backup|copy|examples?|demos?)(?:[/_-].*|\.py)"
)
ROOT_MODULES = word_set(
    "app application main run server api web index flask_app flaskapp webapp site manage start"
)


class Place(IntEnum):
    """Where a server usually finds the app; lower is likelier."""

    WSGI_MODULE = 1
    NAMED_MODULE = 2
    ROOT_MODULE = 3
    PACKAGE = 4
    ELSEWHERE = 5


class Candidate(msgspec.Struct, frozen=True):
    """Something a server can load, or (interface OWN) a script that is run: then `name` is "".
    `origin` is where its application object is made: equal origins, same app. `preference` ranks scripts of
    one framework, lower is likelier. `coroutine`: a function that the server awaits itself. `package` is the
    name of the project's own folder, where the module is imported as a part of that. `made_from` is the file
    from which Pyramid makes the application, with its section behind "#" where that is not main."""

    path: str
    name: str
    call: str
    import_root: str
    place: Place
    origin: tuple[str, int]
    line: int
    class_name: str
    framework: Framework = Framework.FLASK
    interface: ServerInterface = ServerInterface.WSGI
    coroutine: bool = False
    preference: int = 0
    package: str = ""
    made_from: str = ""

    @property
    def module(self) -> str:
        return dotted_name(self.path, self.import_root, self.package)

    @property
    def object_reference(self) -> str:
        if self.interface is ServerInterface.OWN:
            return ""
        if self.made_from:
            return f"pyramid.paster:get_app({self.made_from!r})"
        return f"{self.module}:{self.name}{self.call}"

    @property
    def ini(self) -> str:
        return self.made_from.partition("#")[0]

    @property
    def label(self) -> str:
        return self.object_reference or self.path

    @property
    def is_factory(self) -> bool:
        return bool(self.call) or self.coroutine


class Unusable(msgspec.Struct, frozen=True):
    """A factory that gunicorn cannot call, and why."""

    path: str
    line: int
    name: str
    reason: str


def web_applications(objects: FlaskObjects) -> tuple[Detected[Candidate], ...]:
    """Every candidate of the app's own modules, in the order of their paths. Subclasses of Flask that can
    be called without arguments count only where nothing else does: others make objects of them."""
    found: list[Detected[Candidate]] = []
    classes: list[Detected[Candidate]] = []
    for module in map(objects.sources.module, likely_modules(objects.sources)):
        for name, value in () if is_of_alembic(module) else tuple(objects.names(module.path).items()):
            candidate = candidate_for(objects, module, name)
            if candidate is not None:
                (classes if isinstance(value, ClassDefinition) else found).append(candidate)
    return tuple(found or classes)


def is_of_alembic(module: Module) -> bool:
    """An env.py of Alembic: what it imports, `alembic.context`, is there while Alembic itself runs it."""
    return "alembic" in module.text and any(
        node.module == "alembic" and any(one.name == "context" for one in node.names)
        for node in module.of(ast.ImportFrom)
    )


def unusable_factories(objects: FlaskObjects) -> tuple[Unusable, ...]:
    """Factories with arguments that nothing in the source tells, and coroutines."""
    found: list[Unusable] = []
    for module in map(objects.sources.module, likely_modules(objects.sources)):
        for name, value in objects.names(module.path).items():
            if isinstance(value, Function) and value.path == module.path:
                reason = _why_not(objects, value)
                if reason:
                    found.append(Unusable(module.path, value.node.lineno, name, reason))
    return tuple(found)


def _why_not(objects: FlaskObjects, function: Function) -> str:
    if isinstance(function.node, ast.AsyncFunctionDef):
        made = objects.returned(function)
        if made is not None and made.framework is Framework.AIOHTTP:
            return ""
        wanted = function.node.name in FACTORY_NAMES
        return "is a coroutine function, which the server cannot await" if wanted or made else ""
    required = required_parameters(function.node)
    if not required or objects.returned(function) is None or arguments_for(function, objects):
        return ""
    names = ", ".join(name.removesuffix("=") for name in required)
    return f"needs arguments that the source does not tell: {names}"


def candidate_for(
    objects: FlaskObjects, module: Module, name: str, *, imported: bool = False, call: str = ""
) -> Detected[Candidate] | None:
    """The application or factory that a name of a module stands for; None when it is neither. `imported`: a
    factory of another module counts under this one's name, too. `call` are the brackets with which a file
    of the project, or a setting, calls it."""
    value = objects.resolve(module.path, name)
    match value:
        case Function():
            here = imported or value.path == module.path
            made = _called_function(objects, value, call) if here else None
        case ClassDefinition():
            instance = _called_class(objects, value) if value.path == module.path else None
            made = Made(instance, "()") if instance else None
        case Instance():
            made = Made(value)
        case _:
            made = None
    # a Dash object is no WSGI application, and no factory of one helps; its attribute is one
    if made is None or (made.instance.dash and made.call):
        return None
    instance = made.instance
    root = import_root_for(objects, module.path)
    candidate = Candidate(
        module.path,
        f"{name}.server" if instance.dash else _wrapper_of(module, name) or name,
        made.call,
        root,
        place_of(module.path, root),
        instance.origin,
        objects.lines.get((module.path, name), 0),
        instance.class_name,
        instance.framework,
        instance.interface,
        made.coroutine,
        package=objects.sources.package_of(module.path, root),
        made_from=made.made_from,
    )
    return Detected(candidate, (_evidence(candidate), *made.evidence))


class Made(msgspec.Struct, frozen=True):
    """The application that a name stands for, and how it is had of it: `call` are the brackets behind the
    name; the rest as a `Candidate` has it."""

    instance: Instance
    call: str = ""
    coroutine: bool = False
    made_from: str = ""
    evidence: tuple[Evidence, ...] = ()


def _called_function(objects: FlaskObjects, function: Function, stated: str) -> Made | None:
    """What a factory gives, called as it is `stated`, else with arguments that the source tells."""
    instance = None if _is_no_factory(function) or _serves_itself(function) else objects.returned(function)
    if instance is None:
        return None
    required = required_parameters(function.node)
    if instance.framework is Framework.PYRAMID and (paste := ini_for(function, objects)) is not None:
        return Made(instance, "()", made_from=paste.value, evidence=paste.evidence)
    if stated and not isinstance(function.node, ast.AsyncFunctionDef):
        return Made(instance, stated)
    arguments = arguments_for(function, objects) if required else ()
    if len(arguments) != len(required):
        return None
    evidence = tuple(argument.evidence for argument in arguments)
    if isinstance(function.node, ast.AsyncFunctionDef):
        awaited = instance.framework is Framework.AIOHTTP and not arguments
        return Made(instance, coroutine=True, evidence=evidence) if awaited else None
    call = ", ".join(argument.literal for argument in arguments)
    return Made(instance, f"({call})", evidence=evidence)


def _wrapper_of(module: Module, name: str) -> str:
    """The function of the WSGI form in the same module that calls an object with a hidden name:
    application(environ, start_response) returns _application(environ, start_response)."""
    for node in module.tree.body if name.startswith("_") else ():
        if not isinstance(node, ast.FunctionDef) or node.name not in OBJECT_NAMES:
            continue
        calls = (one.func for one in ast.walk(node) if isinstance(one, ast.Call))
        if len(node.args.args) == 2 and any(isinstance(f, ast.Name) and f.id == name for f in calls):
            return node.name
    return ""


def _called_class(objects: FlaskObjects, definition: ClassDefinition) -> Instance | None:
    """What calling a subclass of Flask gives, when its own __init__ needs no argument."""
    inits = [n for n in definition.node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
    if (
        not inits
        or len(required_parameters(inits[0])) > 1
        or objects.class_of(definition) not in APPLICATION_CLASSES
    ):
        return None
    kind = CLASSES[objects.class_of(definition)]
    origin = (definition.path, definition.node.lineno)
    return Instance(origin, definition.node.name, False, kind.framework, kind.interface)


def _is_no_factory(function: Function) -> bool:
    """Pytest fixtures and commands of the command line return apps as well."""
    decorators = [ast.unparse(decorator) for decorator in function.node.decorator_list]
    return any(re.search(r"fixture|command|route|contextmanager|property", text) for text in decorators)


def _serves_itself(function: Function) -> bool:
    """main() that goes on to app.run(): it returns the app only when the server has ended."""
    for statement in function.node.body:
        match statement:
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="run" | "run_server"))
            ):
                returned = (one.value for one in ast.walk(function.node) if isinstance(one, ast.Return))
                if any(isinstance(one, ast.Name) and one.id == name for one in returned):
                    return True
            case _:
                continue
    return False


def _evidence(candidate: Candidate) -> Evidence:
    path, line = candidate.origin
    what = f"{candidate.class_name}(...)"
    made_here = path == candidate.path
    if candidate.is_factory:
        place = "" if made_here else f" of {path}:{line}"
        reason = f"{candidate.name}() returns {what}{place}"
    elif made_here:
        reason = f"{candidate.name} is {what}"
    else:
        reason = f"{candidate.name} is the {what} of {path}:{line}"
    return Evidence(path=candidate.path, line=candidate.line, reason=reason)


def place_of(path: str, root: str) -> Place:
    """How usual it is that the app is in a module that is imported from `root`."""
    relative = path.removeprefix(f"{root}/") if root else path
    folders, name = relative.split("/")[:-1], posixpath.basename(path).removesuffix(".py")
    if name in ("wsgi", "asgi") and len(folders) <= 2:
        return Place.WSGI_MODULE if name == "wsgi" else Place.ROOT_MODULE
    if root not in ("", "src"):
        return Place.ELSEWHERE
    if not folders:
        return Place.NAMED_MODULE if name in ROOT_MODULES else Place.ROOT_MODULE
    return Place.PACKAGE if len(folders) == 1 else Place.ELSEWHERE


def import_root_for(objects: FlaskObjects, path: str) -> str:
    """The folder a module is imported from, unless its own imports say that it is the project's folder (a
    package without __init__.py)."""
    sources = objects.sources
    root = sources.import_root(path)
    if not root or root == "src" or root.startswith("src/"):
        return root
    first = root.split("/")[0]
    inside = {posixpath.dirname(other) for other in sources.known if other.startswith(f"{root}/")}
    own = {name.split(".")[0] for node in sources.imports(path) for name in imported_modules(node)}
    return "" if first in own and f"{root}/{first}" not in inside else root
