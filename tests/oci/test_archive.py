"""The hybrid archive, byte for byte and by its readers' rules."""

import io
import json
import tarfile
from pathlib import Path

import pytest
from oci_samples import one_layer, sample_image
from tests.oci.validate import read_images, validate_layout

from okamochi.errors import BuildError
from okamochi.oci.archive import known_layers, write_archive
from okamochi.oci.digest import Digest
from okamochi.oci.entry import file
from okamochi.oci.image import Image
from okamochi.oci.reference import Reference

NAME = Reference.parse("invoice:4f2a")


def archive_of(image: Image, *, skip: frozenset[Digest] = frozenset()) -> bytes:
    stream = io.BytesIO()
    write_archive(image, stream, reference=NAME, skip=skip)
    return stream.getvalue()


def contents(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        found = {member.name: opened.extractfile(member) for member in opened.getmembers()}
        return {name: held.read() for name, held in found.items() if held is not None}


def test_unpacked_it_is_a_valid_layout(tmp_path: Path) -> None:
    image = sample_image(tmp_path / "cache")
    with tarfile.open(fileobj=io.BytesIO(archive_of(image))) as archive:
        archive.extractall(
            tmp_path / "layout", **({"filter": "data"} if hasattr(tarfile, "data_filter") else {})
        )
    assert validate_layout(tmp_path / "layout") == ()
    assert [read.digest for read in read_images(tmp_path / "layout", reference="4f2a")] == [image.digest]


def test_docker_finds_its_manifest(tmp_path: Path) -> None:
    image = sample_image(tmp_path / "cache")
    files = contents(archive_of(image))
    (manifest,) = json.loads(files["manifest.json"])
    assert manifest["RepoTags"] == ["invoice:4f2a"]
    assert files[manifest["Config"]] == image.config_bytes
    assert [Digest.of(files[path]) for path in manifest["Layers"]] == [
        layer.descriptor.digest for layer in image.layers
    ]


def test_both_kinds_of_name_are_annotated(tmp_path: Path) -> None:
    (entry,) = json.loads(contents(archive_of(sample_image(tmp_path)))["index.json"])["manifests"]
    assert entry["annotations"] == {
        "io.containerd.image.name": "docker.io/library/invoice:4f2a",
        "org.opencontainers.image.ref.name": "4f2a",
    }


def test_the_same_image_gives_the_same_archive(tmp_path: Path) -> None:
    one, two = (archive_of(sample_image(tmp_path / name)) for name in ("one", "two"))
    assert one == two


def test_a_skipped_layer_is_named_but_not_there(tmp_path: Path) -> None:
    image = sample_image(tmp_path)
    first = image.layers[0].descriptor.digest
    files = contents(archive_of(image, skip=frozenset({first})))
    (manifest,) = json.loads(files["manifest.json"])
    assert len(manifest["Layers"]) == 2
    assert f"blobs/sha256/{first.hex}" not in files
    assert f"blobs/sha256/{image.layers[1].descriptor.digest.hex}" in files


def test_a_layer_that_comes_twice_is_written_once(tmp_path: Path) -> None:
    image = one_layer(tmp_path, (file("a", "app", b"1"),))
    with tarfile.open(fileobj=io.BytesIO(archive_of(Image(image.config, image.layers * 2)))) as archive:
        names = archive.getnames()
    assert len(names) == len(set(names))


def test_a_layer_whose_file_is_gone_is_an_error(tmp_path: Path) -> None:
    image = sample_image(tmp_path)
    image.layers[1].path.unlink()
    with pytest.raises(BuildError, match="cannot be used: No such file"):
        archive_of(image)


def test_only_a_common_beginning_counts_as_known(tmp_path: Path) -> None:
    image = sample_image(tmp_path)
    base, wheels = image.layers
    assert known_layers(image, []) == frozenset()
    assert known_layers(image, [[str(wheels.diff_id)]]) == frozenset()
    assert known_layers(image, [[str(base.diff_id), "sha256:other"], []]) == {base.descriptor.digest}
    whole = [str(layer.diff_id) for layer in image.layers]
    assert known_layers(image, [whole[:1], [*whole, "sha256:more"]]) == {
        base.descriptor.digest,
        wheels.descriptor.digest,
    }


def test_a_layer_that_is_needed_again_above_is_not_skipped(tmp_path: Path) -> None:
    image = sample_image(tmp_path)
    base, wheels = image.layers
    twice = Image(image.config, (base, wheels, base))
    assert known_layers(twice, [[str(base.diff_id), str(wheels.diff_id)]]) == {wheels.descriptor.digest}
