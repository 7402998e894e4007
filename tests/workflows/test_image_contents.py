"""What an image holds, read from its layers: whose each file is, its bytecode, and what must not be there."""

import ast
import base64
import csv
import hashlib
import json
import os
import posixpath
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from okamochi.debian.tree import base_tree
from okamochi.kit import early_stop, kit_files
from okamochi.model.lock_codec import lock_from_json
from okamochi.oci.platform import Platform
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from tests.cli.program import Program
from tests.pypi.wheel_making import make_wheel, package_index
from tests.workflows.conftest import Built, building, copied

pytestmark = pytest.mark.network

SITE_PACKAGES = "opt/venv/lib/python3.13/site-packages"
MOST_LAYERS = 40
MOST_COMPRESSED_BYTES = 21_000_000

# What okamochi itself writes into the base, in the place of maintainer scripts.
WRITTEN = {
    "etc/group",
    "etc/hosts",
    "etc/ld.so.cache",
    "etc/localtime",
    "etc/nsswitch.conf",
    "etc/passwd",
    "etc/ssl/certs/ca-certificates.crt",
    "etc/timezone",
    "usr/sbin/ldconfig",
    "opt/venv/pyvenv.cfg",
    "var/lib/dpkg/status",
}
WRITTEN_BELOW = ("var/lib/dpkg/info/", "etc/fonts/")
FORBIDDEN = re.compile(
    r"(?:usr/)?s?bin/"
    r"(?:(?:ba|da|z|k|c|tc|fi)?sh|busybox|perl|[gm]?awk|apt.*|dpkg.*|pip.*|uv|curl|wget|su|sudo|nc)"
)


