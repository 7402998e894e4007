"""What detectors found in environment files, which `okamochi plan` and `up` say as well."""

from collections.abc import Callable

from okamochi.audit.rule import Finds, Found, Setup

__all__ = ["told"]


def told(name: str) -> Callable[[Setup], Finds]:
    """How the rule of that name looks."""

    def look(setup: Setup) -> Finds:
        for one in setup.told:
            if one.rule == name and one.evidence:
                first = one.evidence[0]
                yield Found(path=first.path, line=first.line or 0, message=one.message, hint=one.hint)

    return look
