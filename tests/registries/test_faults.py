"""A registry, or what lies before it, that does wrong: cut, slow, lying; and what is done about it."""

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from urllib3 import HTTPHeaderDict

from okamochi.errors import BuildError, RegistryError, TransientRegistryError
from okamochi.oci.artifact import Artifact
from okamochi.oci.image import Image
from okamochi.oci.media_types import DOCKER_MANIFEST, IMAGE_CONFIG, IMAGE_INDEX, IMAGE_MANIFEST, LAYER_GZIP
from okamochi.oci.platform import LINUX_AMD64
from okamochi.oci.reference import Reference
from okamochi.oci.registry.pull import pull_image
from okamochi.oci.registry.push import Pushed, push_artifact, push_image
from okamochi.oci.registry.registries import Registries
from okamochi.system.cache import Cache
from okamochi.system.process import Completed
from okamochi.system.retry import Retry
from okamochi.system.subprocess_runner import SubprocessRunner
from okamochi.workflows.delivery.known_places import CachedPlaces
from tests.recorded_runner import RecordedRunner
from tests.registries.fake import FakeRegistry, Fault, fake_registry
from tests.registries.no_known_places import NoKnownPlaces
from tests.registries.test_real_registry import made


class Slept(list[float]):
    """How long was waited, without waiting."""

    def retry(self, tries: int = 4) -> Retry:
        return Retry(fruitless=tries, sleep=self.append, chance=lambda: 0.5)


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with fake_registry() as served:
        yield served


@pytest.fixture
def slept() -> Slept:
    return Slept()


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache.open(tmp_path / "cache")


def registries(slept: Slept, environ: dict[str, str] | None = None, **more: float) -> Registries:
    return Registries.of(environ or {}, SubprocessRunner(), retry=slept.retry(), **more)  # type: ignore[arg-type]


def name_in(fake: FakeRegistry, tag: str = "1") -> Reference:
    return Reference.parse(f"{fake.host}/shop/app:{tag}")


def push(image: Image, fake: FakeRegistry, slept: Slept, environ: dict[str, str] | None = None) -> Pushed:
    return push_image(image, name_in(fake), registries(slept, environ), NoKnownPlaces())


def stored_whole(image: Image, fake: FakeRegistry) -> bool:
    wanted = {str(layer.descriptor.digest) for layer in image.layers}
    return wanted <= fake.blobs.keys() and fake.manifests["1"][1] == image.manifest_bytes


def large(cache: Cache, count: int = 120_000) -> Image:
    """A layer that does not compress, beyond what goes in one request."""
    return made(cache, b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(count)))


# pushing


def test_a_cut_upload_goes_on_where_it_ended(fake: FakeRegistry, cache: Cache, slept: Slept) -> None:
    image = large(cache)
    fake.faults.append(Fault("PATCH", "", read_bytes=1_500_000))
    push(image, fake, slept)
    assert stored_whole(image, fake)
    ranges = [headers.get("content-range") for _, headers in fake.asked("PATCH")]
    size = image.layers[0].descriptor.size_bytes
    assert ranges == [None, f"1500000-{size - 1}"]
    assert len(fake.asked("POST")) == 2  # the layer's and the configuration's


