"""What the requirements say about the age of a package, before anything is resolved."""

from packaging.version import Version

from okamochi.detect.packages.dependencies import ChosenDependencies
from okamochi.pypi.specifiers import parsed_specifier

__all__ = ["stays_below"]


def stays_below(dependencies: ChosenDependencies, name: str, first: Version) -> bool:
    """Whether the requirement admits nothing of the package from the version `first` on."""
    line = dependencies.requirements.line_of(name)
    if line is None:
        return False
    asked = parsed_specifier(line.specifier)
    return asked is not None and any(_excludes(one.operator, one.version, first) for one in asked.specifier)


def _excludes(operator: str, text: str, first: Version) -> bool:
    try:
        version = Version(text.removesuffix(".*"))
    except ValueError:
        return False
    if operator == "<":
        return version <= first
    if operator == "~=":  # ~=2.5 admits nothing from 3 on, ~=2.5.1 nothing from 2.6 on
        *leading, last = version.release[:-1]
        return Version(".".join(map(str, (*leading, last + 1)))) <= first
    return operator in ("==", "===", "<=") and version < first
