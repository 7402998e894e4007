"""Relations between packages (Depends, Pre-Depends, Provides): Debian policy, chapter 7."""

import msgspec

from okamochi.system.patterns import regex

__all__ = ["Relation", "parse_relations"]

ALTERNATIVE = regex(
    r"(?P<name>[a-z0-9][a-z0-9+.\-]*)(?::[a-z0-9\-]+)?"
    r"(?:\s*\(\s*(?P<operator><<|<=|=|>=|>>|<|>)\s*(?P<version>[^)\s]+)\s*\))?"
    r"(?:\s*\[(?P<architectures>[^\]]*)\])?(?:\s*<[^>]*>)*"
)


class Relation(msgspec.Struct, frozen=True):
    """One alternative: a package or virtual package, and the version asked of it ("" operator: any)."""

    name: str
    operator: str = ""
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.operator} {self.version})" if self.operator else self.name


def parse_relations(text: str) -> tuple[tuple[Relation, ...], ...]:
    """`a (>= 1), b | c` as ((a,), (b, c)). What policy does not allow is left out of its group."""
    groups = (alternatives(group) for group in text.replace("\n", " ").split(","))
    return tuple(group for group in groups if group)


def alternatives(text: str) -> tuple[Relation, ...]:
    found = (ALTERNATIVE.fullmatch(part.strip()) for part in text.split("|"))
    return tuple(
        Relation(one["name"], one["operator"] or "", one["version"] or "") for one in found if one is not None
    )
