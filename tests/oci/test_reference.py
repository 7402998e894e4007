"""References, as docker normalises them."""

import pytest

from okamochi.errors import UsageError
from okamochi.oci.digest import Digest
from okamochi.oci.reference import Reference

HEX = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "full", "short"),
    [
        ("python", "docker.io/library/python", "python"),
        ("invoice:4f2a", "docker.io/library/invoice:4f2a", "invoice:4f2a"),
        ("docker.io/library/python:3.13", "docker.io/library/python:3.13", "python:3.13"),
        ("index.docker.io/python", "docker.io/library/python", "python"),
        ("team/app:v1.2_3-x", "docker.io/team/app:v1.2_3-x", "team/app:v1.2_3-x"),
        ("ghcr.io/team/app", "ghcr.io/team/app", "ghcr.io/team/app"),
        ("localhost/app", "localhost/app", "localhost/app"),
        ("localhost:5000/a/b/c:1", "localhost:5000/a/b/c:1", "localhost:5000/a/b/c:1"),
        ("[::1]:5000/app", "[::1]:5000/app", "[::1]:5000/app"),
        ("EXAMPLE/app", "EXAMPLE/app", "EXAMPLE/app"),
        ("a__b/c--d.e", "docker.io/a__b/c--d.e", "a__b/c--d.e"),
        (f"app@{HEX}", f"docker.io/library/app@{HEX}", f"app@{HEX}"),
        (f"example.org/app:1@{HEX}", f"example.org/app:1@{HEX}", f"example.org/app:1@{HEX}"),
    ],
)
def test_a_reference_is_read_and_written(text: str, full: str, short: str) -> None:
    reference = Reference.parse(text)
    assert (reference.full, str(reference)) == (full, short)
    assert Reference.parse(full) == Reference.parse(short) == reference


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "it has no repository"),
        (":tag", "it has no repository"),
        ("example.org/", "it has no repository"),
        ("Invoice", "the repository 'library/Invoice'"),
        ("team/App:1", "the repository 'team/App'"),
        ("a//b", "the repository 'a//b'"),
        ("a-/b", "the repository 'a-/b'"),
        ("a___b", "the repository 'library/a___b'"),
        ("app:", "it has no tag"),
        ("app:-x", "the tag '-x'"),
        ("app:1\n", r"the tag '1\\n'"),
        ("app:" + "x" * 129, "the tag 'xxx"),
        ("-bad.org/app", "the registry '-bad.org'"),
        ("host:port/app", "the registry 'host:port'"),
        ("app@", "it has no digest"),
        ("app@sha256:12", "the digest 'sha256:12'"),
        ("app@" + HEX.upper(), "the digest 'SHA256:"),
        ("x" * 300, "the repository 'library/xxx"),
        (" app", "the repository 'library/ app'"),
    ],
)
def test_the_offending_part_is_shown(text: str, part: str) -> None:
    with pytest.raises(UsageError, match=part) as caught:
        Reference.parse(text)
    assert caught.value.hint


def test_capitals_are_corrected_in_the_hint() -> None:
    with pytest.raises(UsageError) as caught:
        Reference.parse("team/My-App:1")
    assert "team/my-app" in caught.value.hint


def test_a_digest_can_be_put_on() -> None:
    reference = Reference.parse("example.org/app:1")
    assert str(reference.with_digest(Digest(HEX))) == f"example.org/app:1@{HEX}"
    assert str(reference.with_digest(Digest(HEX)).tagged) == "example.org/app:1"
