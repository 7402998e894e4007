"""Whether a library fails since it is old, and which release is newer."""

import re

from packaging.version import Version

from okamochi.run.proof.answer import Answer, failing_library, last_line_of_code
from okamochi.run.traces import own_line
from okamochi.system.patterns import regex

__all__ = ["is_asked_by_the_app", "is_newer", "refuses_a_call"]

LACKING = regex(r"object has no attribute '(\w+)'")


def refuses_a_call(answer: Answer) -> bool:
    """The package was imported, and raises on purpose what it thinks of the app's call: of no other version
    will it think otherwise."""
    imported = rf"/site-packages/{re.escape(failing_library(answer))}\b[^\n]*, in <module>"
    return last_line_of_code(answer.text).startswith("raise ") and not re.search(imported, answer.text)


def is_asked_by_the_app(answer: Answer) -> bool:
    """The app's own line asks for the attribute, `request.user.profile`, of something that only hands it on
    (Django's SimpleLazyObject): a later release hands on the same."""
    lacking = LACKING.search(answer.message)
    return lacking is not None and re.search(rf"\.{lacking[1]}\b", own_line(answer.text)) is not None


def is_newer(current: str, installed: str) -> bool:
    try:
        return bool(current) and Version(current) > Version(installed)
    except ValueError:
        return False
