"""A locale that the image has not."""

import re

from okamochi.run.traces import Cause, own_frame, own_line, told_by

__all__ = ["MISSING_LOCALE", "missing_locale"]

MISSING_LOCALE = r"\blocale\.Error: unsupported locale setting"


@told_by(MISSING_LOCALE)
def missing_locale(found: re.Match[str], log: str) -> Cause | None:
    line = own_line(log)
    return Cause(
        "the app sets a locale that the image has not" + (f": {line}" if "setlocale" in line else ""),
        "name it as Linux does (es_MX.UTF-8, not Spanish_Mexico), and let the image have Debian's: "
        '[tool.okamochi] packages = ["locales-all"]',
        own_frame(log),
    )
