"""Layouts: what is written is read back, and what is wrong is found."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from oci_samples import one_layer, sample_entries, sample_image
from tests.oci.validate import read_images, validate_layout

from okamochi.errors import BuildError
from okamochi.oci.entry import file
from okamochi.oci.image import Image, ImageIndex
from okamochi.oci.layout import blob_path, write_layout


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def names(folder: Path) -> list[str | None]:
    index = json.loads((folder / "index.json").read_bytes())
    return [
        entry.get("annotations", {}).get("org.opencontainers.image.ref.name") for entry in index["manifests"]
    ]


def test_an_image_is_read_back_with_the_same_digest(tmp_path: Path) -> None:
    image = sample_image(tmp_path / "cache")
    folder = tmp_path / "new" / "layout"
    assert write_layout(image, folder, reference="app:1") == image.digest
    (read,) = read_images(folder, reference="app:1")
    assert (read.digest, read.image_id, read.config) == (image.digest, image.image_id, image.config)
    assert [layer.descriptor for layer in read.layers] == [layer.descriptor for layer in image.layers]
    assert [layer.diff_id for layer in read.layers] == [layer.diff_id for layer in image.layers]
    assert read.annotations == image.annotations
    assert validate_layout(folder) == ()
    assert read_images(folder, reference="other") == ()


def test_the_layout_holds_what_it_must_and_nothing_else(tmp_path: Path) -> None:
    image = sample_image(tmp_path / "cache")
    write_layout(image, tmp_path / "layout")
    digests = [image.digest, image.image_id, *(layer.descriptor.digest for layer in image.layers)]
    assert set(tree(tmp_path / "layout")) == {"oci-layout", "index.json", *map(blob_path, digests)}
    assert json.loads((tmp_path / "layout/oci-layout").read_bytes()) == {"imageLayoutVersion": "1.0.0"}


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    image = sample_image(tmp_path / "cache")
    folder = tmp_path / "layout"
    for reference in ("app:1", None):
        write_layout(image, folder, reference=reference)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    for reference in ("app:1", None):
        write_layout(image, folder, reference=reference)
    after = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    assert after == before


def test_a_reference_moves_to_the_new_image_and_others_stay(tmp_path: Path) -> None:
    folder = tmp_path / "layout"
    first = one_layer(tmp_path / "cache", (file("a", "app", b"1"),))
    second = one_layer(tmp_path / "cache", (file("a", "app", b"2"),))
    write_layout(first, folder, reference="app:1")
    write_layout(first, folder, reference="app:old")
    write_layout(second, folder, reference="app:1")
    assert names(folder) == ["app:1", "app:old"]
    assert [image.digest for image in read_images(folder, reference="app:1")] == [second.digest]
    assert [image.digest for image in read_images(folder, reference="app:old")] == [first.digest]
    assert validate_layout(folder) == ()


def test_what_other_tools_wrote_into_the_index_stays(tmp_path: Path) -> None:
    folder = tmp_path / "layout"
    write_layout(one_layer(tmp_path / "cache", ()), folder, reference="app:1")
    index = json.loads((folder / "index.json").read_bytes())
    foreign = {**index["manifests"][0], "artifactType": "application/x", "annotations": {"a": "b"}}
    index["manifests"].append(foreign)
    (folder / "index.json").write_text(json.dumps(index))
    write_layout(one_layer(tmp_path / "cache", sample_entries()), folder, reference="app:1")
    assert foreign in json.loads((folder / "index.json").read_bytes())["manifests"]


def test_a_foreign_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    image = one_layer(tmp_path / "cache", ())
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear")
    with pytest.raises(BuildError, match="neither empty nor an OCI image layout") as caught:
        write_layout(image, folder)
    assert caught.value.where == str(folder)
    assert tree(folder) == {"letter.txt": b"dear"}
    with pytest.raises(BuildError, match="neither empty nor an OCI image layout"):
        write_layout(image, folder / "letter.txt")


def test_an_empty_folder_is_filled_even_when_a_run_was_killed_at_its_first_file(tmp_path: Path) -> None:
    folder = tmp_path / "layout"
    folder.mkdir()
    (folder / ".oci-layout.x1y2").write_bytes(b"{")
    write_layout(one_layer(tmp_path / "cache", ()), folder)
    assert validate_layout(folder) == ()


def test_a_run_that_was_killed_before_the_index_is_completed_by_the_next(tmp_path: Path) -> None:
    image = sample_image(tmp_path / "cache")
    folder = tmp_path / "layout"
    write_layout(image, folder, reference="app:1")
    (folder / "index.json").unlink()
    (folder / blob_path(image.layers[0].descriptor.digest)).unlink()
    (folder / blob_path(image.digest)).write_bytes(b"torn")
    (folder / "blobs/sha256/.new-x").mkdir()
    (folder / "blobs/sha256/.new-x/blob").write_bytes(b"half")
    write_layout(image, folder, reference="app:1")
    assert validate_layout(folder) == ()
    assert names(folder) == ["app:1"]
    assert not (folder / "blobs/sha256/.new-x").exists()


def test_a_layout_does_not_depend_on_the_cache_afterwards(tmp_path: Path) -> None:
    write_layout(sample_image(tmp_path / "cache"), tmp_path / "layout")
    shutil.rmtree(tmp_path / "cache")
    assert validate_layout(tmp_path / "layout") == ()


def test_blobs_are_copied_where_hard_links_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", no_links)
    write_layout(sample_image(tmp_path / "cache"), tmp_path / "layout")
    assert validate_layout(tmp_path / "layout") == ()


def test_an_index_of_platforms_is_written_and_opened(tmp_path: Path) -> None:
    one, two = one_layer(tmp_path / "cache", ()), one_layer(tmp_path / "cache", sample_entries())
    index = ImageIndex((one, two))
    assert write_layout(index, tmp_path / "layout", reference="app:1") == index.digest
    assert {image.digest for image in read_images(tmp_path / "layout")} == {one.digest, two.digest}
    assert validate_layout(tmp_path / "layout") == ()


def test_every_mismatch_is_reported(tmp_path: Path) -> None:
    image = sample_image(tmp_path / "cache")
    folder = tmp_path / "layout"
    write_layout(image, folder)
    paths = [folder / blob_path(layer.descriptor.digest) for layer in image.layers]
    content = bytearray(paths[0].read_bytes())
    content[len(content) // 2] ^= 1
    replace(paths[0], bytes(content))
    replace(paths[1], paths[1].read_bytes() + b"more")
    found = {(mismatch.where, mismatch.message.split(":")[0]) for mismatch in validate_layout(folder)}
    assert (str(paths[0]), "the layer's digest is sha256") in found
    assert (str(paths[0]), "damaged gzip data") in found
    assert (str(paths[0]), "the blob's content is not what its name says") in found
    size = image.layers[1].descriptor.size_bytes
    assert (str(paths[1]), f"the layer has {size + 4} bytes, not {size}") in found


def replace(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


@pytest.mark.parametrize("victim", ["manifest", "config", "layer"])
@pytest.mark.parametrize("damage", ["missing", "changed", "a pipe"])
def test_a_missing_or_changed_blob_is_found(tmp_path: Path, victim: str, damage: str) -> None:
    image = sample_image(tmp_path / "cache")
    write_layout(image, tmp_path / "layout")
    digests = {"manifest": image.digest, "config": image.image_id, "layer": image.layers[0].descriptor.digest}
    path = tmp_path / "layout" / blob_path(digests[victim])
    content = path.read_bytes()
    path.unlink()
    if damage == "changed":
        path.write_bytes(content.replace(b"1", b"2") + b" ")
    elif damage == "a pipe":
        os.mkfifo(path)
    assert str(path) in {mismatch.where for mismatch in validate_layout(tmp_path / "layout")}
    if victim != "layer":
        with pytest.raises(BuildError, match="damaged" if damage == "changed" else "missing"):
            read_images(tmp_path / "layout")


def test_a_wrong_diff_id_is_found(tmp_path: Path) -> None:
    image = sample_image(tmp_path / "cache")
    other = one_layer(tmp_path / "cache", (file("a", "app", b"1"),))
    wrong = Image(
        image.config,
        (msgspec.structs.replace(image.layers[0], diff_id=other.layers[0].diff_id), image.layers[1]),
    )
    write_layout(wrong, tmp_path / "layout")
    (mismatch,) = validate_layout(tmp_path / "layout")
    assert mismatch.message == (
        f"the layer's diff ID is {image.layers[0].diff_id}, not {other.layers[0].diff_id}"
    )


def test_a_folder_that_is_no_layout_is_said_to_be_none(tmp_path: Path) -> None:
    assert [mismatch.where for mismatch in validate_layout(tmp_path)] == [str(tmp_path)]
    with pytest.raises(BuildError, match="not an OCI image layout"):
        read_images(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"manifests":[{"digest":1}]}', b'{"manifests":[3]}']
)
def test_a_damaged_index_is_an_error(tmp_path: Path, content: bytes) -> None:
    write_layout(one_layer(tmp_path / "cache", ()), tmp_path / "layout")
    (tmp_path / "layout/index.json").write_bytes(content)
    with pytest.raises(BuildError):
        read_images(tmp_path / "layout")
    with pytest.raises(BuildError):
        write_layout(one_layer(tmp_path / "cache", ()), tmp_path / "layout")
    assert validate_layout(tmp_path / "layout")


WRITER = """
import sys
from pathlib import Path
from oci_samples import one_layer
from okamochi.oci.entry import file
from okamochi.oci.layout import write_layout
name = sys.argv[2]
image = one_layer(Path(sys.argv[1]) / "cache", (file(name, "app", name.encode()),))
write_layout(image, Path(sys.argv[1]) / "layout", reference=name)
"""


def test_writers_at_the_same_time_lose_no_reference(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    running = [
        subprocess.Popen((sys.executable, "-c", WRITER, str(tmp_path), f"n{number}"), env=environment)
        for number in range(4)
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0, 0]
    assert sorted(map(str, names(tmp_path / "layout"))) == ["n0", "n1", "n2", "n3"]
    assert validate_layout(tmp_path / "layout") == ()
