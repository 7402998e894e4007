"""The imports of a file, told by its text: a tree for each of a thousand modules takes seconds.

`import` and `from` are keywords: outside of strings and comments, a line that begins with them is an import.
A gist has no comments, and most of its docstrings are blank; where others could hide such a line, strings are
blanked, too. Where a statement does not stand alone on its lines, only a tree can tell.
"""

import ast
import re

from okamochi.detect.source.gist import DULL, ends
from okamochi.detect.source.handlers import STRING
from okamochi.system.patterns import regex

__all__ = ["Imports", "imported_modules", "imported_parts", "imports_of"]

Imports = ast.Import | ast.ImportFrom

STATEMENT = regex(
    r"^[ \t\f]*(?:from\b[ \t]*+(?P<module>[.\w]*)[ \t]*\bimport\b[ \t]*(?P<names>\([^()]*\)[^\n]*|[^\n(]*)"
    r"|import\b(?P<plain>[^\n]*))",
    re.MULTILINE,
)
BLANK_STRING = regex(rf"(\"\"\"|''')(?:{DULL}\n*)?\1")
# an import after a colon, a semicolon, or a line that goes on
HIDDEN = regex(r"(?:[;:]|\\\n)[ \t\f]*(?:from|import)\b")
NAME = regex(r"\s*([A-Za-z_][\w.]*|\*)(?:\s+as\s+([A-Za-z_]\w*))?\s*", re.ASCII)
MODULE = regex(r"(\.*)([A-Za-z_][\w.]*)?", re.ASCII)


def imports_of(gist: str) -> tuple[Imports, ...] | None:
    """Nodes as the tree has them, with their lines alone; None when the text leaves a doubt."""
    if "import" not in gist:
        return ()
    text = gist
    if '"""' in text or "'''" in text:
        rest = BLANK_STRING.sub("", text)
        if '"""' in rest or "'''" in rest:
            blank = without_strings(text)
            if blank is None:
                return None
            text = blank
    if HIDDEN.search(text) is not None:
        blank = without_strings(text)
        if blank is None or HIDDEN.search(blank) is not None:
            return None
    found: list[Imports] = []
    line, place = 1, 0
    for match in STATEMENT.finditer(text):
        line += text.count("\n", place, match.start())
        place = match.start()
        node = node_of(match)
        if node is None:
            return None
        node.lineno = line
        found.append(node)
    return tuple(found)


def without_strings(text: str) -> str | None:
    """With as many lines; None when one of the strings has no end."""
    whole = True

    def only_lines(string: re.Match[str]) -> str:
        nonlocal whole
        whole = whole and ends(string[0])
        return '""' + "\n" * string[0].count("\n")

    found = STRING.sub(only_lines, text)
    return found if whole else None


def node_of(match: re.Match[str]) -> Imports | None:
    plain = match["plain"]
    if plain is not None:
        names = aliases(plain)
        return ast.Import(names=names) if names else None
    module = MODULE.fullmatch(match["module"])
    names = aliases(within_brackets(match["names"]))
    if module is None or not names or not match["module"]:
        return None
    return ast.ImportFrom(module=module[2], names=names, level=len(module[1]))


def within_brackets(text: str) -> str:
    """The names between brackets, where a comma may be the last; a text that is no names otherwise."""
    text = text.strip()
    return text[1:-1].strip().removesuffix(",") if text.startswith("(") and text.endswith(")") else text


def aliases(text: str) -> list[ast.alias]:
    """None at all when one of them is no name."""
    found = [NAME.fullmatch(one) for one in text.split(",")]
    known = [ast.alias(name=one[1], asname=one[2]) for one in found if one is not None]
    return known if len(known) == len(found) else []


def imported_modules(node: ast.AST) -> tuple[str, ...]:
    """Full names of what a statement imports, a.b of `from a.b import c`; () for `from . import c`."""
    if isinstance(node, ast.Import):
        return tuple(alias.name for alias in node.names)
    return (node.module,) if isinstance(node, ast.ImportFrom) and node.module and not node.level else ()


def imported_parts(node: ast.AST) -> tuple[str, ...]:
    """The same and what is taken from there, which may be a module, too: a.b and a.b.c."""
    found = imported_modules(node)
    taken = node.names if isinstance(node, ast.ImportFrom) else []
    return (*found, *(f"{module}.{alias.name}" for module in found for alias in taken))
