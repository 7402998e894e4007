"""The day on which each Python came out."""

import datetime
from typing import Final

__all__ = ["CAME_OUT", "days_of_packages"]

TIME_TO_FOLLOW: Final = datetime.timedelta(days=182)

# first releases: https://peps.python.org/pep-0596/ and its successors
CAME_OUT: Final = {
    "3.9": "2020-10-05",
    "3.10": "2021-10-04",
    "3.11": "2022-10-24",
    "3.12": "2023-10-02",
    "3.13": "2024-10-07",
    "3.14": "2025-10-07",
}


def days_of_packages(python: str) -> tuple[str, ...]:
    """Instants on which an index had packages for a Python: when it came out, and when they had had time to
    follow. Empty for one that nobody knows."""
    if python not in CAME_OUT:
        return ()
    day = datetime.date.fromisoformat(CAME_OUT[python])
    return tuple(f"{one.isoformat()}T00:00:00Z" for one in (day, day + TIME_TO_FOLLOW))
