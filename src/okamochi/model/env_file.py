"""Environment files (.env), read as Compose reads them.

Statements are NAME=value or NAME: value, `export ` may come before. An unquoted value ends at the line's end
or at " #". In single quotes only \\' means something else than it says; double quotes know \\n, \\t, \\",
\\\\, \\$ and the like. Both may go on over lines: a key in PEM. ${NAME} and ${NAME:-text}, but for single
quotes, stand for what the file says before.

Otherwise than in Compose nothing comes from the shell: ${NAME} of another name is passed as it stands, and
told; so is $NAME, since passwords have such signs, and $$ stays two. A name alone is skipped. NAME= # text is
blank. What follows a closing quote has to be a comment.
https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from okamochi.errors import UsageError

__all__ = ["EnvFile", "parse_env_file"]

NAME = r"[A-Za-z_][A-Za-z0-9_.]*"
BLANK = re.compile(r"[^\S\n]*(?:#[^\n]*)?(?=\n|\Z)")
STATEMENT = re.compile(rf"\s*(?:export\s+)?(?P<name>{NAME})[^\S\n]*(?P<assigns>[=:]?)(?P<space>[^\S\n]*)")
REFERENCE = rf"\$\{{(?P<name>{NAME})(?P<or>:?-(?P<default>[^}}]*))?\}}"
QUOTED = {
    '"': re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"', re.DOTALL),
    "'": re.compile(r"'(?P<text>(?:[^'\\]|\\.)*)'", re.DOTALL),
}
IN_DOUBLE = re.compile(rf"\\(?P<escape>[abfnrtv$\"\\]|0[0-7]{{1,3}})|{REFERENCE}")
IN_PLAIN = re.compile(REFERENCE)
ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(frozen=True)
class EnvFile:
    """Names in the order of their first appearance, `lines` those that count; `repeated` are (name, first
    line, line that counts); `warnings` name the line."""

    values: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...] = ()
    lines: tuple[tuple[str, int], ...] = ()
    repeated: tuple[tuple[str, int, int], ...] = ()


def parse_env_file(text: str, *, where: str) -> EnvFile:
    """UsageError naming the line that is neither a statement, a comment nor blank."""
    text = text.replace("\r\n", "\n")
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    warnings: list[str] = []
    repeated: list[tuple[str, int, int]] = []
    position, number = 0, 1
    while position < len(text):
        place = f"{where}:{number}"
        blank = BLANK.match(text, position)
        if blank is not None:
            position, number = blank.end() + 1, number + 1
            continue
        name, value, end = statement_at(text, position, place)
        if value is None:
            warnings.append(f"{place}: {name} has no value and is skipped")
        else:
            if name in lines:
                warnings.append(f"{place}: {name} was set in line {lines[name]} already; this one counts")
                repeated.append((name, lines[name], number))
            values[name], unknown = value.resolved(values)
            if "\0" in values[name]:
                raise holds_nul(name, place)
            lines[name] = number
            warnings += (f"{place}: {one} in {name} is passed as it stands" for one in unknown)
        position, number = end + 1, number + text.count("\n", position, end + 1)
    return EnvFile(tuple(values.items()), tuple(warnings), tuple(lines.items()), tuple(repeated))


def holds_nul(name: str, place: str) -> UsageError:
    return UsageError(
        f"the value of {name} holds a NUL character, which no variable can hold",
        where=place,
        hint="save the file as UTF-8, and write binary data as text (base64)",
    )


@dataclass(frozen=True)
class Written:
    """A value as it is written, without its `quote`, which is "" where it has none."""

    text: str
    quote: str = ""

    def resolved(self, values: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
        """The value, and the references to names that the file does not have before it."""
        if self.quote == "'":
            return self.text.replace("\\'", "'"), ()
        unknown: list[str] = []

        def meant(found: re.Match[str]) -> str:
            escape = found.groupdict().get("escape")
            if escape is not None:
                return chr(int(escape, 8)) if escape[0] == "0" else ESCAPES.get(escape, escape)
            value = values.get(found["name"])
            if found["or"] and (value is None or (value == "" and found["or"][0] == ":")):
                return str(found["default"])
            if value is None:
                unknown.append(found[0])
            return found[0] if value is None else value

        pattern = IN_DOUBLE if self.quote else IN_PLAIN
        return pattern.sub(meant, self.text), tuple(unknown)


def statement_at(text: str, position: int, place: str) -> tuple[str, Written | None, int]:
    """The name, its value (None for a name alone), and where the statement's last line ends."""
    found = STATEMENT.match(text, position)
    start = found.end() if found is not None else position
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    if found is None or (start < line_end and not found["assigns"]):
        raise UsageError(
            "a line of the environment file is not NAME=value",
            where=place,
            hint="write NAME=value; quote values with spaces or several lines; start comments with #",
        )
    if not found["assigns"]:
        return found["name"], None, line_end
    quote = text[start : start + 1]
    if quote in QUOTED:
        value, end = quoted_at(text, start, place)
        return found["name"], value, end
    plain = re.split(r"\s+#", found["space"] + text[start:line_end], maxsplit=1)[0]
    return found["name"], Written(plain.strip()), line_end


def quoted_at(text: str, start: int, place: str) -> tuple[Written, int]:
    quote = text[start]
    found = QUOTED[quote].match(text, start)
    if found is None:
        raise UsageError(
            "a quote is not closed",
            where=place,
            hint=f"close it with {quote}; a value may have several lines",
        )
    rest = BLANK.match(text, found.end())
    if rest is None:
        raise UsageError(
            "something follows the closing quote",
            where=place,
            hint=f"write \\{quote} for a quote inside, and # before a comment",
        )
    return Written(found["text"], quote), rest.end()
