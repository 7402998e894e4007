"""Signatures of images as cosign makes and verifies them, with a key of one's own.

https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md; keys that cosign generate-key-pair makes
are JSON in PEM: scrypt for the password, NaCl's secretbox around a PKCS #8 key.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from okamochi.errors import UsageError
from okamochi.oci.canonical_json import canonical_json
from okamochi.oci.descriptor import Descriptor
from okamochi.oci.digest import Digest
from okamochi.oci.media_types import IMAGE_CONFIG, IMAGE_MANIFEST

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

__all__ = ["PASSWORD_VARIABLE", "Signature", "load_signer", "signature_tag"]

PASSWORD_VARIABLE = "COSIGN_PASSWORD"
SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
SIGNATURE_ANNOTATION = "dev.cosignproject.cosign/signature"
COSIGN_LABELS = (b"ENCRYPTED COSIGN PRIVATE KEY", b"ENCRYPTED SIGSTORE PRIVATE KEY")
MOST_SCRYPT_MEMORY_BYTES = 256 * 2**20
Signer = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Signature:
    """What lies in the registry under the image's signature tag."""

    payload: bytes
    signature: bytes

    @classmethod
    def of(cls, digest: Digest, repository: str, sign: Signer) -> "Signature":
        """`repository` is registry/name, as the image is pulled."""
        payload = canonical_json(
            {
                "critical": {
                    "identity": {"docker-reference": repository},
                    "image": {"docker-manifest-digest": str(digest)},
                    "type": "cosign container image signature",
                },
                "optional": None,
            }
        )
        return cls(payload, sign(payload))

    @property
    def blobs(self) -> tuple[tuple[Descriptor, bytes], ...]:
        config = canonical_json(
            {
                "architecture": "",
                "os": "",
                "config": {},
                "rootfs": {"type": "layers", "diff_ids": [str(Digest.of(self.payload))]},
                "history": [{"created": "0001-01-01T00:00:00Z"}],
            }
        )
        return (
            (Descriptor.of(IMAGE_CONFIG, config), config),
            (Descriptor.of(SIMPLE_SIGNING, self.payload), self.payload),
        )

    @property
    def entry(self) -> dict[str, object]:
        """The layer of the manifest that holds it."""
        _, (payload, _) = self.blobs
        encoded = base64.b64encode(self.signature).decode()
        return {**payload.to_json(), "annotations": {SIGNATURE_ANNOTATION: encoded}}

    def manifest_bytes(self, former: list[object]) -> bytes:
        """With the signatures that others made before."""
        (config, _), _ = self.blobs
        return canonical_json(
            {
                "schemaVersion": 2,
                "mediaType": IMAGE_MANIFEST,
                "config": config.to_json(),
                "layers": [*former, self.entry],
            }
        )


def signature_tag(digest: Digest) -> str:
    return f"{str(digest).replace(':', '-')}.sig"


def load_signer(content: bytes, password: str, *, where: str) -> Signer:
    """What signs with this key: PEM, of ECDSA, Ed25519 or RSA. UsageError when it cannot be read."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

    key = private_key(content, password, where=where)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        curve = key
        # by RFC 6979: signing the same again adds nothing
        return lambda payload: curve.sign(payload, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        edwards = key
        return lambda payload: edwards.sign(payload)
    if isinstance(key, rsa.RSAPrivateKey):
        rivest = key
        return lambda payload: rivest.sign(payload, padding.PKCS1v15(), hashes.SHA256())
    raise unreadable(where, "a key of this kind does not sign images")


def private_key(content: bytes, password: str, *, where: str) -> "PrivateKeyTypes":
    from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

    try:
        if any(label in content for label in COSIGN_LABELS):
            return load_der_private_key(opened(content, password), None)
        encrypted = b"ENCRYPTED" in content
        return load_pem_private_key(content, password.encode() if encrypted else None)
    except Exception as error:  # several libraries, each with its own
        raise unreadable(where, str(error) or type(error).__name__) from error


def opened(content: bytes, password: str) -> bytes:
    """The DER inside cosign's own format."""
    from nacl.secret import SecretBox

    body = b"".join(line for line in content.splitlines() if not line.startswith(b"-----"))
    box = json.loads(base64.b64decode(body))
    kdf, parameters = box["kdf"], box["kdf"]["params"]
    if kdf["name"] != "scrypt" or box["cipher"]["name"] != "nacl/secretbox":
        raise ValueError(f"unknown encryption: {kdf['name']}, {box['cipher']['name']}")
    secret = hashlib.scrypt(
        password.encode(),
        salt=base64.b64decode(kdf["salt"]),
        n=int(parameters["N"]),
        r=int(parameters["r"]),
        p=int(parameters["p"]),
        maxmem=MOST_SCRYPT_MEMORY_BYTES,
        dklen=32,
    )
    sealed = base64.b64decode(box["ciphertext"])
    return bytes(SecretBox(secret).decrypt(sealed, base64.b64decode(box["cipher"]["nonce"])))


def unreadable(where: str, reason: str) -> UsageError:
    return UsageError(
        f"the key cannot be used: {reason}",
        where=where,
        hint=f"give a private key in PEM (cosign generate-key-pair); its password in {PASSWORD_VARIABLE}",
    )