def test_an_upload_that_the_registry_forgot_begins_again(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    image = large(cache)
    fake.faults.append(Fault("PATCH", "", read_bytes=1000))
    fake.faults.append(Fault("GET", "/blobs/uploads/", status=404))
    push(image, fake, slept)
    assert stored_whole(image, fake)
    assert len(fake.asked("POST")) == 3


def test_a_server_that_takes_only_small_requests_gets_chunks(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    image = large(cache, 400_000)
    fake.largest_body = 9_000_000
    push(image, fake, slept)
    assert stored_whole(image, fake)
    sizes = [int(headers["content-length"]) for _, headers in fake.asked("PATCH")]
    assert sizes[1:] == [8 * 2**20, image.layers[0].descriptor.size_bytes - 8 * 2**20]


def test_an_end_of_an_upload_that_failed_is_tried_again(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    image = made(cache, b"small")
    fake.faults.append(Fault("PUT", "/blobs/uploads/", status=502))
    push(image, fake, slept)
    assert stored_whole(image, fake)


def test_pauses_grow_and_a_server_that_stays_broken_is_given_up(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    fake.faults.append(Fault("HEAD", "", status=500, times=99))
    with pytest.raises(TransientRegistryError, match="answers 500") as caught:
        push(made(cache, b"x"), fake, slept)
    assert slept == [0.5, 1.0, 2.0]
    assert caught.value.exit_code == 75


def test_a_rate_limit_is_waited_for_as_long_as_it_says(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    fake.faults.append(Fault("HEAD", "", status=429, headers=(("Retry-After", "7"),)))
    push(made(cache, b"x"), fake, slept)
    assert slept == [pytest.approx(7.35)]


def test_a_long_rate_limit_is_told_instead(fake: FakeRegistry, cache: Cache, slept: Slept) -> None:
    body = json.dumps(
        {"errors": [{"code": "TOOMANYREQUESTS", "message": "pull rate limit\x1b[31m"}]}
    ).encode()
    limited = Fault("HEAD", "", status=429, headers=(("Retry-After", "21600"),), body=body)
    fake.faults.append(limited)
    with pytest.raises(TransientRegistryError, match="asks to wait 21600 seconds") as caught:
        push(made(cache, b"x"), fake, slept)
    assert "mirror" in caught.value.hint and slept == [] and "\x1b" not in caught.value.message


@pytest.mark.parametrize(
    ("status", "code", "hint"),
    [
        (403, "DENIED", "ask for the right to push"),
        (404, "NAME_UNKNOWN", "to be made before a push"),
        (400, "NAME_INVALID", "repository's name"),
        (405, "UNSUPPORTED", "does not support"),
    ],
)
def test_a_refusal_says_what_to_do(
    fake: FakeRegistry, cache: Cache, slept: Slept, status: int, code: str, hint: str
) -> None:
    body = json.dumps({"errors": [{"code": code, "message": "no, thank you"}]}).encode()
    fake.faults.append(Fault("POST", "", status=status, body=body, times=9))
    with pytest.raises(RegistryError, match=code) as caught:
        push(made(cache, b"x"), fake, slept)
    assert hint in caught.value.hint and "no, thank you" in caught.value.details
    assert caught.value.exit_code == 6 and slept == []


def again(fake: FakeRegistry, cache: Cache, slept: Slept, *, edit: bytes) -> tuple[Image, Pushed, int]:
    """A push with what former ones saw; how many blobs were asked for."""
    image = made(cache, b"one", b"two", edit)
    before = len(fake.asked("HEAD", "/blobs/"))
    done = push_image(image, name_in(fake), registries(slept), CachedPlaces(cache))
    return image, done, len(fake.asked("HEAD", "/blobs/")) - before


def test_what_the_last_image_holds_is_not_asked_for_again(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    again(fake, cache, slept, edit=b"first")
    image, done, asked = again(fake, cache, slept, edit=b"second")
    assert (done.sent, done.there, asked) == (2, 2, 2)
    assert stored_whole(image, fake)


def test_a_registry_that_has_the_last_image_no_more_is_asked_for_everything(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    again(fake, cache, slept, edit=b"first")
    fake.manifests.clear()
    fake.blobs.clear()
    image, done, asked = again(fake, cache, slept, edit=b"second")
    assert (done.sent, done.there, asked) == (4, 0, 4)
    assert stored_whole(image, fake)


def test_a_registry_that_has_the_last_image_and_lost_its_layers_gets_them_again(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    first, _, _ = again(fake, cache, slept, edit=b"first")
    for layer in first.layers:
        del fake.blobs[str(layer.descriptor.digest)]
    unknown = b'{"errors": [{"code": "MANIFEST_BLOB_UNKNOWN"}]}'
    fake.faults.append(Fault("PUT", "/manifests/", status=404, body=unknown))
    image, done, _ = again(fake, cache, slept, edit=b"second")
    assert (done.sent, done.there) == (2, 2)  # the last layer and the configuration are there by now
    assert stored_whole(image, fake)


def test_a_damaged_layer_is_not_sent_as_if_it_were_right(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    image = made(cache, b"something longer than it will be")
    path = image.layers[0].path
    path.chmod(0o644)
    path.write_bytes(b"\0" * image.layers[0].descriptor.size_bytes)
    with pytest.raises(BuildError, match="a layer is damaged"):
        push(image, fake, slept)
    assert not fake.manifests


def test_a_registry_that_stores_another_manifest_is_found_out(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    lie = ("Docker-Content-Digest", f"sha256:{'0' * 64}")
    fake.faults.append(Fault("PUT", "/manifests/", status=201, headers=(lie,)))
    with pytest.raises(RegistryError, match="stored another manifest"):
        push(made(cache, b"x"), fake, slept)


def test_a_registry_that_keeps_referrers_gets_no_tag_for_them(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    image = made(cache, b"x")
    push(image, fake, slept)
    fake.subjects = True
    push_artifact(Artifact("a/b", b"{}", image.descriptor), name_in(fake), registries(slept))
    assert not any(name.startswith("sha256-") for name in fake.manifests)
    told = [json.loads(content).get("subject", {}).get("digest") for _, content in fake.manifests.values()]
    assert str(image.digest) in told


# who asks


def test_a_token_is_asked_for_with_the_users_password_and_for_this_repository(
    fake: FakeRegistry, cache: Cache, slept: Slept, tmp_path: Path
) -> None:
    fake.token, fake.basic = "abc", "Basic " + base64.b64encode(b"cook:noodles").decode()
    config = {"auths": {f"https://{fake.host}/v1/": {"auth": base64.b64encode(b"cook:noodles").decode()}}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    push(made(cache, b"x"), fake, slept, {"DOCKER_CONFIG": str(tmp_path)})
    ((path, _),) = fake.asked("GET", "/token")
    assert "service=fake" in path and "scope=repository%3Ashop%2Fapp%3Apull%2Cpush" in path
    uploads = fake.asked("PUT", "/blobs/uploads/")
    assert {headers["authorization"] for _, headers in uploads} == {"Bearer abc"}


def test_a_login_that_left_an_identity_token_gives_it_in_a_form_and_no_password(
    fake: FakeRegistry, cache: Cache, slept: Slept, tmp_path: Path
) -> None:
    fake.token = "abc"
    login = {"auth": base64.b64encode(b"00000000-0000:").decode(), "identitytoken": "refreshing"}
    (tmp_path / "config.json").write_text(json.dumps({"auths": {fake.host: login}}))
    push(made(cache, b"x"), fake, slept, {"DOCKER_CONFIG": str(tmp_path)})
    ((path, headers),) = fake.asked("POST", "/token")
    assert path == "/token" and "authorization" not in headers
    (form,) = fake.forms
    assert (form["grant_type"], form["refresh_token"]) == (["refresh_token"], ["refreshing"])
    assert (form["service"], form["scope"]) == (["fake"], ["repository:shop/app:pull,push"])


@pytest.mark.parametrize(
    "realm", ["http://tokens.example/token", "ftp://tokens.example/token", "https://[tokens"]
)
def test_a_token_server_without_tls_gets_no_password(realm: str, tmp_path: Path) -> None:
    login = {"auth": base64.b64encode(b"cook:noodles").decode()}
    (tmp_path / "config.json").write_text(json.dumps({"auths": {"registry.example": login}}))
    made_registries = Registries.of({"DOCKER_CONFIG": str(tmp_path)}, SubprocessRunner())
    repository = made_registries.repository(Reference.parse("registry.example/shop/app:1"), "pull")
    refusal = SimpleNamespace(headers=HTTPHeaderDict({"WWW-Authenticate": f'Bearer realm="{realm}"'}))
    with pytest.raises(RegistryError, match="names no token server with TLS"):
        repository.connection.authorizer.answer(refusal, "")  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", [b"", b"[]", b'{"token": "a b"}', b"[" * 200_000], ids=len)
def test_an_answer_without_a_token_is_told(fake: FakeRegistry, slept: Slept, answer: bytes) -> None:
    fake.token = "wanted"
    fake.faults.append(Fault("GET", "/token", status=200, body=answer))
    with pytest.raises(RegistryError, match="the token server's answer has no token"):
        registries(slept).repository(name_in(fake), "pull").manifest("latest")


def test_a_token_that_ran_out_is_renewed(fake: FakeRegistry, cache: Cache, slept: Slept) -> None:
    fake.token = "first"
    image, made_registries = made(cache, b"x"), registries(slept)
    repository = made_registries.repository(name_in(fake), "pull,push")
    assert not repository.has_blob(image.layers[0].descriptor)
    fake.token = "second"
    assert not repository.has_blob(image.layers[0].descriptor)
    assert len(fake.asked("GET", "/token")) == 2


@pytest.mark.parametrize("kind", ["credsStore", "credHelpers"])
def test_a_credential_helper_is_asked(
    fake: FakeRegistry, cache: Cache, slept: Slept, tmp_path: Path, kind: str
) -> None:
    fake.token, fake.basic = "abc", "Basic " + base64.b64encode(b"cook:from a helper").decode()
    value = "shelf" if kind == "credsStore" else {fake.host: "shelf"}
    (tmp_path / "config.json").write_text(json.dumps({kind: value}))
    answer = json.dumps({"ServerURL": fake.host, "Username": "cook", "Secret": "from a helper"}).encode()
    argv = ("docker-credential-shelf", "get")
    runner = RecordedRunner(answers={argv: Completed(argv, 0, answer, b"")})
    asking = Registries.of({"DOCKER_CONFIG": str(tmp_path)}, runner, retry=slept.retry())
    push_image(made(cache, b"x"), name_in(fake), asking, NoKnownPlaces())


def test_a_missing_helper_is_told_only_when_the_registry_refuses(
    fake: FakeRegistry, cache: Cache, slept: Slept, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": "desktop.exe"}))
    environ = {"DOCKER_CONFIG": str(tmp_path)}
    push(made(cache, b"anonymous"), fake, slept, environ)
    fake.token, fake.basic = "abc", "Basic nobody"
    with pytest.raises(RegistryError, match="401 without credentials") as caught:
        push(made(cache, b"other"), fake, slept, environ)
    assert any("docker-credential-desktop.exe" in line for line in caught.value.details)


def test_credentials_are_not_sent_to_where_a_blob_is_redirected(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    image = made(cache, b"somewhere else")
    push(image, fake, slept)
    fake.token = "abc"
    with fake_registry() as storage:
        storage.blobs = dict(fake.blobs)
        digest = str(image.layers[0].descriptor.digest)
        place = f"http://{storage.host}/v2/x/blobs/{digest}"
        # the first answer asks for a token, the second one redirects
        fake.faults.append(Fault("GET", f"/blobs/{digest}", status=307, headers=(("Location", place),)))
        pulled = pull_image(
            registries(slept), name_in(fake), image.config.platform, Cache.open(cache.root.parent / "other")
        )
        assert pulled.digest == image.digest
        ((_, headers),) = storage.asked("GET", digest)
        assert "authorization" not in headers


# pulling


def test_a_cut_blob_goes_on_where_it_ended(fake: FakeRegistry, cache: Cache, slept: Slept) -> None:
    image = large(cache, 4000)
    push(image, fake, slept)
    digest = str(image.layers[0].descriptor.digest)
    fake.faults.append(Fault("GET", f"/blobs/{digest}", cut_after_bytes=50_000))
    store = Cache.open(cache.root.parent / "other")
    pull_image(registries(slept), name_in(fake), image.config.platform, store)
    assert [headers.get("range") for _, headers in fake.asked("GET", digest)] == [None, "bytes=50000-"]


def test_wrong_bytes_of_a_blob_are_refused_and_not_kept(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    image = made(cache, b"right")
    push(image, fake, slept)
    digest = str(image.layers[0].descriptor.digest)
    wrong = b"\0" * image.layers[0].descriptor.size_bytes
    fake.faults.append(Fault("GET", f"/blobs/{digest}", content=wrong, times=9))
    store = Cache.open(cache.root.parent / "other")
    with pytest.raises(RegistryError, match="under a digest has another one"):
        pull_image(registries(slept), name_in(fake), image.config.platform, store)
    assert store.blob(image.layers[0].descriptor.digest.hex) is None


def test_more_bytes_than_the_manifest_says_are_not_taken(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    image = made(cache, b"right")
    push(image, fake, slept)
    digest = str(image.layers[0].descriptor.digest)
    fake.faults.append(Fault("GET", f"/blobs/{digest}", content=b"\0" * 10**6))
    with pytest.raises(RegistryError, match="wrong size"):
        pull_image(
            registries(slept), name_in(fake), image.config.platform, Cache.open(cache.root.parent / "other")
        )


def test_a_manifest_that_is_not_the_one_of_its_digest_is_refused(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    image = made(cache, b"right")
    push(image, fake, slept)
    named = name_in(fake).with_digest(image.digest)
    fake.faults.append(Fault("GET", "/manifests/", content=image.manifest_bytes + b" "))
    with pytest.raises(RegistryError, match="under a digest has another one"):
        pull_image(registries(slept), named, image.config.platform, cache)


def manifest(fake: FakeRegistry, tag: str, media_type: str, value: object) -> None:
    fake.manifests[tag] = (media_type, json.dumps(value).encode())


def described(fake: FakeRegistry, media_type: str, content: bytes, **more: object) -> dict[str, object]:
    return {"mediaType": media_type, "digest": fake.put(content), "size": len(content), **more}


CONFIG = json.dumps(
    {"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": [f"sha256:{'1' * 64}"]}}
).encode()


@pytest.mark.parametrize(
    ("media_type", "content", "message"),
    [
        ("text/html", b"<html>", "no manifest of an image"),
        ("application/vnd.docker.distribution.manifest.v1+prettyjws", b"{}", "schema 1"),
        (IMAGE_MANIFEST, b"[]", "not a JSON object"),
        (IMAGE_MANIFEST, b"{}", "descriptor is not an object"),
        (IMAGE_INDEX, b'{"manifests": 3}', "manifests is not a list"),
        (IMAGE_MANIFEST, b"x" * (5 * 2**20), "a manifest of more than"),
    ],
)
def test_what_is_no_manifest_is_refused(
    fake: FakeRegistry, cache: Cache, slept: Slept, media_type: str, content: bytes, message: str
) -> None:
    fake.manifests["1"] = (media_type, content)
    with pytest.raises(RegistryError, match=message):
        pull_image(registries(slept), name_in(fake), LINUX_AMD64, cache)


def test_layers_of_other_kinds_and_sizes_beyond_reason_are_refused(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    config = described(fake, IMAGE_CONFIG, CONFIG)
    zstd = described(fake, "application/vnd.oci.image.layer.v1.tar+zstd", b"x")
    manifest(fake, "zstd", IMAGE_MANIFEST, {"config": config, "layers": [zstd]})
    with pytest.raises(RegistryError, match="which is not read"):
        pull_image(registries(slept), name_in(fake, "zstd"), LINUX_AMD64, cache)
    huge = {**described(fake, LAYER_GZIP, b"x"), "size": 10**12}
    manifest(fake, "huge", IMAGE_MANIFEST, {"config": config, "layers": [huge]})
    with pytest.raises(RegistryError, match="a layer of 1,000,000,000,000 bytes"):
        pull_image(registries(slept), name_in(fake, "huge"), LINUX_AMD64, cache)
    layer = described(fake, LAYER_GZIP, b"x")
    manifest(fake, "more", IMAGE_MANIFEST, {"config": config, "layers": [layer, layer]})
    with pytest.raises(RegistryError, match="2 layers, but 1 diff IDs"):
        pull_image(registries(slept), name_in(fake, "more"), LINUX_AMD64, cache)


def test_a_size_that_is_a_lie_is_found_out_where_the_layer_is_here_already(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    layer = described(fake, LAYER_GZIP, gzip.compress(b"\0" * 1024))
    cache.put_bytes(fake.blobs[str(layer["digest"])])
    lie = {**layer, "size": 7}
    manifest(fake, "1", IMAGE_MANIFEST, {"config": described(fake, IMAGE_CONFIG, CONFIG), "layers": [lie]})
    with pytest.raises(RegistryError, match="bytes, not 7"):
        pull_image(registries(slept), name_in(fake), LINUX_AMD64, cache)


def test_of_an_index_the_image_is_taken_and_no_document_and_its_size_is_no_lie(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    layer = described(fake, LAYER_GZIP, gzip.compress(b"\0" * 1024))
    image = {"config": described(fake, IMAGE_CONFIG, CONFIG), "layers": [layer]}
    platform = {"os": "linux", "architecture": "amd64"}
    listed = described(fake, IMAGE_MANIFEST, json.dumps(image).encode(), platform=platform)
    manifest(fake, str(listed["digest"]), IMAGE_MANIFEST, image)
    document = {**described(fake, IMAGE_MANIFEST, b"{}", platform=platform), "artifactType": "a/b"}
    manifest(fake, "1", IMAGE_INDEX, {"manifests": [document, listed]})
    pulled = pull_image(registries(slept), name_in(fake), LINUX_AMD64, cache)
    assert str(pulled.digest) == listed["digest"]
    manifest(fake, "lie", IMAGE_INDEX, {"manifests": [{**listed, "size": 7}]})
    with pytest.raises(RegistryError, match="which the index says has 7"):
        pull_image(registries(slept), name_in(fake, "lie"), LINUX_AMD64, cache)


def test_dockers_older_media_types_are_read(fake: FakeRegistry, cache: Cache, slept: Slept) -> None:
    layer = described(fake, "application/vnd.docker.image.rootfs.diff.tar.gzip", gzip.compress(b"\0" * 1024))
    config = described(fake, "application/vnd.docker.container.image.v1+json", CONFIG)
    manifest(fake, "1", DOCKER_MANIFEST, {"config": config, "layers": [layer]})
    pulled = pull_image(registries(slept), name_in(fake), LINUX_AMD64, cache)
    assert pulled.layers[0].descriptor.media_type == LAYER_GZIP


def test_a_server_that_answers_too_slowly_is_tried_again(
    fake: FakeRegistry, cache: Cache, slept: Slept
) -> None:
    image = made(cache, b"x")
    push(image, fake, slept)
    fake.faults.append(Fault("GET", "/manifests/", pause_seconds=6))
    pull_image(registries(slept, read_seconds=1.5), name_in(fake), image.config.platform, cache)
    # a busy machine may be slow once more
    assert slept[:1] == [0.5] and len(fake.asked("GET", "/manifests/")) >= 2
