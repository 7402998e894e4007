"""A database's version has no security fixes any more, or never will have.

Postgres keeps a major version for five years. MySQL and MariaDB say for each long-term version when it ends.

Fix: the next version, by a dump or the database's own upgrade; the app's driver talks to all of them.

Okamochi: a version that is maintained.

See: https://www.postgresql.org/support/versioning/, https://mariadb.org/about/#maintenance-policy
"""

import datetime
import re

from okamochi.audit.images import database_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.services import services
from okamochi.oci.reference import tag_of

SEVERITY = Severity.WARNING
VERSION = re.compile(r"(?:pg)?(\d+)(?:\.(\d+))?")
ENDS = {
    "Postgres": {
        "9": datetime.date(2021, 11, 11),
        "10": datetime.date(2022, 11, 10),
        "11": datetime.date(2023, 11, 9),
        "12": datetime.date(2024, 11, 21),
        "13": datetime.date(2025, 11, 13),
        "14": datetime.date(2026, 11, 12),
        "15": datetime.date(2027, 11, 11),
        "16": datetime.date(2028, 11, 9),
        "17": datetime.date(2029, 11, 8),
        "18": datetime.date(2030, 11, 14),
    },
    "MySQL": {"5": datetime.date(2023, 10, 31), "8.0": datetime.date(2026, 4, 30)},
    "MariaDB": {
        "10.4": datetime.date(2024, 6, 18),
        "10.5": datetime.date(2025, 6, 24),
        "10.6": datetime.date(2026, 7, 6),
        "10.11": datetime.date(2028, 2, 16),
    },
}


def look(setup: Setup) -> Finds:
    for container in services(setup):
        kind = database_of(container.image)
        found = VERSION.match(tag_of(container.image))
        if kind is None or found is None:
            continue
        ends = ENDS.get(kind.title, {})
        version = next((one for one in (f"{found[1]}.{found[2]}", found[1]) if one in ends), "")
        if version and ends[version] < setup.today:
            yield Found(
                path=container.path,
                line=container.node.key("image").line,
                message=f"{kind.title} {shown(version, found)} has had no security fixes since "
                f"{ends[version]:%B %Y}",
                hint="a newer version; its data is moved by a dump, or by the database's own upgrade",
            )


def shown(version: str, found: re.Match[str]) -> str:
    """5.7 for MySQL's 5, as its tag says."""
    return f"{version}.{found[2]}" if version == "5" and found[2] else version
