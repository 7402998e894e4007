"""Environment files (.env), read as Compose reads them, without interpolation.

Lines are NAME=value; blank lines and # comments are skipped; `export ` is allowed; single quotes keep all,
double quotes know \\n, \\t, \\" and \\\\; an unquoted value ends at " #". A name alone is skipped: it would
take the value from the shell, and okamochi passes nothing that was not written down.
"""

import re
from dataclasses import dataclass

from okamochi.errors import UsageError

__all__ = ["EnvFile", "parse_env_file"]

NAME = r"[A-Za-z_][A-Za-z0-9_.]*"
LINE = re.compile(rf"(?:export\s+)?(?P<name>{NAME})\s*(?P<assigns>=?)\s*(?P<value>.*)")
DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(?:#.*)?', re.DOTALL)
SINGLE = re.compile(r"'([^']*)'\s*(?:#.*)?")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True)
class EnvFile:
    """Names in the order of their first appearance, `lines` those that count; `repeated` are (name, first
    line, line that counts); `warnings` name the line."""

    values: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...] = ()
    lines: tuple[tuple[str, int], ...] = ()
    repeated: tuple[tuple[str, int, int], ...] = ()


def parse_env_file(text: str, *, where: str) -> EnvFile:
    """UsageError naming the line that is neither NAME=value, comment nor blank."""
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    warnings: list[str] = []
    repeated: list[tuple[str, int, int]] = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        found = LINE.fullmatch(stripped)
        if found is None or (found["value"] and not found["assigns"]):
            raise UsageError(
                "a line of the environment file is not NAME=value",
                where=f"{where}:{number}",
                hint="write NAME=value; quote values with spaces; start comments with #",
            )
        name = found["name"]
        if not found["assigns"]:
            warnings.append(f"{where}:{number}: {name} has no value and is skipped")
            continue
        if name in lines:
            warnings.append(
                f"{where}:{number}: {name} was set in line {lines[name]} already; this one counts"
            )
            repeated.append((name, lines[name], number))
        lines[name] = number
        values[name] = value_of(found["value"], f"{where}:{number}")
    return EnvFile(tuple(values.items()), tuple(warnings), tuple(lines.items()), tuple(repeated))


def value_of(text: str, where: str) -> str:
    if text.startswith('"'):
        found = DOUBLE.fullmatch(text)
        if found is not None:
            return re.sub(r"\\(.)", lambda escape: ESCAPES.get(escape[1], escape[1]), found[1])
    elif text.startswith("'"):
        found = SINGLE.fullmatch(text)
        if found is not None:
            return found[1]
    else:
        return re.split(r"\s+#", text, maxsplit=1)[0].strip() if not text.startswith("#") else ""
    raise UsageError("a quote is not closed", where=where, hint="close it on the same line")
