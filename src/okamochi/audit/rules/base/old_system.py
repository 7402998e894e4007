"""The base's Debian, Ubuntu or Alpine has no security updates any more.

Of libssl, zlib and libc the distribution is in charge, not Python's image: a tag such as `3.11-slim-buster`
still gets nothing when buster's own updates have ended. Some time later its packages leave the mirrors, and
`apt-get update` fails with 404. For Debian the end of its long-term support counts, for Ubuntu that of its
standard support.

Fix: the suite that the plain tag has today (`python:3.13-slim`), or a newer name in the tag.

Okamochi: Debian packages of a suite that is maintained, from its signed index.

See: https://www.debian.org/releases/, https://wiki.debian.org/LTS, https://ubuntu.com/about/release-cycle,
https://alpinelinux.org/releases/
"""

import datetime
import re

from okamochi.audit.images import Image, image_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.steps import makers, names_an_image
from okamochi.model.suites import SUITES

SEVERITY = Severity.WARNING

# those that okamochi never built from; the others it knows better
DEBIAN = {
    "jessie": ("8", datetime.date(2020, 6, 30)),
    "stretch": ("9", datetime.date(2022, 6, 30)),
    "buster": ("10", datetime.date(2024, 6, 30)),
} | {one.name: (one.number, one.last_day) for one in SUITES if one.last_day is not None}
UBUNTU = {
    "xenial": ("16.04", datetime.date(2021, 4, 30)),
    "bionic": ("18.04", datetime.date(2023, 5, 31)),
    "focal": ("20.04", datetime.date(2025, 5, 31)),
    "jammy": ("22.04", datetime.date(2027, 4, 30)),
    "noble": ("24.04", datetime.date(2029, 4, 30)),
}
ALPINE = {
    "3.6": datetime.date(2019, 5, 1),
    "3.7": datetime.date(2019, 11, 1),
    "3.8": datetime.date(2020, 5, 1),
    "3.9": datetime.date(2020, 11, 1),
    "3.10": datetime.date(2021, 5, 1),
    "3.11": datetime.date(2021, 11, 1),
    "3.12": datetime.date(2022, 5, 1),
    "3.13": datetime.date(2022, 11, 1),
    "3.14": datetime.date(2023, 5, 1),
    "3.15": datetime.date(2023, 11, 1),
    "3.16": datetime.date(2024, 5, 23),
    "3.17": datetime.date(2024, 11, 22),
    "3.18": datetime.date(2025, 5, 9),
    "3.19": datetime.date(2025, 11, 1),
    "3.20": datetime.date(2026, 4, 1),
    "3.21": datetime.date(2026, 11, 1),
    "3.22": datetime.date(2027, 5, 1),
    "3.23": datetime.date(2027, 11, 1),
}


def look(setup: Setup) -> Finds:
    """Each line that names such an image, of all that the shipped stage is made of."""
    for file in setup.dockerfiles:
        for stage in makers(file) if not file.desk else ():
            image = image_of(stage.image)
            system = system_of(image) if image is not None and names_an_image(stage) else None
            if image is None or system is None or system[1] >= setup.today:
                continue
            name, end = system
            yield Found(
                path=file.path,
                line=stage.own[0].line,
                message=f"{name} below {stage.image} has had no security updates since {end:%B %Y}",
                hint=f"FROM {instead(image)}",
            )


def system_of(image: Image) -> tuple[str, datetime.date] | None:
    """Its name and when its updates end; None where the image's name does not say, or it is not known."""
    last = image.name.rpartition("/")[2]
    for kind, table in (("Debian", DEBIAN), ("Ubuntu", UBUNTU)):
        for suite, (number, end) in table.items():
            numbered = last == kind.lower() and re.match(rf"{re.escape(number)}(?![\d])", image.tag)
            if numbered or suite in re.split(r"[-.]", image.tag):
                return f"{kind} {number} ({suite})", end
    found = re.search(r"alpine(\d\.\d+)", image.tag)
    if last == "alpine":
        found = re.match(r"(\d\.\d+)", image.tag)
    end_of = ALPINE.get(found[1]) if found is not None else None
    return (f"Alpine {found[1]}", end_of) if found is not None and end_of is not None else None


def instead(image: Image) -> str:
    """The same without its old system, where another one stands in its place."""
    bare = re.sub(r"-?(?:" + "|".join((*DEBIAN, *UBUNTU)) + r")|(?<=alpine)\d\.\d+", "", image.tag)
    if image.is_python and bare.strip("-"):
        return f"{image.name}:{bare.strip('-')}"
    return f"{image.name}, of a version that is maintained"
