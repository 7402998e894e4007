"""The company's logo: whatever is uploaded is decoded and written anew, so that only pixels are kept."""

import hashlib
import io
import os
import tempfile
import warnings
from pathlib import Path

from PIL import Image, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_PIXELS = 16_000_000
KEPT_WIDTH, KEPT_HEIGHT = 800, 400
RIFF_HEADER_BYTES = 8


class LogoError(ValueError):
    """The upload is no picture that we take."""


def store(content: bytes, folder: Path) -> str:
    """Keep the picture in folder; returns its file name, which is made from its content."""
    png = reencoded(content)
    name = f"logo-{hashlib.sha256(png).hexdigest()[:16]}.png"
    folder.mkdir(parents=True, exist_ok=True)
    _write_atomically(folder / name, png)
    return name


def reencoded(content: bytes) -> bytes:
    """The picture as PNG of at most 800 x 400 pixels, without metadata; LogoError when it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _reencoded(content)
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise LogoError(str(error)) from error


def _reencoded(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        # The header is read, the pixels are not yet: a small file can claim a huge picture.
        if picture.width * picture.height > MAX_PIXELS:
            raise LogoError(f"{picture.width} x {picture.height} pixels are too many")
        if not _is_complete(content, picture.format):
            raise LogoError("the file is cut off")
        pixels = picture.convert("RGBA")
    pixels.thumbnail((KEPT_WIDTH, KEPT_HEIGHT))
    output = io.BytesIO()
    Image.frombytes("RGBA", pixels.size, pixels.tobytes()).save(output, "PNG", optimize=True)
    return output.getvalue()


def _is_complete(content: bytes, format_name: str | None) -> bool:
    """Whether the file reaches its end mark; Pillow itself does not mind once WeasyPrint was imported, which
    sets ImageFile.LOAD_TRUNCATED_IMAGES for the whole process."""
    match format_name:
        case "PNG":
            return b"IEND" in content
        case "JPEG":
            return b"\xff\xd9" in content
        case _:
            return len(content) >= int.from_bytes(content[4:8], "little") + RIFF_HEADER_BYTES


def _write_atomically(path: Path, content: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".logo-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
