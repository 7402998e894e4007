"""The software bill of materials as SPDX 2.3 (ISO/IEC 5962 is its 2.2.1), in JSON."""

import hashlib
import re
import uuid

from okamochi import __version__
from okamochi.build.inventory import Inventory, OwnedFile, Part
from okamochi.build.package_urls import package_url
from okamochi.oci.canonical_json import canonical_json
from okamochi.oci.image import Image

__all__ = ["SPDX", "spdx"]

SPDX = "application/spdx+json"
NOT_IN_IDS = re.compile(r"[^a-zA-Z0-9.]")
UNKNOWN = "NOASSERTION"


def spdx(image: Image, inventory: Inventory, name: str) -> bytes:
    """The same image gives the same bytes: namespace and time are the image's."""
    digest = str(image.digest)
    parts = inventory.parts
    document: dict[str, object] = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "documentNamespace": f"https://spdx.org/spdxdocs/okamochi-{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "creationInfo": {"created": image.config.created, "creators": [f"Tool: okamochi-{__version__}"]},
        "packages": [image_package(name, digest), *(package_of(part, inventory.system) for part in parts)],
        "files": [file_of(found) for part in parts for found in part.files],
        "relationships": [
            relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Image"),
            *(found for part in parts for found in relations_of(part)),
        ],
    }
    return canonical_json(document)


def image_package(name: str, digest: str) -> dict[str, object]:
    return {
        "SPDXID": "SPDXRef-Image",
        "name": name,
        "versionInfo": digest,
        "downloadLocation": UNKNOWN,
        "filesAnalyzed": False,
        "primaryPackagePurpose": "CONTAINER",
    }


def package_of(part: Part, system: str) -> dict[str, object]:
    component, purl = part.component, package_url(part, system)
    value: dict[str, object] = {
        "SPDXID": identity(part),
        "name": component.name,
        "versionInfo": component.version,
        "downloadLocation": UNKNOWN,
        "filesAnalyzed": bool(part.files),
        "licenseConcluded": UNKNOWN,
        "licenseDeclared": part.licence or UNKNOWN,
        "copyrightText": UNKNOWN,
        "licenseComments": part.licence_name,
    }
    if part.files:
        value["packageVerificationCode"] = {"packageVerificationCodeValue": verification_code(part.files)}
    if component.sha256:
        value["checksums"] = [{"algorithm": "SHA256", "checksumValue": component.sha256}]
    if purl:
        reference = {
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": purl,
        }
        value["externalRefs"] = [reference]
    return {key: held for key, held in value.items() if held != ""}


def verification_code(files: tuple[OwnedFile, ...]) -> str:
    """SPDX 2.3, 7.9."""
    joined = "".join(sorted(found.sha1 for found in files))
    return hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()


def file_of(found: OwnedFile) -> dict[str, object]:
    return {
        "SPDXID": file_identity(found),
        "fileName": f".{found.path}",
        "checksums": [
            {"algorithm": "SHA1", "checksumValue": found.sha1},
            {"algorithm": "SHA256", "checksumValue": found.sha256},
        ],
        "licenseConcluded": UNKNOWN,
        "copyrightText": UNKNOWN,
    }


def relations_of(part: Part) -> list[dict[str, object]]:
    here = identity(part)
    return [
        relation("SPDXRef-Image", "CONTAINS", here),
        *(relation(here, "DEPENDS_ON", identity_of(owner)) for owner in part.needs),
        *(relation(here, "CONTAINS", file_identity(found)) for found in part.files),
    ]


def relation(one: str, kind: str, other: str) -> dict[str, object]:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def identity(part: Part) -> str:
    return identity_of(part.component.owner)


def identity_of(owner: str) -> str:
    """Letters, digits, "." and "-" alone may stand in it; the rest is told apart by a digest."""
    short = hashlib.sha256(owner.encode()).hexdigest()[:8]
    return f"SPDXRef-{NOT_IN_IDS.sub('-', owner)}-{short}"


def file_identity(found: OwnedFile) -> str:
    return f"SPDXRef-File-{hashlib.sha256(found.path.encode()).hexdigest()[:24]}"
