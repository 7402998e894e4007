"""What a package index tells of a release beside its files: known vulnerabilities, and that it was withdrawn.

Vulnerabilities stand in the JSON that PyPI's own index has beside the simple one; withdrawn files are marked
in the simple index (PEP 592, PEP 691). An index that tells neither is asked in vain.
"""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from okamochi.errors import OkamochiError
from okamochi.model.lock import LockedWheel
from okamochi.pypi.uv_program import ProjectIndexes, started
from okamochi.system.tables import items_of, table_of
from okamochi.system.world import World

__all__ = ["Told", "told_of"]

LIMIT_BYTES = 30_000_000
SIMPLE = "/simple"
SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"
ASKING = 8
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Told:
    """`advisories` are names such as CVE-2024-1, each with the versions that fix it: "CVE-2024-1 (fixed in
    2.1)". `yanked` is why the file was withdrawn, or "withdrawn"; "" when it was not."""

    advisories: tuple[str, ...] = ()
    yanked: str = ""


def told_of(world: World, indexes: ProjectIndexes, wheels: Iterable[LockedWheel]) -> dict[str, Told]:
    """By name; nothing of wheels that are from no index, and nothing when the index does not answer."""
    asked = [wheel for wheel in wheels if not wheel.url and wheel.built_from is None]
    address = index_address(world, indexes)
    if not address.endswith(SIMPLE) or not asked:
        return {}
    with ThreadPoolExecutor(ASKING, "advisories") as pool:
        answers = pool.map(lambda wheel: told(world, address, wheel), asked)
        return dict(zip((wheel.name for wheel in asked), answers, strict=True))


def index_address(world: World, indexes: ProjectIndexes) -> str:
    """The first index that uv asks, as uv itself says it; "" when it has none."""
    with started(world, indexes) as uv:
        if uv.no_index:
            return ""
        (uv.folder / "nothing.in").write_text("")
        done = uv.run("pip", "compile", "nothing.in", "--emit-index-url", "--quiet", "--no-header")
    for line in done.text.splitlines():
        option, _, address = line.partition(" ")
        if option == "--index-url":
            return address.strip().rstrip("/")
    return ""


def told(world: World, address: str, wheel: LockedWheel) -> Told:
    host = address.removesuffix(SIMPLE)
    release = json_of(world, f"{host}/pypi/{wheel.name}/{wheel.version}/json", "application/json")
    project = json_of(world, f"{address}/{wheel.name}/", SIMPLE_JSON)
    return Told(advisories=advisories_in(release), yanked=yanked_in(project, wheel))


def json_of(world: World, url: str, accept: str) -> dict[str, Any]:
    try:
        content = world.transport.get(url, limit_bytes=LIMIT_BYTES, headers={"Accept": accept})
        value = json.loads(content)
    except (OkamochiError, ValueError, RecursionError):
        return {}
    return table_of(value)


def advisories_in(release: dict[str, Any]) -> tuple[str, ...]:
    rows = [row for row in items_of(release.get("vulnerabilities")) if isinstance(row, dict)]
    return tuple(sorted(filter(None, (advisory(row) for row in rows if not row.get("withdrawn")))))


def advisory(row: dict[str, Any]) -> str:
    """By its CVE where it has one."""
    names = [str(row.get("id", "")), *map(str, items_of(row.get("aliases")))]
    name = next((one for one in names if one.startswith("CVE-")), names[0])
    versions = ", ".join(map(str, items_of(row.get("fixed_in"))))
    return plain(f"{name} (fixed in {versions})" if versions else name)


def yanked_in(project: dict[str, Any], wheel: LockedWheel) -> str:
    for row in items_of(project.get("files")):
        if isinstance(row, dict) and row.get("filename") == wheel.filename and row.get("yanked"):
            return plain(row["yanked"]) if isinstance(row["yanked"], str) else "withdrawn"
    return ""


def plain(text: str) -> str:
    """On one line, without what could draw on a terminal."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:LONGEST_TEXT]
