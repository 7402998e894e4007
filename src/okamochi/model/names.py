"""Names that images, containers and folders can bear."""

import re

__all__ = ["dashed", "normalized_name"]


def normalized_name(text: str) -> str:
    """Lower case letters, digits and single hyphens (PEP 503, without dots and underscores), at most 63;
    empty when nothing is left of the text."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return plain[:63].strip("-")


def dashed(name: str) -> str:
    """What the file of a secret may be called beside its name: db-password for db_password. Variables in
    capitals have no second name."""
    return name.replace("_", "-") if name.islower() else name
