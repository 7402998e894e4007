"""What the names in a source's archive tell."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from okamochi.pypi.sdist_files import compiles


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("shop.py", False),
        ("docs/Makefile", False),
        ("Makefile", False),
        ("tests/data/broken.c", False),
        ("src/shop/_speedups.c", True),
        ("shop/docs/words.pyx", True),
        ("CMakeLists.txt", True),
        ("tests.c", True),
    ],
)
def test_what_a_compiler_would_read_is_told_from_what_lies_beside_the_package(
    tmp_path: Path, name: str, needed: bool
) -> None:
    packed, zipped = tmp_path / "shop-1.0.tar.gz", tmp_path / "shop-1.0.zip"
    with tarfile.open(packed, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo(f"shop-1.0/{name}"), io.BytesIO())
    with zipfile.ZipFile(zipped, "w") as written:
        written.writestr(f"shop-1.0/{name}", "")
    assert [compiles(path, path.name) for path in (packed, zipped)] == [needed, needed]


def test_what_cannot_be_read_may_have_to_be_compiled(tmp_path: Path) -> None:
    (tmp_path / "shop-1.0.tar.gz").write_bytes(b"no archive")
    assert compiles(tmp_path / "shop-1.0.tar.gz", "shop-1.0.tar.gz")
