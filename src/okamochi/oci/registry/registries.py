"""All registries, as this machine reaches them: servers, mirrors, credentials."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from okamochi.errors import RegistryError
from okamochi.oci.reference import DEFAULT_REGISTRY, Reference
from okamochi.oci.registry.auth import Authorizer
from okamochi.oci.registry.connection import Connection
from okamochi.oci.registry.credentials import CredentialStore
from okamochi.oci.registry.repository import Repository
from okamochi.oci.registry.settings import INSECURE_VARIABLE, RegistrySettings, is_loopback
from okamochi.system.http_exchange import Exchange
from okamochi.system.http_interrupted import Interrupted
from okamochi.system.network_settings import NetworkSettings
from okamochi.system.once import Once
from okamochi.system.retry import Retry

if TYPE_CHECKING:
    from okamochi.system.process import Runner

__all__ = ["PULL", "PUSH", "Registries"]

PULL = "pull"
PUSH = "pull,push"
# Docker's own name for its registry is no server's.
SERVERS = {DEFAULT_REGISTRY: "registry-1.docker.io"}
CONNECT_SECONDS = 15
READ_SECONDS = 60


@dataclass(frozen=True)
class Registries:
    """Makes connections; keeps what it learnt of servers and credentials for as long as it lives."""

    settings: RegistrySettings
    store: CredentialStore
    exchange: Exchange
    unverified: Exchange
    retry: Retry = field(default_factory=Retry)
    offline: bool = False
    known: dict[str, tuple[str, Exchange]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(
        cls,
        environ: Mapping[str, str],
        runner: "Runner",
        *,
        offline: bool = False,
        retry: Retry | None = None,
        read_seconds: float = READ_SECONDS,
        once: Once | None = None,
    ) -> "Registries":
        once = once or Once()
        network = NetworkSettings.of(environ)
        return cls(
            settings=RegistrySettings.of(environ),
            store=CredentialStore.of(environ, runner),
            exchange=Exchange(network, CONNECT_SECONDS, read_seconds, once),
            unverified=Exchange(replace(network, verified=False), CONNECT_SECONDS, read_seconds, once),
            retry=retry or Retry(),
            offline=offline,
        )

    def repository(self, reference: Reference, actions: str, *, further: tuple[str, ...] = ()) -> Repository:
        """The registry's own server. `actions` are PULL or PUSH; `further` scopes are asked for beside."""
        host = SERVERS.get(reference.registry, reference.registry)
        return self._connected(reference, host, reference.repository, actions, further)

    def sources(self, reference: Reference) -> Iterator[Repository]:
        """To pull from, in order: its mirrors, then the registry itself."""
        for mirror in self.settings.mirrors_of(reference.registry):
            name = mirror.repository(reference.repository)
            seen = replace(reference, registry=mirror.host, repository=name)
            if mirror.plain and mirror.host not in self.known:
                self.known[mirror.host] = (f"http://{mirror.host}", self.exchange)
            yield self._connected(seen, mirror.host, name, PULL, ())
        yield self.repository(reference, PULL)

    def _connected(
        self, reference: Reference, host: str, name: str, actions: str, further: tuple[str, ...]
    ) -> Repository:
        base, exchange = self._server(host)
        authorizer = Authorizer(
            registry=reference.registry,
            repository=reference.repository,
            scopes=(f"repository:{name}:{actions}", *further),
            store=self.store,
            exchange=exchange,
            plain=base.startswith("http://"),
        )
        return Repository(Connection(base, name, exchange, authorizer, self.retry, self.offline))

    def _server(self, host: str) -> tuple[str, Exchange]:
        """https, except where the user chose otherwise and the server does not speak it."""
        if not self.settings.may_be_insecure(host):
            return f"https://{host}", self.exchange
        if host not in self.known:
            self.known[host] = self._tried(host)
        return self.known[host]

    def _tried(self, host: str) -> tuple[str, Exchange]:
        """A server on this machine without TLS is no risk; one with a certificate that nobody trusts is taken
        only where the user said so."""
        exchange = self.unverified if host.lower() in self.settings.insecure else self.exchange
        if self.offline:
            return f"https://{host}", exchange
        try:
            with exchange.response(f"https://{host}/v2/", {}):
                return f"https://{host}", exchange
        except Interrupted:
            return f"http://{host}", self.exchange
        except RegistryError as error:
            if is_loopback(host):
                error.hint = f"{error.hint}; or choose to trust it: {INSECURE_VARIABLE}={host}"
            raise
