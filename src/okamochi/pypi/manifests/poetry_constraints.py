"""Poetry's version constraints as version specifiers (PEP 440).

https://python-poetry.org/docs/dependency-specification/: caret, tilde, wildcard; several by comma; `||`
has no equal in PEP 440 and becomes the hull of its parts.
"""

import re

__all__ = ["pep440_of"]

NUMBERS = re.compile(r"\d+(?:\.\d+)*")


def pep440_of(constraint: str) -> str:
    """ "^1.2" is ">=1.2,<2"; "*" and "" are ""."""
    parts = [part.strip() for part in re.split(r"\|\|?", constraint) if part.strip()]
    if len(parts) > 1:
        lows = [low for part in parts if (low := lower_bound(pep440_of(part)))]
        return f">={min(lows, key=numbers_of)}" if len(lows) == len(parts) else ""
    pieces = re.split(r"\s*,\s*|\s+(?=[<>=!~^])", constraint.strip())
    return ",".join(converted for piece in pieces if piece and (converted := one_of(piece)))


def one_of(piece: str) -> str:
    piece = re.sub(r"^(<=|>=|==|!=|~=|<|>|=|\^|~)\s+", r"\1", piece.strip())
    if piece in ("*", ""):
        return ""
    if piece.startswith("^"):
        return between(piece[1:], caret_end(numbers_of(piece[1:])))
    if piece.startswith("~") and not piece.startswith("~="):
        return between(piece[1:], tilde_end(numbers_of(piece[1:])))
    if piece.startswith("=") and not piece.startswith("=="):
        return f"={piece}"
    if piece[0].isdigit():
        return f"=={piece}"
    return piece


def between(low: str, high: list[int]) -> str:
    return f">={low.strip()},<{'.'.join(map(str, high))}"


def caret_end(numbers: list[int]) -> list[int]:
    """The next version that changes the leftmost number that is not zero."""
    for index, number in enumerate(numbers):
        if number or index == len(numbers) - 1:
            return [*numbers[:index], number + 1]
    return [1]


def tilde_end(numbers: list[int]) -> list[int]:
    return [numbers[0] + 1] if len(numbers) == 1 else [numbers[0], numbers[1] + 1]


def numbers_of(text: str) -> list[int]:
    found = NUMBERS.search(text)
    return [int(part) for part in found.group().split(".")] if found else [0]


def lower_bound(specifier: str) -> str:
    found = re.search(r"(?:>=|==|~=|>)\s*([\w.]+)", specifier)
    return found.group(1).removesuffix(".") if found else ""
