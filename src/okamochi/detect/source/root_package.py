"""The project's folder as a package: an __init__.py at the root, and modules that import each other as parts
of it (`from .models import db`, `from shop.models import db` in the folder shop). Its author starts it from
the folder above. What the folder of a clone is called says nothing; what the imports say counts."""

import ast
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from okamochi.detect.frameworks.classes import WORDS
from okamochi.model.evidence import Evidence
from okamochi.model.import_names import is_known

if TYPE_CHECKING:
    from okamochi.detect.source.import_lines import Imports
    from okamochi.detect.source.sources import Sources

__all__ = ["ROOT_MODULE", "RootPackage", "root_package"]

ROOT_MODULE = "__init__.py"
# where no import tells it: that of the folder in the image, unless a module has it
NAMES = ("app", "application", "package", "root_package")


class RootPackage(msgspec.Struct, frozen=True):
    """Under which name the project's folder is imported. `relative`: its modules name each other relatively,
    so that they can be imported as parts of the package alone."""

    name: str
    relative: bool
    evidence: Evidence


def root_package(sources: "Sources") -> RootPackage | None:
    """None where the folder is none, or nothing imports it as one: many an __init__.py lies there by
    mistake."""
    if ROOT_MODULE not in sources.known:
        return None
    relative = next(_relative(sources), None)
    named = _named(sources)
    if named is not None:
        return RootPackage(named[0], relative is not None, named[1])
    if relative is None:
        return None
    name = next((one for one in NAMES if not _is_there(one, sources)), "")
    return RootPackage(name, True, relative) if name else None


def _relative(sources: "Sources") -> Iterator[Evidence]:
    """Where modules of the app take something from the root by dots alone."""
    for path in sources.paths:
        depth = path.count("/") + 1
        for node in sources.imports(path):
            if isinstance(node, ast.ImportFrom) and node.level == depth:
                reason = (
                    f"from {'.' * node.level}{node.module or ''} import: the project's folder is a package"
                )
                yield Evidence(path=path, line=node.lineno, reason=reason)


def _named(sources: "Sources") -> tuple[str, Evidence] | None:
    """The one name that is neither the project's nor somebody else's, of which all that is imported is at the
    root, and something for certain."""
    places: dict[str, Evidence] = {}
    wrong: set[str] = set()
    for path in sources.all_paths:
        for node in sources.imports(path):
            for dotted in _dotted(node):
                name, _, rest = dotted.partition(".")
                if name in wrong or not rest:
                    continue
                foreign = _is_foreign(name, sources) or _is_itself(rest, path)
                sure = None if foreign else _is_at_the_root(rest, sources)
                if sure is None:
                    wrong.add(name)
                elif sure:
                    reason = f"imports {dotted}: the project's folder is the package {name}"
                    places.setdefault(name, Evidence(path=path, line=node.lineno, reason=reason))
    found = [(name, place) for name, place in places.items() if name not in wrong]
    return found[0] if len(found) == 1 else None


def _dotted(node: "Imports") -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif not node.level and node.module:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_foreign(name: str, sources: "Sources") -> bool:
    known = name in sys.stdlib_module_names or name in WORDS or is_known(name)
    return known or _is_there(name, sources)


def _is_itself(dotted: str, path: str) -> bool:
    """No module takes something from itself: events.py means another package's apscheduler.events."""
    own = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return dotted == own or dotted.rpartition(".")[0] == own


def _is_there(name: str, sources: "Sources") -> bool:
    return any(_is_module(f"{root}{name}", sources) for root in ("", "src/"))


def _is_at_the_root(dotted: str, sources: "Sources") -> bool | None:
    """True for "models.User", a name in a module, and "create_app", which the package itself defines; False
    for what a package of others may have as well ("models", or "request", which it imports); else None."""
    path = dotted.replace(".", "/")
    above, _, name = path.rpartition("/")
    if above and _is_module(above, sources):
        return name == "*" or _is_module(path, sources) or _has_word(above, name, sources)
    if _is_module(path, sources):
        return bool(above)
    if above or (name != "*" and name not in sources.words(ROOT_MODULE)):
        return None
    return re.search(rf"^(?:(?:async )?def|class) {name}\b", sources.text(ROOT_MODULE), re.M) is not None


def _is_module(path: str, sources: "Sources") -> bool:
    return f"{path}.py" in sources.known or path in sources.package_folders


def _has_word(path: str, name: str, sources: "Sources") -> bool:
    places = (f"{path}.py", f"{path}/{ROOT_MODULE}")
    return any(one in sources.known and name in sources.words(one) for one in places)
