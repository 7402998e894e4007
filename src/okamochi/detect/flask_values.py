"""What a name of the project can stand for, as far as web applications are concerned."""

import ast
from dataclasses import dataclass

from okamochi.model.plan import Framework, ServerInterface

__all__ = ["ClassDefinition", "External", "Function", "Imported", "Instance", "Names", "Object", "Value"]


@dataclass(frozen=True, slots=True)
class Instance:
    """A web application. `origin` is where its Flask(...) call, or that of its framework, stands: two names
    with one origin are the same app. `dash` marks a Dash object: no WSGI application, but it holds one as
    `server`."""

    origin: tuple[str, int]
    class_name: str = "Flask"
    dash: bool = False
    framework: Framework = Framework.FLASK
    interface: ServerInterface = ServerInterface.WSGI


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """`owner` is the class whose object a method is bound to."""

    path: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    owner: "ClassDefinition | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class ClassDefinition:
    path: str
    node: ast.ClassDef


@dataclass(frozen=True, slots=True)
class Object:
    """An object of one of the project's classes that is no application itself."""

    definition: ClassDefinition


@dataclass(frozen=True, slots=True)
class External:
    """A name of a package that is not part of the project: "flask.Flask"."""

    name: str


@dataclass(frozen=True, slots=True)
class Imported:
    """A name of one of the project's modules, followed only when somebody asks; "" is the module itself."""

    path: str
    name: str = ""


Value = Instance | Function | ClassDefinition | Object | External | Imported
Names = dict[str, "Value | None"]
