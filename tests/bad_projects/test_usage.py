"""Arguments, environment files, ports, engines, and locks that do not fit."""

import os
from pathlib import Path

import pytest

from okamochi.model.lock import Lock, LockedDeb, LockedPlatform, LockedWheel
from okamochi.model.lock_codec import lock_to_json
from tests.bad_projects.conftest import FLASK_APP, MakeProject, Refusing
from tests.cli.program import Program

NEEDY_APP = "import os\n\n" + FLASK_APP + "\n\nBASE = os.environ['PAYMENT_API_BASE']\n"


def lock(platform: str = "linux/amd64") -> bytes:
    deb = LockedDeb(
        name="libc6",
        version="2.41-12",
        architecture="amd64",
        archive="debian",
        filename="pool/main/g/glibc/libc6_2.41-12_amd64.deb",
        size_bytes=1,
        sha256="0" * 64,
    )
    wheel = LockedWheel(
        name="flask", version="3.1.3", filename="flask-3.1.3-py3-none-any.whl", sha256="0" * 64
    )
    return lock_to_json(
        Lock(
            base_inputs="0" * 64,
            wheel_inputs="0" * 64,
            python_version="3.13",
            suite="trixie",
            snapshot="2026-11-21T02:10:46Z",
            platforms=(LockedPlatform(platform=platform, debs=(deb,), wheels=(wheel,)),),
        )
    )


@pytest.mark.parametrize("sink", ["registry:x", "layout", "layout:", "archive:", "docker:x", "tar:x", ""])
def test_a_sink_that_does_not_exist_is_refused_before_anything_is_built(
    refuses: Refusing, make_project: MakeProject, sink: str
) -> None:
    root = make_project()
    refuses(root, 2, "sink", "layout:DIR", arguments=("build", root, "--to", sink))


@pytest.mark.parametrize("platform", ["linux", "windows/amd64", "linux/mips", "linux/amd64,", "../x"])
def test_a_platform_that_is_not_built_for_is_refused(
    refuses: Refusing, make_project: MakeProject, platform: str
) -> None:
    refuses.build(make_project(), 2, "linux/amd64", options=("--platform", platform))


@pytest.mark.parametrize("tag", ["Upper:1", "a b", "app:", "app:" + "x" * 129, "-x"])
def test_a_tag_that_no_engine_takes_is_refused_before_anything_is_built(
    refuses: Refusing, make_project: MakeProject, tag: str
) -> None:
    stderr = refuses.build(make_project(), 2, options=(f"--tag={tag}",))
    assert "Base" not in stderr


def test_an_unknown_command_is_a_wrong_usage(refuses: Refusing) -> None:
    answer = refuses.program("biuld")
    assert (answer.code, answer.stdout) == (2, "")
    assert "Did you mean 'build'?" in answer.stderr


@pytest.mark.parametrize(
    ("word", "meant"), [("start", "up"), ("stop", "down"), ("restart", "up"), ("init", "plan")]
)
def test_a_command_of_other_programs_is_told_by_its_name_here(
    refuses: Refusing, word: str, meant: str
) -> None:
    answer = refuses.program(word)
    assert (answer.code, f"Did you mean {meant!r}?" in answer.stderr) == (2, True), answer.stderr


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("https://git.example/me/shop.git", "git clone that address"),
        ("git@git.example:me/shop.git", "git clone that address"),
        ("shop.wsgi:app", "--entrypoint shop.wsgi:app"),
        ("shop", "or run okamochi inside of it"),
    ],
)
def test_what_is_no_folder_is_told_what_it_may_be(refuses: Refusing, path: str, hint: str) -> None:
    answer = refuses.program("plan", path)
    assert (answer.code, hint in answer.stderr) == (2, True), answer.stderr


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_is_none_is_a_wrong_usage(
    refuses: Refusing, make_project: MakeProject, port: str
) -> None:
    answer = refuses.program("up", make_project(), "--port", port)
    assert (answer.code, answer.stdout) == (2, "")
    assert "--port" in answer.stderr


