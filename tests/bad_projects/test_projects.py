"""Projects that are not understood, settings that make no sense, files that do not belong into an image."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.bad_projects.conftest import FLASK_APP, MakeProject, Refusing


def test_an_empty_folder_is_no_app(refuses: Refusing, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    refuses.build(tmp_path / "project", 3)


def test_of_a_folder_that_is_no_app_no_state_is_kept(refuses: Refusing, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    refuses.having(OKAMOCHI_STATE_DIR=str(tmp_path / "state")).up(tmp_path / "project", 3)
    assert not any((tmp_path / "state").glob("*"))


def test_a_folder_without_python_is_no_app(refuses: Refusing, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project/README.md").write_text("# hello\n")
    (tmp_path / "project/index.html").write_text("<p>hello\n")
    refuses.build(tmp_path / "project", 3)


def test_a_python_library_is_no_web_app(refuses: Refusing, make_project: MakeProject) -> None:
    refuses.build(make_project({"app.py": "def double(x):\n    return 2 * x\n"}, requirements=None), 3)


@pytest.mark.parametrize("command", ["plan", "build", "up", "lock"])
def test_a_syntax_error_in_the_app_is_told_with_its_line(
    refuses: Refusing, make_project: MakeProject, command: str
) -> None:
    root = make_project({"app.py": FLASK_APP + "\n\ndef broken(:\n    pass\n"})
    refuses(root, 3, "app.py:11", arguments=(command, root))


def test_two_apps_that_nothing_ranks_are_both_shown_with_the_setting_that_chooses(
    refuses: Refusing, make_project: MakeProject
) -> None:
    root = make_project({"app.py": "", "north.py": FLASK_APP, "south.py": FLASK_APP})
    refuses.build(root, 3, "north", "south", "entrypoint")


def test_a_file_is_no_folder(refuses: Refusing, make_project: MakeProject) -> None:
    root = make_project()
    refuses(root, 2, arguments=("build", root / "app.py"))


@pytest.mark.parametrize("command", ["plan", "build", "up", "down", "ps", "logs", "lock"])
def test_a_folder_that_does_not_exist_is_a_wrong_usage(
    refuses: Refusing, make_project: MakeProject, command: str
) -> None:
    root = make_project()
    refuses(root, 2, "nowhere", arguments=(command, root / "nowhere"))


def test_an_unknown_setting_is_told_with_its_line_and_the_nearest_one(
    refuses: Refusing, make_project: MakeProject
) -> None:
    root = make_project({"okamochi.toml": 'name = "a"\nentry-point = "app:app"\n'})
    refuses.build(root, 2, "entry-point", "okamochi.toml:2", "did you mean entrypoint")


def test_settings_in_two_places_are_refused(refuses: Refusing, make_project: MakeProject) -> None:
    root = make_project(
        {"okamochi.toml": "port = 8000\n", "pyproject.toml": "[tool.okamochi]\nport = 9000\n"}
    )
    refuses.build(root, 2, "two places", "okamochi.toml", "pyproject.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("port = 'many'\n", "port"),
        ("port = 70000\n", "port"),
        ("memory = 'lots'\n", "memory"),
        ("packages = 'libpq5'\n", "packages"),
        ("port = \n", "okamochi.toml"),
        ("exclude = [1]\n", "exclude"),
    ],
)
def test_a_wrong_value_is_told_by_its_key(
    refuses: Refusing, make_project: MakeProject, text: str, said: str
) -> None:
    root = make_project({"okamochi.toml": text})
    refuses(root, 2, said, arguments=("plan", root))


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside.txt"])
def test_a_link_out_of_the_project_is_refused_by_name(
    refuses: Refusing, make_project: MakeProject, tmp_path: Path, target: str
) -> None:
    root = make_project()
    (tmp_path / "outside.txt").write_text("private\n")
    (root / "evil").symlink_to(target)
    refuses.build(root, 5, "lead out of the project", "evil", "exclude")


def test_an_app_behind_a_link_that_leads_out_is_told(
    refuses: Refusing, make_project: MakeProject, tmp_path: Path
) -> None:
    root = make_project()
    (root / "app.py").rename(tmp_path / "outside.py")
    (root / "app.py").symlink_to(tmp_path / "outside.py")
    refuses.build(root, 3, "no Python file", "app.py leads out of the project", "copy what the symbolic link")


@pytest.mark.parametrize("name", ["okamochi.toml", "requirements.txt", "pyproject.toml", ".dockerignore"])
@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_that_leads_out_is_told_where_the_file_would_decide(
    refuses: Refusing, make_project: MakeProject, tmp_path: Path, name: str, *, is_there: bool
) -> None:
    """It stays out of the image, where links are refused; that it does not count has to be said all the same."""
    root = make_project()
    (root / name).unlink(missing_ok=True)
    if is_there:
        (tmp_path / "shared").write_text("")
    (root / name).symlink_to(tmp_path / "shared")
    refuses(root, 3, f"{name} cannot be read", "leads out of the project", "remove", arguments=("plan", root))


def test_a_file_name_that_is_not_utf8_is_shown(refuses: Refusing, make_project: MakeProject) -> None:
    root = make_project()
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.txt")).write_text("x")
    refuses.build(root, 5, "not UTF-8", "caf\\xe9.txt", "rename")


@pytest.mark.parametrize("command", ["plan", "build", "up", "down"])
def test_a_folder_whose_path_is_not_utf8_is_refused_by_every_command(
    refuses: Refusing, make_project: MakeProject, tmp_path: Path, command: str
) -> None:
    root = make_project().rename(Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")))
    refuses(root, 2, "not UTF-8", "caf\\xe9", "rename", arguments=(command, root))


def test_a_stray_file_of_5_gb_is_refused_with_its_size(refuses: Refusing, make_project: MakeProject) -> None:
    root = make_project()
    with (root / "core.dump").open("wb") as stream:
        stream.truncate(5_000_000_000)
    refuses.build(root, 5, "core.dump", "5.0 GB", "exclude")


def test_many_large_files_are_refused_by_their_sum(refuses: Refusing, make_project: MakeProject) -> None:
    root = make_project()
    for number in range(5):
        with (root / f"part{number}.bin").open("wb") as stream:
            stream.truncate(1_000_000_000)
    refuses.build(root, 5, "5.0 GB", "exclude")


@pytest.mark.parametrize("command", ["plan", "build"])
def test_folders_that_are_nested_without_end_are_told(
    refuses: Refusing, make_project: MakeProject, command: str
) -> None:
    root = make_project()
    nest(root, 1500)
    try:
        answer = refuses.program(command, root)
    finally:
        subprocess.run(("rm", "-rf", root / ("d" * 9)), check=True)
    assert (answer.code, answer.stdout) == (3, "")
    assert "nested more than 500 deep" in answer.stderr and "hint:" in answer.stderr
    assert "Traceback" not in answer.stderr


def nest(root: Path, depth: int) -> None:
    """Longer than the longest path that a system call takes."""
    handle = os.open(root, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d" * 9, dir_fd=handle)
        below = os.open("d" * 9, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = below
    os.close(handle)
