"""What registries answer when they do not do as asked (distribution-spec, "Error Codes"), as our errors."""

import json
from typing import TYPE_CHECKING

from okamochi.errors import RegistryError, TransientRegistryError, UnreachableRegistryError
from okamochi.system.http_interrupted import Interrupted
from okamochi.system.http_pace import Pace
from okamochi.system.http_transfer import TRANSIENT_STATUS
from okamochi.system.retry import retry_after_seconds

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

__all__ = ["LOGIN", "Refused", "failure", "given_up", "plain"]

BODY_LIMIT_BYTES = 64 * 1024
LONGEST_TEXT = 300

LOGIN = "log in with 'docker login REGISTRY', or set DOCKER_CONFIG to the folder of a config.json that has it"
HINTS = {
    "BLOB_UNKNOWN": "the registry lost a layer: push the image again",
    "BLOB_UPLOAD_INVALID": "the registry could not take the upload: try again",
    "BLOB_UPLOAD_UNKNOWN": "the registry forgot the upload, or several servers without common "
    "storage answer for it: try again",
    "DENIED": "these credentials may not do this: ask for the right to push, and check the repository's name",
    "DIGEST_INVALID": "what arrived is not what was sent: is there a proxy that changes content?",
    "MANIFEST_BLOB_UNKNOWN": "the registry misses a layer that it said it has: push again",
    "MANIFEST_INVALID": "the registry does not take this kind of manifest: it may be too old for OCI images",
    "MANIFEST_UNKNOWN": "check the tag or digest: the repository has no such image",
    "NAME_INVALID": "check the repository's name; some registries want exactly two parts (account/name)",
    "NAME_UNKNOWN": "check the repository's name; some registries want it to be made before a push",
    "SIZE_INVALID": "what arrived is not as long as what was sent: is there a proxy that cuts content?",
    "TOOMANYREQUESTS": "the registry limits how much one may ask: wait, log in, or use a mirror "
    "(OKAMOCHI_REGISTRY_MIRRORS)",
    "UNAUTHORIZED": LOGIN,
    "UNSUPPORTED": "the registry does not support this; a newer version of it may",
}
STATUS_CODES = {
    401: "UNAUTHORIZED",
    403: "DENIED",
    404: "NAME_UNKNOWN",
    405: "UNSUPPORTED",
    429: "TOOMANYREQUESTS",
}


class Refused(RegistryError):
    """A final answer; `code` is the distribution-spec's, `status` HTTP's."""

    code = ""
    status = 0


def failure(response: "BaseHTTPResponse", *, doing: str, where: str) -> Exception:
    """Interrupted when another try may help, else Refused. `doing` is what was asked: "pushing a layer"."""
    status = response.status
    code, said = said_by(response)
    code = code or STATUS_CODES.get(status, "")
    told = f"{status} {response.reason or ''}".strip() + (f" ({code})" if code else "")
    if status in TRANSIENT_STATUS or code == "TOOMANYREQUESTS":
        return Interrupted(
            f"{doing}: the registry answers {told}" + (f": {said}" if said else ""),
            wait_seconds=retry_after_seconds(response.headers.get("Retry-After", "")),
            hint=HINTS["TOOMANYREQUESTS"] if status == 429 or code == "TOOMANYREQUESTS" else "",
        )
    refused = Refused(
        f"{doing}: the registry answers {told}",
        where=where,
        hint=HINTS.get(code, "check the reference, and what the registry's log says"),
        details=(said,) if said else (),
    )
    refused.code, refused.status = code, status
    return refused


def said_by(response: "BaseHTTPResponse") -> tuple[str, str]:
    """The first code and all messages of the answer's body; empty when it is of another kind."""
    try:
        content = Pace().whole(response, BODY_LIMIT_BYTES)
        errors = json.loads(content)["errors"]
        rows = [row for row in errors if isinstance(row, dict)]
    except Exception:  # whatever is wrong with the body, the status tells enough
        return "", ""
    code = next((str(row["code"]) for row in rows if row.get("code")), "")
    messages = (plain(str(row.get("message", ""))) for row in rows)
    return plain(code).upper()[:40], "; ".join(text for text in messages if text)[:LONGEST_TEXT]


def plain(text: str) -> str:
    """On one line, without what could draw on a terminal."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def given_up(last: Interrupted, where: str) -> TransientRegistryError:
    """Of the last of several tries."""
    wait = f"; it asks to wait {last.wait_seconds:.0f} seconds" if last.wait_seconds else ""
    kind = UnreachableRegistryError if last.unreached else TransientRegistryError
    return kind(
        f"{last.reason}{wait}",
        where=where,
        hint=last.hint or "try again later; what arrived is not sent again",
    )
