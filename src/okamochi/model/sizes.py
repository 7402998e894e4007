"""Sizes as people write them in Compose, Kubernetes and Docker: 512M, 2G, 512Mi, 1g."""

import re

from okamochi.errors import UsageError
from okamochi.system.patterns import regex

__all__ = ["MEBIBYTE", "parse_size"]

MEBIBYTE = 1024 * 1024
SIZE = regex(r"([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)(?:i?b?)", re.IGNORECASE)
FACTORS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


def parse_size(text: str, *, where: str) -> int:
    """Bytes. M and Mi alike are 1024 * 1024, as Docker counts. UsageError naming `where`."""
    found = SIZE.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{text!r} is not a size", where=where, hint="write it like 512M or 2G")
    return int(float(found[1]) * FACTORS[found[2].lower()])
