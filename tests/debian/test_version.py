import itertools

import pytest

from okamochi.debian.version import DebianVersion

# each older than the next: from deb-version(7), dpkg's own test suite, and versions seen in the archive
RISING = (
    "0~~", "0~~a", "0~", "0", "0.1", "0.9", "0.10", "1.0~rc1-1", "1.0~rc1-1+b1", "1.0-1~deb13u1", "1.0-1",
    "1.0-1+b1", "1.0-1+deb13u1", "1.0-1+deb13u10", "1.0-2", "1.0a-1", "1.0+dfsg-1", "1.0.1-1", "2-1",
    "1:0.5-1", "1:1.3.dfsg+really1.3.1-1+b1", "2:0",
)  # fmt: skip


@pytest.mark.parametrize(("older", "newer"), list(itertools.pairwise(RISING)))
def test_versions_are_ordered_as_dpkg_orders_them(older: str, newer: str) -> None:
    assert DebianVersion(older) < DebianVersion(newer)
    assert not DebianVersion(newer) < DebianVersion(older)


@pytest.mark.parametrize(
    ("left", "right"), [("1.0", "1.0-0"), ("0:1.0", "1.0"), ("1.00", "1.0"), ("1.a", "1.a")]
)
def test_versions_written_differently_can_be_equal(left: str, right: str) -> None:
    assert DebianVersion(left) == DebianVersion(right)


@pytest.mark.parametrize(
    ("operator", "wanted", "expected"),
    [
        ("<<", "2", True),
        ("<=", "1.5", True),
        ("=", "1.5", True),
        (">=", "1.6", False),
        (">>", "1.4", True),
        ("~", "1", False),
    ],
)
def test_relations_compare_versions(operator: str, wanted: str, expected: bool) -> None:
    assert DebianVersion("1.5").satisfies(operator, wanted) is expected
