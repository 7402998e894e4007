"""What a name of the project can stand for, as far as Flask applications are concerned."""

import ast
from dataclasses import dataclass

__all__ = ["ClassDefinition", "External", "Function", "Imported", "Instance", "Names", "Object", "Value"]


@dataclass(frozen=True, slots=True)
class Instance:
    """A WSGI application. `origin` is where its Flask(...) call stands: two names with one origin are the
    same app. `dash` marks a Dash object, which is no WSGI application but holds one as `server`."""

    origin: tuple[str, int]
    class_name: str = "Flask"
    dash: bool = False


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
