"""One repository of one server: requests with authorization, tried again when a failure may pass."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin, urlsplit, urlunsplit

from okamochi.errors import RegistryError
from okamochi.oci.registry.auth import Authorizer
from okamochi.oci.registry.errors import failure, given_up
from okamochi.system.http_exchange import Body, Exchange, origin, shown
from okamochi.system.http_interrupted import Interrupted
from okamochi.system.retry import Retry, none_yet

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

__all__ = ["Connection"]

Answer = TypeVar("Answer")
Read = Callable[["BaseHTTPResponse"], Answer]
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Connection:
    """`base` is the server's address (https://host), `repository` its name there. Safe among threads."""

    base: str
    repository: str
    exchange: Exchange
    authorizer: Authorizer
    retry: Retry
    offline: bool = False

    @property
    def name(self) -> str:
        """registry/repository, for people."""
        return f"{self.authorizer.registry}/{self.authorizer.repository}"

    def address(self, path: str) -> str:
        """Of an end point: "blobs/sha256:…" → https://host/v2/NAME/blobs/sha256:…"""
        return f"{self.base}/v2/{self.repository}/{path}"

    def following(self, place: str, location: str) -> str:
        """Where an upload goes on. A server behind a proxy often does not know that it is reached over TLS:
        its own host is never asked without. RegistryError for another one without."""
        target = urljoin(place, location)
        try:
            old, new = urlsplit(place), urlsplit(target)
            if old.scheme == "https" and new.scheme == "http" and old.hostname == new.hostname:
                target = urlunsplit(new._replace(scheme="https", netloc=old.netloc))
            safe = urlsplit(target).scheme in ("https", old.scheme) and bool(urlsplit(target).hostname)
        except ValueError:
            safe = False
        if not safe:
            raise RegistryError(
                "the registry sends uploads to an unsafe address",
                where=f"{shown(place)} -> {shown(target)}",
                hint="ask who runs the registry; nothing was sent there",
            )
        return target

    def send(
        self,
        method: str,
        url: str,
        read: Read[Answer],
        *,
        expect: Collection[int],
        doing: str,
        headers: Mapping[str, str] = NO_HEADERS,
        body: bytes | None = None,
    ) -> Answer:
        """What `read` makes of the answer. RegistryError; transient after several tries."""
        return self.tried(
            lambda: self.once(
                method, url, read, expect=expect, doing=doing, headers=headers, body=lambda: body
            ),
            where=shown(url),
        )

    def tried(
        self, once: Callable[[], Answer], *, where: str, progress: Callable[[], int] = none_yet
    ) -> Answer:
        """As often as `retry` says. TransientRegistryError when the last try failed too."""
        try:
            return self.retry.run(once, progress)
        except Interrupted as last:
            raise given_up(last, where) from last

    def once(
        self,
        method: str,
        url: str,
        read: Read[Answer],
        *,
        expect: Collection[int],
        doing: str,
        headers: Mapping[str, str] = NO_HEADERS,
        body: Callable[[], Body] = lambda: None,
    ) -> Answer:
        """One try, or two when the first one lacks authorization. Interrupted when it may be made again.
        `body` is called for each."""
        if self.offline:
            raise RegistryError(
                "the registry is needed, and --offline forbids to ask it",
                where=shown(url),
                hint="run once without --offline; what was pulled then is in the cache",
            )
        # credentials are the registry's; uploads may go to another server, whose address carries its own
        ours = origin(url) == origin(self.base)
        for last in (False, True):
            sent = self.authorizer.header if ours else ""
            with self.exchange.response(
                url, {**headers, **({"Authorization": sent} if sent else {})}, method=method, body=body()
            ) as response:
                if response.status in expect:
                    return read(response)
                if last or not ours or response.status != 401 or not self.authorizer.answer(response, sent):
                    raise self._failure(response, doing, url)
        raise AssertionError("unreachable")

    def _failure(self, response: "BaseHTTPResponse", doing: str, url: str) -> Exception:
        found = failure(response, doing=doing, where=shown(url))
        if isinstance(found, RegistryError) and response.status in (401, 403):
            asked = self.authorizer.refused(found.message, url)
            asked.details = (*found.details, *asked.details)
            asked.hint = asked.hint if response.status == 401 else found.hint
            return asked
        return found
