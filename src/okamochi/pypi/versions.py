"""Which version of a package an index had on a day."""

from pathlib import Path

from packaging.utils import canonicalize_name

from okamochi.errors import OkamochiError
from okamochi.model.plan import Dependencies
from okamochi.pypi.uv_program import read_project_indexes, started
from okamochi.system.world import World

__all__ = ["version_current_at"]


def version_current_at(
    world: World, name: str, instant: str, *, project_root: Path, dependencies: Dependencies, bound: str = ""
) -> str:
    """The newest release of that day within `bound` ("<2"), whatever its files fit; "" where the index does
    not tell."""
    if world.offline:
        return ""
    try:
        indexes = read_project_indexes(project_root, Dependencies(files=dependencies.files))
        with started(world, indexes) as uv:
            uv.without_dependencies(name)
            (uv.folder / "then.in").write_text(f"{canonicalize_name(name)}{bound}\n", encoding="utf-8")
            done = uv.run(
                "pip", "compile", "then.in", "--no-deps", "--no-header", "--no-annotate", "--quiet",
                "--no-sources", "--exclude-newer", instant,
            )  # fmt: skip
    except OkamochiError:
        return ""
    words = done.stdout.decode("utf-8", "replace").strip().rpartition("==")[2].split()
    return words[0] if done.returncode == 0 and words else ""
