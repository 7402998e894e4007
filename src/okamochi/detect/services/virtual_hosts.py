"""RabbitMQ's virtual hosts: https://www.rabbitmq.com/docs/vhosts. The stack has one: the one that the compose
file or the code names, else "/"."""

import re
from collections.abc import Iterable

from msgspec.structs import replace

from okamochi.detect.services.evidence import VariableRead
from okamochi.detect.services.kinds import KindFacts
from okamochi.model.backing_service import BackingService, ServiceVariable
from okamochi.system.patterns import regex

__all__ = ["default_virtual_host", "in_virtual_host"]

NAME = regex(r"[A-Za-z0-9_.-]{1,63}")
DEFAULT = "/"
PART = "{database}"


def default_virtual_host(facts: KindFacts, reads: Iterable[VariableRead]) -> str:
    """The one that the code goes to where nobody tells: os.getenv("RABBITMQ_VHOST", "shop"); "" for none."""
    name = rf"(?:\w+_)?(?:{facts.stems})_?(?:VHOST|VIRTUAL_HOST)"
    found = (one.default or "" for one in reads if re.fullmatch(name, one.name.upper()))
    return next((text for text in found if NAME.fullmatch(text)), "")


def in_virtual_host(service: BackingService, name: str) -> BackingService:
    """The same broker with that virtual host, to which its variables lead, too; "" is the default one."""
    variables = (
        ServiceVariable(name=one.name, template=_template(one.template, name)) for one in service.variables
    )
    return replace(service, database=name, variables=tuple(variables))


def _template(template: str, name: str) -> str:
    if template in (PART, DEFAULT):
        return PART if name else DEFAULT
    address = template.removesuffix(f"/{PART}")
    return f"{address}/{PART}" if name and "{user}:" in address else address
