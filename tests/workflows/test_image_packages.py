"""Apps on a base image whose Python no release of Debian has: native packages and source builds.

The image is a stand-in for python:3.12-slim: a Python from source in /usr/local, on Debian's trixie.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.registries.server import PROGRAM, Served, registry
from tests.workflows.scanner import packages, scanned
from tests.workflows.test_push import STAND_IN

sys.path.insert(0, str(STAND_IN.parent))

from source_python import find_source_python

pytestmark = [
    pytest.mark.network,
    pytest.mark.engine,
    pytest.mark.matrix,
    pytest.mark.skipif(PROGRAM is None, reason="docker-registry is not installed"),
    pytest.mark.skipif(find_source_python("3.12") is None, reason="no Python 3.12 from source here"),
]

APP = """\
import sys
import flask, magic, psycopg2
from weasyprint import HTML

app = flask.Flask(__name__)

@app.get("/")
def home():
    pdf = HTML(string="<h1>Hello</h1>").write_pdf()
    return f"{sys.version_info[:2]} {psycopg2.__version__} {magic.from_buffer(pdf, mime=True)}"
"""
CHECKS = "dpkg --audit && dpkg-query -S libmagic.so.1 && ldconfig -p | grep -c -e libmagic -e libpython3.12"
REQUEST = "import app; print(app.app.test_client().get('/').text)"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with registry(tmp_path_factory.mktemp("registry")) as found:
        subprocess.run((sys.executable, STAND_IN, "3.12"), check=True, capture_output=True)
        inside = f"{found.host}/library/python:3.12-slim"
        for command in (("tag", "python:3.12-slim", inside), ("push", "-q", inside), ("rmi", inside)):
            subprocess.run(("docker", *command), check=True, capture_output=True)
        yield found


def test_native_packages_and_source_builds_on_a_base_image(
    tmp_path: Path, program: Program, served: Served
) -> None:
    project = tmp_path / "on-image"
    project.mkdir()
    (project / "app.py").write_text(APP)
    (project / "requirements.txt").write_text("flask\npsycopg2==2.9.9\npython-magic\nweasyprint\n")
    (project / "okamochi.toml").write_text('python = "3.12"\n')
    mirrored = program.with_environ(OKAMOCHI_REGISTRY_MIRRORS=f"docker.io=http://{served.host}")
    bill = tmp_path / "bill.json"
    name = "okamochi-test-on-image:1"
    pushed = f"{served.host}/shop/on-image:1"
    mirrored.ok("build", project, "--to", "docker", "--tag", name)
    mirrored.ok("push", pushed, project, "--sbom", f"cyclonedx:{bill}")
    assert scanned(f"registry:{pushed}", tmp_path / "scanner") == packages(json.loads(bill.read_bytes()))
    try:
        run = ("docker", "run", "--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp", "--entrypoint")
        told = output(*run, "/opt/venv/bin/python", name, "-c", REQUEST)
        assert told == "(3, 12) 2.9.9 (dt dec pq3 ext lo64) application/pdf\n"
        assert output(*run, "sh", name, "-c", CHECKS).splitlines()[-1] == "2"
    finally:
        subprocess.run(("docker", "rmi", name), capture_output=True, check=False)
    locked = json.loads((project / "okamochi.lock").read_bytes())
    (platform,) = locked["platforms"]
    assert locked["suite"] == "trixie" and platform["image"]["name"] == "python:3.12-slim"
    names = {deb["name"] for deb in platform["debs"]}
    assert {"libpq5", "libmagic1t64", "libpango-1.0-0"} <= names
    # what the image has is not added again, and no compiler is
    assert not {"libc6", "libssl3t64", "gcc", "libpq-dev"} & names
    (built,) = (one for one in platform["wheels"] if one.get("built_from"))
    assert "cp312" in built["filename"] and built["built_from"]["packages"] == ["libpq-dev"]
    owned(bill)
    # the lock is all that is needed
    locked_build = ("build", project, "--locked", "--offline", "--tag", "x:1", "--to")
    first = mirrored.ok(*locked_build, f"layout:{tmp_path}/one")
    assert first.last_line == mirrored.ok(*locked_build, f"layout:{tmp_path}/two").last_line


def test_the_engines_own_image_is_a_base_as_the_registrys_is(tmp_path: Path, program: Program) -> None:
    """Nothing is taken to be where Debian has its Python: there is no /usr/bin/python3 in this image."""
    subprocess.run((sys.executable, STAND_IN, "3.12"), check=True, capture_output=True)
    project = tmp_path / "on-engine"
    project.mkdir()
    (project / "app.py").write_text(APP.replace("psycopg2.__version__", "sys.executable"))
    (project / "requirements.txt").write_text("flask\npsycopg2-binary\npython-magic\nweasyprint\n")
    (project / "okamochi.toml").write_text('python = "3.12"\nbase = "docker:python:3.12-slim"\n')
    name = "okamochi-test-on-engine:1"
    first = program.ok("build", project, "--to", "docker", "--tag", name)
    assert "entry point proved" in first.stderr
    try:
        run = ("docker", "run", "--rm", "--network", "none", "--read-only", "--tmpfs", "/tmp", "--entrypoint")
        told = output(*run, "/opt/venv/bin/python", name, "-c", REQUEST)
        assert told == "(3, 12) /opt/venv/bin/python application/pdf\n"
        assert output(*run, "sh", name, "-c", "test -e /usr/bin/python3 || echo no") == "no\n"
    finally:
        subprocess.run(("docker", "rmi", name), capture_output=True, check=False)
    layouts = [f"layout:{tmp_path}/{number}" for number in range(2)]
    built = [program.ok("build", project, "--locked", "--tag", "x:1", "--to", one) for one in layouts]
    assert built[0].last_line == built[1].last_line


def owned(bill: Path) -> None:
    """Each file has one owner; what the image brought is the image's."""
    parts = json.loads(bill.read_bytes())["components"]
    files = {part["bom-ref"]: [one["name"] for one in part.get("components", ())] for part in parts}
    every = [path for paths in files.values() for path in paths]
    assert len(every) == len(set(every))
    assert any(path.endswith("/libmagic.so.1.0.0") for path in files["deb:libmagic1t64"])
    assert any("/pip/" in path for path in files["image-wheel:pip"])
    assert not any("site-packages/pip" in path for path in files["base"])


def output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
