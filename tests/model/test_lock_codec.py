import msgspec
import pytest

from okamochi.errors import UsageError
from okamochi.model.lock import BuiltFrom, Lock, LockedDeb, LockedPlatform, LockedWheel
from okamochi.model.lock_codec import lock_from_json, lock_to_json

DEB = LockedDeb(
    name="libstdc++6",
    version="1:14.2.0-19+b1~deb13u1",
    architecture="amd64",
    archive="debian-security",
    filename="pool/updates/main/g/gcc-14/libstdc++6_1%3a14.2.0-19+b1~deb13u1_amd64.deb",
    size_bytes=1,
    sha256="0a" * 32,
)
WHEEL = LockedWheel(
    name="two-words",
    version="1!2.0+cpu",
    filename="Two_Words-1!2.0.0+cpu-1-cp313-abi3-manylinux_2_28_x86_64.manylinux2014_x86_64.whl",
    sha256="f" * 64,
)
DIRECT = LockedWheel(
    name="direct",
    version="1.0",
    filename="direct-1.0-py3-none-any.whl",
    sha256="1" * 64,
    url="https://wheels.example.org:8443/a%20b/direct-1.0-py3-none-any.whl",
)
PLATFORM = LockedPlatform(platform="linux/amd64", debs=(DEB,), wheels=(WHEEL, DIRECT))
GOOD = Lock(
    base_inputs="0" * 64,
    wheel_inputs="1" * 64,
    python_version="3.13",
    suite="trixie",
    snapshot="2026-11-21T02:10:46Z",
    platforms=(PLATFORM,),
)


def changed(value, **fields):
    return msgspec.structs.replace(value, **fields)


def with_deb(**fields):
    return changed(GOOD, platforms=(changed(PLATFORM, debs=(changed(DEB, **fields),)),))


def with_wheel(**fields):
    return changed(GOOD, platforms=(changed(PLATFORM, wheels=(changed(DIRECT, **fields),)),))


def refused(lock):
    with pytest.raises(UsageError) as caught:
        lock_from_json(lock_to_json(lock), where="okamochi.lock")
    assert "version control" in caught.value.hint and "okamochi lock" in caught.value.hint
    assert caught.value.where == "okamochi.lock"
    told = "".join((caught.value.message, *caught.value.details))
    assert told.isascii() and told.isprintable()
    return told


def test_a_lock_is_read_as_it_was_written():
    assert lock_from_json(lock_to_json(GOOD), where="okamochi.lock") == GOOD


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", "Libc6"),
        ("name", "../libc6"),
        ("name", "x"),
        ("version", "1.0 2"),
        ("version", "1.0\nStatus: x"),
        ("version", ""),
        ("architecture", "mips"),
        ("archive", "debian/../../x"),
        ("filename", "pool/main/../../../etc/passwd"),
        ("filename", "pool/main/%2e%2e/%2E%2e/x.deb"),
        ("filename", "/etc/passwd"),
        ("filename", "pool//x.deb"),
        ("filename", "pool/x.deb?y"),
        ("sha256", "XYZ"),
        ("sha256", "../" * 21 + "x"),
        ("sha256", "A" * 64),
        ("sha256", "0" * 64 + "\n"),
        ("size_bytes", -1),
        ("size_bytes", 10**15),
    ],
)
def test_a_deb_that_no_archive_has_is_refused(field, text):
    told = refused(with_deb(**{field: text}))
    assert "linux/amd64" in told and field in told


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", "Direct"),
        ("name", "direct @ file:///tmp/direct-1.0.tar.gz"),
        ("name", "direct\n--no-binary"),
        ("name", "-direct"),
        ("name", "d\u0131rect"),
        ("version", "1.0 ; python_version > '3'"),
        ("version", "2.0"),
        ("version", "latest"),
        ("filename", "direct-1.0.tar.gz"),
        ("filename", "other-1.0-py3-none-any.whl"),
        ("filename", "../direct-1.0-py3-none-any.whl"),
        ("filename", "direct-1.0-py3-none-any\x1b[2J.whl"),
        ("sha256", "XYZ"),
        ("sha256", ""),
        ("url", "https://example.org/direct-1.0.tar.gz"),
        ("url", "https://example.org/direct-1.0.tar.gz#/direct-1.0-py3-none-any.whl"),
        ("url", "https://example.org/direct-1.0.tar.gz?/direct-1.0-py3-none-any.whl"),
        ("url", "https://example.org/other-1.0-py3-none-any.whl"),
        ("url", "https://example.org/x --no-binary direct/direct-1.0-py3-none-any.whl"),
        ("url", "https://example.org/\ndirect-1.0-py3-none-any.whl"),
        ("url", "git+https://example.org/direct-1.0-py3-none-any.whl"),
        ("url", "https://[::1/direct-1.0-py3-none-any.whl"),
        ("url", "/tmp/direct-1.0-py3-none-any.whl"),
    ],
)
def test_a_wheel_that_uv_could_take_for_something_else_is_refused(field, text):
    told = refused(with_wheel(**{field: text}))
    assert "linux/amd64" in told and "wheel" in told


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("base_inputs", "x"),
        ("python_version", "3.13 "),
        ("suite", "../trixie"),
        ("snapshot", "yesterday"),
        ("snapshot", "2026-13-21T02:10:46Z"),
        ("snapshot", "2026-11-21T02:10:46Z/../.."),
    ],
)
def test_a_head_that_okamochi_does_not_write_is_refused(field, text):
    assert field in refused(changed(GOOD, **{field: text}))


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("filename", "../direct-1.0.tar.gz"),
        ("filename", "direct-1.0.tar.gz --pre"),
        ("filename", "-direct-1.0.zip"),
        ("filename", "direct-1.0-py3-none-any.whl"),
        ("filename", "direct-1.0\n.zip"),
        ("sha256", "XYZ"),
        ("sha256", ""),
    ],
)
def test_a_source_that_no_wheel_is_built_from_is_refused(field, text):
    source = BuiltFrom(filename="direct-1.0.tar.gz", sha256="0" * 64)
    good = changed(GOOD, platforms=(changed(PLATFORM, wheels=(changed(WHEEL, url="", built_from=source),)),))
    assert lock_from_json(lock_to_json(good), where="okamochi.lock") == good
    hostile = changed(WHEEL, url="", built_from=changed(source, **{field: text}))
    assert "built_from" in refused(changed(GOOD, platforms=(changed(PLATFORM, wheels=(hostile,)),)))


