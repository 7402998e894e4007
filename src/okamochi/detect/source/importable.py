"""The name by which a program of the image can import a module of the project: from the folders that Python
looks in there, not from whatever folder without an __init__.py the file lies in."""

import ast

from okamochi.detect.source.import_lines import imported_modules
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources

__all__ = ["first_names", "importable_name"]


def importable_name(module: Module, sources: Sources, import_root: str) -> str:
    """ "core.jobs" of src/core/jobs.py, whether core has an __init__.py or not; "src.core.jobs" where the
    module itself imports from src. `import_root` is where the server's modules are imported from."""
    own = sources.import_root(module.path)
    src = "" if "src/__init__.py" in sources.known else "src"
    looked_in = [root for root in dict.fromkeys((import_root, src, "")) if _is_below(module.path, root)]
    if own in looked_in:
        return sources.dotted(module.path, own)
    outer = module.path.partition("/")[0]
    root = "" if outer in first_names(module) else max(looked_in, key=len)
    return sources.dotted(module.path, root)


def _is_below(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def first_names(module: Module) -> set[str]:
    """What a module's imports begin with: "core" of `from core.jobs import run`."""
    imports = module.of(ast.Import, ast.ImportFrom)
    return {name.partition(".")[0] for node in imports for name in imported_modules(node)}
