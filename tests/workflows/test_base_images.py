"""Base images from a registry: what is taken from them, and what hostile ones get."""

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from okamochi.errors import BuildError, OkamochiError, PlanError, RegistryError, UnfitPythonError
from okamochi.model.lock import LockedImage
from okamochi.oci.media_types import IMAGE_CONFIG, IMAGE_MANIFEST, LAYER_GZIP
from okamochi.oci.platform import LINUX_AMD64, LINUX_ARM64
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.from_source.image_workshop import make_real
from okamochi.workflows.layers.base_image import BaseImage, base_image, resolve_base_image, resolve_for
from okamochi.workflows.plan import plan_project
from tests.bad_projects.conftest import FLASK_APP
from tests.registries.fake import FakeRegistry, fake_registry

STATUS = "Package: libc6\nStatus: install ok installed\nVersion: 2.41-12\nArchitecture: amd64\n"


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with fake_registry() as served:
        yield served


@pytest.fixture
def world(tmp_path: Path, fake: FakeRegistry) -> World:
    environ = {"OKAMOCHI_REGISTRY_MIRRORS": f"docker.io=http://{fake.host}"}
    return World.real(environ, SilentReporter(), cache_root=tmp_path / "cache")


def tar_of(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for facts, content in members:
            facts.size = len(content)
            tar.addfile(facts, io.BytesIO(content))
    return stream.getvalue()


def regular(name: str, content: bytes = b"x") -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), content


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    facts = tarfile.TarInfo(name)
    facts.type, facts.linkname = kind, target
    return facts, b""


