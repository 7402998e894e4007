"""Mail: an app that is told its SMTP server by variables gets a catcher at the desk, never in production."""

from collections.abc import Iterable

from okamochi.detect.services.evidence import VariableRead, traces_of
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.model.backing_service import BackingService, ServiceKind, ServiceVariable
from okamochi.model.evidence import Decision
from okamochi.system.patterns import regex

__all__ = ["mail_catcher"]

# what any such name has in it: a pattern that begins with any word takes the square of a long one's time
MENTIONED = regex(r"(?:MAIL|SMTP)_?(?:SERVER|HOST)")
HOST = regex(r"((?:\w+_)?(?:MAIL|SMTP|EMAIL)_?)(SERVER|HOST|HOSTNAME)")
SWITCHES = ("USE_TLS", "USE_SSL", "TLS", "SSL", "STARTTLS", "SSL_TLS")
IMAGE = "axllent/mailpit:v1.27"
SMTP_PORT = 1025
OFF = {"1": "0", "true": "false", "True": "False", "yes": "no", "on": "off"}


def mail_catcher(
    sources: Sources, reached: Reached
) -> tuple[tuple[BackingService, ...], tuple[Decision, ...]]:
    """The catcher, and why; nothing when no variable names a mail server."""
    if not any(MENTIONED.search(sources.text(path)) for path in reached.paths):
        return (), ()
    reads = traces_of(sources, reached).variables
    leading = next((one for one in reads if HOST.fullmatch(one.name)), None)
    if leading is None:
        return (), ()
    match = HOST.fullmatch(leading.name)
    prefix = match[1] if match is not None else ""
    service = BackingService(
        kind=ServiceKind.MAIL,
        name="mail",
        image=IMAGE,
        port=SMTP_PORT,
        variables=tuple(variables(leading, prefix, reads)),
        required=False,
    )
    decision = Decision.detected(
        "development_services.mail",
        f"at the desk {IMAGE} catches mail; told by {leading.name}",
        (leading.evidence,),
    )
    return (service,), (decision,)


def variables(leading: VariableRead, prefix: str, reads: Iterable[VariableRead]) -> list[ServiceVariable]:
    """Server and port; encryption, where the code's default is to want it, is switched off. User and password
    stay unset: the catcher takes every mail."""
    found = {leading.name: "{host}"}
    for read in reads:
        part = read.name.removeprefix(prefix)
        if part == read.name:
            continue
        if part == "PORT":
            found[read.name] = "{port}"
        elif part in SWITCHES and read.default in OFF:
            found[read.name] = OFF[read.default]
    return [ServiceVariable(name=name, template=found[name]) for name in sorted(found)]
