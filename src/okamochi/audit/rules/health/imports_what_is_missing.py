"""The health check imports a package that no requirement names.

`import requests` in the script of a check works as long as something else brings requests. When that is
gone, or never was there, the script ends with ModuleNotFoundError, and the container is unhealthy for
ever.

Fix: Python's own library asks as well: `urllib.request.urlopen("http://127.0.0.1:8000/healthz",
timeout=3)`, and starts faster.

Okamochi: the check needs Python's standard library alone, and starts in milliseconds.

See: https://docs.python.org/3/library/urllib.request.html
"""

import ast
import re
import sys
from collections.abc import Iterator

from okamochi.audit.declared import lists
from okamochi.audit.health import HealthCheck, health_checks
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.scripts import project_file
from okamochi.system.python_text import syntax_tree

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for check in health_checks(setup):
        if check.off or not check.container.own:
            continue
        for path, first, text in sources(check, setup):
            for module, line in imported(text):
                if is_missing(module, setup):
                    yield Found(
                        path=path,
                        line=first + line - 1,
                        message=f"the check imports {module}, which no requirement names: without it the "
                        "container is never healthy",
                        hint="urllib.request of Python itself, or name the package",
                    )


def sources(check: HealthCheck, setup: Setup) -> Iterator[tuple[str, int, str]]:
    """Path, first line and text of the Python that a check runs."""
    for argv in check.command.programs:
        if not argv[0].rpartition("/")[2].startswith("python"):
            continue
        if "-c" in argv[:-1]:
            yield check.path, check.line, argv[argv.index("-c") + 1]
        script = next((word for word in argv[1:] if word.endswith(".py")), "")
        path = project_file(script, setup) if script else ""
        if path:
            yield path, 1, setup.file(path).text


def imported(text: str) -> Iterator[tuple[str, int]]:
    tree = syntax_tree(text)
    for one in ast.walk(tree) if tree is not None else ():
        if isinstance(one, ast.Import):
            yield from ((alias.name.partition(".")[0], one.lineno) for alias in one.names)
        elif isinstance(one, ast.ImportFrom) and one.module and not one.level:
            yield one.module.partition(".")[0], one.lineno


def is_missing(module: str, setup: Setup) -> bool:
    project = setup.project
    if (
        module in sys.stdlib_module_names
        or project.files(f"**/{module}.py")
        or project.files(f"**/{module}/*.py")
    ):
        return False
    texts = [project.read_text(path) or "" for path in lists(setup)]
    texts += [one.rest for file in setup.dockerfiles for stage in file.stages for one in stage.all("RUN")]
    plain = re.sub(r"[-_.]", "", module.lower())
    return bool(lists(setup)) and not any(plain in re.sub(r"[-_.]", "", text.lower()) for text in texts)
