"""Formatted strings as Python 3.12 and later read them (PEP 701, PEP 750), for an older Python's parser.

Their expressions may hold the string's own quotes, backslashes, comments and line ends. Each expression is
taken out of its string, where a name stands for it, and put back into the syntax tree.
"""

import ast
import re
from collections.abc import Callable

import msgspec

from okamochi.system.patterns import regex

__all__ = ["put_back", "with_names_inside"]

NEXT = regex(r"#[^\n]*|(?<!\w)(?P<prefix>[rRbBuUfFtT]{0,3})(?P<quote>\"\"\"|'''|\"|')")
PLAIN = {
    '"': regex(r'(?:\\.|[^"\\\n])*"', re.DOTALL),
    "'": regex(r"(?:\\.|[^'\\\n])*'", re.DOTALL),
    '"""': regex(r'(?:\\.|(?!""")[^\\])*"""', re.DOTALL),
    "'''": regex(r"(?:\\.|(?!''')[^\\])*'''", re.DOTALL),
}
SPECIAL = regex(r"\\N\{[^}]*\}|\\[^{}]|\{\{|\}\}", re.DOTALL)
CONVERSION = regex(r"![rsa]")
DEBUG = regex(r"=\s*(?=[!:}])")
OPENING, CLOSING = frozenset("([{"), frozenset(")]}")


class Taken(msgspec.Struct, frozen=True):
    """An expression, the line on which it began, and the name that stands for it."""

    name: str
    text: str
    line: int


class _Reader(msgspec.Struct):
    text: str
    taken: list[Taken]
    mark: str

    def rest(self, start: int) -> str:
        """The whole text from there, with names inside its formatted strings. ValueError when one does not
        end."""
        parts: list[str] = []
        position = start
        while (found := NEXT.search(self.text, position)) is not None:
            parts.append(self.text[position : found.start()])
            position, token = self.token(found)
            parts.append(token)
        return "".join([*parts, self.text[position:]])

    def token(self, found: re.Match[str]) -> tuple[int, str]:
        """Where a comment or a string that begins there ends, and what stands in its place."""
        quote = found["quote"]
        if quote is None:
            return found.end(), found[0]
        prefix = found["prefix"].lower()
        if "f" not in prefix and "t" not in prefix:
            end = self.after_plain(quote, found.end())
            return end, self.text[found.start() : end]
        end, inside = self.formatted(found.end(), quote, raw="r" in prefix)
        lost = self.text.count("\n", found.start(), end) - inside.count("\n")
        own = ("r" if "r" in prefix else "") + "f"
        # a line that ended inside an expression ends behind the string, for all lines to keep their numbers
        return end, f"{own}{quote}{inside}{quote}" + " \\\n" * lost

    def after_plain(self, quote: str, start: int) -> int:
        found = PLAIN[quote].match(self.text, start)
        if found is None:
            raise ValueError("a string does not end")
        return found.end()

    def formatted(self, start: int, quote: str, *, raw: bool) -> tuple[int, str]:
        """What is between the quotes, and where the closing one ends."""
        parts: list[str] = []
        position = start
        while not self.text.startswith(quote, position):
            special = SPECIAL.match(self.text, position)
            if special is not None and not (raw and special[0].startswith("\\N")):
                parts.append(special[0])
                position = special.end()
            elif self.text[position : position + 1] == "{":
                position, field = self.field(position + 1)
                parts.append(field)
            elif position >= len(self.text):
                raise ValueError("a string does not end")
            else:
                parts.append(self.text[position])
                position += 1
        return position + len(quote), "".join(parts)

    def field(self, start: int) -> tuple[int, str]:
        """A replacement field, from behind its brace to behind the one that closes it."""
        end = self.after_expression(start)
        name = f"{self.mark}{len(self.taken)}"
        self.taken.append(Taken(name, self.text[start:end], self.text.count("\n", 0, start) + 1))
        debug = DEBUG.match(self.text, end)
        end = debug.end() if debug is not None else end
        conversion = CONVERSION.match(self.text, end)
        end = conversion.end() if conversion is not None else end
        shown = conversion[0] if conversion is not None else ""
        while self.text[end : end + 1].isspace():
            end += 1
        specifier = ""
        if self.text[end : end + 1] == ":":
            end, specifier = self.specifier(end + 1)
        if self.text[end : end + 1] != "}":
            raise ValueError("a replacement field does not end")
        return end + 1, f"{{{name}{shown}{specifier}}}"

    def specifier(self, start: int) -> tuple[int, str]:
        """How a value is written, which may have fields of its own."""
        parts: list[str] = [":"]
        position = start
        while (sign := self.text[position : position + 1]) != "}":
            if not sign:
                raise ValueError("a replacement field does not end")
            if sign == "{":
                position, sign = self.field(position + 1)
            else:
                position += 1
            parts.append(sign)
        return position, "".join(parts).replace("\n", "")

    def after_expression(self, start: int) -> int:
        """Before the conversion, the colon, the equals sign or the brace that ends it."""
        depth, position = 0, start
        while position < len(self.text):
            sign = self.text[position]
            found = NEXT.match(self.text, position)
            if found is not None:
                position = self.after_token(found)
                continue
            if not depth and (sign in ":}" or self.ends_here(position)):
                return position
            depth += (sign in OPENING) - (sign in CLOSING)
            position += 1
        raise ValueError("a replacement field does not end")

    def after_token(self, found: re.Match[str]) -> int:
        """Of strings inside the expression only the end is looked for: they are read with the expression."""
        if found["quote"] is None:
            return found.end()
        prefix = found["prefix"].lower()
        if "f" in prefix or "t" in prefix:
            return _Reader(self.text, [], self.mark).formatted(
                found.end(), found["quote"], raw="r" in prefix
            )[0]
        return self.after_plain(found["quote"], found.end())

    def ends_here(self, position: int) -> bool:
        """At "!r" and at the "=" that shows the expression, not at comparisons."""
        if self.text[position] == "!":
            return self.text[position + 1 : position + 2] != "="
        return DEBUG.match(self.text, position) is not None and self.text[position - 1] not in "=!<>:"


def with_names_inside(text: str) -> tuple[str, tuple[Taken, ...]]:
    """The text with a name in the place of each expression of its formatted strings, line by line as it was.
    ValueError when a string or a field does not end."""
    mark = "_okamochi_"
    while mark in text:
        mark += "_"
    reader = _Reader(text, [], mark)
    return reader.rest(0), tuple(reader.taken)


def put_back(tree: ast.Module, taken: tuple[Taken, ...], read: Callable[[str], ast.Module]) -> ast.Module:
    """The tree with the expressions where their names stand. SyntaxError when one of them is none."""
    known = {one.name: one for one in taken}
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and isinstance(node.value, ast.Name):
            one = known.get(node.value.id)
            if one is not None:
                node.value = expression_of(one, read)
    return tree


def expression_of(one: Taken, read: Callable[[str], ast.Module]) -> ast.expr:
    try:
        body = read(f"({one.text}\n)").body
    except SyntaxError as error:
        error.lineno = (error.lineno or 1) + one.line - 1
        raise
    if not one.text.strip() or len(body) != 1 or not isinstance(body[0], ast.Expr):
        raise SyntaxError("f-string: no expression", ("", one.line, 1, one.text))
    ast.increment_lineno(body[0], one.line - 1)
    return body[0].value
