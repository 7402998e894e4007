"""How an image came to be: an in-toto statement with SLSA provenance (https://slsa.dev/spec/v1.0/provenance)."""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from okamochi import __version__
from okamochi.build.commit_files import REVISION, Committed, image_annotations
from okamochi.build.components import Component
from okamochi.model.local_base import local_base
from okamochi.model.plan import Plan
from okamochi.oci.canonical_json import JsonObject, canonical_json
from okamochi.oci.image import Image

__all__ = ["PREDICATE", "dependency", "provenance"]

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:okamochi:build:v1"
SOURCE = "org.opencontainers.image.source"
MOST_NAMED = 200


def provenance(
    image: Image, name: str, components: Iterable[Component], plan: Plan, committed: Committed
) -> bytes:
    """The same image gives the same bytes: nothing of the moment or of this machine is told."""
    annotations = image_annotations(image)
    statement: dict[str, object] = {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": image.digest.hex}}],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "source": annotations.get(SOURCE, ""),
                    "platform": str(image.config.platform),
                    "python": plan.python_version,
                    "entryPoint": plan.application.entry_point,
                },
                "internalParameters": {"created": image.config.created},
                "resolvedDependencies": [
                    *sources(annotations, committed),
                    *map(dependency, packages(components)),
                ],
            },
            "runDetails": {
                "builder": {"id": f"pkg:pypi/okamochi@{__version__}", "version": {"okamochi": __version__}}
            },
        },
    }
    return canonical_json(statement)


def sources(annotations: Mapping[str, str], committed: Committed) -> Iterator[JsonObject]:
    """The commit that the app's files come from, where it is known, and which of them it has not."""
    revision, source = (annotations.get(key, "") for key in (REVISION, SOURCE))
    if revision:
        yield {
            "uri": f"git+{source}" if source else "git+local",
            "digest": {"gitCommit": revision},
            "annotations": {
                "appFilesInCommit": committed.word,
                "appFilesNotInCommit": list(committed.others[:MOST_NAMED]),
            },
        }


def packages(components: Iterable[Component]) -> Iterator[Component]:
    return (one for one in components if one.sha256)


def dependency(component: Component) -> JsonObject:
    name, version = quote(component.name, safe=".-_~"), quote(component.version, safe=".-_~:")
    if component.kind == "image":
        uri = component.name if local_base(component.name) is not None else f"oci://{component.name}"
        return {"uri": uri, "digest": {"sha256": component.sha256}}
    kinds = {"wheel": "pypi", "deb": "deb/debian"}
    uri = f"pkg:{kinds.get(component.kind, 'generic')}/{name}@{version}"
    return {"uri": uri, "digest": {"sha256": component.sha256}}
