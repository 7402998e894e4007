"""Packing: what is compressed again and what is not, and that no byte depends on it."""

import hashlib
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from oci_samples import EPOCH_SECONDS, sample_entries, sample_layers

from okamochi.errors import BuildError
from okamochi.oci.digest import Digest
from okamochi.oci.entry import Entry, directory, file, symlink
from okamochi.oci.layer import Layer
from okamochi.oci.packing import LayerRequest, Part, entries_key, pack_layers
from okamochi.system.cache import Cache


def wheel(name: str, content: bytes, calls: list[str] | None = None) -> Part:
    def entries() -> Iterable[Entry]:
        if calls is not None:
            calls.append(name)
        return (directory("site", f"wheel:{name}"), file(f"site/{name}.py", f"wheel:{name}", content))

    return Part(key=f"{name} {hashlib.sha256(content).hexdigest()}", entries=entries)


def pack(cache: Cache, *parts: Part, level: int = 6, epoch_seconds: int = 0, threads: int = 2) -> Layer:
    request = LayerRequest(parts=parts, comment="wheels", level=level)
    return pack_layers(cache, [request], epoch_seconds=epoch_seconds, threads=threads)[0]


def names(layer: Layer) -> list[str]:
    with tarfile.open(layer.path, "r:gz") as archive:
        return archive.getnames()


def test_a_layer_is_a_gzipped_tar_with_the_digests_that_it_claims(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path)
    for layer in pack_layers(cache, sample_layers(), epoch_seconds=EPOCH_SECONDS):
        assert Digest.of_file(layer.path) == layer.descriptor.digest
        assert layer.path.stat().st_size == layer.descriptor.size_bytes
        assert Digest.of(b"".join(layer.uncompressed())) == layer.diff_id
        assert names(layer)


def test_the_golden_layers(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path)
    layers = pack_layers(cache, sample_layers(), epoch_seconds=EPOCH_SECONDS)
    assert [(str(layer.descriptor.digest), str(layer.diff_id)) for layer in layers] == [
        (
            "sha256:c605bfd94c9b87d506ba85497816c56a92ae3ca1c1ea7c404b3f429a1b588f89",
            "sha256:4eca565e082dd743b503be881c96586fef1a949c6fd0e58da72b70541e1078b1",
        ),
        (
            "sha256:ab2f318730cc46cd6f0c7219f149dc78d11b1ee02b9b729773dbd02948e3e78e",
            "sha256:824a92e60af27f8eb522e5569b8e57cd1f2e2371bac35a1394f81242487699c4",
        ),
    ]


def test_threads_and_the_state_of_the_cache_change_no_byte(tmp_path: Path) -> None:
    parts = (wheel("a", b"a" * 100), wheel("b", bytes(5_000_000)))
    cold = pack(Cache.open(tmp_path / "1"), *parts, threads=1)
    warm_cache = Cache.open(tmp_path / "2")
    pack(warm_cache, parts[1], wheel("c", b"c"))
    warm = pack(warm_cache, *parts, threads=3)
    again = pack(warm_cache, *parts)
    assert (
        (cold.descriptor, cold.diff_id)
        == (warm.descriptor, warm.diff_id)
        == (again.descriptor, again.diff_id)
    )
    assert Digest.of(b"".join(warm.uncompressed())) == warm.diff_id


def test_adding_a_wheel_to_a_group_makes_only_that_wheel(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path)
    calls: list[str] = []
    pack(cache, wheel("a", b"1", calls), wheel("b", b"2", calls))
    assert sorted(calls) == ["a", "b"]
    layer = pack(cache, wheel("a", b"1", calls), wheel("b", b"2", calls), wheel("c", b"3", calls))
    assert sorted(calls) == ["a", "b", "c"]
    assert names(layer) == ["site", "site/a.py", "site/b.py", "site/c.py"]


def test_no_path_comes_twice_in_a_layer_since_engines_refuse_that(tmp_path: Path) -> None:
    parts = (
        Part.of(
            [directory("d", "wheel:a", mode=0o700), file("d/a", "wheel:a", b"1"), file("x", "wheel:a", b"x")]
        ),
        Part.of(
            [directory("d", "wheel:b", mode=0o755), file("d/b", "wheel:b", b"2"), file("x", "wheel:b", b"x")]
        ),
    )
    cache = Cache.open(tmp_path)
    layer = pack(cache, *parts)
    assert names(layer) == ["d", "d/a", "d/b", "x"]
    with tarfile.open(layer.path) as archive:
        assert archive.getmember("d").mode == 0o700
    assert pack(cache, *parts, wheel("c", b"")).diff_id != layer.diff_id


