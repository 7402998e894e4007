"""Variables that the app cannot start without, with the plain values that the project's own files give."""

from collections.abc import Iterable, Iterator

from okamochi.detect.files.platform_files import StatedValue, stated_values
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.process import EnvironmentVariable, VariableKind
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = ["stated_environment"]

# Of a developer's desk, or to be replaced: no value for production.
UNFIT = regex(r"dev|debug|test|local|127\.0\.0\.1|example|change|your|todo|xxx|<", 2)
NAMES_OF_DEBUGGING = regex(r".*DEBUG.*|.*TESTING.*")


def stated_environment(
    project: ProjectFiles,
    variables: Iterable[EnvironmentVariable],
    served: frozenset[str],
    config: StatedValue | None = None,
) -> tuple[tuple[tuple[str, str], ...], tuple[Decision, ...]]:
    """No secret is among them: its value would be in the image. `served` are variables that a service of the
    plan fills; `config` is the configuration that the code itself has for production, which rules."""
    asked = {
        one.name: one
        for one in variables
        if one.kind is VariableKind.PLAIN
        and one.name not in served
        and (one.required or (config is not None and one.name == config.name and one.default is None))
    }
    own = config if config is not None and config.name in asked else None
    if not asked and own is None:
        return (), ()
    found = [own] if own is not None else []
    others = (one for one in stated_values(project) if own is None or one.name != own.name)
    found += [one for one in others if one.name in asked and is_fit(one)]
    return tuple((one.name, one.value) for one in found), tuple(decisions(found))


def is_fit(one: StatedValue) -> bool:
    return bool(one.value) and not UNFIT.search(one.value) and not NAMES_OF_DEBUGGING.fullmatch(one.name)


def decisions(found: Iterable[StatedValue]) -> Iterator[Decision]:
    for one in found:
        evidence = Evidence(path=one.path, line=one.line, reason=f"gives {one.name} a value")
        yield Decision.detected(
            f"image_environment.{one.name}",
            f"{one.name} is {one.value[:60]!r}, unless you give another",
            (evidence,),
        )
