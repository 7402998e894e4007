"""The settings that bound which releases are taken: the index of a day, and nothing but what is pinned."""

import datetime

from msgspec.structs import replace

from okamochi.detect.chosen_settings import ChosenSettings
from okamochi.detect.packages.dependencies import ChosenDependencies
from okamochi.errors import UsageError
from okamochi.model.evidence import Decision
from okamochi.system.clock import rfc3339
from okamochi.system.patterns import regex

__all__ = ["as_of_the_day", "with_pins_kept"]

DAY = regex(r"\d{4}-\d{2}-\d{2}")


def as_of_the_day(dependencies: ChosenDependencies, chosen: ChosenSettings) -> ChosenDependencies:
    """The dependencies with the setting's instant, where it is set; UsageError when it is no date."""
    wanted = chosen.settings.exclude_newer
    if wanted is None:
        return dependencies
    instant = instant_of(wanted, chosen.where("exclude-newer"))
    summary = f"nothing newer than {wanted} is installed"
    return _with_setting(dependencies, chosen, "exclude-newer", instant, summary)


def with_pins_kept(dependencies: ChosenDependencies, chosen: ChosenSettings) -> ChosenDependencies:
    """The dependencies with the setting keep-pins, where it is set."""
    if not chosen.settings.keep_pins:
        return dependencies
    summary = "no other release is taken in the place of a pinned one"
    return _with_setting(dependencies, chosen, "keep-pins", True, summary)


def _with_setting(
    dependencies: ChosenDependencies, chosen: ChosenSettings, key: str, value: str | bool, summary: str
) -> ChosenDependencies:
    """With the field that is called like the setting, and why."""
    field = key.replace("-", "_")
    decision = Decision(
        field=f"dependencies.{field}",
        summary=summary,
        origin=chosen.origin(key),
        evidence=(chosen.place(key),),
    )
    return replace(
        dependencies,
        dependencies=replace(dependencies.dependencies, **{field: value}),
        decisions=(*dependencies.decisions, decision),
    )


def instant_of(text: str, where: str) -> str:
    """RFC 3339 in UTC; a day counts to its end."""
    whole = f"{text}T23:59:59+00:00" if DAY.fullmatch(text) else text
    try:
        moment = datetime.datetime.fromisoformat(whole)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UsageError(
            f"the setting exclude-newer is no date: {text!r}",
            where=where,
            hint='write a day or an instant: "2024-05-01", "2024-05-01T12:00:00Z"',
        )
    return rfc3339(moment)