def serve(fake: FakeRegistry, *layers: bytes, diff_ids: list[str] | None = None, **config: object) -> None:
    """python:3.12-slim of these uncompressed layers."""
    described = []
    for layer in layers:
        content = gzip.compress(layer)
        described.append({"mediaType": LAYER_GZIP, "digest": fake.put(content), "size": len(content)})
    found = diff_ids or [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
    whole = {
        "os": "linux",
        "architecture": "amd64",
        "config": {"Env": ["PATH=/usr/local/bin:/usr/bin"]},
        "rootfs": {"diff_ids": found},
        **config,
    }
    config_bytes = json.dumps(whole).encode()
    manifest = {
        "config": {"mediaType": IMAGE_CONFIG, "digest": fake.put(config_bytes), "size": len(config_bytes)},
        "layers": described,
    }
    content = json.dumps(manifest).encode()
    fake.manifests["3.12-slim"] = (IMAGE_MANIFEST, content)
    fake.manifests[f"sha256:{hashlib.sha256(content).hexdigest()}"] = (IMAGE_MANIFEST, content)


def opened(world: World) -> BaseImage:
    return base_image(world, resolve_base_image(world, "python:3.12-slim", LINUX_AMD64), LINUX_AMD64)


def test_python_and_glibc_are_read_from_the_image(fake: FakeRegistry, world: World) -> None:
    serve(
        fake,
        tar_of(regular("var/lib/dpkg/status", STATUS.encode()), regular("usr/local/bin/python3.12", b"elf")),
        tar_of(link("usr/local/bin/python3", "python3.12"), regular("etc/later")),
    )
    base = opened(world)
    assert (base.python("3.12"), base.glibc_version) == ("usr/local/bin/python3.12", "2.41")
    with pytest.raises(PlanError, match=r"has no Python 3\.10"):
        base.python("3.10")
    # a second time, nobody is asked
    asked = len(fake.requests)
    assert base_image(world, base.locked, LINUX_AMD64).root == base.root
    assert len(fake.requests) == asked


def test_another_user_can_run_what_is_unpacked_whatever_our_umask_is(
    fake: FakeRegistry, world: World
) -> None:
    before = os.umask(0o077)
    try:
        serve(fake, tar_of(regular("python3.12", b"elf")))
        root = opened(world).root
    finally:
        os.umask(before)
    assert root.stat().st_mode & 0o777 == 0o755
    assert world.cache.root.stat().st_mode & 0o777 == 0o700


def test_an_image_without_glibc_is_refused(fake: FakeRegistry, world: World) -> None:
    serve(fake, tar_of(regular("usr/local/bin/python3.12"), regular("lib/ld-musl-x86_64.so.1")))
    with pytest.raises(PlanError, match="not made of Debian packages") as caught:
        _ = opened(world).glibc_version
    assert "Alpine" in caught.value.hint


@pytest.mark.parametrize(
    "members",
    [
        (regular("../outside"),),
        (regular("/etc/passwd/../../../outside"),),
        (link("way", "/"), regular("way/outside-of-the-root")),
        (link("way", "../../../.."), regular("way/outside-of-the-root")),
        (link("copy", "../../outside", tarfile.LNKTYPE),),
    ],
)
def test_nothing_of_a_base_layer_lands_outside_its_root(
    fake: FakeRegistry, world: World, members: tuple[tuple[tarfile.TarInfo, bytes], ...]
) -> None:
    serve(fake, tar_of(*members))
    before = sorted(Path("/").iterdir())
    try:
        root = opened(world).root
    except BuildError as error:
        assert error.exit_code == 5
    else:  # a link that leads out leads, inside the root, to the root
        assert (root / "outside-of-the-root").is_file()
    assert sorted(Path("/").iterdir()) == before
    assert not list(world.cache.root.glob("**/outside"))


def test_what_builds_are_mounted_on_is_no_link_of_the_image(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "opt").symlink_to(outside)
    (root / "tmp").symlink_to("/tmp")
    (root / "build").write_text("a file")
    for name in ("opt/venv", "tmp", "build", "proc"):
        make_real(root, name)
        assert (root / name).is_dir() and (root / name).resolve() == root / name
    assert list(outside.iterdir()) == []


def test_a_layer_that_expands_beyond_reason_is_given_up(
    fake: FakeRegistry, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "okamochi.workflows.layers.base_image.LEAST_LIMIT_BYTES", 2**20
    )  # it is 256 times as much
    serve(fake, tar_of(regular("zeros", b"\0" * 20_000_000)))
    with pytest.raises(BuildError, match="expands to more than"):
        opened(world)


def test_a_layer_that_is_not_what_its_configuration_says_is_refused(fake: FakeRegistry, world: World) -> None:
    serve(fake, tar_of(regular("a")), diff_ids=[f"sha256:{'0' * 64}"])
    with pytest.raises(BuildError, match="diff ID differs"):
        opened(world)


def test_an_image_of_another_platform_is_refused(fake: FakeRegistry, world: World) -> None:
    serve(fake, tar_of(regular("a")), architecture="arm64")
    # named with its registry: behind a mirror the registry itself would be asked as well
    locked = resolve_base_image(world, f"{fake.host}/library/python:3.12-slim", LINUX_AMD64)
    with pytest.raises(RegistryError, match="the image is for linux/arm64, not for linux/amd64"):
        base_image(world, locked, LINUX_AMD64)
    assert base_image(world, locked, LINUX_ARM64).image.config.platform == LINUX_ARM64


def test_offline_the_error_names_the_image_and_what_to_do(tmp_path: Path) -> None:
    world = World.real({}, SilentReporter(), offline=True, cache_root=tmp_path / "cache")
    with pytest.raises(OkamochiError, match="--offline forbids"):
        resolve_base_image(world, "python:3.12-slim", LINUX_AMD64)
    locked = LockedImage(name="python:3.12-slim", digest=f"sha256:{'1' * 64}", manifest=f"sha256:{'2' * 64}")
    with pytest.raises(OkamochiError, match="--offline forbids"):
        base_image(world, locked, LINUX_AMD64)


def test_a_python_that_a_file_names_gives_way_only_where_no_registry_can_be_reached(
    tmp_path: Path, fake: FakeRegistry
) -> None:
    (tmp_path / "app.py").write_text(FLASK_APP)
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / ".python-version").write_text("3.12\n")
    cut_off = World.real({}, SilentReporter(), offline=True, cache_root=tmp_path / "cache")
    plan = plan_project(tmp_path, cut_off).plan
    with pytest.raises(UnfitPythonError, match=r"python:3\.12-slim cannot be had here"):
        resolve_for(cut_off, plan, LINUX_AMD64, tmp_path)
    with pytest.raises(RegistryError, match="--offline forbids"):
        resolve_for(cut_off, msgspec.structs.replace(plan, python_alternatives=()), LINUX_AMD64, tmp_path)
    # one that answers, and has it not, is an error of its own
    environ = {"OKAMOCHI_REGISTRY_MIRRORS": f"docker.io=http://{fake.host}"}
    near = World.real(environ, SilentReporter(), offline=False, cache_root=tmp_path / "cache")
    named = msgspec.structs.replace(plan.base, image=f"{fake.host}/python:3.12-slim")
    with pytest.raises(RegistryError, match="404"):
        resolve_for(near, msgspec.structs.replace(plan, base=named), LINUX_AMD64, tmp_path)


@pytest.mark.parametrize(
    ("settings", "kind", "image", "python"),
    [
        ("", "debian", "", "3.13"),
        ('base = "image"', "image", "python:3.13-slim", "3.13"),
        ('base = "image"\npython = "3.12"', "image", "python:3.12-slim", "3.12"),
        ('base = "registry.example/py:3.11"\npython = "3.11"', "image", "registry.example/py:3.11", "3.11"),
        ('base = "debian"\npython = "3.11"', "debian", "", "3.11"),
    ],
)
def test_a_setting_chooses_the_base(
    tmp_path: Path, world: World, settings: str, kind: str, image: str, python: str
) -> None:
    (tmp_path / "app.py").write_text(FLASK_APP)
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "okamochi.toml").write_text(settings)
    plan = plan_project(tmp_path, world).plan
    assert (plan.base.kind, plan.base.image, plan.python_version) == (kind, image, python)


def test_packages_of_debian_for_a_python_that_it_has_not_are_refused(tmp_path: Path, world: World) -> None:
    (tmp_path / "app.py").write_text(FLASK_APP)
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "okamochi.toml").write_text('base = "debian"\npython = "3.12"\n')
    with pytest.raises(PlanError, match=r"no release of Debian has Python 3\.12"):
        plan_project(tmp_path, world)