def test_an_unknown_engine_is_refused(refuses: Refusing, make_project: MakeProject) -> None:
    root = make_project()
    refuses(root, 2, "no such engine", "docker, podman, host", arguments=("up", root, "--engine", "lxc"))


@pytest.mark.parametrize("arguments", [("up", "--engine", "docker"), ("build", "--to", "docker")])
def test_an_engine_that_was_asked_for_and_does_not_answer_is_told_before_the_build(
    refuses: Refusing, make_project: MakeProject, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    root = make_project()
    alone = refuses.having(DOCKER_HOST=f"unix://{tmp_path}/no.sock")
    stderr = alone(root, 7, "docker", arguments=(arguments[0], root, *arguments[1:]))
    assert "Dependencies" not in stderr


def test_a_required_variable_without_a_value_is_named_with_the_line_that_reads_it(
    refuses: Refusing, make_project: MakeProject
) -> None:
    refuses.up(make_project({"app.py": NEEDY_APP}), 2, "PAYMENT_API_BASE", "app.py:13", "--env-file")


def test_an_environment_file_that_lacks_the_variable_is_named(
    refuses: Refusing, make_project: MakeProject, tmp_path: Path
) -> None:
    env_file = tmp_path / "production.env"
    env_file.write_text("OTHER=1\nPAYMENT_API_BASE=\n")
    root = make_project({"app.py": NEEDY_APP})
    refuses.up(root, 2, "PAYMENT_API_BASE", "production.env", options=("--env-file", env_file))


@pytest.mark.parametrize("line", ['1NAME="x"', 'NAME="never closed', "NAME='x"])
def test_a_bad_line_of_an_environment_file_is_named_and_its_value_is_not_shown(
    refuses: Refusing, make_project: MakeProject, tmp_path: Path, line: str
) -> None:
    env_file = tmp_path / "production.env"
    env_file.write_text(f"# values\nGOOD=hunter2good\n{line}\n")
    stderr = refuses.up(make_project(), 2, "production.env:3", options=("--env-file", env_file))
    assert "hunter2good" not in stderr and "never closed" not in stderr


def test_an_environment_file_that_is_missing_or_no_text_is_refused(
    refuses: Refusing, make_project: MakeProject, tmp_path: Path
) -> None:
    root = make_project()
    (tmp_path / "binary.env").write_bytes(b"A=\xff\xfe\x00")
    refuses.up(root, 2, "nowhere.env", options=("--env-file", tmp_path / "nowhere.env"))
    refuses.up(root, 2, "binary.env", options=("--env-file", tmp_path / "binary.env"))


def test_a_port_that_is_taken_is_told_with_its_process_before_the_build(
    refuses: Refusing, make_project: MakeProject, taken_port: int
) -> None:
    root = make_project()
    stderr = refuses.up(
        root, 7, f"port {taken_port} is taken by", str(os.getpid()), options=("--port", str(taken_port))
    )
    assert "Dependencies" not in stderr


@pytest.mark.parametrize("command", [("logs",), ("exec", "--project")])
def test_what_does_not_run_has_no_logs_and_takes_no_commands(
    refuses: Refusing, make_project: MakeProject, command: tuple[str, ...]
) -> None:
    root = make_project()
    more = ("flask", "--version") if command[0] == "exec" else ()
    refuses(root, 7, "running", "okamochi up", arguments=(*command, root, *more))


def test_down_of_what_does_not_run_is_done(refuses: Refusing, make_project: MakeProject) -> None:
    answer = refuses.program("down", make_project())
    assert (answer.code, answer.stdout) == (0, "nothing was running\n")


@pytest.mark.parametrize("command", ["plan", "build", "up", "lock"])
def test_a_folder_that_is_none_is_told_in_the_same_words_by_every_command(
    tmp_path: Path, command: str
) -> None:
    (tmp_path / "app.py").write_text(FLASK_APP)
    for name, words in (("nowhere", "there is no such folder"), ("app.py", "this is a file, not the folder")):
        answer = Program()(command, tmp_path / name)
        assert (answer.code, words in answer.stderr) == (2, True), answer.stderr


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b'{"version": 2}', b"\xff\xfe", b"[]", b"null"])
def test_a_damaged_lock_is_refused_and_left_as_it_is(
    refuses: Refusing, make_project: MakeProject, content: bytes
) -> None:
    root = make_project()
    (root / "okamochi.lock").write_bytes(content)
    refuses.build(root, 2, "okamochi.lock", "version control")


