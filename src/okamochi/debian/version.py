"""Versions of Debian packages, ordered as dpkg orders them (deb-version(7))."""

from functools import total_ordering

from okamochi.system.patterns import regex

__all__ = ["DebianVersion"]

PARTS = regex(r"(\D*)(\d*)")


def weight(character: str) -> int:
    """`~` sorts before the end of the string, letters before everything else."""
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256


def compare_text(left: str, right: str) -> int:
    for position in range(max(len(left), len(right))):
        first = weight(left[position]) if position < len(left) else 0
        second = weight(right[position]) if position < len(right) else 0
        if first != second:
            return -1 if first < second else 1
    return 0


def compare_part(left: str, right: str) -> int:
    pairs_left, pairs_right = PARTS.findall(left), PARTS.findall(right)
    for position in range(max(len(pairs_left), len(pairs_right))):
        text_left, number_left = pairs_left[position] if position < len(pairs_left) else ("", "")
        text_right, number_right = pairs_right[position] if position < len(pairs_right) else ("", "")
        order = compare_text(text_left, text_right)
        if order == 0:
            first, second = int(number_left or 0), int(number_right or 0)
            order = (first > second) - (first < second)
        if order != 0:
            return order
    return 0


@total_ordering
class DebianVersion:
    """`[epoch:]upstream[-revision]`; any text is accepted, as archives hold strange ones."""

    __slots__ = ("epoch", "revision", "text", "upstream")

    def __init__(self, text: str) -> None:
        self.text = text
        epoch, colon, rest = text.partition(":")
        self.epoch = int(epoch) if colon and epoch.isdigit() else 0
        upstream, _, revision = (rest if colon else text).rpartition("-")
        self.upstream, self.revision = (upstream, revision) if upstream else (revision, "0")

    def compare(self, other: "DebianVersion") -> int:
        if self.epoch != other.epoch:
            return -1 if self.epoch < other.epoch else 1
        return compare_part(self.upstream, other.upstream) or compare_part(self.revision, other.revision)

    def satisfies(self, operator: str, wanted: str) -> bool:
        """`operator` as in relations: <<, <=, =, >=, >>; the old < and > mean <= and >=."""
        order = self.compare(DebianVersion(wanted))
        match operator:
            case "<<":
                return order < 0
            case "<=" | "<":
                return order <= 0
            case "=":
                return order == 0
            case ">=" | ">":
                return order >= 0
            case ">>":
                return order > 0
            case _:
                return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DebianVersion) and self.compare(other) == 0

    def __lt__(self, other: "DebianVersion") -> bool:
        return self.compare(other) < 0

    def __hash__(self) -> int:
        raise TypeError("versions that are written differently can be equal: do not hash them")

    def __repr__(self) -> str:
        return f"DebianVersion({self.text!r})"
