"""Wheels that fill disks, and large ones that are nothing bad."""

import random
from pathlib import Path

import pytest

from okamochi.errors import BuildError
from okamochi.pypi.bombs import refuse_bomb

MIB = 2**20


def laid(folder: Path, name: str, size_bytes: int, content: bytes = b"") -> tuple[str, int]:
    with (folder / name).open("wb") as stream:
        stream.write(content)
        stream.truncate(size_bytes)
    return name, size_bytes


def test_much_that_compresses_to_nothing_is_refused(tmp_path: Path) -> None:
    sizes = [laid(tmp_path, f"zeros{number}", 30 * MIB) for number in range(10)]
    with pytest.raises(BuildError, match="unpacks to 314,572,800 bytes of nearly nothing") as caught:
        refuse_bomb(tmp_path, sizes, archive="bomb-1.whl")
    assert caught.value.where == "bomb-1.whl"


def test_large_files_of_real_data_and_little_of_nothing_are_not(tmp_path: Path) -> None:
    data = random.Random(5).randbytes(MIB // 8)
    refuse_bomb(tmp_path, [laid(tmp_path, "model", 400 * MIB, data)], archive="model-1.whl")
    refuse_bomb(tmp_path, [laid(tmp_path, "zeros", 200 * MIB)], archive="zeros-1.whl")
