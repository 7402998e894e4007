"""Downloads: streamed, limited in size, resumed after a cut, through the proxies and CAs of this machine."""

import io
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

import msgspec

from okamochi.errors import RegistryError, TransientRegistryError
from okamochi.system.http_exchange import Exchange, shown
from okamochi.system.http_interrupted import Interrupted
from okamochi.system.http_transfer import Transfer
from okamochi.system.network_settings import NetworkSettings
from okamochi.system.once import Once
from okamochi.system.retry import Retry

__all__ = ["TRIES", "Transport", "UrllibTransport"]

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
TRIES = Retry(fruitless=4, most=20)


class Transport(Protocol):
    """Gets http, https and file addresses. Safe among threads.

    RegistryError when the answer is final (404, 403, wrong size, offline); TransientRegistryError when
    another try later may help (no network, reset, time-out, 429, 5xx), after several tries.
    """

    def get(self, url: str, *, limit_bytes: int, headers: Mapping[str, str] = NO_HEADERS) -> bytes:
        """A small answer, whole. RegistryError when it is larger than the limit."""
        ...

    def download(
        self, url: str, to: BinaryIO, *, size_bytes: int | None = None, limit_bytes: int | None = None
    ) -> str:
        """Stream the content into `to`; its sha256 in hexadecimal. `size_bytes` is what it must be, exactly.

        After an error, `to` may hold a part.
        """
        ...


class UrllibTransport(msgspec.Struct, frozen=True):
    """The real one."""

    exchange: Exchange
    offline: bool = False
    retry: Retry = TRIES

    @classmethod
    def of(
        cls,
        environ: Mapping[str, str],
        *,
        offline: bool = False,
        connect_seconds: float = 15,
        read_seconds: float = 30,
        once: Once | None = None,
    ) -> "UrllibTransport":
        """With the proxies and CAs that `environ` names. UsageError when a proxy is not an address.

        `read_seconds` is how long the server may send nothing; the whole may take as long as it needs at more
        than the least speed (http_pace).
        """
        settings = NetworkSettings.of(environ)
        return cls(Exchange(settings, connect_seconds, read_seconds, once or Once()), offline)

    def get(self, url: str, *, limit_bytes: int, headers: Mapping[str, str] = NO_HEADERS) -> bytes:
        content = io.BytesIO()
        self._fetch(Transfer(url, content, None, limit_bytes, headers, self.exchange.pace))
        return content.getvalue()

    def download(
        self, url: str, to: BinaryIO, *, size_bytes: int | None = None, limit_bytes: int | None = None
    ) -> str:
        return self._fetch(Transfer(url, to, size_bytes, limit_bytes, NO_HEADERS, self.exchange.pace))

    def _fetch(self, transfer: Transfer) -> str:
        scheme = scheme_of(transfer.url)
        if scheme == "file":
            return self._copy(transfer)
        if scheme not in ("http", "https"):
            raise RegistryError(
                "not an address that can be downloaded from",
                where=shown(transfer.url),
                hint="http, https and file addresses are understood",
            )
        if self.offline:
            raise RegistryError(
                "this is needed, is not in the cache, and --offline forbids to download it",
                where=shown(transfer.url),
                hint="run once without --offline; later builds of the same lock then need no network",
            )
        return self._with_tries(transfer)

    def _with_tries(self, transfer: Transfer) -> str:
        def once() -> str:
            with self.exchange.response(transfer.url, transfer.headers) as response:
                transfer.take(response)
            return transfer.finish()

        try:
            return self.retry.run(once, lambda: transfer.size_bytes)
        except Interrupted as last:
            raise TransientRegistryError(
                f"the download failed: {last.reason}",
                where=shown(transfer.url),
                hint=last.hint or "try again later, or use another mirror",
            ) from last

    def _copy(self, transfer: Transfer) -> str:
        path = Path(unquote(urlsplit(transfer.url).path))
        try:
            stream = path.open("rb")
        except OSError as error:
            raise RegistryError(
                f"the file cannot be read: {error.strerror}",
                where=transfer.url,
                hint="check the address; file addresses have the form file:///folder/name",
            ) from error
        with stream:
            transfer.take_all(stream)
        return transfer.finish()


def scheme_of(url: str) -> str:
    """In lower case; "" for what is no address at all."""
    try:
        parts = urlsplit(url)
        return parts.scheme if parts.scheme == "file" or parts.hostname else ""
    except ValueError:
        return ""
