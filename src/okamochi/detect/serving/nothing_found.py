"""The error for a project in which no application can be loaded: what was looked at, and what to do."""

import ast
import difflib
import posixpath

from okamochi.detect.files.subfolders import folder_hint
from okamochi.detect.frameworks.classes import CLASSES, TITLES, WORDS
from okamochi.detect.serving.other_frameworks import other_frameworks
from okamochi.detect.serving.web_applications import unusable_factories
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.likely_modules import likely_modules
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources, dotted_name
from okamochi.errors import DetectionError
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import regex

__all__ = ["SETTING_HINT", "SETTING_HINT_ALONE", "nothing_found"]

MAKER_NAMES = frozenset(name.rpartition(".")[2].lower() for name in CLASSES)
ALIKE = 0.8
RUN_BY_TESTERS = regex(r"(?:^|/)(?:test_[^/]*|[^/]*_tests?|conftest)\.py$")
OF_BOTTLE = frozenset(f"bottle.{name}" for name in ("run", "route", "get", "post", "put", "delete", "mount"))
SETTING_HINT_ALONE = '[tool.okamochi] entrypoint = "{}" in pyproject.toml'
# https://docs.marimo.io/guides/coming_from/jupyter/
AS_A_SCRIPT = (
    "if {0} is the app, make a script of it, which okamochi serves: marimo convert {0} -o app.py; or put "
    "what it shows into a script of Panel or Streamlit"
)
SETTING_HINT = SETTING_HINT_ALONE + ", or --entrypoint {}"


def nothing_found(objects: FlaskObjects, notes: tuple[Evidence, ...]) -> DetectionError:
    sources = objects.sources
    notebooks = sources.project.files("*.ipynb")
    if notebooks and not sources.all_paths:
        return DetectionError(
            "this folder holds notebooks, which okamochi does not serve, and no Python file",
            where=notebooks[0],
            hint=AS_A_SCRIPT.format(notebooks[0]),
            details=tuple(f"holds {path}" for path in notebooks[:10]),
        )
    if not sources.all_paths:
        return DetectionError(
            "this folder holds no Python file",
            where=str(sources.project.root or "."),
            hint="go into the folder of the app, or give it as the PATH",
            details=tuple(f"holds {path}" for path in sources.project.files("*")[:10]),
        )
    told = _unusable(objects) or _out_of_reach(objects) or _only_run(objects.sources)
    told = told or _misspelt(objects.sources)
    return told or _no_flask(objects, notes)


def _unusable(objects: FlaskObjects) -> DetectionError | None:
    unusable = unusable_factories(objects)
    if not unusable:
        return None
    first = unusable[0]
    dotted = objects.sources.dotted(first.path)
    example = f"{dotted}:{first.name}('production')"
    return DetectionError(
        "application factories are there, but none can be called as it is",
        where=f"{first.path}:{first.line}",
        hint="say how to call it: " + SETTING_HINT.format(example, f'"{example}"'),
        details=tuple(f"{u.path}:{u.line}: {u.name}() {u.reason}" for u in unusable),
    )


def _out_of_reach(objects: FlaskObjects) -> DetectionError | None:
    """Applications that live in attributes, in functions that return none, or below the main guard."""
    sources = objects.sources
    places = [
        (path, node.lineno)
        for path in likely_modules(sources)
        for node in sources.module(path).nodes
        if isinstance(node, ast.Call) and sources.module(path).imports.full(node.func) in CLASSES
    ]
    if not places:
        return None
    path, line = places[0]
    hint = (
        "give it a name outside of functions, classes and `if __name__`, such as app = ... in wsgi.py, "
        "or write a function create_app() that returns it"
    )
    function = _function_around(sources.module(path), line)
    if function:
        hint = (
            f"move what makes it out of {function}() into a function create_app() that returns it; "
            f"{function}() then serves create_app()"
        )
    return DetectionError(
        "a web application is made, but no name of a module holds it, and no function returns it",
        where=f"{path}:{line}",
        hint=hint,
        details=tuple(f"{path}:{line}: makes an application object" for path, line in places[:10]),
    )


