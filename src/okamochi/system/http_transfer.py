"""What of one download has arrived, over any number of tries."""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO

from okamochi.errors import AlteredError, RegistryError
from okamochi.system.http_exchange import shown
from okamochi.system.http_interrupted import Interrupted
from okamochi.system.http_pace import Pace
from okamochi.system.patterns import regex
from okamochi.system.retry import retry_after_seconds, whole_number

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

__all__ = ["TRANSIENT_STATUS", "Transfer"]

CHUNK_BYTES = 256 * 1024
TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
CONTENT_RANGE = regex(r"bytes (\d{1,19})-\d+/(?:\d+|\*)")
HINTS = {
    401: "the server wants credentials: put them where pip or uv look for them, or into the address",
    403: "the server refuses: check credentials, and whether a proxy or a firewall blocks this address",
    404: "the server does not have it: check the address; a mirror may be out of date",
    407: "the proxy wants credentials: HTTPS_PROXY=http://user:password@host:port",
    410: "the server no longer has it: choose another version or another mirror",
}


class Transfer:
    """One download into `to`. `size_bytes` counts what has arrived."""

    def __init__(
        self,
        url: str,
        to: BinaryIO,
        expected_bytes: int | None,
        limit_bytes: int | None,
        headers: Mapping[str, str],
        pace: Pace,
    ) -> None:
        self.pace = pace
        self.url = url
        self.to = to
        self.expected_bytes = expected_bytes
        self.limit_bytes = limit_bytes
        self.first_headers = headers
        self.size_bytes = 0
        self.sha256 = hashlib.sha256()
        self.version = ""  # what If-Range names: the ETag or the date of what has arrived

    @property
    def headers(self) -> dict[str, str]:
        """Of the next request: only the rest, when a part is here (RFC 9110, 14.2 and 13.1.5)."""
        if self.size_bytes == 0:
            return dict(self.first_headers)
        condition = {"If-Range": self.version} if self.version else {}
        return {**self.first_headers, "Range": f"bytes={self.size_bytes}-", **condition}

    def take(self, response: "BaseHTTPResponse") -> None:
        """Read one answer to its end. Interrupted when it ends too early, RegistryError when it is final."""
        status = response.status
        if status == 206 and self.size_bytes > 0:
            self._check_range(response)
        elif status == 200:
            self._skip_what_is_here(response)
        elif status == 416 and self.size_bytes > 0 and self._is_complete(response):
            return
        else:
            raise failure(self.url, response)
        with self.pace.watch() as watch:
            while chunk := response.read1(CHUNK_BYTES, decode_content=False):
                self._add(chunk)
                watch.add(len(chunk))
        if self.expected_bytes is not None and self.size_bytes < self.expected_bytes:
            raise Interrupted(f"it ended after {self.size_bytes:,} of {self.expected_bytes:,} bytes")

    def take_all(self, stream: BinaryIO) -> None:
        while chunk := stream.read(CHUNK_BYTES):
            self._add(chunk)

    def finish(self) -> str:
        """The sha256 in hexadecimal. RegistryError when the size is not the expected one."""
        if self.expected_bytes is not None and self.size_bytes != self.expected_bytes:
            raise self._wrong_size(self.size_bytes)
        return self.sha256.hexdigest()

    def _add(self, chunk: bytes) -> None:
        size_bytes = self.size_bytes + len(chunk)
        if self.expected_bytes is not None and size_bytes > self.expected_bytes:
            raise self._wrong_size(size_bytes, at_least=True)
        if self.limit_bytes is not None and size_bytes > self.limit_bytes:
            raise self._too_large()
        self.to.write(chunk)
        self.sha256.update(chunk)
        self.size_bytes = size_bytes

    def _skip_what_is_here(self, response: "BaseHTTPResponse") -> None:
        """A whole answer: the normal one at first; later, the server knows no ranges or has a new file."""
        length = whole_number(response.headers.get("Content-Length", ""))
        if length is not None:
            self._check_length(length)
        skipped = hashlib.sha256()
        left_bytes = self.size_bytes
        with self.pace.watch() as watch:
            while left_bytes > 0:
                chunk = response.read1(min(CHUNK_BYTES, left_bytes), decode_content=False)
                if not chunk:
                    raise Interrupted("it was cut again")
                skipped.update(chunk)
                left_bytes -= len(chunk)
                watch.add(len(chunk))
        if skipped.digest() != self.sha256.digest():
            raise RegistryError(
                "the file on the server changed while it was downloaded",
                where=shown(self.url),
                hint="try again; a mirror may just be updating",
            )
        etag = response.headers.get("ETag", "")
        strong = etag if etag and not etag.startswith("W/") else ""
        self.version = strong or response.headers.get("Last-Modified", "")

    def _check_length(self, length_bytes: int) -> None:
        if self.expected_bytes is not None and length_bytes != self.expected_bytes:
            raise self._wrong_size(length_bytes)
        if self.limit_bytes is not None and length_bytes > self.limit_bytes:
            raise self._too_large()

    def _check_range(self, response: "BaseHTTPResponse") -> None:
        found = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if found is None or int(found[1]) != self.size_bytes:
            raise RegistryError(
                "the server sends another part of the file than was asked for",
                where=shown(self.url),
                hint="a proxy on the way may be broken; use another mirror",
            )

    def _is_complete(self, response: "BaseHTTPResponse") -> bool:
        return response.headers.get("Content-Range", "") == f"bytes */{self.size_bytes}"

    def _wrong_size(self, size_bytes: int, *, at_least: bool = False) -> AlteredError:
        return AlteredError(
            f"the file has the wrong size: {'at least ' if at_least else ''}{size_bytes:,} bytes"
            f" instead of {self.expected_bytes or 0:,}",
            where=shown(self.url),
            hint="the mirror or a proxy on the way changed or cut the file; use another mirror",
        )

    def _too_large(self) -> RegistryError:
        return RegistryError(
            f"the answer is larger than the {self.limit_bytes or 0:,} bytes that it may have",
            where=shown(self.url),
            hint="check the address: this is not the kind of file that was expected",
        )


def failure(url: str, response: "BaseHTTPResponse") -> Exception:
    """What an answer of another status than success means."""
    status = response.status
    said = f"{status} {response.reason or ''}".strip()
    if status in TRANSIENT_STATUS:
        wait_seconds = retry_after_seconds(response.headers.get("Retry-After", ""))
        return Interrupted(f"the server answers {said}", wait_seconds=wait_seconds)
    hint = HINTS.get(status, "check the address, or use another mirror")
    return RegistryError(f"the server answers {said}", where=shown(url), hint=hint)
