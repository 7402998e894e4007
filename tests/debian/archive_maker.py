"""Makes small Debian archives: packages, indexes, signed Release files; the same but for signatures."""

import hashlib
import io
import lzma
import struct
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pysequoia
import zstandard

CENTURY_SECONDS = 100 * 365 * 24 * 3600
DATE = "Sat, 21 Nov 2026 02:10:46 UTC"


@dataclass(frozen=True)
class Tree:
    """What a package holds: files with their bytes, links with their targets."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    programs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class MadeDeb:
    filename: str
    content: bytes
    stanza: str


def member(archive: tarfile.TarFile, name: str, content: bytes = b"", **fields: object) -> None:
    one = tarfile.TarInfo("./" + name)
    one.size = len(content)
    one.mode = 0o644
    for key, value in fields.items():
        setattr(one, key, value)
    archive.addfile(one, io.BytesIO(content))


def tar(tree: Tree) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        folders = {parent.as_posix() for path in (*tree.files, *tree.links) for parent in Path(path).parents}
        for folder in sorted(folders - {"."}):
            member(archive, folder, type=tarfile.DIRTYPE, mode=0o755)
        for path in sorted(tree.files):
            member(archive, path, tree.files[path], mode=0o755 if path in tree.programs else 0o644)
        for path in sorted(tree.links):
            member(archive, path, type=tarfile.SYMTYPE, linkname=tree.links[path], mode=0o777)
    return buffer.getvalue()


def packed(content: bytes, suffix: str) -> bytes:
    match suffix:
        case ".xz":
            return lzma.compress(content, preset=6)
        case ".zst":
            return zstandard.ZstdCompressor(level=3).compress(content)
        case ".gz":
            buffer = io.BytesIO()
            import gzip

            with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as stream:
                stream.write(content)
            return buffer.getvalue()
        case _:
            return content


def ar(members: Iterable[tuple[str, bytes]]) -> bytes:
    content = b"!<arch>\n"
    for name, body in members:
        header = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(body):<10}`\n"
        content += header.encode() + body + b"\n" * (len(body) % 2)
    return content


def deb_of_tars(control: bytes, data: bytes, suffix: str = ".xz") -> bytes:
    return ar(
        [
            ("debian-binary", b"2.0\n"),
            (f"control.tar{suffix}", packed(control, suffix)),
            (f"data.tar{suffix}", packed(data, suffix)),
        ]
    )


def make_deb(
    name: str,
    version: str = "1.0-1",
    tree: Tree | None = None,
    *,
    depends: str = "",
    provides: str = "",
    architecture: str = "amd64",
    scripts: Mapping[str, str] | None = None,
    suffix: str = ".xz",
    data: bytes | None = None,
) -> MadeDeb:
    held = tree or Tree({f"usr/share/doc/{name}/copyright": b"Public domain\n"})
    fields = {"Package": name, "Version": version, "Architecture": architecture}
    fields |= {"Depends": depends} if depends else {}
    fields |= {"Provides": provides} if provides else {}
    fields |= {"Description": f"{name} for tests"}
    control = "".join(f"{key}: {value}\n" for key, value in fields.items())
    sums = "".join(f"{hashlib.md5(held.files[path]).hexdigest()}  {path}\n" for path in sorted(held.files))
    files = {"control": control.encode(), "md5sums": sums.encode()}
    files |= {script: text.encode() for script, text in (scripts or {}).items()}
    content = deb_of_tars(tar(Tree(files)), tar(held) if data is None else data, suffix)
    short = version.rpartition(":")[2]
    filename = f"pool/main/{name[0]}/{name}/{name}_{short}_{architecture}.deb"
    place = f"Filename: {filename}\nSize: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"
    return MadeDeb(filename, content, control + place)


def make_key() -> pysequoia.Tsk:
    return pysequoia.Tsk.generate("Test archive <test@example.org>", validity_seconds=CENTURY_SECONDS)


def public(key: pysequoia.Tsk) -> bytes:
    return bytes(key.extract_certificate())


def sign(key: pysequoia.Tsk, text: str) -> bytes:
    return pysequoia.sign(key.signer(), text.encode(), mode=pysequoia.SignatureMode.CLEAR)


def release_text(
    suite: str, indexes: Mapping[str, bytes], *, date: str = DATE, valid_until: str = "", by_hash: bool = True
) -> str:
    lines = ["Origin: Test", f"Codename: {suite}", f"Date: {date}"]
    lines += [f"Valid-Until: {valid_until}"] if valid_until else []
    lines += ["Acquire-By-Hash: yes"] if by_hash else []
    rows = [
        f" {hashlib.sha256(content).hexdigest()} {len(content)} {path}"
        for path, content in sorted(indexes.items())
    ]
    return "\n".join([*lines, "SHA256:", *rows, ""])


def write_suite(
    archive: Path,
    suite: str,
    debs: Iterable[MadeDeb],
    key: pysequoia.Tsk,
    *,
    architecture: str = "amd64",
    valid_until: str = "",
) -> None:
    """Writes a suite below `archive` (a folder that a `file:` address can name)."""
    held = sorted(debs, key=lambda deb: deb.filename)
    for deb in held:
        place = archive / deb.filename
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(deb.content)
    text = "\n".join(deb.stanza for deb in held).encode()
    plain = f"main/binary-{architecture}/Packages"
    indexes = {plain: text, f"{plain}.xz": packed(text, ".xz")}
    folder = archive / "dists" / suite
    place = folder / f"{plain}.xz"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(indexes[f"{plain}.xz"])
    (folder / "InRelease").write_bytes(sign(key, release_text(suite, indexes, valid_until=valid_until)))


def shared_library(soname: str) -> bytes:
    """The smallest 64-bit ELF file that tells its soname: header, two segments, dynamic section, names."""
    names = b"\0" + soname.encode() + b"\0"
    start = 64 + 2 * 56
    tags = struct.pack("<qQqQqQ", 14, 1, 5, start + 48, 0, 0)
    size = start + len(tags) + len(names)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, size, size, 4096)
    dynamic = struct.pack("<IIQQQQQQ", 2, 4, start, start, start, len(tags), len(tags), 8)
    return header + load + dynamic + tags + names