def _function_around(module: Module, line: int) -> str:
    """The module's own function that has the line, "" for none."""
    functions = (one for one in module.tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
    return next((one.name for one in functions if one.lineno <= line <= (one.end_lineno or 0)), "")


def _only_run(sources: Sources) -> DetectionError | None:
    """Bottle's routes without an object: its own run() alone finds the application that they are added to."""
    for module in sources.mentioning("bottle"):
        for call in module.of(ast.Call):
            if module.imports.full(call.func) in OF_BOTTLE:
                return DetectionError(
                    "Bottle serves an application here that no name of a module holds",
                    where=f"{module.path}:{call.lineno}",
                    hint=f"write import bottle; app = bottle.default_app() below the routes of {module.path}"
                    ', and call run() only below if __name__ == "__main__":',
                )
    return None


def _misspelt(sources: Sources) -> DetectionError | None:
    """`from flsk import Flask`, `from flask import flask`: all but right, and of no module of the project."""
    right = {(module, made) for module, _, made in (name.rpartition(".") for name in CLASSES)}
    own = {path.partition("/")[0].removesuffix(".py") for path in sources.known}
    for path in sources.paths:
        if MAKER_NAMES.isdisjoint(word.lower() for word in sources.words(path)):
            continue
        for found in sources.module(path).of(ast.ImportFrom):
            package = found.module or ""
            if found.level or package.partition(".")[0] in own:
                continue
            for alias in found.names:
                meant = _meant(package, alias.name, right)
                if meant:
                    return DetectionError(
                        f"no web application was found, but from {package} import {alias.name}",
                        where=f"{path}:{found.lineno}",
                        hint=f"is this meant: from {meant}? If not, name the app: "
                        + SETTING_HINT.format("pkg.module:app", "pkg.module:app"),
                    )
    return None


def _meant(package: str, name: str, right: set[tuple[str, str]]) -> str:
    """The import of a framework's class that is missed by a letter or by case; "" for any other."""
    if (package, name) in right:
        return ""
    for module, made in sorted(right):
        alike = difflib.SequenceMatcher(None, module, package.lower()).ratio() >= ALIKE
        if (alike and made == name) or (module == package and made.lower() == name.lower()):
            return f"{module} import {made}"
    return ""


def _left_aside(sources: Sources, notebook: str) -> str:
    """What to name: an application in a folder called tests, examples or scripts, if there is one; else what
    a notebook may become."""
    example = "pkg.module:app"
    for path in sources.side_paths:
        if RUN_BY_TESTERS.search(path):
            continue
        module = sources.module(path) if not WORDS.isdisjoint(sources.words(path)) else None
        for statement in module.tree.body if module is not None else ():
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function)):
                    if module is not None and module.imports.full(function) in CLASSES:
                        return _named_or_given(sources, path, name)
                case _:
                    continue
    if notebook:
        return AS_A_SCRIPT.format(notebook)
    return "if there is one, name it: " + SETTING_HINT.format(example, example)


def _named_or_given(sources: Sources, path: str, name: str) -> str:
    """An object of a package is named, a script beside others is an app of its own folder."""
    folder, root = posixpath.dirname(path) or ".", sources.import_root(path)
    aside = f"{folder}/ was left aside for its name; if the app is there, "
    if root:
        return f"{aside}give its folder: okamochi up {root}"
    found = f"{dotted_name(path, root)}:{name}"
    return f"{aside}name it: {SETTING_HINT.format(found, found)}"


def _no_flask(objects: FlaskObjects, notes: tuple[Evidence, ...]) -> DetectionError:
    sources = objects.sources
    recognised = other_frameworks(sources)
    count = len(sources.paths)
    looked = f"looked at {count} Python file{'' if count == 1 else 's'}"
    aside = f", left {len(sources.side_paths)} in tests, examples, docs, scripts aside"
    details = [looked + (aside if sources.side_paths else "")]
    details += [f"{path}: cannot be read, or is larger than 1.5 MB" for path in sources.unread[:5]]
    details += [str(note) for note in notes]
    notebooks = sources.project.files("*.ipynb")
    details += [f"{path}: notebooks are not served" for path in notebooks[:5]]
    details += [f"{one.value}: {one.first}" for one in recognised]
    known = any(one.value in TITLES.values() for one in recognised)
    others = [one.value for one in recognised if one.value not in TITLES.values()]
    if others and not known and not folder_hint(sources.project):
        return DetectionError(
            f"this looks like {others[0]}; which this version of okamochi does not serve",
            where=f"{recognised[0].first.path}:{recognised[0].first.line}",
            hint="a later version reads it; until then okamochi cannot build this app",
            details=tuple(details),
        )
    return DetectionError(
        "no web application was found",
        where=str(sources.project.root or "."),
        hint=folder_hint(sources.project) or _left_aside(sources, notebooks[0] if notebooks else ""),
        details=tuple(details),
    )
