"""Against Debian's docker-registry: TLS, passwords, what is sent, what other programs read back."""

import base64
import json
import platform
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from okamochi.errors import RegistryError
from okamochi.oci.artifact import Artifact
from okamochi.oci.entry import directory, file
from okamochi.oci.image import Image, ImageIndex
from okamochi.oci.image_config import ImageConfig
from okamochi.oci.packing import LayerRequest, Part, pack_layers
from okamochi.oci.platform import LINUX_AMD64, LINUX_ARM64, Platform
from okamochi.oci.reference import Reference
from okamochi.oci.registry.pull import pull_image
from okamochi.oci.registry.push import KnownPlaces, Pushed, push_artifact, push_image, referrers_tag
from okamochi.oci.registry.registries import PULL, Registries
from okamochi.system.cache import Cache
from okamochi.system.retry import Retry
from okamochi.system.subprocess_runner import SubprocessRunner
from okamochi.workflows.delivery.known_places import CachedPlaces
from tests.registries.no_known_places import NoKnownPlaces
from tests.registries.server import (
    PASSWORD,
    PROGRAM,
    USER,
    Served,
    counted,
    registry,
    test_certificate,
)

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="docker-registry is not installed")

HOST = Platform.of_machine(platform.machine())


def quick(environ: dict[str, str]) -> Registries:
    return Registries.of(environ, SubprocessRunner(), retry=Retry(fruitless=2, sleep=lambda _: None))


def made(cache: Cache, *contents: bytes, architecture: Platform = HOST) -> Image:
    """A layer for each content."""
    requests = [
        LayerRequest(
            parts=(Part.of([directory("srv", "app"), file(f"srv/{number}", "app", content)]),),
            comment=str(number),
        )
        for number, content in enumerate(contents)
    ]
    config = ImageConfig(platform=architecture, created="1970-01-01T00:00:00Z", entrypoint=("/srv/0",))
    return Image(config, pack_layers(cache, requests, epoch_seconds=0))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with registry(tmp_path_factory.mktemp("registry")) as served:
        yield served


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache.open(tmp_path / "cache")


def push(image: Image | ImageIndex, name: str, places: KnownPlaces | None = None) -> Pushed:
    return push_image(image, Reference.parse(name), quick({}), places or NoKnownPlaces())


def test_what_was_pushed_is_pulled_again_to_the_byte(plain: Served, cache: Cache, tmp_path: Path) -> None:
    image = made(cache, b"one" * 1000, bytes(range(256)) * 20_000)
    assert push(image, f"{plain.host}/team/app:1").sent == 3
    pulled = pull_image(
        quick({}), Reference.parse(f"{plain.host}/team/app:1"), HOST, Cache.open(tmp_path / "other")
    )
    assert pulled.manifest_bytes == image.manifest_bytes
    assert [one.path.read_bytes() for one in pulled.layers] == [one.path.read_bytes() for one in image.layers]


def test_only_what_the_registry_lacks_is_sent(plain: Served, cache: Cache) -> None:
    with counted(plain) as gate:
        large = bytes(range(256)) * 4000
        first = push(made(cache, large, b"old"), f"{gate.host}/again/app:1")
        assert first == Pushed(sent=3, sent_bytes=first.sent_bytes)
        before = gate.received_bytes
        changed = push(made(cache, large, b"new"), f"{gate.host}/again/app:2")
        assert (changed.sent, changed.there) == (2, 1)
        assert gate.received_bytes - before < 5_000
        assert push(made(cache, large, b"new"), f"{gate.host}/again/app:3") == Pushed(there=1)


def test_a_blob_of_another_repository_is_mounted(plain: Served, cache: Cache) -> None:
    places = CachedPlaces(cache)
    push(made(cache, b"shared" * 5000, b"a"), f"{plain.host}/mount/one:1", places)
    done = push(made(cache, b"shared" * 5000, b"b"), f"{plain.host}/mount/two:1", places)
    assert (done.mounted, done.sent) == (1, 2)


def test_a_place_that_is_no_longer_there_costs_nothing_but_the_bytes(plain: Served, cache: Cache) -> None:
    places = CachedPlaces(cache)
    image = made(cache, b"gone" * 99)
    for layer in image.layers:
        places.add(plain.host, layer.descriptor.digest, "never/was")
    assert push(image, f"{plain.host}/mount/three:1", places).sent == 2


def test_an_index_has_an_image_for_each_platform(plain: Served, cache: Cache, tmp_path: Path) -> None:
    images = tuple(made(cache, str(one).encode(), architecture=one) for one in (LINUX_AMD64, LINUX_ARM64))
    push(ImageIndex(images), f"{plain.host}/many/app:1")
    store = Cache.open(tmp_path / "other")
    for image in images:
        pulled = pull_image(
            quick({}), Reference.parse(f"{plain.host}/many/app:1"), image.config.platform, store
        )
        assert pulled.digest == image.digest
    with pytest.raises(RegistryError, match="no image for linux/s390x"):
        pull_image(quick({}), Reference.parse(f"{plain.host}/many/app:1"), Platform("linux", "s390x"), store)


def test_an_image_of_another_platform_is_refused(plain: Served, cache: Cache) -> None:
    other = LINUX_ARM64 if HOST == LINUX_AMD64 else LINUX_AMD64
    push(made(cache, b"x", architecture=other), f"{plain.host}/other/app:1")
    with pytest.raises(RegistryError, match=f"the image is for {other}, not for {HOST}"):
        pull_image(quick({}), Reference.parse(f"{plain.host}/other/app:1"), HOST, cache)


