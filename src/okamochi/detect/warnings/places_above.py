"""Folders beside the app's own, where the image has nothing: backend/ that serves ../frontend/build."""

import ast
import posixpath
import shlex
from collections.abc import Iterator
from pathlib import Path

from okamochi.detect.source.python_source import Module
from okamochi.detect.source.static_paths import PathReader, path_reader
from okamochi.detect.source.syntax import text_of, walk
from okamochi.detect.understanding import Understood
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.plan import APP_ROOT, Dependencies, DependencyManager
from okamochi.pypi.python_values import last_name
from okamochi.system.patterns import regex
from okamochi.system.words import word_set

GOES_UP = regex(r"\.\.|\bparents?\b|\bdirname\b")
# arguments whose path begins at the module's folder
OF_MODULE = word_set("static_folder template_folder")
# what takes a path that begins at the working folder
OF_WORKING_FOLDER = word_set("StaticFiles Jinja2Templates FileSystemLoader FileResponse open")
WORKING_FOLDER = word_set("getcwd cwd")
EXPORTS = {
    DependencyManager.UV: "uv export --project {name} --no-emit-project -o requirements.txt",
    DependencyManager.PYPROJECT: "uv pip compile {name}/pyproject.toml -o requirements.txt",
}


def warn(found: Understood) -> tuple[Decision, ...]:
    """About the first of each module; only of what the checkout has there."""
    sources = found.sources
    reader = path_reader(found.objects)
    modules = (sources.module(path) for path in found.reached.paths if GOES_UP.search(sources.text(path)))
    places = [place for module in modules if (place := _first(module, reader)) is not None]
    if not places:
        return ()
    remedy = _remedy((sources.project.root or Path()).name, found.dependencies.dependencies)
    if any(place.reason.startswith("from the working") for place in places):
        remedy = f"let the path begin at os.path.dirname(__file__), {remedy}"
    summary = (
        f"Warning: the app uses files of a folder beside its own, and the image has none of them; {remedy}"
    )
    return (Decision.detected("source", summary, tuple(places)),)


def _remedy(name: str, dependencies: Dependencies) -> str:
    if dependencies.files and not dependencies.lock_file:
        listed = ", ".join(f'"{name}/{one}"' for one in dependencies.files)
        return (
            f"write requirements = [{listed}] into okamochi.toml in the folder above, and run okamochi there"
        )
    export = EXPORTS.get(dependencies.manager, "").format(name=shlex.quote(name))
    how = f" ({export})" if export else ""
    return f"write its dependencies into a requirements.txt in the folder above{how}, and run okamochi there"


def _first(module: Module, reader: PathReader) -> Evidence | None:
    """What is looked for there as a module is no file that the app serves or reads."""
    project = reader.objects.sources.project
    imported_from: set[int] = set()
    for node in module.nodes:
        if not isinstance(node, ast.Call | ast.BinOp) or id(node) in imported_from:
            continue
        if isinstance(node, ast.Call) and module.imports.full(node.func).startswith("sys.path."):
            imported_from.update(map(id, walk(node)))
            continue
        for place, here in (*_relative(node, module), *_absolute(node, module, reader)):
            folder = "/".join(place.split("/")[:2])
            if place.startswith("../") and folder != "../.." and project.is_dir(folder):
                reason = f"from the working folder {place}" if here else place
                return Evidence(path=module.path, line=node.lineno, reason=reason)
    return None


def _relative(node: ast.expr, module: Module) -> Iterator[tuple[str, bool]]:
    """Of `StaticFiles(directory="../frontend")`: the path from the app's folder, and whether it begins at the
    working folder."""
    if not isinstance(node, ast.Call):
        return
    for keyword in node.keywords:
        if keyword.arg in OF_MODULE:
            yield (
                posixpath.normpath(posixpath.join(posixpath.dirname(module.path), text_of(keyword.value))),
                False,
            )
    if last_name(node.func) in OF_WORKING_FOLDER:
        given = (*node.args[:1], *(one.value for one in node.keywords))
        yield from ((posixpath.normpath(text), True) for one in given if (text := text_of(one)))


def _absolute(node: ast.expr, module: Module, reader: PathReader) -> Iterator[tuple[str, bool]]:
    """Of `Path(__file__).parent.parent / "frontend"`: the same. A path that is written whole is a folder of
    the machine, or a volume."""
    parts = walk(node)
    if any(text_of(one).startswith("/") for one in parts):
        return
    found = reader.read(node, module)
    if found is None or not found.text:
        return
    here = not found.text.startswith("/") or any(
        isinstance(one, ast.Attribute) and one.attr in WORKING_FOLDER for one in parts
    )
    yield posixpath.relpath(posixpath.join(APP_ROOT, found.text), APP_ROOT), here
