"""The time that goes into images: SOURCE_DATE_EPOCH or a fixed instant, never the wall clock; and that one,
for what is judged now."""

import datetime
from collections.abc import Mapping

import msgspec

from okamochi.errors import UsageError

__all__ = ["Clock", "rfc3339", "utc_now"]


class Clock(msgspec.Struct, frozen=True):
    """The instant, in seconds since 1970-01-01 UTC, that images carry as their time of creation.

    See https://reproducible-builds.org/specs/source-date-epoch/.
    """

    epoch_seconds: int = 0

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Clock":
        """From SOURCE_DATE_EPOCH, else zero. UsageError when it is not a whole number from 0."""
        text = environ.get("SOURCE_DATE_EPOCH", "").strip()
        if not text:
            return cls()
        if not (text.isascii() and text.isdigit()) or len(text) > 11:
            raise UsageError(
                "SOURCE_DATE_EPOCH is not a number of seconds",
                where=f"SOURCE_DATE_EPOCH={text}",
                hint="set it to whole seconds since 1970 (git log -1 --format=%ct), or unset it",
            )
        return cls(int(text))

    @property
    def rfc3339(self) -> str:
        return rfc3339(datetime.datetime.fromtimestamp(self.epoch_seconds, datetime.UTC))


def utc_now() -> datetime.datetime:
    """For how old something is; nothing that is built may depend on it."""
    return datetime.datetime.now(datetime.UTC)


def rfc3339(moment: datetime.datetime) -> str:
    """An aware moment in UTC, to the second: "2026-11-22T09:30:00Z"."""
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
