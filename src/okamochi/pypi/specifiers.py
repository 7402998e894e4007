"""Dependency specifiers (PEP 508) that others wrote: read, or known to be none."""

from packaging.requirements import Requirement

__all__ = ["parsed_specifier"]


def parsed_specifier(text: str) -> Requirement | None:
    """None for what is no specifier, or nests its markers so deeply that nobody reads it."""
    try:
        return Requirement(text)
    except (ValueError, RecursionError):
        return None
