"""The folder tests, where the app takes something from it."""

import posixpath
from collections.abc import Iterator

from okamochi.detect.source.import_lines import imported_parts
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.system.patterns import regex

__all__ = ["OF_TESTS", "tests_of_the_app"]

OF_TESTS = regex(r"(?:.*/)?(?:tests?/.*|conftest\.py|test_[^/]*\.py|[^/]*_tests?\.py|tests?\.py)")
"""The path of a module that is there for tests."""
ONLY_TESTS = regex(r"test_.*\.py|.*_test\.py|conftest\.py")


def tests_of_the_app(sources: Sources, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Takes the folder tests back where the server's own modules import from it, without what only a runner
    of tests looks for. Django finds modules that no import leads to: what any module of a package imports as
    it is loaded counts, too."""
    own = {path for path in paths if path.startswith("tests/")}
    for module in sources.mentioning("from tests", "import tests"):
        folder, name = posixpath.split(module.path)
        if folder and "tests" not in folder.split("/") and not ONLY_TESTS.fullmatch(name):
            own |= set(imported_tests(sources, module))
    if not own:
        return ()
    named = [f"!/{path}" for path in sorted(own) if ONLY_TESTS.fullmatch(posixpath.basename(path))]
    return ("!/tests/", "/tests/**/test_*.py", "/tests/**/*_test.py", "/tests/**/conftest.py", *named)


def imported_tests(sources: Sources, module: Module) -> Iterator[str]:
    """The files of the folder tests that a module imports at its top level."""
    for statement in module.tree.body:
        for name in imported_parts(statement):
            path = sources.find(name) if name.partition(".")[0] == "tests" else None
            if path is not None and path.startswith("tests/"):
                yield path
