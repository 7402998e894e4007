"""Wheels that a stranger's build script wrote: checked and written anew."""

import io
import re
import tarfile
import zipfile
from pathlib import Path

import pytest

from okamochi.errors import BuildError
from okamochi.pypi.built_wheel import normalized, require_wheel_of
from okamochi.pypi.elf import ElfFacts, elf_facts
from okamochi.pypi.sdists import build_requirements

RECORD = "tiny-1.0.dist-info/RECORD"


def wheel(*members: tuple[str, bytes], year: int = 2020, method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, text in members:
            entry = zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100664 << 16
            archive.writestr(entry, text)
    return content


def rewritten(source: io.BytesIO) -> bytes:
    to = io.BytesIO()
    normalized(source, to, "tiny-1.0.tar.gz")
    return to.getvalue()


def test_order_times_modes_and_compression_of_a_wheel_leave_no_trace() -> None:
    record = b"tiny.py,sha256=x,1\na.py,sha256=y,1\n" + RECORD.encode() + b",,\n"
    other = b"a.py,sha256=y,1\n" + RECORD.encode() + b",,\ntiny.py,sha256=x,1\n"
    one = wheel(("tiny.py", b"1"), (RECORD, record), ("a.py", b"2"), method=zipfile.ZIP_STORED)
    two = wheel((RECORD, other), ("a.py", b"2"), ("tiny.py", b"1"), year=2026)
    assert rewritten(one) == rewritten(two)
    assert rewritten(one) != rewritten(wheel(("tiny.py", b"3"), (RECORD, record), ("a.py", b"2")))


@pytest.mark.parametrize("name", ["../evil.py", "/etc/evil", "a/../../evil", "a\\..\\evil"])
def test_a_path_that_leads_out_is_refused(name: str) -> None:
    with pytest.raises(BuildError):
        rewritten(wheel((name, b"x")))


def test_a_link_a_path_twice_and_what_is_no_zip_are_refused() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = wheel(("a.py", b"1"), ("a.py", b"2"))
    for hostile in (content, twice, io.BytesIO(b"PK no zip")):
        with pytest.raises(BuildError):
            rewritten(hostile)


@pytest.mark.parametrize("filename", ["other-1.0-py3-none-any.whl", "tiny-2.0-py3-none-any.whl", "tiny.whl"])
def test_a_wheel_of_another_package_or_version_is_refused(filename: str) -> None:
    require_wheel_of("tiny-1.0-py3-none-any.whl", "tiny", "1.0")
    with pytest.raises(BuildError, match="no wheel of tiny"):
        require_wheel_of(filename, "tiny", "1.0")


def sdist(folder: Path, pyproject: str | None) -> Path:
    path = folder / "tiny-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        members = {
            "tiny-1.0/setup.py": "raise SystemExit('never run here')",
            "tiny-1.0/a/pyproject.toml": "[",
        }
        if pyproject is not None:
            members["tiny-1.0/pyproject.toml"] = pyproject
        for name, text in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


def test_what_a_build_needs_is_read_and_defaults_to_what_pip_takes(tmp_path: Path) -> None:
    found = build_requirements(
        sdist(tmp_path, '[build-system]\nrequires = ["hatchling >=1"]\n'), "tiny-1.0.tar.gz"
    )
    assert found == ("hatchling>=1",)
    usual = ("setuptools<81", "wheel")
    assert build_requirements(sdist(tmp_path, "[tool.x]\n"), "tiny-1.0.tar.gz") == usual
    assert build_requirements(sdist(tmp_path, None), "tiny-1.0.tar.gz") == usual


@pytest.mark.parametrize(
    "requires", ['"--index-url=x"', '"x @ file:///etc/passwd"', '"a\\n--pre"', "1", '"-e ."']
)
def test_what_is_no_plain_requirement_is_refused(tmp_path: Path, requires: str) -> None:
    path = sdist(tmp_path, f"[build-system]\nrequires = [{requires}]\n")
    with pytest.raises(BuildError, match="to be built"):
        build_requirements(path, "tiny-1.0.tar.gz")


def archive_of(folder: Path, kind: str, name: str, size_bytes: int = 1) -> Path:
    path = folder / f"tiny-1.0.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("tiny-1.0/setup.py", "")
            archive.writestr(name, bytes(size_bytes))
        return path
    with tarfile.open(path, "w:gz", compresslevel=1) as packed:
        for member, length in (("tiny-1.0/setup.py", 0), (name, size_bytes)):
            entry = tarfile.TarInfo(member)
            entry.size = length
            packed.addfile(entry, io.BytesIO(bytes(length)))
    return path


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
@pytest.mark.parametrize("name", ["../evil.py", "tiny-1.0/../../evil.py", "/etc/evil.py"])
def test_a_source_that_leads_out_of_its_folder_is_refused(tmp_path: Path, kind: str, name: str) -> None:
    path = archive_of(tmp_path, kind, name)
    with pytest.raises(BuildError, match=r"climbs out|is absolute"):
        build_requirements(path, path.name)


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_a_source_that_grows_beyond_reason_is_refused(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("okamochi.pypi.sdist_files.SIZE_LIMIT_BYTES", 10_000_000)
    path = archive_of(tmp_path, kind, "tiny-1.0/zeros", 10_000_001)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(BuildError, match="absurd size"):
        build_requirements(path, path.name)


def test_a_source_that_is_packed_too_tightly_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("okamochi.pypi.sdist_files.LEAST_LIMIT_BYTES", 1_000_000)
    path = archive_of(tmp_path, "tar.gz", "tiny-1.0/zeros", 10_000_000)
    with pytest.raises(BuildError, match="absurd size"):
        build_requirements(path, path.name)


@pytest.mark.parametrize(
    ("kind", "target", "said"),
    [
        (tarfile.SYMTYPE, "/etc", "link to '/etc'"),
        (tarfile.SYMTYPE, "../../../etc", "link to '../../../etc'"),
        (tarfile.LNKTYPE, "../etc/passwd", "link to '../etc/passwd'"),
        (tarfile.CHRTYPE, "", "special file"),
        (tarfile.FIFOTYPE, "", "special file"),
    ],
)
def test_a_source_with_ways_out_or_devices_is_refused(
    tmp_path: Path, kind: bytes, target: str, said: str
) -> None:
    path = linked(tmp_path, kind, target)
    with pytest.raises(BuildError, match=re.escape(said)):
        build_requirements(path, path.name)


@pytest.mark.parametrize(
    ("kind", "target"), [(tarfile.SYMTYPE, "../setup.py"), (tarfile.LNKTYPE, "tiny-1.0/setup.py")]
)
def test_links_within_a_source_are_nothing_bad(tmp_path: Path, kind: bytes, target: str) -> None:
    path = linked(tmp_path, kind, target)
    assert build_requirements(path, path.name) is not None


def linked(folder: Path, kind: bytes, target: str) -> Path:
    path = folder / "tiny-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as packed:
        packed.addfile(tarfile.TarInfo("tiny-1.0/setup.py"), io.BytesIO())
        entry = tarfile.TarInfo("tiny-1.0/inner/way")
        entry.type, entry.linkname = kind, target
        packed.addfile(entry)
    return path


def test_a_damaged_source_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tiny-1.0.tar.gz"
    path.write_bytes(b"\x1f\x8b no archive")
    with pytest.raises(BuildError, match="cannot be unpacked"):
        build_requirements(path, "tiny-1.0.tar.gz")
    assert elf_facts(io.BytesIO(b"\x7fELF\x02\x01" + b"\xff" * 200)) == ElfFacts()
