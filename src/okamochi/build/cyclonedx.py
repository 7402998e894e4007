"""The software bill of materials as CycloneDX 1.6 (ECMA-424), in JSON.

Written here rather than by a library, so that the library that judges it in tests is nobody's accomplice.
"""

import uuid

from okamochi import __version__
from okamochi.build.inventory import Inventory, OwnedFile, Part
from okamochi.build.package_urls import package_url
from okamochi.oci.canonical_json import canonical_json
from okamochi.oci.image import Image

__all__ = ["CYCLONEDX", "cyclonedx"]

CYCLONEDX = "application/vnd.cyclonedx+json"
TYPES = {
    "deb": "library",
    "wheel": "library",
    "image": "container",
    "kit": "application",
    "app": "application",
}
SERIALS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:okamochi:sbom")


def cyclonedx(image: Image, inventory: Inventory, name: str) -> bytes:
    """The same image gives the same bytes: serial number and time are the image's."""
    root = str(image.digest)
    parts = inventory.parts
    document: dict[str, object] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(SERIALS, root)}",
        "version": 1,
        "metadata": {
            "timestamp": image.config.created,
            "tools": {"components": [{"type": "application", "name": "okamochi", "version": __version__}]},
            "component": {"type": "container", "bom-ref": root, "name": name, "version": root},
        },
        "components": [component_of(part, inventory.system) for part in parts],
        "dependencies": [
            {"ref": root, "dependsOn": sorted(part.component.owner for part in parts)},
            *(
                {"ref": part.component.owner, "dependsOn": list(part.needs)}
                for part in sorted(parts, key=lambda part: part.component.owner)
            ),
        ],
    }
    return canonical_json(document)


def component_of(part: Part, system: str) -> dict[str, object]:
    component = part.component
    value: dict[str, object] = {
        "type": TYPES[component.kind],
        "bom-ref": component.owner,
        "name": component.name,
        "purl": package_url(part, system),
        "version": component.version,
        "licenses": licences(part),
        "components": [file_of(found) for found in part.files],
        "properties": [
            {"name": f"okamochi:{key}", "value": text}
            for key, text in (("kind", component.kind), ("sha256", component.sha256), ("source", part.source))
            if text
        ],
    }
    return {key: held for key, held in value.items() if held}


def licences(part: Part) -> list[dict[str, object]]:
    if part.licence:
        return [{"expression": part.licence}]
    return [{"license": {"name": part.licence_name}}] if part.licence_name else []


def file_of(found: OwnedFile) -> dict[str, object]:
    return {"type": "file", "name": found.path, "hashes": [{"alg": "SHA-256", "content": found.sha256}]}