COMMIT = "a" * 40


def test_a_wheel_that_was_built_has_no_address_of_a_wheel():
    source = BuiltFrom(filename="direct-1.0.tar.gz", sha256="0" * 64)
    hostile = changed(DIRECT, built_from=source)
    assert "has no url" in refused(changed(GOOD, platforms=(changed(PLATFORM, wheels=(hostile,)),)))


@pytest.mark.parametrize(
    "url",
    [
        f"git+https://example.org/direct.git@{COMMIT}",
        f"git+ssh://git@example.org/direct.git@{COMMIT}#subdirectory=py/direct",
        "https://example.org/direct-1.0.tar.gz",
    ],
)
def test_a_wheel_that_was_built_may_say_where_its_source_came_from(url):
    source = BuiltFrom(filename="direct-1.0.tar.gz", sha256="0" * 64)
    wheel = changed(DIRECT, url=url, built_from=source)
    good = changed(GOOD, platforms=(changed(PLATFORM, wheels=(wheel,)),))
    assert lock_from_json(lock_to_json(good), where="okamochi.lock") == good
    assert "url" in refused(
        changed(GOOD, platforms=(changed(PLATFORM, wheels=(changed(wheel, built_from=None),)),))
    )


@pytest.mark.parametrize(
    "url",
    [
        "git+https://example.org/direct.git@main",
        f"git+ext://sh -c x@{COMMIT}",
        f"git+https://example.org/direct.git@{COMMIT}#subdirectory=../x y",
        f"git+https://example.org/direct.git@{COMMIT} --option",
    ],
)
def test_an_address_of_git_that_is_not_at_a_commit_is_refused(url):
    source = BuiltFrom(filename="direct-1.0.tar.gz", sha256="0" * 64)
    hostile = changed(DIRECT, url=url, built_from=source)
    assert "url" in refused(changed(GOOD, platforms=(changed(PLATFORM, wheels=(hostile,)),)))


@pytest.mark.parametrize("platform", ["linux/mips", "linux/arm64/v8", " linux/amd64", "../x"])
def test_a_platform_that_is_not_built_for_is_refused(platform):
    assert "platform" in refused(changed(GOOD, platforms=(changed(PLATFORM, platform=platform),)))


def test_what_is_listed_twice_is_refused():
    assert "listed 2 times" in refused(changed(GOOD, platforms=(PLATFORM, PLATFORM)))
    assert "listed 2 times" in refused(changed(GOOD, platforms=(changed(PLATFORM, debs=(DEB, DEB)),)))
    assert "listed 3 times" in refused(changed(GOOD, platforms=(changed(PLATFORM, wheels=(WHEEL,) * 3),)))


def test_all_problems_are_told_at_once():
    told = refused(changed(with_deb(sha256="XYZ", archive="x"), suite="?"))
    assert "suite" in told and "archive" in told and "sha256" in told


@pytest.mark.parametrize("content", [b"", b"[]", b'{"x": ' + b"[" * 200_000], ids=len)
def test_what_is_no_lock_at_all_is_told(content: bytes) -> None:
    with pytest.raises(UsageError, match=r"okamochi\.lock cannot be read"):
        lock_from_json(content, where="okamochi.lock")
