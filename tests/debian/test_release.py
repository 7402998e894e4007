import datetime

import pytest

from okamochi.debian.archives import nowhere
from okamochi.debian.release import archive_keys, verified_release
from okamochi.errors import RegistryError, TransientRegistryError
from tests.debian.archive_maker import make_key, public, release_text, sign
from tests.debian.conftest import FIXTURE, NOW

KEY = make_key()
INDEXES = {"main/binary-amd64/Packages": b"Package: a\n"}


def read(content: bytes, suite: str = "trixie", now: datetime.datetime = NOW) -> object:
    return verified_release(content, suite=suite, where="http://m.example", now=now, keys=(public(KEY),))


def signed(suite: str = "trixie", valid_until: str = "") -> bytes:
    return sign(KEY, release_text(suite, INDEXES, valid_until=valid_until))


def test_a_signed_release_tells_its_indexes_by_digest() -> None:
    release = verified_release(signed(), suite="trixie", where="x", now=NOW, keys=(public(KEY),))
    found = release.file("main/binary-amd64/Packages")
    assert found is not None and found.size_bytes == 11
    assert release.by_hash
    assert release.date == datetime.datetime(2026, 11, 21, 2, 10, 46, tzinfo=datetime.UTC)


def test_text_outside_the_signed_part_is_never_read() -> None:
    forged = b"SHA256:\n " + b"0" * 64 + b" 1 main/evil\n\n"
    for content in (signed() + forged, forged + signed()):
        try:
            release = verified_release(content, suite="trixie", where="x", now=NOW, keys=(public(KEY),))
        except RegistryError:
            continue
        assert set(release.files) == set(INDEXES)


def test_a_signature_of_another_key_is_refused() -> None:
    content = sign(make_key(), release_text("trixie", INDEXES))
    with pytest.raises(RegistryError, match="not from a Debian archive key"):
        read(content)


def test_where_the_clock_is_behind_the_clock_is_told_and_not_the_keys() -> None:
    content = sign(KEY, release_text("trixie", INDEXES).replace("2026", "2999"))
    changed = signed().replace(b"2026", b"2999")
    for refused in (changed, content.replace(b"Origin: Test", b"Origin: Evil")):
        with pytest.raises(RegistryError, match="2999-11-21 02:10 UTC, which is yet to come") as caught:
            read(refused)
        assert "clock" in caught.value.hint


def test_the_hint_of_a_mirror_that_answered_wrongly_counts_more_than_that_of_one_that_did_not() -> None:
    lost = TransientRegistryError("the name of the server is not known here", where="b", hint="network")
    with pytest.raises(RegistryError) as caught:
        read(signed(valid_until="Sat, 28 Nov 2026 02:10:46 UTC"), now=NOW + datetime.timedelta(days=30))
    assert "clock" in nowhere("trixie", [lost, caught.value], offline=False).hint
    assert "network" in nowhere("trixie", [lost], offline=False).hint


def test_changed_text_is_refused() -> None:
    with pytest.raises(RegistryError, match="signature"):
        read(signed().replace(b"Origin: Test", b"Origin: Evil"))


def test_a_truncated_release_is_refused() -> None:
    content = signed()
    with pytest.raises(RegistryError, match="truncated"):
        read(content[: len(content) // 2])


@pytest.mark.parametrize("content", [b"", b"<html>captive portal</html>", b"Origin: Debian\nSuite: stable\n"])
def test_what_is_not_signed_is_refused(content: bytes) -> None:
    with pytest.raises(RegistryError, match="no signed Release"):
        read(content)


def test_the_release_of_another_suite_is_refused() -> None:
    with pytest.raises(RegistryError, match="answered with bookworm"):
        read(signed("bookworm"))


def test_a_stale_release_is_refused_with_advice() -> None:
    content = signed(valid_until="Sat, 28 Nov 2026 02:10:46 UTC")
    read(content)
    with pytest.raises(RegistryError, match="stale") as caught:
        read(content, now=NOW + datetime.timedelta(days=30))
    assert "clock" in caught.value.hint


def test_the_bundled_keys_do_not_trust_the_fixture() -> None:
    content = (FIXTURE / "debian/dists/trixie/InRelease").read_bytes()
    with pytest.raises(RegistryError, match="not from a Debian archive key"):
        verified_release(content, suite="trixie", where="x", now=NOW)


def test_the_bundled_keys_are_debians_and_not_expired() -> None:
    import pysequoia

    found = [one for key in archive_keys() for one in pysequoia.Cert.split_bytes(key)]
    assert len(found) == 9
    for one in found:
        assert "debian" in str(one.user_ids[0]).lower()
        assert one.expiration is not None and one.expiration > NOW + datetime.timedelta(days=365)
