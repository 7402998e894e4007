"""Lines that pin a release, with another one in its place."""

from msgspec.structs import replace

from okamochi.pypi.requirement_line import RequirementLine
from okamochi.pypi.specifiers import parsed_specifier

__all__ = ["pinned_version", "with_moved", "with_specifier"]

Lines = tuple[RequirementLine, ...]


def pinned_version(line: RequirementLine) -> str:
    """The one release that the line admits; "" where it leaves a choice, or names a place."""
    asked = parsed_specifier(line.specifier)
    if asked is None or asked.url:
        return ""
    said = [(one.operator, one.version) for one in asked.specifier]
    if len(said) != 1 or said[0][0] not in ("==", "===") or said[0][1].endswith(".*"):
        return ""
    return said[0][1]


def with_moved(lines: Lines, moved: tuple[str, ...]) -> Lines:
    """`moved` are releases ("psycopg2==2.8.6"). The digests beside a pin are of its own files."""
    releases = dict(one.split("==", 1) for one in moved)
    return tuple(
        with_specifier(line, f"=={releases[line.name]}")
        if line.name in releases and pinned_version(line)
        else line
        for line in lines
    )


def with_specifier(line: RequirementLine, specifier: str) -> RequirementLine:
    """The line with another version specifier, for the same extras and environments."""
    asked = parsed_specifier(line.specifier)
    assert asked is not None
    extras = f"[{','.join(sorted(asked.extras))}]" if asked.extras else ""
    marker = f" ; {asked.marker}" if asked.marker else ""
    return replace(line, specifier=f"{asked.name}{extras}{specifier}{marker}", hashes=())
