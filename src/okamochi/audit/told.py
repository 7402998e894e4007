"""What detectors found in environment files, which `okamochi plan` and `up` say as well."""

from collections.abc import Iterator

from okamochi.audit.rule import Found
from okamochi.audit.setup import Setup

__all__ = ["told"]


def told(setup: Setup, name: str) -> Iterator[Found]:
    """Of one rule."""
    for one in setup.told:
        if one.rule == name and one.evidence:
            first = one.evidence[0]
            yield Found(path=first.path, line=first.line or 0, message=one.message, hint=one.hint)
