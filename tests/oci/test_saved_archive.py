"""What engines save is read back: one image, whichever wrote it, and nothing that is not as it says."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from okamochi.errors import BuildError
from okamochi.oci.image import Image
from okamochi.oci.saved_archive import read_saved
from okamochi.system.cache import Cache

Members = dict[str, bytes | str]


def layer_of(name: str, size_bytes: int = 5000) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        facts = tarfile.TarInfo(name)
        facts.size = size_bytes
        tar.addfile(facts, io.BytesIO(b"x" * size_bytes))
    return stream.getvalue()


ONE, TWO = layer_of("one"), layer_of("two", 5 * 2**20)
DIFF_IDS = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in (ONE, TWO)]


def config_of(*diff_ids: str) -> bytes:
    whole = {"os": "linux", "architecture": "amd64", "config": {}, "rootfs": {"diff_ids": list(diff_ids)}}
    return json.dumps(whole).encode()


CONFIG = config_of(*DIFF_IDS)


def manifest(*layers: str, config: str = "config.json") -> bytes:
    return json.dumps([{"Config": config, "RepoTags": ["x:1"], "Layers": list(layers)}]).encode()


def archive(members: Members) -> io.BytesIO:
    """Texts are targets of symbolic links."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in members.items():
            facts = tarfile.TarInfo(name)
            if isinstance(content, str):
                facts.type, facts.linkname = tarfile.SYMTYPE, content
                tar.addfile(facts)
            else:
                facts.size = len(content)
                tar.addfile(facts, io.BytesIO(content))
    stream.seek(0)
    return stream


def read(folder: Path, members: Members) -> Image:
    return read_saved(archive(members), Cache.open(folder / "cache"), where="docker:x:1")


OF_DOCKER: Members = {
    "manifest.json": manifest("a/layer.tar", "b/layer.tar"),
    "config.json": CONFIG,
    "a/layer.tar": "../c/layer.tar",
    "c/layer.tar": ONE,
    "b/layer.tar": TWO,
}
OF_PODMAN: Members = {
    "1.tar": ONE,
    "2.tar": TWO,
    "config.json": CONFIG,
    "manifest.json": manifest("1.tar", "2.tar"),
}


def test_two_engines_give_the_same_image_whose_layers_are_what_the_configuration_says(tmp_path: Path) -> None:
    found = [read(tmp_path / name, members) for name, members in (("d", OF_DOCKER), ("p", OF_PODMAN))]
    assert found[0].digest == found[1].digest
    assert str(found[0].image_id) == f"sha256:{hashlib.sha256(CONFIG).hexdigest()}"
    assert [b"".join(layer.uncompressed()) for layer in found[0].layers] == [ONE, TWO]
    assert [str(layer.diff_id) for layer in found[0].layers] == DIFF_IDS
    assert all(layer.descriptor.size_bytes == layer.path.stat().st_size for layer in found[0].layers)


def test_layers_that_are_compressed_already_stay_as_they_are(tmp_path: Path) -> None:
    image = read(tmp_path, {**OF_PODMAN, "1.tar": gzip.compress(ONE)})
    assert gzip.decompress(image.layers[0].path.read_bytes()) == ONE


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({**OF_PODMAN, "1.tar": TWO}, "has other content"),
        ({**OF_PODMAN, "config.json": config_of(DIFF_IDS[0])}, "2 layers, but 1 diff IDs"),
        ({**OF_PODMAN, "manifest.json": manifest("1.tar", "3.tar")}, r"it lacks 3\.tar"),
        ({**OF_PODMAN, "1.tar": "1.tar"}, r"it lacks 1\.tar"),
        ({**OF_PODMAN, "1.tar": "../../etc/passwd"}, r"it lacks \.\./\.\./etc/passwd"),
        ({**OF_PODMAN, "manifest.json": b"[]"}, "names no single image"),
        ({**OF_PODMAN, "manifest.json": b"\xff"}, "names no single image"),
        ({"other": b"x"}, r"it lacks manifest\.json"),
    ],
)
def test_what_is_not_as_it_says_is_refused(tmp_path: Path, members: Members, said: str) -> None:
    with pytest.raises(BuildError, match=said) as caught:
        read(tmp_path, members)
    assert caught.value.where == "docker:x:1"


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no archive of an image"):
        read_saved(io.BytesIO(b"nonsense" * 200), Cache.open(tmp_path / "cache"), where="docker:x:1")
