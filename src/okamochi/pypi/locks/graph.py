"""What a lock that holds a graph installs: walked from the project's own dependencies."""

import posixpath
from collections.abc import Iterable

import msgspec
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from okamochi.errors import DetectionError, PlanError
from okamochi.pypi.locks.environment import applies
from okamochi.pypi.locks.tables import broken
from okamochi.pypi.requirement_line import RequirementLine, requirement_of
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.system.patterns import regex

__all__ = ["Edge", "Node", "Walked", "lines_of", "relock_command", "unlocked_lines", "walk"]

# https://packaging.python.org/en/latest/specifications/name-normalization/
NAME = regex(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,250}[A-Za-z0-9])?")
ADDRESS = regex(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]{1,2000}")
HASH = regex(r"[a-z0-9_]{1,20}:[0-9a-fA-F]{1,128}")


class Edge(msgspec.Struct, frozen=True):
    """One package that another one needs; `version` is exact, `specifier` a range; both may be empty. Of what
    the manifest asks for `by_name`, and not from git or a folder, an index may be asked."""

    name: str
    marker: str = ""
    extras: tuple[str, ...] = ()
    version: str = ""
    specifier: str = ""
    by_name: bool = False


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
) -> "Walked":
    """The packages that the roots reach in this environment.

    PlanError when the lock lacks one that a package of it needs, or one that no index has.
    """
    by_name: dict[str, list[Node]] = {}
    for node in nodes:
        by_name.setdefault(node.name, []).append(node)
    found: dict[str, Node] = {}
    unlocked: list[Edge] = []
    seen: set[tuple[str, tuple[str, ...]]] = set()
    waiting = [(edge, "") for edge in roots if applies(edge.marker, environment)]
    while waiting:
        edge, asked_by = waiting.pop()
        key = (edge.name, edge.extras)
        if key in seen:
            continue
        seen.add(key)
        picked = pick(by_name.get(edge.name, []), edge, environment)
        if picked is None and edge.by_name and by_name:  # a lock of nothing is damaged, and not old
            unlocked.append(edge)
            continue
        if picked is None:
            raise missing(edge, asked_by, lock, manifest)
        node = found.setdefault(picked.name, picked)
        optional = (edges for name, edges in node.optional if name in edge.extras)
        needed = [*node.edges, *(one for edges in optional for one in edges)]
        waiting += [(one, node.name) for one in needed if applies(one.marker, environment, edge.extras)]
    return Walked(tuple(found[name] for name in sorted(found)), tuple(sorted(unlocked, key=str)))


class Walked(msgspec.Struct, frozen=True):
    """The `nodes` of a lock, sorted by name, and what the manifest asks for and the lock, which is older,
    does not have."""

    nodes: tuple[Node, ...] = ()
    unlocked: tuple[Edge, ...] = ()


def relock_command(lock: str) -> str:
    return COMMANDS.get(posixpath.basename(lock), "") or "with the project's own tool"


def unlocked_lines(edges: Iterable[Edge], manifest: str) -> tuple[RequirementLine, ...]:
    return tuple(unlocked_line(one, manifest) for one in edges)


def unlocked_line(edge: Edge, manifest: str) -> RequirementLine:
    extras = f"[{','.join(edge.extras)}]" if edge.extras else ""
    marker = f" ; {edge.marker}" if edge.marker else ""
    return requirement_of(f"{edge.name}{extras}{edge.specifier}{marker}", path=manifest)


def pick(candidates: list[Node], edge: Edge, environment: dict[str, str]) -> Node | None:
    fitting = [node for node in candidates if not edge.version or node.version == edge.version]
    fitting = [node for node in fitting if applies(node.marker, environment)] or fitting
    ranged = [node for node in fitting if satisfies(node.version, edge.specifier)]
    return max(ranged or fitting, key=lambda node: version_key(node.version), default=None)


COMMANDS = {
    "uv.lock": "uv lock",
    "poetry.lock": "poetry lock",
    "pdm.lock": "pdm lock",
    "Pipfile.lock": "pipenv lock",
}


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
        hint=f"lock again ({relock_command(lock)}) and commit {lock}",
    )


def lines_of(nodes: Iterable[Node], lock: str) -> tuple[RequirementLine, ...]:
    """As pinned lines with hashes. Folders of the project itself are no lines. DetectionError for a package
    that is pinned to nothing, or whose parts are no name, address or digest: the lock is damaged, and nothing
    of it may become a line of its own to whoever reads these."""
    return tuple(line_of(node, lock) for node in nodes if not node.folder)


def line_of(node: Node, lock: str) -> RequirementLine:
    if NAME.fullmatch(node.name) is None:
        raise damaged(node, lock, "it has no name that a package can have")
    specifier = f"{node.name} @ {node.url}" if node.url else f"{node.name}=={pin_of(node, lock)}"
    if node.url and (ADDRESS.fullmatch(node.url) is None or parsed_specifier(specifier) is None):
        raise damaged(node, lock, f"the address {node.url[:60]!a} is none")
    wrong = next((one for one in node.hashes if HASH.fullmatch(one) is None), None)
    if wrong is not None:
        raise damaged(node, lock, f"the hash {wrong[:60]!a} is none")
    return RequirementLine(
        path=lock, line=node.line, name=canonicalize_name(node.name), specifier=specifier, hashes=node.hashes
    )


def pin_of(node: Node, lock: str) -> str:
    try:
        Version(node.version)
    except ValueError:
        said = f"the version {node.version[:60]!a} is none" if node.version else "it has no version"
        raise damaged(node, lock, said) from None
    return node.version


def damaged(node: Node, lock: str, said: str) -> DetectionError:
    place = f" (line {node.line})" if node.line else ""
    shown = f"{node.name[:60]!a}" if NAME.fullmatch(node.name) is None else node.name
    return broken(lock, f"{shown if node.name else 'a package without a name'}: {said}{place}")
