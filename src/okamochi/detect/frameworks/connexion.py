"""Connexion: Flask behind the routes of an OpenAPI document, WSGI up to its second version, ASGI since the
third. https://connexion.readthedocs.io/en/latest/v3.html"""

from msgspec.structs import replace
from packaging.version import Version

from okamochi.detect.frameworks.classes import CONNEXION
from okamochi.detect.packages.dependencies import ChosenDependencies
from okamochi.detect.packages.pinned import stays_below
from okamochi.detect.serving.entrypoint import EntryPoint
from okamochi.model.plan import ServerInterface

__all__ = ["as_candidates", "of_its_version"]

FIRST_OF_ASGI = Version("3")
INSIDE = ".app"


def of_its_version(entry: EntryPoint, dependencies: ChosenDependencies) -> EntryPoint:
    """Before the third version, what the server loads is the object of Flask inside."""
    candidate = entry.candidate
    if candidate.class_name != CONNEXION or not stays_below(dependencies, "connexion", FIRST_OF_ASGI):
        return entry
    inside = candidate.name if candidate.is_factory else f"{candidate.name}{INSIDE}"
    return replace(entry, candidate=replace(candidate, name=inside, interface=ServerInterface.WSGI))


def as_candidates(labels: frozenset[str]) -> frozenset[str]:
    """Entry points that failed, under the names that the objects around them have, too."""
    return labels | {one.removesuffix(INSIDE) for one in labels}
