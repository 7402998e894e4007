"""A small image of this very interpreter, and the engines that answer here."""

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.kit.laid import lay_kit

from okamochi.errors import EngineError
from okamochi.model.kit_programs import with_secrets
from okamochi.model.process import HttpProbe, Process, ProcessType, Resources, Volume
from okamochi.oci.descriptor import Descriptor
from okamochi.oci.digest import Digest
from okamochi.oci.image import Image
from okamochi.oci.image_config import ImageConfig
from okamochi.oci.layer import Layer
from okamochi.oci.platform import Platform
from okamochi.oci.reference import Reference
from okamochi.run.docker import DockerEngine
from okamochi.run.engine import Engine
from okamochi.run.host.engine import HostEngine
from okamochi.run.host.images import HostImages
from okamochi.run.podman import PodmanEngine
from okamochi.run.ports import is_free
from okamochi.run.spec import RunSpec
from okamochi.system.cache import Cache
from okamochi.system.subprocess_runner import SubprocessRunner

SERVE = """\
import http.server, json, os, signal, sys

class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        facts = {"uid": os.getuid(), "secret": os.environ.get("SECRET_KEY"), "word": os.environ.get("WORD")}
        broken = self.path == "/" and os.environ.get("WORD") == "broken"
        self.send_response(500 if broken else 200)
        self.end_headers()
        self.wfile.write(json.dumps(facts).encode())

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("serving", flush=True)
if os.environ.get("WORD") == "missing":
    os.environ["INVOICE_TOKEN"]
if os.environ.get("WORD") == "crash":
    sys.exit("I will not")
address = os.environ.get("OKAMOCHI_BIND_ADDRESS", "0.0.0.0"), int(os.environ["PORT"])
http.server.ThreadingHTTPServer(address, Answers).serve_forever()
"""
PYTHON = "/opt/venv/bin/python"
LEFT_OUT = (
    "site-packages",
    "test",
    "tkinter",
    "idlelib",
    "ensurepip",
    "__pycache__",
    "turtledemo",
    "lib2to3",
)
# files of tests run side by side, each in a process of its own
APP = f"testrun-{os.getpid()}"


def copy_with_libraries(program: Path, root: Path) -> None:
    """A program or library, and what its loader would load, at the same paths below the root."""
    listed = subprocess.run(("ldd", program), capture_output=True, text=True, check=False).stdout
    for path in (program, *(Path(found) for found in re.findall(r"(/\S+) \(0x", listed))):
        target = root / str(path).lstrip("/")
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path.resolve(), target)


def fill_root(root: Path) -> None:
    python = Path(sys.executable).resolve()
    copy_with_libraries(python, root)
    library = Path(sysconfig.get_paths()["stdlib"])
    target = root / str(library).lstrip("/")
    shutil.copytree(library, target, ignore=shutil.ignore_patterns(*LEFT_OUT, "config-*", "*.a"))
    for extension in (target / "lib-dynload").glob("*.so"):
        copy_with_libraries(library / "lib-dynload" / extension.name, root)
    for folder in ("opt/venv/bin", f"opt/venv/lib/{python.name}/site-packages", "opt/okamochi", "app/data"):
        (root / folder).mkdir(parents=True)
    (root / PYTHON.lstrip("/")).symlink_to(python)
    (root / "opt/venv/pyvenv.cfg").write_text(f"home = {python.parent}\n")
    lay_kit(root / "opt/okamochi")
    (root / "app/serve.py").write_text(SERVE)
    (root / "app/data/first").write_text("from the image")
    if os.geteuid() == 0:
        for path in (root / "app/data", root / "app/data/first"):
            os.chown(path, 10001, 10001)


