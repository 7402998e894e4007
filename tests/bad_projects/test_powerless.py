"""What an ordinary user may not read or write, and how the program was started: closed files, no home."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bad_projects.conftest import MakeProject, Refusing
from tests.bad_projects.test_requirements import LINKS, with_wheels
from tests.cli.program import Program

# Permissions count for root, too, without these two.
POWERS = "-dac_override,-dac_read_search"


@pytest.fixture
def powerless(refuses: Refusing) -> Refusing:
    """The program as a user whom permissions stop."""
    if os.geteuid() != 0:
        return refuses
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("setpriv is not installed, and permissions do not stop root")
    start = (setpriv, f"--bounding-set={POWERS}", "--", *refuses.program.start)
    return Refusing(replace(refuses.program, start=start))


@pytest.fixture
def plain(refuses: Refusing) -> Program:
    return refuses.program


def start_as(program: Program, line: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    """A shell line in which "$@" is the program."""
    words = ("sh", "-c", line, "sh", *program.start, *map(os.fspath, arguments))
    return subprocess.run(words, env=program.whole_environ, capture_output=True, check=False, timeout=300)


def test_a_folder_that_cannot_be_read_is_told(powerless: Refusing, make_project: MakeProject) -> None:
    root = with_wheels(make_project({"data/rows.csv": "1"}, requirements=LINKS + "flask\n"))
    (root / "data").chmod(0)
    try:
        answer = powerless.program("build", root, "--to", f"layout:{root.parent / 'layout'}")
    finally:
        (root / "data").chmod(0o755)
    assert (answer.code, answer.stdout) == (5, "")
    assert "a folder of the project cannot be read" in answer.stderr


def test_requirements_that_cannot_be_read_are_not_called_missing(
    powerless: Refusing, make_project: MakeProject
) -> None:
    root = make_project()
    (root / "requirements.txt").chmod(0)
    powerless(root, 3, "requirements.txt cannot be read", arguments=("plan", root))


@pytest.mark.parametrize("options", [(), ("--locked",)])
def test_a_lock_that_cannot_be_read_is_never_replaced(
    powerless: Refusing, make_project: MakeProject, options: tuple[str, ...]
) -> None:
    root = make_project({"okamochi.lock": "{}"})
    (root / "okamochi.lock").chmod(0)
    arguments = ("build", root, "--to", f"layout:{root.parent / 'layout'}", *options)
    powerless(root, 2, "okamochi.lock cannot be read", arguments=arguments)


def test_a_lock_that_is_a_folder_is_told_before_anything_is_fetched(
    refuses: Refusing, make_project: MakeProject
) -> None:
    root = make_project({"okamochi.lock/file": ""})
    refuses.build(root, 2, "okamochi.lock cannot be read")


def test_a_layout_below_a_folder_that_is_closed_to_us_is_told(
    powerless: Refusing, make_project: MakeProject, tmp_path: Path
) -> None:
    root = make_project()
    (tmp_path / "closed").mkdir(mode=0)
    place = f"layout:{tmp_path / 'closed' / 'image'}"
    powerless(root, 1, "no permission", str(tmp_path / "closed"), arguments=("build", root, "--to", place))


def test_what_nobody_foresaw_the_system_to_refuse_is_no_bug(
    powerless: Refusing, make_project: MakeProject, tmp_path: Path
) -> None:
    root = make_project()
    (tmp_path / "closed").mkdir(mode=0)
    file = tmp_path / "closed" / "values.env"
    arguments = ("up", root, "--engine", "host", "--env-file", file)
    answer = powerless.program(*arguments)
    assert answer.code in (1, 2) and "Traceback" not in answer.stderr and str(file) in answer.stderr


def test_without_a_home_things_are_kept_in_a_folder_of_the_users_own_and_that_is_said(
    refuses: Refusing, make_project: MakeProject, tmp_path: Path
) -> None:
    nobody = (sys.executable, "-c", HOMELESS.replace("/var/tmp", str(tmp_path)))
    unset = {"HOME": "", "OKAMOCHI_CACHE_DIR": "", "XDG_CACHE_HOME": ""}
    answer = Program({**refuses.program.environ, **unset}, nobody)("plan", make_project())
    own = tmp_path / f"okamochi-{os.geteuid()}"
    assert answer.code == 0 and f"the cache is in {own} (OKAMOCHI_CACHE_DIR" in answer.stderr
    assert own.stat().st_mode & 0o777 == 0o700


def test_without_a_home_a_named_cache_is_enough(
    refuses: Refusing, make_project: MakeProject, tmp_path: Path
) -> None:
    environ = {**refuses.program.environ, "HOME": "", "OKAMOCHI_CACHE_DIR": str(tmp_path / "cache")}
    answer = Program(environ, (sys.executable, "-c", HOMELESS))("plan", make_project())
    assert answer.code == 0, answer.stderr


# A user of whom the system knows nothing: a number in a container, a service.
HOMELESS = """
import pwd, sys

