"""What counts as outdated."""

from okamochi.model.lock import LockedDeb
from okamochi.workflows.outdated import newer


def deb(name: str, version: str, archive: str = "debian") -> LockedDeb:
    return LockedDeb(
        name=name,
        version=version,
        architecture="amd64",
        archive=archive,
        filename=f"pool/{name}.deb",
        size_bytes=1,
        sha256="0" * 64,
    )


def test_a_newer_package_of_the_security_archive_is_told_as_such() -> None:
    (one,) = newer("deb", (deb("a", "1"),), (deb("a", "1+deb13u1", "debian-security"),))
    assert (one.security, str(one)) == (True, "deb a 1 -> 1+deb13u1 (security)")


def test_what_is_the_same_or_new_is_not_outdated_and_what_went_is() -> None:
    found = newer("deb", (deb("a", "1"), deb("b", "1")), (deb("a", "1"), deb("c", "1")))
    assert [str(one) for one in found] == ["deb b 1 -> (no longer needed)"]
