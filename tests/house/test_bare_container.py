"""The README's commands on a machine with nothing but Python and its venv module, as an ordinary user."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Debian 12 has the oldest Python that serves.
SUITE = "bookworm"
PACKAGES = ("ca-certificates", "python3", "python3-venv")
USER = 1000
CHECKOUT = "/home/dev/a clone"
HOST_CA = "/etc/host-certificates.crt"
CA_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE")
INDEX_VARIABLES = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "OKAMOCHI_DEBIAN_MIRROR",
    *(
        name
        for word in ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
        for name in (word, word.upper())
    ),
)
PIP_CONFIGURATION = (
    (Path("/etc/pip.conf"), "/etc/pip.conf"),
    (Path("~/.config/pip/pip.conf"), "/etc/xdg/pip/pip.conf"),
)
FETCH = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=20).status)"

pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.slow]


@dataclass(frozen=True)
class Machine:
    """A container that idles; `does` runs a command in the clone as its user."""

    name: str

    def does(self, *command: str, seconds: int = 900) -> subprocess.CompletedProcess[str]:
        inside = ("docker", "exec", "--workdir", CHECKOUT, self.name, *command)
        return subprocess.run(inside, capture_output=True, text=True, check=False, timeout=seconds)

    def succeeds(self, *command: str) -> str:
        """What the command printed as its result; what it said to people shows when it fails."""
        answer = self.does(*command)
        assert answer.returncode == 0, f"{command}: {answer.returncode}\n{answer.stdout}\n{answer.stderr}"
        return answer.stdout


def docker(*arguments: str) -> str:
    return subprocess.run(("docker", *arguments), capture_output=True, text=True, check=True).stdout.strip()


def import_bare_image() -> str:
    """The image's ID; nothing but the Debian packages named above is in it."""
    sys.path.insert(0, os.fspath(ROOT / "tools"))
    try:
        import debian_root
    finally:
        sys.path.pop(0)
    try:
        archive = debian_root.root_archive(SUITE, PACKAGES, os.environ)
    except debian_root.RootError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    return docker("import", "--change", "ENV PATH=/usr/local/bin:/usr/bin:/bin", os.fspath(archive))


def copy_of_the_tree(target: Path) -> None:
    """What a fresh clone would hold, were the working tree committed as it is."""
    listing = subprocess.run(
        ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"),
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    for name in filter(None, listing.split(b"\0")):
        source = ROOT / os.fsdecode(name)
        if not os.path.lexists(source):
            continue
        copied = target / os.fsdecode(name)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, copied, follow_symlinks=False)
    give_to_user(target)


def give_to_user(folder: Path) -> None:
    """The clone belongs to the user inside; only root has to say so, and can."""
    if os.geteuid() == 0:
        subprocess.run(("chown", "-hR", f"{USER}:{USER}", os.fspath(folder)), check=True)


def host_settings() -> tuple[str, ...]:
    """The arguments that give the machine this host's way to the package index."""
    bundle = next((os.environ[name] for name in CA_VARIABLES if os.environ.get(name)), "")
    certificates = mount(Path(bundle), HOST_CA) if bundle else ()
    named = tuple(f"--env={name}={HOST_CA}" for name in CA_VARIABLES if bundle)
    passed = tuple(f"--env={name}" for name in INDEX_VARIABLES if os.environ.get(name))
    files = (
        mount(path.expanduser(), inside) for path, inside in PIP_CONFIGURATION if path.expanduser().is_file()
    )
    return (*certificates, *named, *passed, *(argument for arguments in files for argument in arguments))


def mount(path: Path, inside: str) -> tuple[str, str]:
    return "--volume", f"{path.resolve()}:{inside}:ro"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    home = tmp_path_factory.mktemp("bare") / "home"
    copy_of_the_tree(home / "a clone")
    give_to_user(home)
    user = USER if os.geteuid() == 0 else os.geteuid()
    options = ("--user", f"{user}:{user}", "--volume", f"{home}:/home/dev", "--env", "HOME=/home/dev")
    image = import_bare_image()
    name = docker("run", "--detach", "--init", *options, *host_settings(), image, "sleep", "7200")
    yield Machine(name)
    docker("rm", "--force", "--volumes", name)
    docker("rmi", image)
    shutil.rmtree(home, ignore_errors=True)


def test_the_machine_is_bare(machine: Machine) -> None:
    words = "import shutil; print(*(shutil.which(p) for p in ('git', 'uv', 'pip', 'gcc', 'docker', 'curl')))"
    assert machine.succeeds("python3", "-c", words).split() == ["None"] * 6


def test_set_up_needs_nothing_more(machine: Machine) -> None:
    machine.succeeds("./run", "setup")
    assert machine.succeeds(".venv/bin/okamochi", "--version").startswith("okamochi ")


def test_the_demo_serves_until_it_is_taken_down(machine: Machine) -> None:
    url = machine.succeeds("./run", "demo").splitlines()[-1]
    assert machine.succeeds("python3", "-c", FETCH, url).strip() == "200"
    machine.succeeds("./run", "demo", "--down")
    assert machine.does("python3", "-c", FETCH, url).returncode != 0


@pytest.mark.matrix
def test_every_test_that_needs_no_engine_passes_or_says_what_it_lacks(machine: Machine) -> None:
    told = machine.does("./run", "test", "-m", "not engine", "-q", seconds=3600)
    assert told.returncode == 0, told.stdout[-6000:]
    assert "there is no program git" in told.stdout


def test_the_test_command_runs(machine: Machine) -> None:
    selection = ("-m", "not engine and not network and not slow", "-x", "-q", "tests/house")
    assert " passed" in machine.succeeds("./run", "test", *selection).splitlines()[-1]
