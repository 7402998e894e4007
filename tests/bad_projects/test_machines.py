"""Machines that do not play along: a cache that cannot be written, a disk that is full."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bad_projects.conftest import MakeProject, Refusing
from tests.bad_projects.test_requirements import LINKS, with_wheels
from tests.cli.program import Program

NOBODY = 65534


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for 2 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder), capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"mounting a small file system needs root: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(("umount", "-l", folder), check=True)


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    """Below a folder that everybody may enter: pytest's own are private."""
    with tempfile.TemporaryDirectory(prefix="okamochi-read-only-") as name:
        folder = Path(name)
        (folder / "cache").mkdir(mode=0o555)
        folder.chmod(0o755)
        yield folder / "cache"


def test_a_cache_folder_that_cannot_be_written_is_told_with_the_variable_that_moves_it(
    refuses: Refusing, make_project: MakeProject, read_only_folder: Path
) -> None:
    root = with_wheels(make_project(requirements=LINKS + "flask\n"))
    program = refuses.program.with_environ(OKAMOCHI_CACHE_DIR=str(read_only_folder), HOME="/nonexistent")
    if os.geteuid() == 0:
        program = as_nobody(program, root)
    Refusing(program).build(root, 1, str(read_only_folder), "OKAMOCHI_CACHE_DIR")


def as_nobody(program: Program, project: Path) -> Program:
    """Root may write everywhere; somebody else may have to be let in to the project."""
    for folder in project.parents:
        if folder.stat().st_mode & 0o055 != 0o055 and str(folder).startswith(tempfile.gettempdir()):
            folder.chmod(folder.stat().st_mode | 0o055)
    program = Program(program.environ, program.start, NOBODY)
    answer = program("--version")
    if answer.code != 0:
        pytest.skip(
            "another user cannot start the Python of this environment: " + answer.stderr.strip()[-200:]
        )
    return program


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
