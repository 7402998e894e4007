"""What others say about our layouts and archives: docker, podman, skopeo, umoci, oci-image-tool."""

import io
import json
import platform
import shutil
import stat
import subprocess
import tarfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from oci_samples import EPOCH_SECONDS, sample_config, sample_entries, sample_layers

from okamochi.oci.archive import known_layers, write_archive
from okamochi.oci.entry import directory, file
from okamochi.oci.image import Image
from okamochi.oci.layout import write_layout
from okamochi.oci.packing import LayerRequest, Part, pack_layers
from okamochi.oci.platform import Platform
from okamochi.oci.reference import Reference
from okamochi.system.cache import Cache


def run(*argv: str) -> bytes:
    done = subprocess.run(argv, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, (argv, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def image_of_many_members(folder: Path) -> Image:
    """Three layers; the last is joined from 120 parts, so from more than 120 gzip members."""
    many = tuple(
        Part.of([directory("m", "wheel"), file(f"m/{number}.txt", "wheel", b"%d\n" % number * 500)])
        for number in range(120)
    )
    requests = (*sample_layers(), LayerRequest(parts=many, comment="many"))
    layers = pack_layers(Cache.open(folder), requests, epoch_seconds=EPOCH_SECONDS)
    host = Platform.of_machine(platform.machine())
    return Image(msgspec.structs.replace(sample_config(), platform=host), layers)


def expected_paths() -> set[str]:
    return {entry.path for entry in sample_entries()} | {f"m/{number}.txt" for number in range(120)}


def written(image: Image, path: Path, reference: Reference, present: Sequence[Sequence[str]] = ()) -> str:
    with path.open("wb") as stream:
        write_archive(image, stream, reference=reference, skip=known_layers(image, present))
    return str(path)


@needs("umoci")
def test_umoci_unpacks_the_layout(tmp_path: Path) -> None:
    write_layout(image_of_many_members(tmp_path / "cache"), tmp_path / "layout", reference="app")
    run("umoci", "unpack", "--rootless", "--image", f"{tmp_path}/layout:app", f"{tmp_path}/bundle")
    root = tmp_path / "bundle" / "rootfs"
    assert {path for path in expected_paths() if (root / path).exists() or (root / path).is_symlink()} == (
        expected_paths()
    )
    assert (root / "m/7.txt").read_bytes() == b"7\n" * 500


@needs("oci-image-tool")
def test_oci_image_tool_finds_the_layout_valid(tmp_path: Path) -> None:
    write_layout(image_of_many_members(tmp_path / "cache"), tmp_path / "layout", reference="app")
    run("oci-image-tool", "validate", "--type", "image", "--ref", "name=app", f"{tmp_path}/layout")


@needs("skopeo")
@pytest.mark.parametrize("transport", ["oci-archive", "docker-archive"])
def test_skopeo_copies_the_archive(tmp_path: Path, transport: str) -> None:
    image = image_of_many_members(tmp_path / "cache")
    archive = written(image, tmp_path / "image.tar", Reference.parse("app:1"))
    run("skopeo", "copy", "--quiet", f"{transport}:{archive}", f"dir:{tmp_path}/copy")
    manifest = json.loads((tmp_path / "copy/manifest.json").read_bytes())
    assert manifest["config"]["digest"] == str(image.image_id)
    if transport == "oci-archive":
        assert (tmp_path / "copy/manifest.json").read_bytes() == image.manifest_bytes


@pytest.fixture
def name() -> Iterator[Reference]:
    """A name of its own for each test; what engines hold under it is removed afterwards."""
    reference = Reference.parse(f"okamochi-test-oci:{uuid.uuid4().hex[:12]}")
    yield reference
    for engine in ("docker", "podman"):
        if shutil.which(engine) is not None:
            subprocess.run((engine, "rmi", "-f", str(reference)), capture_output=True, check=False)


def exported(engine: str, name: Reference) -> dict[str, tarfile.TarInfo]:
    container = run(engine, "create", str(name)).decode().strip()
    try:
        archive = run(engine, "export", container)
    finally:
        run(engine, "rm", container)
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return {member.name.rstrip("/"): member for member in opened.getmembers()}


def check_loaded(engine: str, image: Image, name: Reference) -> None:
    (inspected,) = json.loads(run(engine, "image", "inspect", str(name)))
    assert inspected["Id"].removeprefix("sha256:") == image.image_id.hex
    assert inspected["RootFS"]["Layers"] == [str(layer.diff_id) for layer in image.layers]
    members = exported(engine, name)
    assert expected_paths() <= set(members)
    for entry in sample_entries():
        if entry.path != "etc" and not entry.target:
            member = members[entry.path]
            assert (stat.S_IMODE(member.mode), member.uid, member.gid) == (
                entry.mode,
                entry.uid,
                entry.gid,
            ), entry.path
    assert members["etc/far"].linkname == "/" + next(e.path for e in sample_entries() if "long" in e.owner)
    assert members["large"].size == 20_000 * 256


@pytest.mark.engine
def test_docker_loads_the_archive_and_has_every_file(tmp_path: Path, name: Reference) -> None:
    image = image_of_many_members(tmp_path / "cache")
    run("docker", "load", "-i", written(image, tmp_path / "image.tar", name))
    check_loaded("docker", image, name)
    (inspected,) = json.loads(run("docker", "image", "inspect", str(name)))
    assert inspected["Config"]["Healthcheck"]["Test"] == ["CMD", "/usr/bin/tool", "--probe"]


@pytest.mark.engine
def test_docker_takes_an_archive_without_the_layers_that_it_has(tmp_path: Path, name: Reference) -> None:
    image = image_of_many_members(tmp_path / "cache")
    if not classic_storage():
        pytest.skip("this Docker keeps images in containerd, which wants every layer")
    run("docker", "load", "-i", written(image, tmp_path / "image.tar", name))
    app = LayerRequest(parts=(Part.of([file("app.py", "app", b"print(1)\n")]),), comment="app")
    more = pack_layers(Cache.open(tmp_path / "cache"), [app], epoch_seconds=EPOCH_SECONDS)
    changed = Image(image.config, (*image.layers, *more))
    present = [[str(layer.diff_id) for layer in image.layers]]
    archive = written(changed, tmp_path / "changed.tar", name, present)
    assert Path(archive).stat().st_size < 20_000
    run("docker", "load", "-i", archive)
    check_loaded("docker", changed, name)
    assert "app.py" in exported("docker", name)


def classic_storage() -> bool:
    drivers = run("docker", "info", "--format", "{{json .DriverStatus}}")
    return b"io.containerd.snapshotter" not in drivers


@pytest.mark.engine
@needs("podman")
def test_podman_loads_the_archive_and_keeps_the_digest(tmp_path: Path, name: Reference) -> None:
    image = image_of_many_members(tmp_path / "cache")
    run("podman", "load", "-q", "-i", written(image, tmp_path / "image.tar", name))
    check_loaded("podman", image, name)
    (inspected,) = json.loads(run("podman", "image", "inspect", str(name)))
    assert inspected["Digest"] == str(image.digest)
