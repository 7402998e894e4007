"""One request over urllib3, with its redirects; and what urllib3 raises, as errors of ours."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from okamochi import __version__
from okamochi.errors import RegistryError
from okamochi.system.http_interrupted import Interrupted
from okamochi.system.http_pace import Pace
from okamochi.system.network_settings import DEFAULT_PORTS, NetworkSettings, untrusted_hint
from okamochi.system.once import Once

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

__all__ = ["Body", "Exchange", "local_hint", "origin", "shown"]

Body = bytes | BinaryIO | None
SAFE_METHODS = frozenset({"GET", "HEAD"})

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 10
CONNECTIONS = 32
BLOCK_BYTES = 128 * 1024


@dataclass(frozen=True)
class Exchange:
    """Connections, kept open for further requests, made at the first one; safe among threads. `once` holds
    the addresses of servers, `pace` what is the least speed."""

    settings: NetworkSettings
    connect_seconds: float
    read_seconds: float
    once: Once = field(default_factory=Once, compare=False, repr=False)
    pace: Pace = field(default_factory=Pace, compare=False, repr=False)
    pools: dict[str, "PoolManager"] = field(default_factory=dict, compare=False, repr=False)
    making: Any = field(default_factory=threading.Lock, compare=False, repr=False)

    @contextmanager
    def response(
        self, url: str, headers: Mapping[str, str], *, method: str = "GET", body: Body = None
    ) -> Iterator["BaseHTTPResponse"]:
        """The final answer, of any status, its body unread. Interrupted or RegistryError.

        Redirects of what has a body are answers like others: a body is sent where it was meant to go. A
        stream as `body` is sent from where it stands, and needs a Content-Length among the headers."""
        with translated(url):
            answer = self._final(method, url, dict(headers), body)
            try:
                yield answer
            finally:
                leave(answer)

    def _final(self, method: str, url: str, headers: dict[str, str], body: Body) -> "BaseHTTPResponse":
        place = url
        if method not in SAFE_METHODS:
            return self._answer(method, place, headers, body)
        for _ in range(MOST_REDIRECTS):
            answer = self._answer(method, place, headers, None)
            target = answer.headers.get("Location", "")
            if answer.status not in REDIRECTS or not target:
                return answer
            leave(answer)
            following = redirected(place, target)
            if origin(following) != origin(place):
                headers.pop("Authorization", None)
            place = following
        raise RegistryError(
            "the server redirects without end",
            where=shown(url),
            hint="check the address, or use another mirror",
        )

    def _answer(self, method: str, url: str, headers: Mapping[str, str], body: Body) -> "BaseHTTPResponse":
        from urllib3 import Timeout

        plain, credentials = without_credentials(url)
        return self._pool(self.settings.proxy_for(plain)).urlopen(
            method,
            plain,
            body=body,
            redirect=False,
            retries=False,
            headers={
                "User-Agent": f"okamochi/{__version__}",
                "Accept-Encoding": "identity",
                **credentials,
                **headers,
            },
            timeout=Timeout(connect=self.connect_seconds, read=self.read_seconds),
            preload_content=False,
            decode_content=False,
        )

    def _pool(self, proxy: str) -> "PoolManager":
        with self.making:
            if proxy not in self.pools:
                self.pools[proxy] = self._new_pool(proxy)
            return self.pools[proxy]

    @property
    def answer_seconds(self) -> float:
        """How long the head of an answer may take, however it comes."""
        return 2 * self.read_seconds

    def _new_pool(self, proxy: str) -> "PoolManager":
        from okamochi.system.http_connections import use_known_addresses

        pools = self._pools(proxy)
        use_known_addresses(pools, self.once, answer_seconds=self.answer_seconds)
        return pools

    def _pools(self, proxy: str) -> "PoolManager":
        from urllib3 import PoolManager, ProxyManager, disable_warnings, exceptions, make_headers

        if not self.settings.verified:  # somebody chose it, and need not be told at every request
            disable_warnings(exceptions.InsecureRequestWarning)
        if not proxy:
            return PoolManager(maxsize=CONNECTIONS, blocksize=BLOCK_BYTES, ssl_context=self.settings.tls)
        plain, _ = without_credentials(proxy)
        user = credentials_in(proxy)
        return ProxyManager(
            plain,
            proxy_headers=make_headers(proxy_basic_auth=user) if user else None,
            proxy_ssl_context=self.settings.tls,
            maxsize=CONNECTIONS,
            blocksize=BLOCK_BYTES,
            ssl_context=self.settings.tls,
        )


def leave(answer: "BaseHTTPResponse") -> None:
    """Give the connection back when all was read; a half-read one is of no further use, and closed."""
    if answer.length_remaining == 0:
        answer.drain_conn()  # http.client wants to see the end itself before it sends another request
    answer.close()


def credentials_in(url: str) -> str:
    parts = urlsplit(url)
    if parts.username is None:
        return ""
    return f"{unquote(parts.username)}:{unquote(parts.password or '')}"


def without_credentials(url: str) -> tuple[str, dict[str, str]]:
    """The address without user and password, and the header that carries them."""
    from urllib3 import make_headers

    user = credentials_in(url)
    header = make_headers(basic_auth=user).get("authorization", "") if user else ""
    return stripped(url), {"Authorization": header} if header else {}


def stripped(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def shown(url: str) -> str:
    """The address for people: without credentials, and without a query, which may hold some."""
    try:
        return urlunsplit(urlsplit(stripped(url))._replace(query="", fragment=""))
    except ValueError:
        return url.rpartition("@")[2][:200]


def origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or DEFAULT_PORTS.get(parts.scheme)


def redirected(place: str, target: str) -> str:
    """Where to go next. RegistryError for what is no address, and from https to anything else."""
    try:
        following = urljoin(place, target)
        scheme, host, _ = origin(following)
    except ValueError:
        following, scheme, host = target, "", ""
    if host and (scheme == "https" or (scheme == "http" and origin(place)[0] == "http")):
        return following
    raise RegistryError(
        "the server redirects to an unsafe address, or to none at all",
        where=f"{shown(place)} -> {shown(following)}",
        hint="use the address of a mirror that answers over https itself",
    )


@contextmanager
def translated(url: str) -> Iterator[None]:
    from urllib3 import exceptions

    try:
        yield
    except (exceptions.LocationParseError, exceptions.LocationValueError, UnicodeError) as error:
        raise RegistryError("not an address", where=shown(url), hint="check its spelling") from error
    except exceptions.SSLError as error:
        raise tls_failure(url, error) from error
    except exceptions.ProxyError as error:
        raise proxy_failure(url, error) from error
    except exceptions.NameResolutionError as error:
        raise Interrupted(
            "the name of the server is not known here", hint=NETWORK_HINT, unreached=True
        ) from error
    except (exceptions.NewConnectionError, exceptions.ConnectTimeoutError) as error:
        raise Interrupted(
            "no connection to the server", hint=local_hint(url) or NETWORK_HINT, unreached=True
        ) from error
    except exceptions.ReadTimeoutError as error:
        raise Interrupted("the server stopped answering") from error
    except (exceptions.HTTPError, ConnectionError, TimeoutError) as error:
        raise Interrupted("the connection was cut") from error


def local_hint(url: str) -> str:
    """For a server on this machine, which no network is needed for; "" for others."""
    parts = urlsplit(url)
    here = (parts.hostname or "") in ("localhost", "127.0.0.1", "::1")
    return f"nothing listens on {parts.netloc.rpartition('@')[2]}: start it, or name another" if here else ""


NETWORK_HINT = "is there a network? HTTPS_PROXY is honoured; --offline works from the cache alone"


def tls_failure(url: str, error: Exception) -> Exception:
    import ssl

    reason = error.args[0] if error.args else error
    if not isinstance(reason, ssl.SSLCertVerificationError):
        return Interrupted("the encrypted connection failed")
    return RegistryError(
        f"the server's certificate is not trusted: {reason.verify_message}",
        where=shown(url),
        hint=untrusted_hint(reason.verify_message),
    )


def proxy_failure(url: str, error: Exception) -> Exception:
    from urllib3 import exceptions

    original = getattr(error, "original_error", error)
    text = str(original)
    if "Tunnel connection failed: 4" in text:
        return RegistryError(
            f"the proxy refuses: {text.removeprefix('Tunnel connection failed: ')}",
            where=shown(url),
            hint="check HTTPS_PROXY, its user and password, and NO_PROXY",
        )
    if isinstance(original, exceptions.SSLError):
        return tls_failure(url, original)
    return Interrupted(
        "no connection to the proxy", hint="check HTTP_PROXY, HTTPS_PROXY and NO_PROXY", unreached=True
    )