def layer_of(root: Path, blob: Path) -> Layer:
    plain = blob.with_suffix(".tar")
    with tarfile.open(plain, "w") as tar:
        for path in sorted(root.iterdir()):
            tar.add(path, path.name)
    content = plain.read_bytes()
    blob.write_bytes(gzip.compress(content, 1, mtime=0))
    descriptor = Descriptor(
        media_type="application/vnd.oci.image.layer.v1.tar+gzip",
        digest=Digest.of_file(blob),
        size_bytes=blob.stat().st_size,
    )
    diff_id = Digest("sha256:" + hashlib.sha256(content).hexdigest())
    return Layer(descriptor=descriptor, diff_id=diff_id, path=blob, comment="test")


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    if sys.platform != "linux" or shutil.which("ldd") is None:
        pytest.skip("the test image is made of this machine's own Linux programs")
    folder = tmp_path_factory.mktemp("image")
    fill_root(folder / "root")
    config = ImageConfig(
        platform=Platform.of_machine(os.uname().machine),
        created="1970-01-01T00:00:00Z",
        user="10001:10001",
        env=(("PATH", "/opt/venv/bin:/usr/bin"), ("PORT", "8000"), ("HOME", "/tmp")),
        working_dir="/app",
    )
    return Image(config, (layer_of(folder / "root", folder / "layer.tar.gz"),))


@pytest.fixture(scope="session")
def reference() -> Iterator[Reference]:
    """The image's name; it is removed from the engines after the tests."""
    name = f"okamochi-test-run:{os.getpid()}"
    yield Reference.parse(name)
    for program in filter(shutil.which, ("docker", "podman")):
        subprocess.run((program, "image", "rm", "--force", name), capture_output=True, check=False)


@pytest.fixture(scope="session")
def host_images(tmp_path_factory: pytest.TempPathFactory) -> HostImages:
    return HostImages(Cache.open(tmp_path_factory.mktemp("host") / "cache"))


@pytest.fixture
def host_engine(tmp_path: Path, host_images: HostImages) -> HostEngine:
    return HostEngine(SubprocessRunner(), host_images, tmp_path / "state")


@pytest.fixture(
    params=[
        pytest.param("docker", marks=pytest.mark.engine),
        pytest.param("podman", marks=pytest.mark.engine),
        "host",
    ]
)
def engine(
    request: pytest.FixtureRequest, image: Image, reference: Reference, host_engine: HostEngine
) -> Iterator[Engine]:
    """Each engine, with the image loaded; what a test started is removed."""
    environ = dict(os.environ)
    runner = SubprocessRunner()
    engines: dict[str, Engine] = {
        "docker": DockerEngine(runner, environ),
        "podman": PodmanEngine(runner, environ),
        "host": host_engine,
    }
    found = engines[request.param]
    try:
        found.facts()
    except EngineError as error:
        if request.param == "podman" and environ.get("CI") == "true":
            pytest.fail(f"podman: {error.message}")
        pytest.skip(f"{request.param}: {error.message}")
    found.load(image, reference)
    yield found
    for running in found.containers(APP):
        found.remove(running.name)
    found.remove_volumes(APP)


def free_port() -> int:
    # processes that run side by side have numbers side by side: each looks in a range of its own
    return next(port for port in range(18100 + os.getpid() % 500 * 20, 30000) if is_free(port))


@pytest.fixture
def spec(tmp_path: Path, reference: Reference) -> RunSpec:
    secrets = tmp_path / "secrets"
    secrets.mkdir(mode=0o755)
    (secrets / "SECRET_KEY").write_text("from-a-file\n")
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    process = Process(
        name="web",
        type=ProcessType.WEB,
        argv=with_secrets((PYTHON, "/app/serve.py")),
        port=8000,
        probe=HttpProbe(path="/healthz"),
        resources=Resources(memory_bytes=256 * 1024 * 1024, cpus=1.0, pids=64),
        stop_grace_seconds=5,
    )
    return RunSpec(
        name=f"okamochi-{APP}",
        app=APP,
        image_reference=str(reference.tagged),
        process=process,
        environment=(("WORD", "two\nlines"), ("DATABASE_URL", "sqlite:////app/data/app.db")),
        secrets_folder=str(secrets),
        secret_names=("SECRET_KEY",),
        volumes=(Volume(name="data", path="/app/data"),),
        published_port=free_port(),
        healthcheck=(PYTHON, "-I", "-S", "/opt/okamochi/healthcheck.py"),
    )
