"""Gzip members: joined by appending, the same for any number of threads."""

import gzip
import hashlib
import io

import pytest
from oci_samples import compressing

from okamochi.errors import BuildError
from okamochi.oci.gzip_members import (
    DEFAULT_LEVEL,
    compress,
    compressed_members,
    compressor,
    inflate_member,
    inflate_stream,
)

TEXT = b"".join(
    b"%d %s\n" % (n, hashlib.sha256(b"%d" % (n % 50)).hexdigest().encode()) for n in range(20_000)
)


def test_joined_members_are_one_gzip_file() -> None:
    assert gzip.decompress(compress(b"one", 6) + compress(b"", 6) + compress(b"two", 1)) == b"onetwo"


def test_members_come_in_order_whatever_the_number_of_threads() -> None:
    chunks = [TEXT[start : start + 50_000] for start in range(0, len(TEXT), 50_000)]
    found = []
    for threads in (1, 3):
        with compressing(threads) as pool:
            found.append(list(compressed_members(iter(chunks), level=3, pool=pool, ahead=threads)))
    assert found[0] == found[1]
    assert [chunk for chunk, _ in found[0]] == chunks
    assert gzip.decompress(b"".join(member for _, member in found[0])) == TEXT


def test_the_bytes_are_those_of_every_machine() -> None:
    """Golden: the same on any processor. They change with libdeflate's version, which pyproject.toml pins."""
    levels = (1, DEFAULT_LEVEL, 10)
    digests = {level: hashlib.sha256(compress(TEXT, level)).hexdigest()[:16] for level in levels}
    assert digests == {
        1: "88999a58eb7e187b",
        DEFAULT_LEVEL: "b941ee41a79df35e",
        10: "ad0bd5b4c29593ad",
    }


def test_the_compressor_is_named_with_a_version_and_a_fingerprint() -> None:
    name, version, fingerprint = compressor().split()
    assert name == "deflate"
    assert version.count(".") == 2
    assert len(fingerprint) == 12


def test_inflating_gives_the_content_of_any_compressor() -> None:
    many = gzip.compress(TEXT) + compress(b"", 6) + compress(TEXT, 6) + compress(bytes(5_000_000), 6)
    assert b"".join(inflate_stream(io.BytesIO(many))) == TEXT + TEXT + bytes(5_000_000)
    assert inflate_member(compress(TEXT, 6), len(TEXT)) == TEXT
    assert b"".join(inflate_stream(io.BytesIO(b""))) == b""


def test_pieces_are_bounded_however_well_it_was_compressed() -> None:
    assert max(map(len, inflate_stream(io.BytesIO(compress(bytes(9_000_000), 6))))) <= 2**20


@pytest.mark.parametrize("damage", ["cut", "flipped", "garbage after"])
def test_damaged_data_is_an_error(damage: str) -> None:
    whole = bytearray(compress(TEXT, 6))
    if damage == "cut":
        del whole[-100:]
    elif damage == "flipped":
        whole[len(whole) // 2] ^= 1
    else:
        whole += b"garbage"
    with pytest.raises(BuildError, match="damaged gzip data"):
        for _ in inflate_stream(io.BytesIO(bytes(whole))):
            pass
    if damage != "garbage after":
        with pytest.raises(BuildError, match="damaged gzip data"):
            inflate_member(bytes(whole), len(TEXT))
