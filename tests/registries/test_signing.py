"""Signatures as cosign makes them: by plain keys and by cosign's own, verified by others."""

import base64
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from nacl.secret import SecretBox

from okamochi.errors import UsageError
from okamochi.oci.cosign import Attestation, Signature, Signer, load_signer, signature_tag
from okamochi.oci.digest import Digest
from okamochi.oci.image import Image
from okamochi.oci.reference import Reference
from okamochi.oci.registry.push import push_image, push_signature
from okamochi.system.cache import Cache
from tests.registries.fake import FakeRegistry, fake_registry
from tests.registries.no_known_places import NoKnownPlaces
from tests.registries.server import PROGRAM, registry
from tests.registries.test_real_registry import made, quick

KEY = ec.derive_private_key(20261128, ec.SECP256R1())
SLSA = "https://slsa.dev/provenance/v1"
DIGEST = Digest("sha256:" + "1" * 64)


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with fake_registry() as served:
        yield served


def pem(password: str = "") -> bytes:
    encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    return KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def of_cosign(password: str) -> bytes:
    """As cosign generate-key-pair writes it."""
    salt, nonce = b"s" * 32, b"n" * 24
    secret = hashlib.scrypt(password.encode(), salt=salt, n=1024, r=8, p=1, dklen=32)
    der = KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    box = {
        "kdf": {
            "name": "scrypt",
            "params": {"N": 1024, "r": 8, "p": 1},
            "salt": base64.b64encode(salt).decode(),
        },
        "cipher": {"name": "nacl/secretbox", "nonce": base64.b64encode(nonce).decode()},
        "ciphertext": base64.b64encode(SecretBox(secret).encrypt(der, nonce).ciphertext).decode(),
    }
    body = base64.encodebytes(json.dumps(box).encode()).decode()
    label = "ENCRYPTED SIGSTORE PRIVATE KEY"
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n".encode()


@pytest.mark.parametrize(
    ("content", "password"),
    [(pem(), ""), (pem("pw"), "pw"), (of_cosign("pw"), "pw")],
    ids=["pem", "pem+", "cosign"],
)
def test_what_a_key_signed_its_public_half_verifies(content: bytes, password: str) -> None:
    signature = Signature.of(DIGEST, "registry.example/app", load_signer(content, password, where="key"))
    KEY.public_key().verify(signature.signature, signature.payload, ec.ECDSA(hashes.SHA256()))
    claimed = json.loads(signature.payload)["critical"]
    assert claimed["image"] == {"docker-manifest-digest": str(DIGEST)}
    with pytest.raises(InvalidSignature):
        KEY.public_key().verify(signature.signature, signature.payload + b" ", ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("content", [pem("pw"), of_cosign("pw"), b"nonsense", b""])
def test_a_key_that_cannot_be_used_is_told_before_anything_is_built(content: bytes) -> None:
    with pytest.raises(UsageError, match="the key cannot be used") as caught:
        load_signer(content, "wrong", where="key")
    assert "COSIGN_PASSWORD" in caught.value.hint


def test_a_signature_joins_those_of_others_and_is_there_once(fake: FakeRegistry, tmp_path: Path) -> None:
    image = made(Cache.open(tmp_path), b"signed")
    name = Reference.parse(f"{fake.host}/shop/app:1")
    push_image(image, name, quick({}), NoKnownPlaces())
    other = ec.derive_private_key(7, ec.SECP256R1())
    for key in (KEY, other, KEY):
        content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        signature = Signature.of(image.digest, "shop/app", load_signer(content, "", where="key"))
        push_signature(signature, image.digest, name, quick({}))
    _, stored = fake.manifests[signature_tag(image.digest)]
    assert len(json.loads(stored)["layers"]) == 2


def test_an_attestation_is_an_envelope_whose_signature_covers_type_and_statement(
    fake: FakeRegistry, tmp_path: Path
) -> None:
    image = made(Cache.open(tmp_path), b"attested")
    name = Reference.parse(f"{fake.host}/shop/app:1")
    push_image(image, name, quick({}), NoKnownPlaces())
    statement = b'{"_type": "https://in-toto.io/Statement/v1"}'
    attestation = Attestation.of(statement, SLSA, load_signer(pem(), "", where="key"))
    for _ in range(2):
        push_signature(attestation, image.digest, name, quick({}))
    _, stored = fake.manifests[f"sha256-{image.digest.hex}.att"]
    (layer,) = json.loads(stored)["layers"]
    assert layer["annotations"]["predicateType"] == SLSA
    envelope = json.loads(fake.blobs[layer["digest"]])
    assert base64.b64decode(envelope["payload"]) == statement
    (signature,) = envelope["signatures"]
    kind = b"application/vnd.in-toto+json"
    signed = b"DSSEv1 28 %s %d %s" % (kind, len(statement), statement)
    KEY.public_key().verify(base64.b64decode(signature["sig"]), signed, ec.ECDSA(hashes.SHA256()))


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """cosign and crane of newer suites of Debian, beside the system's own packages."""
    folder = tmp_path_factory.mktemp("programs")
    for name in ("state/lists/partial", "cache/archives/partial", "preferences.d"):
        (folder / name).mkdir(parents=True)
    (folder / "state/status").touch()
    policy = subprocess.run(("apt-cache", "policy", "base-files"), capture_output=True, text=True, check=True)
    mirror = next(word for word in policy.stdout.split() if word.startswith("http"))
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    lines = [f"deb [signed-by={keys}] {mirror} {suite} main\n" for suite in ("trixie", "sid")]
    (folder / "sources.list").write_text("".join(lines))
    settings = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": "/nonexistent",
        "Dir::Etc::preferencesparts": folder / "preferences.d",
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "state/status",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    (folder / "apt.conf").write_text("".join(f'{key} "{value}";\n' for key, value in settings.items()))
    environ = {**os.environ, "APT_CONFIG": str(folder / "apt.conf")}
    for argv in (("apt-get", "update"), ("apt-get", "download", "cosign/trixie", "crane/sid")):
        subprocess.run(argv, check=True, capture_output=True, cwd=folder, env=environ)
    for deb in folder.glob("*.deb"):
        subprocess.run(("dpkg", "-x", deb, folder / "root"), check=True)
    return folder / "root/usr/bin"


def attest(image: Image, name: Reference, signer: Signer) -> None:
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "app", "digest": {"sha256": image.digest.hex}}],
        "predicateType": SLSA,
        "predicate": {},
    }
    attestation = Attestation.of(json.dumps(statement).encode(), SLSA, signer)
    push_signature(attestation, image.digest, name, quick({}))


