"""A key file for a proof: well-formed, made at random, and good for nothing. Libraries look at the key when
they load it, long before they ask anybody.

PKCS #1 (RFC 8017) in PKCS #8 (RFC 5958); the JSON is that of a service account of Google's cloud.
"""

import base64
import json
import math
import secrets
from collections.abc import Iterable

__all__ = ["made_up_key"]

BITS = 1024
EXPONENT = 65537
ROUNDS = 20
SMALL = (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)
RSA_ENCRYPTION = bytes.fromhex("300d06092a864886f70d0101010500")
INVALID = "https://proof.invalid/"


def made_up_key(name: str) -> str:
    """The text of a file: of one whose name says so a private key alone, else a service account's JSON."""
    key = private_key()
    if name.upper().endswith(("PEM", "KEY", "P8")) and "ACCOUNT" not in name.upper():
        return key
    account = {
        "type": "service_account",
        "project_id": "proof",
        "private_key_id": secrets.token_hex(20),
        "private_key": key,
        "client_email": "proof@proof.invalid",
        "client_id": "1",
        "auth_uri": INVALID,
        "token_uri": INVALID,
        "auth_provider_x509_cert_url": INVALID,
        "client_x509_cert_url": INVALID,
        "universe_domain": "proof.invalid",
        # of an OAuth client, which has the same kind of file
        "web": {
            "client_id": "proof",
            "client_secret": secrets.token_hex(16),
            "auth_uri": INVALID,
            "token_uri": INVALID,
            "redirect_uris": [INVALID],
        },
    }
    return json.dumps(account)


def private_key() -> str:
    first = second = 0
    while first == second:
        first, second = prime(BITS // 2), prime(BITS // 2)
    inner = pow(EXPONENT, -1, math.lcm(first - 1, second - 1))
    numbers = (0, first * second, EXPONENT, inner, first, second)
    more = (inner % (first - 1), inner % (second - 1), pow(second, -1, first))
    rsa = sequence(integer(one) for one in (*numbers, *more))
    wrapped = sequence((integer(0), RSA_ENCRYPTION, tagged(0x04, rsa)))
    text = base64.encodebytes(wrapped).decode()
    return f"-----BEGIN PRIVATE KEY-----\n{text}-----END PRIVATE KEY-----\n"


def prime(bits: int) -> int:
    """Of these bits, the two highest set, so that the product of two has twice as many."""
    while True:
        found = secrets.randbits(bits) | (3 << (bits - 2)) | 1
        if found % EXPONENT != 1 and all(found % one for one in SMALL) and is_prime(found):
            return found


def is_prime(number: int) -> bool:
    """As Miller and Rabin ask it."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(ROUNDS):
        value = pow(secrets.randbelow(number - 3) + 2, odd, number)
        if value in (1, number - 1):
            continue
        for _ in range(twos - 1):
            value = value * value % number
            if value == number - 1:
                break
        else:
            return False
    return True


def integer(number: int) -> bytes:
    return tagged(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def sequence(parts: Iterable[bytes]) -> bytes:
    return tagged(0x30, b"".join(parts))


def tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content
