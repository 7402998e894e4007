"""Folders of Flask whose names differ from what it looks for in upper and lower case alone: Templates/ is
found on Windows and macOS, and not in a container."""

import posixpath

from okamochi.detect.understanding import Understood
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.plan import Framework

LOOKED_FOR = ("templates", "static")


def warn(found: Understood) -> tuple[Decision, ...]:
    """One for each; none where the module that makes the app names the folder itself."""
    sources, candidate = found.sources, found.entry.candidate
    if candidate.framework is not Framework.FLASK:
        return ()
    path = candidate.origin[0]
    beside = posixpath.dirname(path)
    below = f"{beside}/" if beside else ""
    names = {
        one.removeprefix(below).partition("/")[0]
        for one in sources.project.files()
        if one.startswith(below) and "/" in one.removeprefix(below)
    }
    return tuple(
        _warning(path, f"{below}{name}", name)
        for name in sorted(names)
        if name.lower() in LOOKED_FOR and name.lower() not in names and name not in sources.text(path)
    )


def _warning(path: str, folder: str, name: str) -> Decision:
    wanted = name.lower()
    summary = (
        f"Warning: Flask looks in {wanted}/, and the folder is called {name}/: the same on Windows and "
        f"macOS, another one in a container; rename it: git mv {folder} {folder.removesuffix(name)}{wanted}"
    )
    evidence = Evidence(path=path, reason=f"makes the app, beside {folder}/")
    return Decision.detected("source", summary, (evidence,))