@pytest.mark.matrix
@pytest.mark.network
@pytest.mark.skipif(PROGRAM is None, reason="docker-registry is not installed")
def test_cosign_verifies_and_crane_validates(programs: Path, tmp_path: Path) -> None:
    environ = {**os.environ, "COSIGN_PASSWORD": "pw", "HOME": str(tmp_path)}
    subprocess.run((programs / "cosign", "generate-key-pair"), check=True, cwd=tmp_path, env=environ)
    content = (tmp_path / "cosign.key").read_bytes()
    with registry(tmp_path / "registry") as served:
        name = Reference.parse(f"{served.host}/shop/app:1")
        image = made(Cache.open(tmp_path / "cache"), b"signed", b"twice")
        push_image(image, name, quick({}), NoKnownPlaces())
        verify = (
            *(programs / "cosign", "verify", "--key", tmp_path / "cosign.pub"),
            *("--insecure-ignore-tlog=true", "--allow-insecure-registry", str(name)),
        )
        before = subprocess.run(verify, capture_output=True, text=True, check=False, env=environ)
        assert before.returncode != 0 and "no signatures found" in before.stderr
        signer = load_signer(content, "pw", where="cosign.key")
        push_signature(
            Signature.of(image.digest, f"{served.host}/shop/app", signer), image.digest, name, quick({})
        )
        after = subprocess.run(verify, capture_output=True, text=True, check=False, env=environ)
        assert after.returncode == 0, after.stderr
        assert json.loads(after.stdout)[0]["critical"]["image"]["docker-manifest-digest"] == str(image.digest)
        attest(image, name, signer)
        attested = subprocess.run(
            (
                *(programs / "cosign", "verify-attestation", "--key", tmp_path / "cosign.pub"),
                *("--type", SLSA, "--insecure-ignore-tlog=true"),
                *("--allow-insecure-registry", str(name)),
            ),
            capture_output=True,
            text=True,
            check=False,
            env=environ,
        )
        assert attested.returncode == 0, attested.stderr
        statement = json.loads(base64.b64decode(json.loads(attested.stdout)["payload"]))
        assert statement["subject"][0]["digest"] == {"sha256": image.digest.hex}
        crane = (programs / "crane", "validate", "--insecure", "--remote", str(name))
        assert "PASS" in subprocess.run(crane, capture_output=True, text=True, check=True).stdout
