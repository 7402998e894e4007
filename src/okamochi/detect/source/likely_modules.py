"""Which modules can hold a web application, told by their text: the others are never parsed."""

from okamochi.detect.frameworks.classes import WORDS
from okamochi.detect.source.project_imports import imported_files
from okamochi.detect.source.sources import Sources

__all__ = ["likely_modules"]


def likely_modules(sources: Sources) -> tuple[str, ...]:
    """Paths of the app's modules that name a package of application classes, and of those that import one of
    these, directly or not; in the order of the paths. Rather too many than too few."""
    paths = tuple(
        path for path in sources.paths if not is_nameless(path) and not is_shadowed(path, sources.known)
    )
    waiting = [path for path in paths if not WORDS.isdisjoint(sources.words(path))]
    found = set(waiting)
    importers: dict[str, list[str]] = {}
    for path in paths if found else ():
        for imported in imported_files(path, sources):
            importers.setdefault(imported, []).append(path)
    while waiting:
        new = [path for path in importers.pop(waiting.pop(), ()) if path not in found]
        found.update(new)
        waiting += new
    return tuple(path for path in paths if path in found)


def is_nameless(path: str) -> bool:
    """Whether no name of a module leads to the file: migrate_1.3.py is a script, and nothing else."""
    return "." in path.rpartition("/")[2].removesuffix(".py")


def is_shadowed(path: str, known: frozenset[str]) -> bool:
    """Whether Python finds a package of the same name first: app/__init__.py beside app.py."""
    return f"{path.removesuffix('.py')}/__init__.py" in known
