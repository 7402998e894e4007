"""What a name of the project can stand for, as far as web applications are concerned."""

import ast

import msgspec

from okamochi.model.plan import Framework, ServerInterface

__all__ = ["ClassDefinition", "External", "Function", "Imported", "Instance", "Names", "Object", "Value"]


class Instance(msgspec.Struct, frozen=True):
    """A web application. `origin` is where its Flask(...) call, or that of its framework, stands: two names
    with one origin are the same app. `dash` marks a Dash object: no WSGI application, but it holds one as
    `server`: the one that it was given, or its own."""

    origin: tuple[str, int]
    class_name: str = "Flask"
    dash: bool = False
    framework: Framework = Framework.FLASK
    interface: ServerInterface = ServerInterface.WSGI
    server: "Instance | None" = None


class Function(msgspec.Struct, frozen=True, eq=False):
    """`owner` is the class whose object a method is bound to."""

    path: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    owner: "ClassDefinition | None" = None


class ClassDefinition(msgspec.Struct, frozen=True, eq=False):
    path: str
    node: ast.ClassDef


class Object(msgspec.Struct, frozen=True):
    """An object of one of the project's classes that is no application itself."""

    definition: ClassDefinition


class External(msgspec.Struct, frozen=True):
    """A name of a package that is not part of the project: "flask.Flask"."""

    name: str


class Imported(msgspec.Struct, frozen=True):
    """A name of one of the project's modules, followed only when somebody asks; "" is the module itself."""

    path: str
    name: str = ""


Value = Instance | Function | ClassDefinition | Object | External | Imported
Names = dict[str, "Value | None"]