def test_documents_are_listed_under_the_referrers_tag(plain: Served, cache: Cache) -> None:
    """docker-registry 2 keeps no list of referrers itself."""
    image = made(cache, b"told")
    name = Reference.parse(f"{plain.host}/told/app:1")
    push_image(image, name, quick({}), NoKnownPlaces())
    for content in (b'{"a":1}', b'{"b":2}', b'{"a":1}'):
        push_artifact(Artifact("application/spdx+json", content, image.descriptor), name, quick({}))
    listed = quick({}).repository(name, PULL).manifest(referrers_tag(image.digest))
    entries = json.loads(listed.content)["manifests"]
    assert [one["artifactType"] for one in entries] == ["application/spdx+json"] * 2


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Path]]:
    folder = tmp_path_factory.mktemp("guarded")
    certificate = test_certificate(folder)
    with registry(folder, certificate=certificate, auth=True) as served:
        yield served, certificate[0]


def login(folder: Path, host: str, password: str = PASSWORD) -> str:
    folder.mkdir(exist_ok=True)
    auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))
    return str(folder)


def test_tls_and_a_password(guarded: tuple[Served, Path], cache: Cache, tmp_path: Path) -> None:
    served, certificate = guarded
    environ = {"SSL_CERT_FILE": str(certificate), "DOCKER_CONFIG": login(tmp_path / "docker", served.host)}
    image = made(cache, b"behind a password")
    name = Reference.parse(f"{served.host}/team/app:1")
    push_image(image, name, quick(environ), NoKnownPlaces())
    assert pull_image(quick(environ), name, HOST, cache).digest == image.digest


def test_without_or_with_a_wrong_password_the_error_says_whose_it_was(
    guarded: tuple[Served, Path], tmp_path: Path
) -> None:
    served, certificate = guarded
    name = Reference.parse(f"{served.host}/team/app:1")
    trusted = {"SSL_CERT_FILE": str(certificate), "HOME": str(tmp_path)}
    with pytest.raises(RegistryError, match=r"401.*without credentials") as caught:
        pull_image(quick(trusted), name, HOST, Cache.open(tmp_path / "cache"))
    assert f"docker login {served.host}" in caught.value.hint
    wrong = {**trusted, "DOCKER_CONFIG": login(tmp_path / "docker", served.host, "noodle")}
    with pytest.raises(RegistryError, match=r"for the user cook from .*config\.json"):
        pull_image(quick(wrong), name, HOST, Cache.open(tmp_path / "cache"))


def test_a_certificate_that_nobody_trusts_is_taken_only_by_choice(
    guarded: tuple[Served, Path], tmp_path: Path
) -> None:
    served, _ = guarded
    name = Reference.parse(f"{served.host}/team/app:1")
    docker = {"DOCKER_CONFIG": login(tmp_path / "docker", served.host)}
    with pytest.raises(RegistryError, match="certificate is not trusted") as caught:
        quick(docker).repository(name, PULL)
    assert f"OKAMOCHI_INSECURE_REGISTRIES={served.host}" in caught.value.hint
    chosen = {**docker, "OKAMOCHI_INSECURE_REGISTRIES": served.host}
    assert quick(chosen).repository(name, PULL).find_manifest("none-such") is None


def test_a_mirror_is_asked_first_and_the_registry_when_it_has_nothing(
    plain: Served, guarded: tuple[Served, Path], cache: Cache, tmp_path: Path
) -> None:
    served, certificate = guarded
    environ = {
        "SSL_CERT_FILE": str(certificate),
        "DOCKER_CONFIG": login(tmp_path / "docker", served.host),
        "OKAMOCHI_REGISTRY_MIRRORS": f"{served.host}=http://{plain.host}/cached, docker.io={plain.host}",
    }
    here, there = made(cache, b"in the mirror"), made(cache, b"in the registry alone")
    push(here, f"{plain.host}/cached/shop/app:1")
    push_image(there, Reference.parse(f"{served.host}/shop/app:2"), quick(environ), NoKnownPlaces())
    for tag, image in (("1", here), ("2", there)):
        name = Reference.parse(f"{served.host}/shop/app:{tag}")
        assert pull_image(quick(environ), name, HOST, cache).digest == image.digest
    push(here, f"{plain.host}/library/hub:1")
    assert pull_image(quick(environ), Reference.parse("hub:1"), HOST, cache).digest == here.digest


def run(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, (argv, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
def test_skopeo_reads_it_back(plain: Served, cache: Cache, tmp_path: Path) -> None:
    image = made(cache, b"#!/bin/true", b"more" * 9999)
    push(image, f"{plain.host}/read/skopeo:1")
    source = f"docker://{plain.host}/read/skopeo:1"
    assert json.loads(run("skopeo", "inspect", "--tls-verify=false", source))["Digest"] == str(image.digest)
    run("skopeo", "copy", "--src-tls-verify=false", source, f"oci:{tmp_path}/copy:1")


@pytest.mark.engine
@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_engines_pull_it(plain: Served, cache: Cache, engine: str) -> None:
    if shutil.which(engine) is None:
        pytest.skip(f"{engine} is not installed")
    image = made(cache, b"#!/bin/true", engine.encode() * 999)
    name = f"{plain.host}/registry-test/{engine}:1"
    push(msgspec.structs.replace(image), name)
    run(engine, "pull", "--quiet", *(("--tls-verify=false",) if engine == "podman" else ()), name)
    try:
        digests = run(engine, "image", "inspect", "--format", "{{json .RepoDigests}}", name)
        assert str(image.digest) in digests
    finally:
        run(engine, "rmi", name)
