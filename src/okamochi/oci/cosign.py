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
from okamochi.oci.media_types import IMAGE_CONFIG, IMAGE_MANIFEST, IN_TOTO

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

__all__ = [
    "PASSWORD_VARIABLE",
    "Attestation",
    "Signature",
    "Signer",
    "load_signer",
    "signature_tag",
    "signed_blobs",
    "signed_entry",
    "signed_manifest",
]

PASSWORD_VARIABLE = "COSIGN_PASSWORD"
SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
ENVELOPE = "application/vnd.dsse.envelope.v1+json"
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
    def described(self) -> tuple[Descriptor, bytes]:
        return Descriptor.of(SIMPLE_SIGNING, self.payload), self.payload

    @property
    def annotations(self) -> dict[str, str]:
        return {SIGNATURE_ANNOTATION: base64.b64encode(self.signature).decode()}

    def tag(self, digest: Digest) -> str:
        return signature_tag(digest)


@dataclass(frozen=True)
class Attestation:
    """A signed statement about an image, under the image's attestation tag: an envelope of DSSE
    (https://github.com/secure-systems-lab/dsse), as `cosign verify-attestation` reads it."""

    envelope: bytes
    predicate_type: str

    @classmethod
    def of(cls, statement: bytes, predicate_type: str, sign: Signer) -> "Attestation":
        """`statement` is one of in-toto."""
        kind = IN_TOTO.encode()
        signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(statement), statement)
        envelope = {
            "payloadType": IN_TOTO,
            "payload": base64.b64encode(statement).decode(),
            "signatures": [{"keyid": "", "sig": base64.b64encode(sign(signed)).decode()}],
        }
        return cls(canonical_json(envelope), predicate_type)

    @property
    def described(self) -> tuple[Descriptor, bytes]:
        return Descriptor.of(ENVELOPE, self.envelope), self.envelope

    @property
    def annotations(self) -> dict[str, str]:
        return {SIGNATURE_ANNOTATION: "", "predicateType": self.predicate_type}

    def tag(self, digest: Digest) -> str:
        return f"{str(digest).replace(':', '-')}.att"


def signed_blobs(signed: Signature | Attestation) -> tuple[tuple[Descriptor, bytes], ...]:
    """A configuration as images have it, and what was signed."""
    _, content = signed.described
    config = canonical_json(
        {
            "architecture": "",
            "os": "",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [str(Digest.of(content))]},
            "history": [{"created": "0001-01-01T00:00:00Z"}],
        }
    )
    return (Descriptor.of(IMAGE_CONFIG, config), config), signed.described


def signed_entry(signed: Signature | Attestation) -> dict[str, object]:
    """The layer of the manifest that holds it."""
    descriptor, _ = signed.described
    return {**descriptor.to_json(), "annotations": signed.annotations}


def signed_manifest(signed: Signature | Attestation, former: list[object]) -> bytes:
    """With what others signed before."""
    (config, _), _ = signed_blobs(signed)
    return canonical_json(
        {
            "schemaVersion": 2,
            "mediaType": IMAGE_MANIFEST,
            "config": config.to_json(),
            "layers": [*former, signed_entry(signed)],
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
