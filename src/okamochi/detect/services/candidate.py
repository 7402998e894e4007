"""A kind of service with all that speaks for it in a project."""

import msgspec

from okamochi.detect.files.compose_files import ComposedService
from okamochi.detect.services.clients import HERE, OWN_MACHINE, Client
from okamochi.detect.services.django_databases import SQLITE, DatabasePart
from okamochi.detect.services.evidence import Address, VariableRead
from okamochi.detect.services.kinds import KindFacts
from okamochi.detect.services.libpq import Unsaid
from okamochi.model.evidence import Evidence

__all__ = ["Candidate"]


class Candidate(msgspec.Struct, frozen=True):
    """A kind with all that speaks for it. `optional`: every variable that leads to it has a default that is
    something else (SQLite)."""

    facts: KindFacts
    client: Evidence
    composed: ComposedService | None
    addresses: tuple[tuple[Address, Evidence], ...]
    hosts: tuple[tuple[str, Evidence], ...]
    variables: tuple[VariableRead, ...]
    own_variables: bool
    imports: tuple[Evidence, ...]
    reads: tuple[VariableRead, ...]
    parts: tuple[DatabasePart, ...] = ()
    clients: tuple[Client, ...] = ()
    engines: tuple[tuple[str, Evidence], ...] = ()

    @property
    def unused(self) -> tuple[Evidence, ...]:
        """Where Django's databases are all SQLite, and the compose file alone has another."""
        if self.variables or self.hosts or self.addresses or self.imports or self.clients or self.parts:
            return ()
        return tuple(place for _, place in self.engines if all(name == SQLITE for name, _ in self.engines))

    @property
    def used(self) -> bool:
        local = not self.composed and not self.variables and not self.imports
        if local:
            return any(address.service_host for address, _ in self.addresses) or bool(self.hosts)
        return True

    @property
    def unsaid(self) -> Unsaid | None:
        """What the code leaves to variables of its library, when nothing else leads anywhere."""
        said = {one.unsaid for one in self.clients}
        if self.variables or self.hosts or self.addresses or len(said) != 1:
            return None
        return said.pop()

    @property
    def fixed_here(self) -> tuple[Evidence, ...]:
        """`looks_here`, where no compose file of the project has such a service."""
        return () if self.composed else self.looks_here

    @property
    def looks_here(self) -> tuple[Evidence, ...]:
        """Where the code connects to this machine itself, when nothing could lead it anywhere else."""
        if self.variables or self.hosts or self.unsaid is not None:
            return ()
        addresses = [place for one, place in self.addresses if one.host and OWN_MACHINE.fullmatch(one.host)]
        clients = [one.evidence for one in self.clients if one.host == HERE]
        if len(addresses) < len([one for one, _ in self.addresses if one.host]):
            return ()
        if not addresses and len(clients) < len(self.clients):
            return ()
        return (*addresses, *clients)

    @property
    def fixed_elsewhere(self) -> tuple[Evidence, ...]:
        """Where the code connects to somebody's server by its full name, when nothing could lead it anywhere
        else."""
        if self.composed or self.variables or self.hosts or self.addresses:
            return ()
        named = [one for one in self.clients if one.host is not None and "." in one.host]
        return tuple(one.evidence for one in named) if len(named) == len(self.clients) else ()

    @property
    def weight(self) -> int:
        return (
            8 * (self.composed is not None)
            + 4 * bool(self.addresses)
            + 2 * self.own_variables
            + bool(self.imports)
        )

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        places = [self.composed.evidence] if self.composed else []
        places += [one.evidence for one in self.variables]
        places += [place for _, place in (*self.addresses, *self.hosts)]
        return tuple(dict.fromkeys((*places[:5], self.client, *self.imports[:1])))
