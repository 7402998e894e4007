"""One file out of a tar that `tar_writer` wrote."""

__all__ = ["file_in_tar"]

BLOCK = 512
FILE = b"0"


def file_in_tar(tar: bytes, path: str) -> bytes | None:
    """The file's content; None when it is not there, or its name needs a PAX header."""
    place, wanted = 0, path.encode()
    while place + BLOCK <= len(tar):
        header = tar[place : place + BLOCK]
        size = int(header[124:135] or b"0", 8) if header[124:135].strip(b"\0") else 0
        if header[156:157] == FILE and name_of(header) == wanted:
            return tar[place + BLOCK : place + BLOCK + size]
        place += BLOCK + -(-size // BLOCK) * BLOCK
    return None


def name_of(header: bytes) -> bytes:
    name, prefix = (field.partition(b"\0")[0] for field in (header[:100], header[345:500]))
    return prefix + b"/" + name if prefix else name
