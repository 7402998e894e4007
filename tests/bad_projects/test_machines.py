"""Machines that do not play along: a cache that cannot be written, a disk that is full."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bad_projects.conftest import MakeProject, Refusing
from tests.bad_projects.test_requirements import LINKS, with_wheels


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """A file system of its own at `folder`; skips the test where that is not allowed."""
    argv = ("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder)
    try:
        done = subprocess.run(argv, capture_output=True, check=False)
    except OSError as error:
        pytest.skip(f"there is no mount program: {error}")
    if done.returncode != 0:
        pytest.skip(f"mounting a file system needs root: {done.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(("umount", "-l", folder), check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for 2 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    with mounted(folder, "size=2m"):
        yield folder


@pytest.fixture
def read_only_folder(tmp_path: Path) -> Iterator[Path]:
    """Permissions stop everybody but root, whom a read-only file system stops."""
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o555)
    if os.geteuid() != 0:
        yield folder
        return
    with mounted(folder, "ro"):
        yield folder


def test_a_cache_folder_that_cannot_be_written_is_told_with_the_variable_that_moves_it(
    refuses: Refusing, make_project: MakeProject, read_only_folder: Path
) -> None:
    root = with_wheels(make_project(requirements=LINKS + "flask\n"))
    cache = str(read_only_folder / "cache")
    refuses.having(OKAMOCHI_CACHE_DIR=cache).build(root, 1, str(read_only_folder), "OKAMOCHI_CACHE_DIR")


def test_a_cache_folder_that_is_a_file_is_told(
    refuses: Refusing, make_project: MakeProject, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    root = with_wheels(make_project(requirements=LINKS + "flask\n"))
    refuses.having(OKAMOCHI_CACHE_DIR=str(tmp_path / "file")).build(root, 1, "OKAMOCHI_CACHE_DIR")


def test_a_full_disk_is_told(refuses: Refusing, make_project: MakeProject, small_disk: Path) -> None:
    root = with_wheels(make_project(requirements=LINKS + "flask\n"))
    with (small_disk / "ballast").open("wb") as stream:
        stream.write(bytes(2_000_000))
    refuses.having(OKAMOCHI_CACHE_DIR=str(small_disk / "cache")).build(root, 1, "disk is full")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SOURCE_DATE_EPOCH", "yesterday"),
        ("SOURCE_DATE_EPOCH", "-1"),
        ("HTTPS_PROXY", "socks5://127.0.0.1:1"),
    ],
)
def test_a_variable_that_makes_no_sense_is_told(
    refuses: Refusing, make_project: MakeProject, name: str, value: str
) -> None:
    refuses.having(**{name: value}).build(make_project(), 2, name.partition("_")[0])
