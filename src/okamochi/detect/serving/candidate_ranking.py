"""Which of several web applications the server loads, and by which of its names, as far as names and places
of modules and what they do to each other tell."""

import ast
import posixpath

import msgspec

from okamochi.detect.base import Detected
from okamochi.detect.serving.web_applications import FACTORY_NAMES, OBJECT_NAMES, Candidate, Place
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.project_imports import imported_files
from okamochi.detect.source.python_source import is_main_guard
from okamochi.detect.source.syntax import walk
from okamochi.detect.source.work_at_import import works_at_import
from okamochi.model.plan import ServerInterface
from okamochi.system.patterns import regex

__all__ = ["Found", "Ranking", "is_odd", "name_key"]

ODD_MODULE = regex(
    r".*(celery|worker|tasks?|cli|shell|seed|cron|jobs?|schedul|manage|console|init_?db|create_?db|populate"
    r"|debug|dev|local|old|backup|copy|migrate|deploy).*"
)
SERVING_MODULES = frozenset(["server", "main", "run", "start", "app", "application"])
HANGING = frozenset(["register_blueprint", "add_url_rule", "init_app", "include_router"])

Found = Detected[Candidate]
Key = tuple[object, ...]


def is_odd(one: Candidate) -> bool:
    """Named for something else than serving the app in production."""
    return ODD_MODULE.fullmatch(posixpath.basename(one.path).removesuffix(".py")) is not None


def name_key(candidate: Candidate) -> tuple[bool, int, bool]:
    order = FACTORY_NAMES if candidate.is_factory else OBJECT_NAMES
    rank = order.index(candidate.name) if candidate.name in order else len(order)
    if candidate.interface is ServerInterface.OWN:
        return (False, candidate.preference, False)
    hidden = candidate.name.startswith("_") or "." in candidate.name
    return (candidate.is_factory, min(rank, 2), hidden)


def _serving(candidate: Candidate) -> int:
    """Of modules at the like places that have the same object: one that is named for serving it, then the one
    that makes it; others only use it."""
    if posixpath.basename(candidate.path).removesuffix(".py") in SERVING_MODULES:
        return 0
    return 1 if candidate.path == candidate.origin[0] else 2


class Ranking(msgspec.Struct, frozen=True, eq=False):
    objects: FlaskObjects
    candidates: tuple[Found, ...]
    scripts: frozenset[str]

    def within(self, found: Found) -> Key:
        """Orders the names of one app; no two are equal."""
        one = found.value
        place = Place.PACKAGE if one.is_factory and one.place < Place.PACKAGE and is_odd(one) else one.place
        return (
            is_odd(one),
            self._is_task(one),
            not self._goes_on(one),
            place,
            not self._is_whole(one),
            *name_key(one),
            not self._starts(one),
            _serving(one),
            one.path.count("/"),
            one.path,
            one.line,
        )

    def between(self, found: Found) -> Key:
        """Orders different apps; equal keys mean that evidence cannot tell."""
        one = found.value
        # a root module of any name stands where app.py stands, when the project itself runs it
        place = Place.NAMED_MODULE if self._is_run(one) and one.place is Place.ROOT_MODULE else one.place
        return (
            is_odd(one),
            place,
            one.path not in self.scripts,
            self._is_imported(one),
            not self._is_run(one),
            name_key(one),
            not self._is_made_elsewhere(one),
            one.place,  # app.py before sessions.py, when the project runs both
        )

    def _is_run(self, one: Candidate) -> bool:
        return any(is_main_guard(s) for s in self.objects.sources.module(one.path).tree.body)

    def _is_task(self, one: Candidate) -> bool:
        """A script beside the app, of a name that says nothing, which does its work while it is imported."""
        if one.place is not Place.ROOT_MODULE or one.is_factory or one.interface is ServerInterface.OWN:
            return False
        return works_at_import(self.objects.sources.module(one.path), one.name)

    def _is_whole(self, one: Candidate) -> bool:
        """False for an object that a factory of the project goes on to complete, where nothing calls that."""
        family = (other.value for other in self.candidates if other.value.origin == one.origin)
        factories = [other for other in family if other.is_factory and self._completes(other)]
        text = self.objects.sources.text(one.path)
        calls = any(one.path != other.path and f"{other.name}(" in text for other in factories)
        return not factories or calls or one in factories

    def _completes(self, one: Candidate) -> bool:
        """It returns an app that is made outside of it, and hangs something on that."""
        for node in self.objects.sources.module(one.path).tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == one.name:
                path, line = one.origin
                outside = path != one.path or not node.lineno <= line <= (node.end_lineno or line)
                return outside and any(_hangs_on(inner) for inner in walk(node))
        return False

    def _goes_on(self, one: Candidate) -> bool:
        """A module takes the app that another one makes, and hangs more on it, as run.py does with
        `db.init_app(app)`."""
        if one.path == one.origin[0] or one.is_factory:
            return False
        body = self.objects.sources.module(one.path).tree.body
        calls = [node.value for node in body if isinstance(node, ast.Expr) and _hangs_on(node.value)]
        return any(one.name in {n.id for n in walk(call) if isinstance(n, ast.Name)} for call in calls)

    def _starts(self, one: Candidate) -> bool:
        """Below its main guard the app itself is run, as in `app.run()` and `socketio.run(app)`: its author
        starts it so, and what hangs the routes on it is imported there."""
        for statement in self.objects.sources.module(one.path).tree.body:
            if is_main_guard(statement) and any(_runs(node, one.name) for node in walk(statement)):
                return True
        return False

    def _is_made_elsewhere(self, one: Candidate) -> bool:
        """Another module makes or takes this very app: manage.py calls the factory."""
        family = (other.value for other in self.candidates if other.value.origin == one.origin)
        return any(other.path != one.path for other in family)

    def _is_imported(self, one: Candidate) -> bool:
        """Another app's module imports this one's: the outer one is what the server loads."""
        sources = self.objects.sources
        for other in self.candidates:
            if other.value.origin == one.origin or other.value.path == one.path:
                continue
            if one.path in imported_files(other.value.path, sources):
                return True
        return False


def _runs(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="run"), args=arguments):
            return owner == name or any(isinstance(one, ast.Name) and one.id == name for one in arguments)
        case _:
            return False


def _hangs_on(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in HANGING
