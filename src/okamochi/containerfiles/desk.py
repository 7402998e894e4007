"""Which names of stages, files and folders are for developers or tests, which for production: one table."""

import posixpath
import re

from okamochi.system.patterns import regex

__all__ = ["is_desk_name", "is_desk_path", "is_production_name", "is_production_path", "is_staging_path"]

DESK = regex(
    r"dev(?:el(?:op(?:ers?|ment)?)?|container|server|env|tools?|base)?\d*|local(?:host)?|override"
    r"|tests?|testing|fuzz(?:ing)?|e2e|ci|debug(?:ger|py)?|lint(?:er|ing)?"
)
PRODUCTION = frozenset(("prod", "prd", "production", "release", "live", "deploy", "final"))
STAGING = frozenset(("staging", "stg", "preprod"))


def is_desk_name(name: str) -> bool:
    """Of a stage: "development", "base-dev", "test_runner"."""
    return any(DESK.fullmatch(part) for part in parts_of(name))


def is_production_name(name: str) -> bool:
    """Of a stage: the whole name, for "production-base" is what others are built on."""
    return name.lower() in PRODUCTION


def is_desk_path(path: str) -> bool:
    """Whether the name of a file, or of its folder, says so. An override for production is none."""
    parts = [part for part in parts_of(path) if part != "override" or not is_production_path(path)]
    return any(DESK.fullmatch(part) for part in parts)


def is_production_path(path: str) -> bool:
    """Whether the name of a file says so, or that it is for what comes before; its folder may hold both."""
    return bool({*parts_of(posixpath.basename(path))} & (PRODUCTION | STAGING))


def is_staging_path(path: str) -> bool:
    return bool({*parts_of(posixpath.basename(path))} & STAGING)


def parts_of(name: str) -> list[str]:
    return re.split(r"[._/-]", name.lower())
