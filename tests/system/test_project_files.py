"""The project's folder as detectors see it."""

import os
from pathlib import Path

import pytest

from okamochi.errors import DetectionError, UsageError
from okamochi.system.globs import selected
from okamochi.system.project_files import DiskProject, MemoryProject, ProjectFiles


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def write(path: Path, content: bytes = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_folder_that_does_not_exist_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        DiskProject.open(tmp_path / "nowhere")


def test_a_file_is_not_a_project_and_the_hint_names_its_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        DiskProject.open(write(tmp_path / "app.py"))
    assert os.fspath(tmp_path) in raised.value.hint


def test_files_are_listed_in_order_without_caches_environments_and_vcs(project: Path) -> None:
    kept = ["app.py", "pkg/__init__.py", "pkg/sub/b.py", "env/notes.txt", ".env"]
    dropped = [
        ".git/config",
        "pkg/__pycache__/a.pyc",
        ".venv/x.py",
        ".hypothesis/.gitignore",
        "venv/pyvenv.cfg",
        "venv/lib/y.py",
        "node_modules/z.js",
        "app.egg-info/PKG-INFO",
    ]
    for path in kept + dropped:
        write(project / path)
    assert DiskProject.open(project).files() == tuple(sorted(kept))


def test_a_memory_project_lists_as_the_disk_does(project: Path) -> None:
    names = ["a.py", "venv/pyvenv.cfg", "venv/a.py", "env/b.py", ".git/c", "x.egg-info/d", "p/q/r.py"]
    for name in names:
        write(project / name)
    memory: ProjectFiles = MemoryProject(dict.fromkeys(names, ""))
    disk: ProjectFiles = DiskProject.open(project)
    for pattern in ("**", "**/*.py", "*.py", "p/**", "*/*"):
        assert memory.files(pattern) == disk.files(pattern)
    assert memory.files("*.py", within="p/q") == disk.files("*.py", within="p/q") == ("p/q/r.py",)


@pytest.mark.parametrize(
    ("pattern", "path", "answer"),
    [
        ("**/*.py", "app.py", True),
        ("**/*.py", "a/b/app.py", True),
        ("*.py", "a/app.py", False),
        ("src/**", "src/a/b.txt", True),
        ("src/**", "src2/a", False),
        ("**/migrations/**", "a/migrations/env.py", True),
        ("re?uirements[-_]*.txt", "requirements-dev.txt", True),
        ("[!a]*.py", "app.py", False),
        ("a.py", "axpy", False),
        ("a[0-9].sql", "a5.sql", True),
        ("a[9-0].sql", "a[9-0].sql", True),  # a folder's name in somebody's compose file
        ("a[9-0].sql", "a5.sql", False),
        (f"{'**/' * 30}*.py", f"{'a/' * 60}b.txt", False),
        (f"{'*' * 30}.py", f"{'a' * 200}.txt", False),
    ],
)
def test_a_pattern_matches_as_gitignore_globs_do(pattern: str, path: str, answer: bool) -> None:
    assert selected((path,), pattern, "") == ((path,) if answer else ())


def test_a_link_out_of_the_project_is_neither_listed_nor_read_but_reported(
    project: Path, tmp_path: Path
) -> None:
    write(tmp_path / "secret", b"outside")
    (project / "out.py").symlink_to(tmp_path / "secret")
    (project / "dangling.py").symlink_to("nowhere")
    (project / "loop").symlink_to("loop")
    (project / "folder").symlink_to(tmp_path)
    disk = DiskProject.open(project)
    assert disk.files() == ()
    assert disk.read_bytes("out.py") is None
    assert disk.read_bytes("folder/secret") is None
    assert disk.read_bytes("../secret") is None
    assert disk.read_bytes(os.fspath(tmp_path / "secret")) is None
    assert not disk.exists("folder/secret")
    assert disk.links_outside() == ("dangling.py", "folder", "loop", "out.py")


def test_a_link_within_the_project_is_read(project: Path) -> None:
    write(project / "real.py", b"x = 1\n")
    (project / "link.py").symlink_to("real.py")
    disk = DiskProject.open(project)
    assert disk.read_text("link.py") == "x = 1\n"
    assert disk.files() == ("link.py", "real.py")
    assert disk.links_outside() == ()


def test_a_folder_link_that_leads_upwards_does_not_walk_without_end(project: Path) -> None:
    write(project / "a" / "x.py")
    (project / "a" / "up").symlink_to("..")
    assert DiskProject.open(project).files() == ("a/x.py",)


def test_a_name_that_is_not_utf8_is_reported_and_left_out(project: Path) -> None:
    (Path(os.fsdecode(os.fsencode(project) + b"/caf\xe9.py"))).write_bytes(b"")
    write(project / "ok.py")
    disk = DiskProject.open(project)
    assert disk.files() == ("ok.py",)
    assert disk.undecodable() == ("caf\\xe9.py",)


def test_a_huge_file_is_listed_but_never_read(project: Path) -> None:
    with (project / "data.py").open("wb") as stream:
        stream.truncate(5 * 2**30)
    disk = DiskProject.open(project)
    assert disk.files() == ("data.py",)
    assert disk.read_bytes("data.py") is None
    assert disk.read_text("data.py") is None


def test_a_pipe_does_not_block_and_is_no_file(project: Path) -> None:
    os.mkfifo(project / "pipe.py")
    disk = DiskProject.open(project)
    assert disk.read_bytes("pipe.py") is None
    assert disk.files() == ()


def test_too_many_files_are_an_error_that_says_what_to_do(project: Path) -> None:
    for number in range(12):
        write(project / f"{number}.txt")
    with pytest.raises(DetectionError) as raised:
        DiskProject.open(project, tree_limit=10).files()
    assert "10" in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("é\r\nb\r".encode(), "é\nb\n"),
        ("é".encode("utf-8-sig"), "é"),
        ("日本".encode("utf-16"), "日本"),
        (b"\xfe\xff\x00a", "a"),
        ("é".encode("latin-1"), "é"),
        (b"", ""),
    ],
)
def test_text_is_read_in_the_encodings_that_editors_write(project: Path, content: bytes, text: str) -> None:
    write(project / "file", content)
    assert DiskProject.open(project).read_text("file") == text


def test_what_is_absent_is_none_and_does_not_exist(project: Path) -> None:
    write(project / "pkg" / "a.py")
    for files in (DiskProject.open(project), MemoryProject({"pkg/a.py": ""})):
        assert files.read_bytes("b.py") is None
        assert files.read_bytes("pkg") is None
        assert not files.exists("b.py")
        assert files.exists("pkg") and files.is_dir("pkg") and files.is_dir("")
        assert files.exists("pkg/a.py") and not files.is_dir("pkg/a.py")
