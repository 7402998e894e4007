"""Names that images, containers and folders can bear."""

import re

__all__ = ["normalized_name"]


def normalized_name(text: str) -> str:
    """Lower case letters, digits and single hyphens (PEP 503, without dots and underscores), at most 63;
    empty when nothing is left of the text."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return plain[:63].strip("-")
