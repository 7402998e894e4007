"""Documents about an image, attached to it in a layout."""

import json
from pathlib import Path

from oci_samples import sample_image
from tests.oci.validate import read_images, validate_layout

from okamochi.oci.artifact import Artifact, attach_to_layout
from okamochi.oci.layout import blob_path, write_layout

TYPE = "application/vnd.example+json"


def attached(tmp_path: Path) -> tuple[Path, Artifact]:
    image = sample_image(tmp_path / "cache")
    folder = tmp_path / "layout"
    write_layout(image, folder, reference="1")
    artifact = Artifact(TYPE, b'{"a":1}', image.descriptor)
    attach_to_layout(artifact, folder)
    return folder, artifact


def test_a_document_names_the_image_as_its_subject(tmp_path: Path) -> None:
    folder, artifact = attached(tmp_path)
    manifest = json.loads((folder / blob_path(artifact.descriptor.digest)).read_bytes())
    (image,) = read_images(folder)
    assert manifest["subject"] == {
        "mediaType": image.descriptor.media_type,
        "digest": str(image.digest),
        "size": len(image.manifest_bytes),
    }
    (layer,) = manifest["layers"]
    assert (folder / "blobs/sha256" / layer["digest"].removeprefix("sha256:")).read_bytes() == b'{"a":1}'


def test_images_are_read_and_judged_with_documents_beside_them(tmp_path: Path) -> None:
    folder, artifact = attached(tmp_path)
    assert len(read_images(folder)) == 1
    assert validate_layout(folder) == ()
    (folder / blob_path(artifact.blobs[1][0].digest)).unlink()
    (found,) = validate_layout(folder)
    assert "missing" in found.message


def test_the_same_document_is_attached_once(tmp_path: Path) -> None:
    folder, artifact = attached(tmp_path)
    before = (folder / "index.json").read_bytes()
    attach_to_layout(artifact, folder)
    assert (folder / "index.json").read_bytes() == before
    assert len(json.loads(before)["manifests"]) == 2
