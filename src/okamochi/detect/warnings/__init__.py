"""What the plan warns of: how the author starts the app, and what of it the image will not have.

A warning is one file of this folder, and nothing lists it: its docstring says what it is about, and `warn`
takes what is understood of the project and returns decisions, none where there is nothing to warn of.
"""

from collections.abc import Iterator

from okamochi.detect.understanding import Understood
from okamochi.model.evidence import Decision
from okamochi.system.modules_of_folder import modules_of

__all__ = ["warnings"]

WARNINGS = tuple(one.warn for one in modules_of(__name__))


def warnings(found: Understood) -> Iterator[Decision]:
    for warn in WARNINGS:
        yield from warn(found)