def nobody(*_):
    raise KeyError("nobody")

pwd.getpwuid = pwd.getpwnam = nobody
from okamochi.system import stand_in_home
setattr(stand_in_home, "LASTING", "/var/tmp")
from okamochi.__main__ import main
sys.exit(main())
"""


def test_an_answer_that_finds_no_room_is_a_failure(plain: Program, make_project: MakeProject) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    done = start_as(plain, '"$@" >/dev/full', "plan", make_project())
    assert done.returncode == 1, done.stderr
    assert b"No space left" in done.stderr and b"stdout" in done.stderr and b"hint:" in done.stderr
    assert b"Traceback" not in done.stderr and b"ignored" not in done.stderr


def test_talk_that_nobody_takes_does_not_end_the_work(plain: Program, make_project: MakeProject) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    root = make_project({"docker-compose.yml": "- no table\n"})
    done = start_as(plain, '"$@" 2>/dev/full', "plan", root)
    assert done.returncode == 0 and b"Flask" in done.stdout


def test_with_stderr_closed_everything_else_is_as_ever(plain: Program, make_project: MakeProject) -> None:
    done = start_as(plain, '"$@" 2>&-', "plan", make_project())
    assert done.returncode == 0 and b"Flask" in done.stdout


def test_no_file_takes_the_place_of_one_that_is_closed() -> None:
    script = (
        "from okamochi.system.standard_streams import open_standard_streams as o; import os, sys; o();"
        "f = open(os.devnull); sys.stdout.write('x'); sys.stderr.write('y'); sys.exit(0 if f.fileno() > 2 else 9)"
    )
    words = ("sh", "-c", '"$0" -c "$1" <&- >&- 2>&-', sys.executable, script)
    assert subprocess.run(words, check=False).returncode == 0


def test_a_current_folder_that_was_removed_is_told(plain: Program, tmp_path: Path) -> None:
    line = f'mkdir "{tmp_path}/gone" && cd "{tmp_path}/gone" && rmdir "{tmp_path}/gone" && exec "$@"'
    done = start_as(plain, line, "plan")
    assert done.returncode == 2, done.stderr
    assert b"not there any more" in done.stderr and b"Traceback" not in done.stderr


def test_what_another_user_left_in_the_cache_is_no_obstacle(powerless: Refusing, tmp_path: Path) -> None:
    """`sudo okamochi` with the user's HOME does that; every prune failed, and once a day the end of a build.

    Whoever it is may be building: what was used of late stays."""
    cache = tmp_path / "cache"
    program = Program({**powerless.program.environ, "OKAMOCHI_CACHE_DIR": str(cache)}, powerless.program.start)
    now = time.time()
    records = {name: cache / "records" / "kind" / name[:2] / name for name in ("abold", "cdnew")}
    for name, used in (("abold", now - 30 * 86400), ("cdnew", now - 60)):
        records[name].parent.mkdir(parents=True)
        records[name].write_bytes(bytes(1000))
        os.utime(records[name], (used, used))
    foreign = cache / "tmp" / "1-0123456789abcdef"
    foreign.mkdir(parents=True)
    foreign.chmod(0)
    answer = program("cache", "prune", "--keep", "0")
    assert answer.code == 0, answer.stderr
    assert (records["abold"].exists(), records["cdnew"].exists()) == (False, True)
