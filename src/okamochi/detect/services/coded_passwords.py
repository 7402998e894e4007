"""Services that the code names by their host, with a user and a password of its own, and no variable
that leads elsewhere: create_engine("postgresql://shop:...@db/shop"). The stack's service is made to fit."""

from msgspec.structs import replace

from okamochi.detect.services.candidate import Candidate
from okamochi.detect.services.loopback_calls import said_at
from okamochi.detect.source.sources import Sources
from okamochi.model.backing_service import BackingService
from okamochi.model.placeholders import is_placeholder

__all__ = ["with_coded_password"]


def with_coded_password(service: BackingService, candidate: Candidate, sources: Sources) -> BackingService:
    """As it is where a variable leads to it, or where two places of the code say two things. The password
    itself is read when the service is started."""
    if service.variables or not service.user:
        return service
    places = [place for address, place in candidate.addresses if address.service_host == service.name]
    said = [
        (found, place)
        for place in places
        if (found := said_at(place, sources, candidate.facts, (), (service.name,)))
    ]
    who = {(one.user, one.password) for one, _ in said}
    if len(said) < len(places) or len(who) != 1:
        return service
    user, password = next(iter(who))
    if not user or not password or is_placeholder("", password, signs=False):
        return service
    place = said[0][1]
    return replace(service, user=user, password_in=f"{place.path}:{place.line}")
