"""The Authorization header that a registry wants: Basic, or a token from the server that it names.

https://distribution.github.io/distribution/spec/auth/token/ and .../auth/oauth/.
"""

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from okamochi.errors import RegistryError
from okamochi.oci.registry.credentials import CredentialStore
from okamochi.oci.registry.errors import LOGIN, plain
from okamochi.system.http_exchange import Exchange, shown
from okamochi.system.http_interrupted import Interrupted
from okamochi.system.http_transfer import TRANSIENT_STATUS
from okamochi.system.retry import retry_after_seconds

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

__all__ = ["Authorizer"]

TOKEN_LIMIT_BYTES = 1_000_000
SCHEME = re.compile(r"\s*,?\s*([A-Za-z][A-Za-z0-9-]*)(?:\s+|$)")
PARAMETER = re.compile(r'\s*,?\s*([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True, slots=True)
class Challenge:
    """One of a WWW-Authenticate header; names and the scheme in lower case."""

    scheme: str
    parameters: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        return dict(self.parameters).get(name, "")


def challenges_in(header: str) -> tuple[Challenge, ...]:
    """All of them (RFC 9110, 11.6.1); what cannot be read ends the list."""
    found = []
    place = 0
    while (scheme := SCHEME.match(header, place)) is not None:
        place = scheme.end()
        parameters = []
        while (parameter := PARAMETER.match(header, place)) is not None:
            quoted, bare = parameter[2], parameter[3]
            value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
            parameters.append((parameter[1].lower(), value))
            place = parameter.end()
        found.append(Challenge(scheme[1].lower(), tuple(parameters)))
    return tuple(found)


@dataclass
class Authorizer:
    """For requests to one registry with one set of `scopes`; asks nobody before the registry refuses.

    `plain` says that the registry was chosen to be used without TLS: then its token server may be, too.
    """

    registry: str
    repository: str
    scopes: tuple[str, ...]
    store: CredentialStore
    exchange: Exchange
    plain: bool = False
    header: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, response: "BaseHTTPResponse", sent: str) -> bool:
        """After a 401 to a request with the header `sent`: whether another one with `header` may fare better.

        RegistryError when the token server refuses these credentials."""
        with self._lock:
            if self.header != sent:  # another thread has been here meanwhile
                return True
            challenges = challenges_in(", ".join(response.headers.getlist("WWW-Authenticate")))
            self.header = self._header_for(challenges)
            return self.header not in ("", sent)

    def _header_for(self, challenges: tuple[Challenge, ...]) -> str:
        credentials = self.store.of_registry(self.registry, self.repository)
        bearer = next((one for one in challenges if one.scheme == "bearer" and one.get("realm")), None)
        if bearer is not None:
            return f"Bearer {self._token(bearer)}"
        return credentials.basic if any(one.scheme == "basic" for one in challenges) else ""

    def _token(self, challenge: Challenge) -> str:
        realm = challenge.get("realm")
        if not self._may_be_asked(realm):
            raise RegistryError(
                "the registry names no token server with TLS: it gets no credentials",
                where=shown(realm),
                hint=f"if you trust the network: OKAMOCHI_INSECURE_REGISTRIES={self.registry}",
            )
        credentials = self.store.of_registry(self.registry, self.repository)
        scopes = self.scopes or tuple(challenge.get("scope").split())
        question = [("service", challenge.get("service"))] if challenge.get("service") else []
        if credentials.identity_token:
            form = [
                *question,
                ("client_id", "okamochi"),
                ("grant_type", "refresh_token"),
                ("refresh_token", credentials.identity_token),
                ("scope", " ".join(scopes)),
            ]
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return self._asked(realm, headers, "POST", urlencode(form).encode())
        query = urlencode([*question, *(("scope", scope) for scope in scopes)])
        address = f"{realm}{'&' if urlsplit(realm).query else '?'}{query}"
        headers = {"Authorization": credentials.basic} if credentials.basic else {}
        return self._asked(address, headers, "GET", None)

    def _may_be_asked(self, realm: str) -> bool:
        try:
            scheme = urlsplit(realm).scheme
        except ValueError:  # a bracket too many
            return False
        return scheme == "https" or (scheme == "http" and self.plain)

    def _asked(self, address: str, headers: Mapping[str, str], method: str, body: bytes | None) -> str:
        with self.exchange.response(address, headers, method=method, body=body) as response:
            status = response.status
            if status in TRANSIENT_STATUS:
                wait = retry_after_seconds(response.headers.get("Retry-After", ""))
                raise Interrupted(f"the token server answers {status}", wait_seconds=wait)
            content = self.exchange.pace.whole(response, TOKEN_LIMIT_BYTES)
        if status != 200:
            raise self.refused(f"the token server answers {status}", address)
        try:
            answer = json.loads(content)
            token = answer.get("token") or answer.get("access_token")
        except (ValueError, AttributeError, RecursionError):
            token = None
        if not isinstance(token, str) or not token or not token.isprintable() or " " in token:
            raise RegistryError(
                "the token server's answer has no token",
                where=shown(address),
                hint="check the registry's name",
            )
        return token

    def refused(self, message: str, address: str) -> RegistryError:
        """Tells whose credentials they were, and what was wrong with finding them."""
        credentials = self.store.of_registry(self.registry, self.repository)
        who = "without credentials"
        if credentials.source:
            who = f"for the user {credentials.username or 'of a token'} from {credentials.source}"
        return RegistryError(
            f"{message} {who}",
            where=shown(address),
            hint=LOGIN.replace("REGISTRY", self.registry),
            details=tuple(plain(problem) for problem in self.store.problems),
        )
