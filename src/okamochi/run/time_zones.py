"""A time zone that the image has not."""

import re

from okamochi.run.traces import Cause, own_frame, told_by

__all__ = ["MISSING_ZONE", "missing_time_zone"]

MISSING_ZONE = r"(?:No time zone found with key|Incorrect timezone setting:) (?P<name>[\w/+-]+)"
"""Of Python's zoneinfo, which then tries to import tzdata and says so, and of Django's settings."""


@told_by(MISSING_ZONE)
def missing_time_zone(found: re.Match[str], log: str) -> Cause | None:
    return Cause(
        f"the image has no time zone {found['name']}",
        "if the name is one of the old ones (US/Pacific), which Debian keeps apart since its release 13: "
        '[tool.okamochi] packages = ["tzdata-legacy"], or the name of today (America/Los_Angeles); on a base '
        "without time zones, ask for tzdata in the requirements",
        own_frame(log),
    )