def test_a_lock_that_lies_out_of_the_project_is_refused(
    refuses: Refusing, make_project: MakeProject, tmp_path: Path
) -> None:
    root = make_project()
    (root / "okamochi.lock").symlink_to(tmp_path / "shared.lock")
    for there in (False, True):
        if there:
            (tmp_path / "shared.lock").write_bytes(lock())
        refuses.build(root, 2, "okamochi.lock is a symbolic link", "lock of its own")


def test_a_lock_with_the_marks_of_a_merge_is_told_as_such(
    refuses: Refusing, make_project: MakeProject
) -> None:
    root, ours = make_project(), lock().decode()
    line = next(line for line in ours.splitlines() if "snapshot" in line)
    both = f"<<<<<<< HEAD\n{line}\n=======\n{line}\n>>>>>>> other"
    (root / "okamochi.lock").write_text(ours.replace(line, both))
    refuses.build(root, 2, "a merge", "--ours okamochi.lock", "okamochi lock")


def test_locked_without_a_lock_is_refused(refuses: Refusing, make_project: MakeProject) -> None:
    refuses.build(make_project(), 4, "okamochi.lock is missing", "okamochi lock", options=("--locked",))


def test_locked_with_a_stale_lock_is_refused(refuses: Refusing, make_project: MakeProject) -> None:
    root = make_project()
    (root / "okamochi.lock").write_bytes(lock())
    options = ("--locked", "--platform", "linux/amd64")
    files = "what decides the dependencies is not what it was made for: requirements.txt"
    refuses.build(root, 4, "does not fit the project", files, "okamochi lock", options=options)


def test_locked_for_another_python_is_refused_with_both(refuses: Refusing, make_project: MakeProject) -> None:
    root = make_project({".python-version": "3.11\n"})
    (root / "okamochi.lock").write_bytes(lock())
    words = ("does not fit the project", "Python 3.13 on trixie", "Python 3.11 on bookworm")
    refuses.build(root, 4, *words, options=("--locked", "--platform", "linux/amd64"))


def test_locked_for_another_platform_is_refused(refuses: Refusing, make_project: MakeProject) -> None:
    root = make_project()
    (root / "okamochi.lock").write_bytes(lock("linux/arm64"))
    refuses.build(root, 4, "nothing for linux/amd64", options=("--locked", "--platform", "linux/amd64"))


@pytest.mark.parametrize(
    ("place", "said"),
    [("folder", "not a file"), ("pipe", "not a file"), ("nowhere/x.tar", "no folder"), ("-", "stdout")],
)
@pytest.mark.parametrize(
    "options",
    [
        ("--to", "archive:{}"),
        ("--to", "archive:a.tar", "--sbom", "cyclonedx:{}"),
        ("--to", "archive:a.tar", "--provenance", "{}"),
    ],
    ids=lambda options: options[-2],
)
def test_no_file_takes_the_place_of_folders_devices_and_stdout(
    refuses: Refusing,
    make_project: MakeProject,
    tmp_path: Path,
    place: str,
    said: str,
    options: tuple[str, ...],
) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    root = make_project()
    there = place if place == "-" else str(tmp_path / place)
    given = (one.format(there) for one in options)
    stderr = refuses(root, 2, said, options[-2], arguments=("build", root, *given))
    assert "Base" not in stderr
    assert (tmp_path / "pipe").is_fifo() and not any((tmp_path / "folder").iterdir())
