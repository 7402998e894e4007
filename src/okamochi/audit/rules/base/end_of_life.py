"""The base's Python has no security updates any more, or soon will not.

A Python version gets security fixes for five years, until October of its last one. After that a hole in
`ssl`, `http` or `urllib` stays open in each image that is built, and wheels of new releases stop coming.

Fix: the next version for which the app's requirements have wheels; okamochi plan tells which Python it
asks for.

Okamochi: takes the newest Python that the project's own files and its wheels allow, and tells when that one
has no more fixes.

See: https://devguide.python.org/versions/ (PEP 569, 596, 619, 664, 693, 719, 745)
"""

import datetime

from okamochi.audit.images import image_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.steps import names_an_image

__all__ = ["oldest_alive"]

SEVERITY = Severity.WARNING

# the last day of the month that the release's PEP names
ENDS = {
    "2.7": datetime.date(2020, 1, 31),
    "3.5": datetime.date(2020, 9, 30),
    "3.6": datetime.date(2021, 12, 31),
    "3.7": datetime.date(2023, 6, 30),
    "3.8": datetime.date(2024, 10, 31),
    "3.9": datetime.date(2025, 10, 31),
    "3.10": datetime.date(2026, 10, 31),
    "3.11": datetime.date(2027, 10, 31),
    "3.12": datetime.date(2028, 10, 31),
    "3.13": datetime.date(2029, 10, 31),
    "3.14": datetime.date(2030, 10, 31),
}


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for stage in file.stages:
            image = image_of(stage.image)
            version = image.python if image is not None else ""
            end = ENDS.get(version)
            if end is None or end >= setup.today or not names_an_image(stage):
                continue
            yield Found(
                path=file.path,
                line=stage.own[0].line,
                message=f"Python {version} has had no security fixes since {end:%B %Y}",
                hint=f"FROM python:{oldest_alive(setup.today)} or newer",
            )


def oldest_alive(today: datetime.date) -> str:
    """The oldest version that has more than half a year left."""
    soon = today + datetime.timedelta(days=183)
    return next((version for version, end in ENDS.items() if end > soon), "3")
