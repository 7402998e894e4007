"""The suites of Debian that okamochi builds from: the one place that knows what each has.

Ends of support: https://wiki.debian.org/LTS. They are told, never compared with a clock: the same project
gives the same plan on any day.
"""

import calendar
import datetime
from enum import StrEnum
from typing import Final

import msgspec

from okamochi.errors import PlanError

__all__ = ["DEFAULT_SUITE", "SUITES", "Suite", "Support", "suite_named", "suite_of_python"]


class Support(StrEnum):
    """What Debian does about security holes in a suite."""

    SUPPORTED = "supported"
    LONG_TERM = "long-term support"
    TESTING = "testing"
    ENDED = "end of life"


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """`python_version` is "3.13"; `glibc_version` decides which manylinux wheels run; `until` is the last
    month of security updates ("2030-06"), "" where none is promised. `openssl_package` is its OpenSSL;
    `python_extras` are parts of the standard library that Debian packed apart; `old_zones` has the names of
    time zones that are kept for old data alone, such as US/Pacific, where tzdata has none of them."""

    name: str
    title: str
    python_version: str
    glibc_version: str
    openssl_package: str
    python_extras: tuple[str, ...] = ()
    old_zones: str = ""
    support: Support
    until: str = ""

    @property
    def number(self) -> str:
        return self.title.partition(" ")[0]

    @property
    def last_day(self) -> datetime.date | None:
        """Of its security updates; None where none is promised."""
        if not self.until:
            return None
        year, month = map(int, self.until.split("-"))
        return datetime.date(year, month, calendar.monthrange(year, month)[1])

    @property
    def python_package(self) -> str:
        return f"python{self.python_version}"

    @property
    def updates(self) -> str:
        return f"{self.name}-updates"

    @property
    def security(self) -> str:
        """Its name in the security archive."""
        return f"{self.name}-security"

    @property
    def may_be_stale(self) -> bool:
        """Whether Release files past their Valid-Until count: an archived suite is never signed anew, and of
        testing many mirrors keep a frozen state. Old packages may then be passed off as the newest, which is
        why nobody gets such a suite without being told."""
        return self.support in (Support.TESTING, Support.ENDED)

    @property
    def warning(self) -> str:
        """What whoever builds on this suite should know; "" for one that is looked after."""
        if self.support is Support.ENDED:
            return f"Debian {self.title} has had no security updates since {self.until}"
        if self.support is Support.TESTING:
            return f"Debian {self.title} is not released yet: packages change, security updates come late"
        return ""

    @property
    def promise(self) -> str:
        """The suite's state, for people."""
        until = f" until {self.until}" if self.until and self.support is not Support.ENDED else ""
        return f"{self.support.value}{until}"


DEFAULT_SUITE: Final = "trixie"

# Best first: the order in which a project that does not care gets them.
SUITES: Final[tuple[Suite, ...]] = (
    Suite(
        name="trixie",
        title="13 (trixie)",
        python_version="3.13",
        glibc_version="2.41",
        openssl_package="libssl3t64",
        old_zones="tzdata-legacy",
        support=Support.SUPPORTED,
        until="2030-06",
    ),
    Suite(
        name="bookworm",
        title="12 (bookworm)",
        python_version="3.11",
        glibc_version="2.36",
        openssl_package="libssl3",
        python_extras=("python3-distutils",),
        support=Support.LONG_TERM,
        until="2028-06",
    ),
    Suite(
        name="bullseye",
        title="11 (bullseye)",
        python_version="3.9",
        glibc_version="2.31",
        openssl_package="libssl1.1",
        python_extras=("python3-distutils",),
        support=Support.ENDED,
        until="2026-08",
    ),
    Suite(
        name="forky",
        title="14 (forky)",
        python_version="3.14",
        glibc_version="2.43",
        openssl_package="libssl3t64",
        old_zones="tzdata-legacy",
        support=Support.TESTING,
    ),
)


def suite_named(name: str) -> Suite:
    """PlanError for a suite that okamochi does not know."""
    found = next((suite for suite in SUITES if suite.name == name), None)
    if found is None:
        raise PlanError(
            f"okamochi builds nothing from Debian's {name}",
            where="base.suite",
            hint=f"it knows {', '.join(suite.name for suite in SUITES)}: run 'okamochi lock'",
        )
    return found


def suite_of_python(version: str) -> Suite | None:
    """The suite that has this Python ("3.13"); None when Debian has none."""
    return next((suite for suite in SUITES if suite.python_version == version), None)
