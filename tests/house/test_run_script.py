"""The ./run script, in a checkout whose programs write down how they were called."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# The environment's Python: it notes what it is asked, and an installation leaves a program behind.
ENVIRONMENT_PYTHON = """#!/bin/sh
[ "$1" = -c ] && exit 0
echo "python $*" >>"{log}"
case $1 in */install.py) cp "{program}" "${{0%/*}}/okamochi" ;; esac
"""
PROGRAM = """#!/bin/sh
echo "${{0##*/}} $*" >>"{log}"
[ "${{0##*/}}" != okamochi ] || echo http://127.0.0.1:8000
"""


@dataclass(frozen=True)
class Checkout:
    """A copy of the script beside fake programs; `calls` is what they were asked."""

    folder: Path
    log: Path
    path: str = os.environ["PATH"]

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (os.fspath(self.folder / "run"), *arguments),
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": self.path, "HOME": os.fspath(self.folder), **environment},
        )

    @property
    def calls(self) -> tuple[str, ...]:
        return tuple(self.log.read_text().splitlines()) if self.log.exists() else ()


def write_script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def make_environment(folder: Path, log: Path) -> None:
    programs = folder / ".venv" / "bin"
    for name in ("ruff", "mypy", "lint-imports", "program"):
        write_script(programs / name, PROGRAM.format(log=log))
    write_script(programs / "python", ENVIRONMENT_PYTHON.format(log=log, program=programs / "program"))
    (programs / "activate").write_text(f"VIRTUAL_ENV='{folder / '.venv'}'\n")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder = tmp_path / "a folder with spaces"
    folder.mkdir()
    shutil.copy2(ROOT / "run", folder / "run")
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "requirements").mkdir()
    (folder / "requirements" / "dev.txt").write_text("uv==1.0\n")
    (folder / "pyproject.toml").write_text("[project]\n")
    make_environment(folder, tmp_path / "calls")
    return Checkout(folder=folder, log=tmp_path / "calls")


def installations(checkout: Checkout) -> int:
    return sum("install.py" in call for call in checkout.calls)


def with_programs_first(checkout: Checkout, **scripts: str) -> Checkout:
    """The same checkout where these programs hide the machine's own."""
    folder = checkout.folder.parent / "first"
    for name, text in scripts.items():
        write_script(folder / name.replace("_", "-"), f"#!/bin/sh\n{text}\n")
    return Checkout(checkout.folder, checkout.log, f"{folder}:{checkout.path}")


def only_these_pythons(checkout: Checkout, **pythons: str) -> Checkout:
    """A PATH with the few programs that set-up needs, and no Python besides these."""
    folder = checkout.folder.parent / "only"
    for name, text in pythons.items():
        write_script(folder / name.replace("_", "."), f"#!/bin/sh\n{text}\n")
    for name in ("sh", "dirname", "cat", "cksum", "grep", "rm"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).symlink_to(str(shutil.which(name)))
    shutil.rmtree(checkout.folder / ".venv")
    return Checkout(checkout.folder, checkout.log, os.fspath(folder))


def test_without_a_command_it_says_what_there_is_and_fails_as_wrong_usage(checkout: Checkout) -> None:
    answer = checkout.run()
    assert answer.returncode == 2
    assert all(word in answer.stderr for word in ("setup", "demo", "test", "bench", "engine"))


def test_an_unknown_command_is_wrong_usage(checkout: Checkout) -> None:
    assert checkout.run("deploy").returncode == 2


def test_help_is_a_success(checkout: Checkout) -> None:
    assert checkout.run("help").returncode == 0


def test_set_up_installs_once_and_then_does_nothing(checkout: Checkout) -> None:
    assert checkout.run("setup").returncode == 0
    second = checkout.run("setup")
    assert (second.returncode, second.stderr, installations(checkout)) == (0, "", 1)


