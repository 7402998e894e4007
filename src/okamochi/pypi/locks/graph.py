"""What a lock that holds a graph installs: walked from the project's own dependencies."""

from collections.abc import Iterable

import msgspec
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from okamochi.errors import PlanError
from okamochi.pypi.locks.environment import applies
from okamochi.pypi.locks.tables import broken
from okamochi.pypi.requirements import RequirementLine

__all__ = ["Edge", "LocalSource", "Node", "lines_of", "walk"]


class Edge(msgspec.Struct, frozen=True):
    """One package that another one needs; `version` is exact, `specifier` a range; both may be empty."""

    name: str
    marker: str = ""
    extras: tuple[str, ...] = ()
    version: str = ""
    specifier: str = ""


class LocalSource(msgspec.Struct, frozen=True):
    """A folder of the project that a lock names."""

    name: str
    path: str


class Node(msgspec.Struct, frozen=True):
    """A pinned package. `optional` are edges by extra. `url` is a direct reference, `folder` one of the
    project's own, of which a `virtual` one is only a list; `line` is where the lock names it."""

    name: str
    version: str
    hashes: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()
    optional: tuple[tuple[str, tuple[Edge, ...]], ...] = ()
    marker: str = ""
    url: str = ""
    folder: str = ""
    virtual: bool = False
    line: int = 0


def walk(
    nodes: Iterable[Node], roots: Iterable[Edge], environment: dict[str, str], *, lock: str, manifest: str
) -> tuple[Node, ...]:
    """The packages that the roots reach in this environment, sorted by name.

    PlanError when the lock lacks one: then it is older than the manifest.
    """
    by_name: dict[str, list[Node]] = {}
    for node in nodes:
        by_name.setdefault(node.name, []).append(node)
    found: dict[str, Node] = {}
    seen: set[tuple[str, tuple[str, ...]]] = set()
    waiting = [(edge, "") for edge in roots if applies(edge.marker, environment)]
    while waiting:
        edge, asked_by = waiting.pop()
        key = (edge.name, edge.extras)
        if key in seen:
            continue
        seen.add(key)
        picked = pick(by_name.get(edge.name, []), edge, environment)
        if picked is None:
            raise missing(edge, asked_by, lock, manifest)
        node = found.setdefault(picked.name, picked)
        optional = (edges for name, edges in node.optional if name in edge.extras)
        needed = [*node.edges, *(one for edges in optional for one in edges)]
        waiting += [(one, node.name) for one in needed if applies(one.marker, environment, edge.extras)]
    return tuple(found[name] for name in sorted(found))


def pick(candidates: list[Node], edge: Edge, environment: dict[str, str]) -> Node | None:
    fitting = [node for node in candidates if not edge.version or node.version == edge.version]
    fitting = [node for node in fitting if applies(node.marker, environment)] or fitting
    ranged = [node for node in fitting if satisfies(node.version, edge.specifier)]
    return max(ranged or fitting, key=lambda node: version_key(node.version), default=None)


def satisfies(version: str, specifier: str) -> bool:
    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except ValueError:
        return True


def version_key(version: str) -> tuple[int, Version]:
    try:
        return (1, Version(version))
    except ValueError:
        return (0, Version("0"))


def missing(edge: Edge, asked_by: str, lock: str, manifest: str) -> PlanError:
    who = f"{asked_by} in {lock}" if asked_by else manifest
    return PlanError(
        f"{lock} has no {edge.name}, which {who} asks for: the lock is older than the manifest",
        where=lock,
        hint=f"lock again with the project's own tool and commit {lock}",
    )


def lines_of(nodes: Iterable[Node], lock: str) -> tuple[RequirementLine, ...]:
    """As pinned lines with hashes. Folders of the project itself are no lines. DetectionError for a package
    that is pinned to nothing: the lock is damaged."""
    return tuple(
        RequirementLine(
            path=lock,
            line=node.line,
            name=canonicalize_name(node.name),
            specifier=f"{node.name} @ {node.url}" if node.url else f"{node.name}=={pin_of(node, lock)}",
            hashes=node.hashes,
        )
        for node in nodes
        if not node.folder
    )


def pin_of(node: Node, lock: str) -> str:
    try:
        Version(node.version)
    except ValueError:
        said = f"the version {node.version[:60]!a} is none" if node.version else "it has no version"
        place = f" (line {node.line})" if node.line else ""
        raise broken(lock, f"{node.name or 'a package without a name'}: {said}{place}") from None
    return node.version
