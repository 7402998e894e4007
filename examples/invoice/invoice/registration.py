"""Registration numbers of qualified invoice issuers (登録番号): T and 13 digits."""

import re
import unicodedata

PATTERN = re.compile(r"T[0-9]{13}")


def normalized(text: str) -> str:
    """Half-width and without spaces and hyphens, as people type them: Ｔ１２３４… and T1-2345-…"""
    plain = unicodedata.normalize("NFKC", text).upper()
    return re.sub(r"[\s\-‐−ー]", "", plain)


def is_valid(number: str) -> bool:
    """Form only: sole proprietors' numbers carry no documented check digit."""
    return PATTERN.fullmatch(number) is not None