@pytest.mark.parametrize("name", ["requirements/dev.txt", "pyproject.toml", "tools/install.py"])
def test_set_up_installs_again_when_what_it_installs_from_changed(checkout: Checkout, name: str) -> None:
    checkout.run("setup")
    with (checkout.folder / name).open("a") as file:
        file.write("# changed\n")
    checkout.run("setup")
    assert installations(checkout) == 2


def test_a_set_up_that_failed_is_tried_again(checkout: Checkout) -> None:
    python = checkout.folder / ".venv" / "bin" / "python"
    working = python.read_text()
    write_script(python, '#!/bin/sh\n[ "$1" = -c ] || exit 1\n')
    assert checkout.run("setup").returncode == 1
    write_script(python, working)
    assert checkout.run("setup").returncode == 0
    assert installations(checkout) == 1


def test_a_checkout_that_was_moved_gets_a_new_environment(checkout: Checkout) -> None:
    checkout.run("setup")
    moved = checkout.folder.parent / "moved"
    checkout.folder.rename(moved)
    python = 'case "$*" in *--clear*) echo "making anew" >>' + f"'{checkout.log}'; exit 1 ;; esac"
    Checkout(moved, checkout.log, with_programs_first(checkout, python3=python).path).run("setup")
    assert checkout.calls[-1] == "making anew"


def test_a_python_that_is_too_old_is_told_from_none_at_all(checkout: Checkout) -> None:
    answer = only_these_pythons(checkout, python3="exit 1").run("setup")
    assert answer.returncode == 1
    assert "no Python 3.11 or newer found" in answer.stderr
    assert "hint: " in answer.stderr


def test_a_python_without_its_venv_module_is_told_what_to_install(checkout: Checkout) -> None:
    answer = only_these_pythons(checkout, python3="case $2 in *ensurepip*) exit 1 ;; esac").run("setup")
    assert answer.returncode == 1
    assert "python3-venv" in answer.stderr


def test_where_no_environment_can_be_made_a_copy_of_the_checkout_is_named_as_a_way(
    checkout: Checkout,
) -> None:
    python = "case $2 in venv) echo 'Read-only file system' >&2; exit 1 ;; esac"
    answer = only_these_pythons(checkout, python3=python).run("setup")
    assert answer.returncode == 1
    assert f"cannot make {checkout.folder}/.venv" in answer.stderr
    assert f"cp -R '{checkout.folder}'" in answer.stderr


def test_the_demo_prints_the_url_alone(checkout: Checkout) -> None:
    answer = checkout.run("demo", "--port", "9000")
    assert (answer.returncode, answer.stdout) == (0, "http://127.0.0.1:8000\n")
    assert checkout.calls[-1] == f"okamochi up {checkout.folder}/examples/invoice --port 9000"


def test_the_demo_is_taken_down_with_the_arguments_that_follow(checkout: Checkout) -> None:
    checkout.run("demo", "--down", "--volumes")
    assert checkout.calls[-1] == f"okamochi down {checkout.folder}/examples/invoice --volumes"


def test_the_tests_come_after_the_linters_and_get_what_follows(checkout: Checkout) -> None:
    assert checkout.run("test", "-x", "tests/oci").returncode == 0
    assert [call.split()[0] for call in checkout.calls[1:]] == [
        "ruff",
        "ruff",
        "mypy",
        "lint-imports",
        "python",
    ]
    assert checkout.calls[-1].endswith(" -x tests/oci")


def test_a_linter_that_finds_something_fails_before_the_tests(checkout: Checkout) -> None:
    write_script(checkout.folder / ".venv" / "bin" / "mypy", "#!/bin/sh\nexit 1\n")
    answer = checkout.run("test")
    assert answer.returncode == 1
    assert "error: mypy found something" in answer.stderr
    assert not any("-m pytest" in call for call in checkout.calls)


