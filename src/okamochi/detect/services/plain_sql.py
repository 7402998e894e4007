"""Whether a file of SQL does nothing but make tables and fill them, as dumps and a schema.sql do.

Statements are told apart as far as that takes: comments, texts, quoted bodies and the rows of COPY.
"""

import re
from collections.abc import Iterator

import msgspec

from okamochi.system.patterns import regex

__all__ = ["first_that_is_more"]


def pattern_of(hash_comment: str, text: str) -> re.Pattern[str]:
    """One statement and what stands before it. Each alternative begins with what no other one begins with,
    and none can fail once begun: it is read once, however long it is."""
    return regex(
        rf"(?>(?:\s+|--[^\n]*|/\*(?!!).*?(?:\*/|\Z){hash_comment and '|' + hash_comment})*)"
        r"(?P<said>\\[^\n]*|"
        rf"(?>(?:[^;'\"`$/#-]++|--[^\n]*+|-|/\*.*?(?:\*/|\Z)|/|{hash_comment or '#'}|'(?>(?:{text})*)(?:'|\Z)"
        r"|\"[^\"]*+(?:\"|\Z)|`[^`]*+(?:`|\Z)|\$(?P<tag>\w*+)\$.*?(?:\$(?P=tag)\$|\Z)|\$)*));?",
        re.DOTALL,
    )


OF_MYSQL = pattern_of(r"#[^\n]*+", r"[^'\\]++|\\.")
OF_POSTGRES = pattern_of("", r"[^']++")
END_OF_ROWS = regex(r"^\\\.[ \t]*$", re.MULTILINE)
ROWS_FOLLOW = regex(r"copy\s[^;]*\bfrom\s+stdin\b", re.IGNORECASE)
PLAIN = regex(
    r"(?:/\*!\d*\s*)?(?:create\s+(?:unlogged\s+)?table\b|create\s+(?:unique\s+|fulltext\s+|spatial\s+)?index\b"
    r"|create\s+(?:sequence|type|domain|extension)\b|create\s+(?:or\s+replace\s+)?view\b"
    r"|create\s+(?:database|schema)\b|alter\s+(?:table|sequence|type|index|view|database|schema|domain)\b"
    r"|insert\s|copy\s[^;]*\bfrom\s+stdin\b|drop\s+(?:table|view|sequence|index|type|schema|database)\s+if\s+exists\b"
    r"|set\s+(?!global\b|persist|password\b|role\b|session\s+authorization\b|@@global)"
    r"|select\s+(?:pg_catalog\.)?(?:set_config|setval)\s*\(|comment\s+on\b|(?:un)?lock\s+tables?\b"
    r"|start\s+transaction\b|begin\b|commit\b|use\s|analyze\b|show\s"
    # what stands in backquotes there, psql has a shell run
    r"|\\(?:connect|c|restrict|unrestrict)\b[^`]*+\Z)",
    re.IGNORECASE,
)


class Statement(msgspec.Struct, frozen=True):
    """As it is written, without its end."""

    text: str
    line: int

    def __str__(self) -> str:
        words = " ".join(self.text.split())
        return f"{words[:40]}…" if len(words) > 40 else words


def first_that_is_more(text: str, *, of_mysql: bool) -> Statement | None:
    """The first statement that does something else than make tables and what belongs to them, or fill them:
    functions, rights, users, files and programs of the machine, rows that are changed or removed."""
    return next((one for one in statements(text, of_mysql) if PLAIN.match(one.text) is None), None)


def statements(text: str, of_mysql: bool) -> Iterator[Statement]:
    pattern, at, line, counted = OF_MYSQL if of_mysql else OF_POSTGRES, 0, 1, 0
    while at < len(text) and (found := pattern.match(text, at)) is not None:
        at, said = found.end(), found["said"].strip()
        if said:
            line, counted = line + text.count("\n", counted, found.start("said")), found.start("said")
            yield Statement(said, line)
        if ROWS_FOLLOW.match(said) is not None:
            end = END_OF_ROWS.search(text, at)
            at = len(text) if end is None else end.end()
