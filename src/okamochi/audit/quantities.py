"""Kubernetes' quantities: 250m, 512Mi, 1.5Gi.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from okamochi.system.patterns import regex

__all__ = ["amount", "meant"]

QUANTITY = regex(
    r"[+-]?(?P<number>\d+\.?\d*|\.\d+)(?:(?P<suffix>[KMGTPE]i|[numkMGTPE])|[eE](?P<exponent>[+-]?\d+))?"
)
SUFFIXES = {
    **{suffix: 1024.0**power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)},
    **{suffix: 1000.0**power for power, suffix in enumerate(("k", "M", "G", "T", "P", "E"), 1)},
    "m": 1e-3,
    "u": 1e-6,
    "n": 1e-9,
    "": 1.0,
}
# how people write it: 512MB, 512Mb, 512 MiB, 1g
MEANT = regex(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[kKmMgGtT])(?P<binary>i)?[bB]?")


def amount(text: str) -> float | None:
    """As a number; None for what Kubernetes does not take."""
    found = QUANTITY.fullmatch(text)
    if found is None:
        return None
    try:
        return float(found["number"]) * SUFFIXES[found["suffix"] or ""] * 10.0 ** int(found["exponent"] or 0)
    except OverflowError:
        return None


def meant(text: str) -> str:
    """The quantity of memory that somebody meant, in powers of 1024; "" where that cannot be told."""
    found = MEANT.fullmatch(text.strip())
    return f"{found['number']}{found['unit'].upper()}i" if found is not None else ""
