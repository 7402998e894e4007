"""Whether a library fails since it is old, and which release is newer."""

import re

from packaging.version import Version

from okamochi.run.proof.answer import Answer, failing_library, last_line_of_code

__all__ = ["is_newer", "refuses_a_call"]


def refuses_a_call(answer: Answer) -> bool:
    """The package was imported, and raises on purpose what it thinks of the app's call: of no other version
    will it think otherwise."""
    imported = rf"/site-packages/{re.escape(failing_library(answer))}\b[^\n]*, in <module>"
    return last_line_of_code(answer.text).startswith("raise ") and not re.search(imported, answer.text)


def is_newer(current: str, installed: str) -> bool:
    try:
        return bool(current) and Version(current) > Version(installed)
    except ValueError:
        return False
