"""Debian control data (deb822): stanzas of `Field: value` lines, continued by lines beginning with blanks."""

from collections.abc import Iterator

__all__ = ["Stanza", "parse_stanza", "parse_stanzas"]

Stanza = dict[str, str]


def parse_stanza(text: str) -> Stanza:
    """Fields in lower case, in the order written; continuation lines stay joined by a newline, without their
    first blank. Lines that are neither are left out, as dpkg's own tools do with comments."""
    fields: Stanza = {}
    name = ""
    for line in text.splitlines():
        if line[:1] in (" ", "\t"):
            if name:
                fields[name] += "\n" + line[1:].rstrip()
            continue
        if line.startswith("#"):
            continue
        found, colon, value = line.partition(":")
        name = found.strip().lower() if colon else ""
        if name:
            fields[name] = value.strip()
    return fields


def parse_stanzas(text: str) -> Iterator[Stanza]:
    """Every stanza of a text in which blank lines lie between them."""
    lines: list[str] = []
    for line in (*text.splitlines(), ""):
        if line.strip():
            lines.append(line)
        elif lines:
            fields = parse_stanza("\n".join(lines))
            lines = []
            if fields:
                yield fields
