"""What okamochi itself adds, in a version that runs on an older Python."""

from dataclasses import replace

import msgspec

from okamochi.detect.dependencies import GUNICORN, ChosenDependencies

__all__ = ["fit_to_python"]

# gunicorn's releases from 26.0 on ask for Python 3.10
GUNICORN_OF_OLD = "gunicorn>=23"
WITHOUT_NEWEST_GUNICORN = frozenset({"3.9"})


def fit_to_python(chosen: ChosenDependencies, version: str) -> ChosenDependencies:
    """The same; gunicorn, when okamochi adds it, without the bound that this Python cannot meet."""
    if version not in WITHOUT_NEWEST_GUNICORN or GUNICORN not in chosen.dependencies.added:
        return chosen
    added = tuple(GUNICORN_OF_OLD if one == GUNICORN else one for one in chosen.dependencies.added)
    decisions = tuple(
        msgspec.structs.replace(one, summary=one.summary.replace(GUNICORN, GUNICORN_OF_OLD))
        for one in chosen.decisions
    )
    return replace(
        chosen, dependencies=msgspec.structs.replace(chosen.dependencies, added=added), decisions=decisions
    )