def test_parts_that_are_in_the_cache_may_not_contradict_each_other_either(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path)
    one, other = Part.of([file("x", "wheel:a", b"1")]), Part.of([file("x", "wheel:b", b"2")])
    link, through = Part.of([symlink("y", "wheel:a", "x")]), Part.of([file("y/z", "wheel:b", b"")])
    for part in (one, other, link, through):
        pack(cache, part, wheel("a", b"1"))
    with pytest.raises(BuildError, match="wheel:a and wheel:b both bring /x"):
        pack(cache, one, other)
    with pytest.raises(BuildError, match="wheel:a has a symlink at /y"):
        pack(cache, link, through)


def test_a_layer_that_was_packed_before_asks_for_no_entries(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path)
    calls: list[str] = []
    first = pack(cache, wheel("a", b"1", calls))
    assert pack(cache, wheel("a", b"1", calls)) == first
    assert calls == ["a"]


def test_a_blob_that_vanished_from_the_cache_is_packed_again(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path)
    parts = (wheel("a", b"1"), wheel("b", b"2"))
    first = pack(cache, *parts)
    for blob in (tmp_path / "blobs").rglob("*"):
        if blob.is_file():
            blob.unlink()
    assert pack(cache, *parts) == first
    assert first.path.exists()


def test_time_level_and_content_are_part_of_what_is_looked_up(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path)
    content = b"some text, some more text " * 200
    layers = (
        pack(cache, wheel("a", content)),
        pack(cache, wheel("a", content), epoch_seconds=5),
        pack(cache, wheel("a", content), level=1),
        pack(cache, wheel("a", content + b".")),
    )
    assert len({layer.descriptor.digest for layer in layers}) == 4


def test_a_key_of_entries_tells_their_content_and_every_attribute(tmp_path: Path) -> None:
    on_disk = tmp_path / "f"
    on_disk.write_bytes(b"1")
    plain = entries_key([file("a", "app", b"1")])
    assert entries_key([file("a", "app", on_disk)]) == plain
    others = [
        file("b", "app", b"1"),
        file("a", "app", b"2"),
        file("a", "app", b"1", mode=0o600),
        file("a", "app", b"1", uid=1),
        file("a", "app", b"1", gid=1),
    ]
    assert len({plain, *(entries_key([entry]) for entry in others)}) == 6


def test_what_is_wrong_with_the_entries_comes_out_and_leaves_nothing_behind(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path)
    bad = Part(key="bad", entries=lambda: [file("x", "wheel:a", b"1"), file("x", "wheel:b", b"2")])
    for parts in ((bad,), (wheel("a", b"1"), bad)):
        with pytest.raises(BuildError, match="wheel:a and wheel:b both bring /x"):
            pack(cache, *parts)
    fine = pack(cache, wheel("a", b"1"), Part(key="bad", entries=lambda: [file("x", "wheel:a", b"1")]))
    assert names(fine) == ["site", "site/a.py", "x"]


def test_a_large_part_is_split_into_members_of_bounded_size(tmp_path: Path) -> None:
    content = hashlib.shake_128(b"seed").digest(7_000_000)
    layer = pack(Cache.open(tmp_path), wheel("big", content))
    assert layer.path.read_bytes().count(b"\x1f\x8b\x08\x00\x00\x00\x00\x00") >= 5
    with tarfile.open(layer.path, "r:gz") as archive:
        held = archive.extractfile("site/big.py")
        assert held is not None
        assert held.read() == content


def test_an_empty_layer_is_a_valid_tar(tmp_path: Path) -> None:
    assert names(pack(Cache.open(tmp_path), Part.of(()))) == []


def test_parts_of_the_samples_are_the_entries(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path)
    layer = pack_layers(cache, sample_layers(), epoch_seconds=EPOCH_SECONDS)[0]
    assert sorted(names(layer)) == sorted(entry.path for entry in sample_entries())