@pytest.mark.parametrize(("arguments", "run"), [((), False), (("--all",), True), (("--all", "-x"), True)])
def test_the_long_matrices_are_run_when_all_is_asked_for(
    checkout: Checkout, arguments: tuple[str, ...], run: bool
) -> None:
    checkout.run("test", *arguments)
    # what pytest itself makes of the arguments that it was given, for a file of nothing but matrices
    asked = checkout.calls[-1].split()
    options = ("--collect-only", "-q", *asked[asked.index("pytest") + 1 :])
    command = (sys.executable, "-m", "pytest", *options, "-n0", "-p", "no:cacheprovider")
    found = subprocess.run(
        (*command, "tests/judges/test_more_judges.py"), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ("test_more_judges.py::" in found.stdout) is run, found.stdout


@pytest.mark.parametrize(
    ("failed", "calls", "status"),
    [
        (("tests/a.py::one", "tests/a.py::two"), 2, 0),
        (("tests/a.py::one", "tests/b.py::one", "tests/c.py::one"), 2, 0),
        (("tests/a.py::one", "tests/b.py::one", "tests/c.py::one", "tests/d.py::one"), 1, 1),
    ],
)
def test_what_fails_in_a_few_files_is_run_once_more_alone(
    checkout: Checkout, failed: tuple[str, ...], calls: int, status: int
) -> None:
    noted = checkout.folder / ".pytest_cache" / "v" / "cache" / "lastfailed"
    noted.parent.mkdir(parents=True)
    noting = f"echo '{json.dumps(dict.fromkeys(failed, True))}' >'{noted}'"
    once = f"case $* in *'-n auto'*) {noting}; exit 1 ;; esac"
    python = checkout.folder / ".venv" / "bin" / "python"
    counts = f"case $2 in *json*) shift; exec '{sys.executable}' -c \"$@\" ;; esac"
    script = python.read_text().replace('[ "$1" = -c ] && exit 0', f'{counts}\n[ "$1" = -c ] && exit 0')
    write_script(python, f"{script}{once}\n")
    answer = checkout.run("test", "-x")
    asked = [call for call in checkout.calls if "-m pytest" in call]
    assert (len(asked), answer.returncode) == (calls, status)
    assert all(call.endswith(" -x") for call in asked)
    assert ("--last-failed" in asked[-1]) is (calls == 2)
    assert ("once more, alone" in answer.stderr) is (calls == 2)


def test_the_hosts_own_python_settings_do_not_reach_ours(checkout: Checkout) -> None:
    python = checkout.folder / ".venv" / "bin" / "python"
    with python.open("a") as script:
        script.write('echo "home=$PYTHONHOME path=$PYTHONPATH" >>"' + f'{checkout.log}"\n')
    checkout.run("setup", PYTHONHOME="/elsewhere", PYTHONPATH="/elsewhere")
    assert "home= path=" in checkout.calls


def test_where_no_engine_can_be_installed_it_says_what_to_install(checkout: Checkout) -> None:
    answer = with_programs_first(checkout, id="echo 1000", docker="exit 1").run("engine", "--all")
    assert answer.returncode == 7
    assert all(word in answer.stderr for word in ("sudo ./run engine", "dnf", "podman", "Chromium"))


def test_an_engine_that_answers_is_left_alone(checkout: Checkout) -> None:
    answer = with_programs_first(checkout, id="echo 1000", docker="echo 28.0").run("engine")
    assert answer.returncode == 0
    assert "28.0" in answer.stderr


def test_an_unknown_argument_of_engine_is_wrong_usage(checkout: Checkout) -> None:
    assert checkout.run("engine", "--some").returncode == 2


def test_the_shell_scripts_are_clean() -> None:
    shellcheck = shutil.which("shellcheck") or shutil.which(
        "shellcheck", path=os.fspath(Path(sys.executable).parent)
    )
    if shellcheck is None:
        pytest.skip("shellcheck is not installed")
    scripts = (ROOT / "run", ROOT / ".ci" / "run", *sorted((ROOT / "tools").rglob("*.sh")))
    answer = subprocess.run(
        (shellcheck, "-x", *scripts), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.stdout == ""
