"""What an earlier build wrote into the project's folder: an image, a document about one. In the next image it
would be data that nobody asked for, and give each build another digest."""

import os
from pathlib import Path

from okamochi.oci.entry import BytesContent, Content

__all__ = ["is_archive", "is_document", "is_layout"]

ARCHIVE_MARK = b"oci-layout\0"
# How the program's own name stands in bills of materials, and its kind of build in a provenance
DOCUMENT_MARKS = (
    b'"name":"okamochi","type":"application"',
    b'"Tool: okamochi-',
    b'"buildType":"urn:okamochi:build:',
)
EDGE_BYTES = 512


def is_layout(folder: Path) -> bool:
    """An OCI image layout, most likely the last build's."""
    try:
        return (folder / "oci-layout").is_file() and (folder / "index.json").is_file()
    except PermissionError:  # reading the folder tells it
        return False


def is_archive(item: "os.DirEntry[str]") -> bool:
    """An image's archive, as `build --to archive:` writes it: a tar that begins with the layout's mark."""
    if not item.name.endswith(".tar"):
        return False
    with Path(item.path).open("rb") as stream:
        return stream.read(len(ARCHIVE_MARK)) == ARCHIVE_MARK


def is_document(path: Path, content: Content) -> bool:
    """A bill of materials or a provenance of `build --sbom FORMAT:FILE --provenance FILE`, whatever its name;
    those of other programs are the project's own."""
    head, tail = _edges(path, content)
    return head.startswith(b'{"') and any(mark in head or mark in tail for mark in DOCUMENT_MARKS)


def _edges(path: Path, content: Content) -> tuple[bytes, bytes]:
    if isinstance(content, BytesContent):
        return content.content[:EDGE_BYTES], content.content[-EDGE_BYTES:]
    with path.open("rb") as stream:
        head = stream.read(EDGE_BYTES)
        stream.seek(max(content.size_bytes - EDGE_BYTES, 0))
        return head, stream.read(EDGE_BYTES)
