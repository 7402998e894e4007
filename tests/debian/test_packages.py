"""How a package index is unpacked."""

import gzip
import lzma
import zlib

import pytest

from okamochi.debian.packages import unpacked

TEXT = b"".join(b"Package: p%d\nVersion: %d\n\n" % (number, number * 7919) for number in range(2000))


@pytest.mark.parametrize(
    ("suffix", "packed"),
    [
        (".gz", gzip.compress(TEXT)),
        (".gz", gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:])),
        (".xz", lzma.compress(TEXT)),
        ("", TEXT),
    ],
    ids=["gzip", "gzip of two members", "xz", "plain"],
)
def test_an_index_is_what_was_packed(suffix: str, packed: bytes) -> None:
    assert bytes(unpacked(packed, suffix, len(TEXT))) == TEXT


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(TEXT)[:-30], gzip.compress(TEXT)[:30], b"nothing of the kind"],
    ids=["its end is missing", "only its begin", "something else"],
)
def test_a_damaged_index_is_an_error(packed: bytes) -> None:
    with pytest.raises((OSError, EOFError, zlib.error)):
        unpacked(packed, ".gz", len(TEXT))


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_of_an_index_that_is_longer_than_was_signed_one_byte_more_is_unpacked(suffix: str) -> None:
    packed = gzip.compress(TEXT) if suffix == ".gz" else lzma.compress(TEXT)
    assert len(unpacked(packed, suffix, 500)) == 501
