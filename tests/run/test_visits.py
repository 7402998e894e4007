"""Which pages the proof, and the look after a start, ask for."""

from okamochi.run.proof.program.shapes import Route
from okamochi.run.proof.program.visits import pages_of


def test_where_an_identity_provider_sends_visitors_is_not_asked_for() -> None:
    """Without the provider's answer it raises (Authlib's MismatchingStateError): that was told as a fault."""
    paths = ["/", "/auth/callback", "/oauth2/authorized", "/saml/acs", "/login", "/logout", "/call"]
    routes = [Route(path=path, methods=["GET"]) for path in paths]
    assert pages_of(routes, 12) == ["/", "/call", "/login"]