@pytest.fixture(scope="module", params=["flask-minimal", pytest.param("invoice", marks=pytest.mark.matrix)])
def built(
    request: pytest.FixtureRequest, okamochi_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Built:
    scratch = tmp_path_factory.mktemp("contents")
    root = copied(request.param, scratch / request.param)
    return building(Program({"OKAMOCHI_CACHE_DIR": str(okamochi_cache)}), scratch)(root)


@pytest.fixture(scope="module")
def minimal_built(built: Built) -> Built:
    if built.report["reference"].startswith("invoice"):
        pytest.skip("measured with the smallest app")
    return built


def files(built: Built) -> Iterator[tuple[str, bytes]]:
    for path, member in sorted(built.members.items()):
        if member.content is not None:
            yield path, member.content


@pytest.fixture(scope="module")
def base_owners(built: Built, okamochi_cache: Path) -> dict[str, str]:
    """The owner of each path below the virtual environment, as the build itself knows it."""
    name = built.report["reference"].rpartition(":")[0]
    lock = lock_from_json((built.layout.parent / name / "okamochi.lock").read_bytes(), where=name)
    (locked,) = lock.platforms
    world = World.real(os.environ, SilentReporter(), offline=True, cache_root=okamochi_cache)
    tree = base_tree(world, locked.debs, Platform.parse(locked.platform), snapshot=lock.snapshot)
    return {entry.path: entry.owner for entry in tree.entries}


def test_every_path_of_the_base_has_an_owner_among_the_components(
    built: Built, base_owners: dict[str, str]
) -> None:
    known = {each["owner"] for each in built.report["components"]}
    assert {owner for owner in base_owners.values() if owner not in known} == set()
    own = {path for path, owner in base_owners.items() if owner == "base" and path in dict(files(built))}
    assert {path for path in own if path not in WRITTEN and not path.startswith(WRITTEN_BELOW)} == set()
    below = {path for path in built.members if not path.startswith(("app", "opt", "usr/lib/python3"))}
    assert below <= base_owners.keys()


def test_every_file_is_a_packages_a_wheels_the_kits_or_the_apps_and_has_its_bytes(
    built: Built, base_owners: dict[str, str]
) -> None:
    packages, wheels = package_digests(built), wheel_digests(built)
    early, at_once = early_stop()
    kit = {f"opt/okamochi/{name}": content for name, content in kit_files()}
    kit |= {f"{SITE_PACKAGES}/{early}": at_once}
    strangers: list[str] = []
    changed: list[str] = []
    for path, content in files(built):
        if "/__pycache__/" in path or path in WRITTEN or path.startswith((*WRITTEN_BELOW, "app/")):
            continue
        if path in packages:
            same = hashlib.md5(content).hexdigest() == packages[path]
        elif path in wheels:
            same = wheels[path] in ("", encoded(hashlib.sha256(content).digest()))
        elif path in kit:
            same = content == kit[path]
        elif path.startswith("etc/") and base_owners.get(path, "").startswith("deb:"):
            continue  # configuration files have no digests in a package's list
        else:
            strangers.append(path)
            continue
        if not same:
            changed.append(path)
    assert strangers == []
    assert changed == []


def encoded(digest: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def package_digests(built: Built) -> dict[str, str]:
    found: dict[str, str] = {}
    for path, content in files(built):
        if path.startswith("var/lib/dpkg/info/") and path.endswith(".md5sums"):
            rows = (line.partition("  ") for line in content.decode().splitlines())
            found |= {name: digest for digest, _, name in rows}
    return found


def wheel_digests(built: Built) -> dict[str, str]:
    found: dict[str, str] = {}
    for path, content in files(built):
        if path.startswith(SITE_PACKAGES) and path.endswith(".dist-info/RECORD"):
            for name, digest, _ in csv.reader(content.decode().splitlines()):
                found[posixpath.normpath(f"{SITE_PACKAGES}/{name}")] = digest
    return found


def test_the_components_are_those_of_the_records_and_of_the_lock(built: Built) -> None:
    status = (built.members["var/lib/dpkg/status"].content or b"").decode()
    recorded = set(
        zip(
            re.findall(r"^Package: (.+)$", status, re.M),
            re.findall(r"^Version: (.+)$", status, re.M),
            strict=True,
        )
    )
    components = built.report["components"]
    assert {(each["name"], each["version"]) for each in components if each["kind"] == "deb"} == recorded
    wheels = {each["name"] for each in components if each["kind"] == "wheel"}
    infos = [path for path in built.members if re.fullmatch(rf"{SITE_PACKAGES}/[^/]+\.dist-info", path)]
    names = {posixpath.basename(path).partition("-")[0].lower() for path in infos}
    assert {re.sub(r"[-.]", "_", name) for name in wheels} == {re.sub(r"[-.]", "_", name) for name in names}
    assert {each["kind"] for each in components} == {"deb", "wheel", "kit", "app"}
    assert all(each["sha256"] for each in components if each["kind"] in ("deb", "wheel"))


def test_every_python_file_has_unchecked_bytecode_with_its_path_in_the_image(built: Built) -> None:
    without: list[str] = []
    sources = {path: content for path, content in files(built) if path.endswith(".py")}
    for path in sources:
        compiled = built.members.get(cached(path))
        if compiled is None or compiled.content is None:
            without.append(path)
            continue
        assert int.from_bytes(compiled.content[4:8], "little") == 0b01, f"{path}: not unchecked-hash"
    assert [path for path in without if is_python(sources[path])] == []
    stray = [path for path in built.members if path.endswith(".pyc") and source_of(path) not in sources]
    assert stray == []
    assert len(sources) > 400


def cached(path: str) -> str:
    folder, name = posixpath.split(path)
    return f"{folder}/__pycache__/{name.removesuffix('.py')}.cpython-313.pyc"


def source_of(path: str) -> str:
    return path.replace("/__pycache__/", "/").removesuffix(".cpython-313.pyc") + ".py"


def is_python(source: bytes) -> bool:
    """For this Python; templates and data of packages are named .py, too."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True


def test_the_images_own_python_loads_its_bytecode_and_finds_the_path_in_the_image(
    built: Built, tmp_path: Path
) -> None:
    """The root is unpacked, and its Python started through its own loader; it refuses bytecode of others."""
    root = tmp_path / "root"
    unpack(built, root)
    loader = next(iter(root.glob("usr/lib/*/ld-linux-*.so.*")))
    argv = (
        loader,
        "--library-path",
        loader.parent,
        root / "usr/bin/python3.13",
        "-I",
        "-S",
        "-c",
        LOADER,
        root,
    )
    environ = {"PYTHONHOME": str(root / "usr"), "PATH": "/nonexistent"}
    done = subprocess.run(argv, capture_output=True, env=environ, check=False, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    answer = json.loads(done.stdout)
    assert answer["wrong"] == []
    assert answer["loaded"] > 400


LOADER = """
import json, marshal, os, sys, _imp
from importlib.util import MAGIC_NUMBER, source_hash
root, loaded, wrong = sys.argv[1], 0, []
for folder, _, names in os.walk(root):
    for name in names:
        if not name.endswith(".pyc"):
            continue
        place = os.path.join(folder, name)
        with open(place, "rb") as stream:
            content = stream.read()
        source = place.replace("/__pycache__/", "/").removesuffix(".cpython-313.pyc") + ".py"
        code = marshal.loads(content[16:])
        with open(source, "rb") as stream:
            same = source_hash(stream.read()) == content[8:16]
        if content[:4] != MAGIC_NUMBER or code.co_filename != source[len(root):] or not same:
            wrong.append(place)
        loaded += 1
print(json.dumps({"loaded": loaded, "wrong": wrong}))
"""


def unpack(built: Built, root: Path) -> None:
    for path, member in built.members.items():
        place = root / path
        if member.facts.isdir():
            place.mkdir(parents=True, exist_ok=True)
        elif member.facts.issym():
            # absolute links would lead into this machine
            target = member.facts.linkname
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(
                os.path.relpath(root / target[1:], place.parent) if target[:1] == "/" else target
            )
        elif member.content is not None:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(member.content)
            place.chmod(0o755 if member.facts.mode & 0o100 else 0o644)


def test_there_is_no_shell_no_package_manager_and_nothing_that_gives_rights(built: Built) -> None:
    assert [path for path in built.members if FORBIDDEN.fullmatch(path)] == []
    special = [
        path for path, member in built.members.items() if member.facts.mode & (stat.S_ISUID | stat.S_ISGID)
    ]
    assert special == []
    kinds = {member.facts.type for member in built.members.values()}
    assert kinds <= {b"0", b"5", b"2", b"1"}, "files, folders and links only"


def test_all_is_roots_and_only_volumes_are_the_apps(built: Built) -> None:
    owned = {path for path, member in built.members.items() if member.facts.uid != 0}
    assert all(member.facts.uid in (0, 10001) for member in built.members.values())
    assert owned <= {"app/instance"}
    writable = {
        path
        for path, member in built.members.items()
        if member.facts.mode & 0o022 and not member.facts.issym()
    }
    assert writable <= {"tmp", "var/tmp"}
    assert {member.facts.uname or "root" for member in built.members.values()} <= {"root", ""}


def test_every_link_leads_somewhere_in_the_image(built: Built) -> None:
    dangling = []
    for path, member in built.members.items():
        if not member.facts.issym() or (end := landing(built, path)) in built.members:
            continue
        if not end.startswith("run/"):  # what a running system makes
            dangling.append(f"{path} -> {member.facts.linkname}")
    assert dangling == []


def landing(built: Built, path: str, depth: int = 0) -> str:
    """Where a path ends, with the links of folders on the way resolved."""
    assert depth < 40, f"{path}: links in a circle"
    parts = path.split("/")
    for count in range(1, len(parts) + 1):
        head = "/".join(parts[:count])
        member = built.members.get(head)
        if member is not None and member.facts.issym():
            target = member.facts.linkname
            base = target[1:] if target.startswith("/") else posixpath.join(posixpath.dirname(head), target)
            rest = "/".join(parts[count:])
            return landing(built, posixpath.normpath(posixpath.join(base, rest)), depth + 1)
    return path


def test_the_configuration_runs_a_number_not_a_name_and_no_shell(built: Built) -> None:
    config = built.config["config"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", config["User"])
    assert config["Entrypoint"][0] == "/opt/venv/bin/gunicorn"
    assert built.config["os"] == "linux"
    assert len(built.image.layers) <= MOST_LAYERS
    assert config["Healthcheck"]["Test"][0] == "CMD"


def test_flask_with_gunicorn_is_small(minimal_built: Built) -> None:
    sizes = {layer["comment"]: layer["size_bytes"] for layer in minimal_built.report["layers"]}
    assert sum(sizes.values()) <= MOST_COMPRESSED_BYTES, sizes
    assert minimal_built.report["size_bytes"] >= sum(sizes.values())


@pytest.mark.parametrize(
    "argv",
    [
        ("skopeo", "inspect", "oci:{layout}:{tag}"),
        ("oci-image-tool", "validate", "--type", "image", "--ref", "name={tag}", "{layout}"),
        ("umoci", "stat", "--image", "{layout}:{tag}", "--json"),
    ],
    ids=lambda argv: str(argv[0]),
)
def test_others_find_the_layout_valid(minimal_built: Built, argv: tuple[str, ...]) -> None:
    if shutil.which(argv[0]) is None:
        pytest.skip(f"{argv[0]} is not installed; ./run engine --all installs it")
    tag = minimal_built.report["reference"].rpartition(":")[2]
    filled = [part.format(layout=minimal_built.layout, tag=tag) for part in argv]
    done = subprocess.run(filled, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()


PLANTED = {
    ".env": "PAYMENT_KEY=hunter2-env\n",
    ".env.production": "PAYMENT_KEY=hunter2-production\n",
    "config/.env.local": "PAYMENT_KEY=hunter2-nested\n",
    ".git/config": '[remote "origin"]\n\turl = https://me:hunter2-git@example.org/a.git\n',
    ".git/HEAD": "ref: refs/heads/hunter2-branch\n",
    ".netrc": "machine example.org password hunter2-netrc\n",
    ".pypirc": "[pypi]\npassword = hunter2-pypirc\n",
    "server.key": "-----BEGIN PRIVATE KEY-----\nhunter2-key\n",
    ".venv/lib/secret.py": "KEY = 'hunter2-venv'\n",
    "node_modules/x/index.js": "'hunter2-node'\n",
    "__pycache__/app.cpython-311.pyc": "hunter2-pyc",
}


def test_nothing_private_of_the_project_or_the_machine_is_in_any_layer(
    okamochi_cache: Path, tmp_path: Path
) -> None:
    root = tmp_path / "hunter2-folder" / "shop"
    for name, text in PLANTED.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "app.py").write_text("from flask import Flask\n\napp = Flask(__name__)\n")
    (root / "requirements.txt").write_text("flask\n")
    home = tmp_path / "hunter2-home"
    home.mkdir()
    source = b"class Flask:\n    def __init__(self, name): ...\n    def __call__(self, environ, start): ...\n"
    flask = make_wheel(tmp_path / "wheels", "flask", "99.0", files={"flask.py": source})
    wheels = [flask, make_wheel(tmp_path / "wheels", "gunicorn", "99.0")]
    with package_index(tmp_path / "index", *wheels, user="me", password="hunter2-index") as (port, _):
        environ = {
            "OKAMOCHI_CACHE_DIR": str(okamochi_cache),
            "HOME": str(home),
            "PIP_INDEX_URL": f"http://me:hunter2-index@127.0.0.1:{port}/simple/",
            "PIP_FIND_LINKS": "",
            "PIP_CONFIG_FILE": "/dev/null",
            "SECRET_KEY": "hunter2-environment",
            "AWS_SECRET_ACCESS_KEY": "hunter2-aws",
            **marked_bundle(tmp_path / "hunter2-ca.pem"),
        }
        built = building(Program(environ), tmp_path)(root)
        address = f"127.0.0.1:{port}"
    lock = (root / "okamochi.lock").read_bytes()
    told = built.image.config_bytes + built.image.manifest_bytes + json.dumps(built.report["layers"]).encode()
    found = []
    for marker in ("hunter2", address, str(tmp_path), str(Path.home()) + "/", str(okamochi_cache)):
        needle = marker.encode()
        found += [f"{marker} in {path}" for path, content in files(built) if needle in content]
        found += [f"{marker} is the name {path}" for path in built.members if marker in path]
        found += [f"{marker} in the configuration"] * (needle in told) + [f"{marker} in the lock"] * (
            needle in lock
        )
    assert found == []
    assert "hunter2" not in built.stderr.replace(str(tmp_path), "")


def marked_bundle(place: Path) -> dict[str, str]:
    """The CA bundle of this machine, with a mark that a layer would show."""
    import ssl

    own = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile or ""
    if not own or not Path(own).is_file():
        return {}
    place.write_bytes(b"# hunter2-bundle\n" + Path(own).read_bytes())
    return {"SSL_CERT_FILE": str(place)}
