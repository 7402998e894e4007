"""A debugger listens for the whole network.

debugpy asks for no password: whoever reaches its port runs code in the container, with the source and the
secrets that are there. `"5678:5678"` publishes it on every interface, past the firewall of the host.

Fix: `"127.0.0.1:5678:5678"`; an editor that is attached to the container needs no published port.

Okamochi: the debugger is published on 127.0.0.1, when one is asked for.

See: https://github.com/microsoft/debugpy#debugpy-cli-usage
"""

import re
from collections.abc import Iterator

from okamochi.audit.rule import Edit, Finds, Found, Setup, Severity
from okamochi.audit.services import Published, published, services
from okamochi.audit.started import started_text

SEVERITY = Severity.ERROR
LISTENS = re.compile(r"debugpy.*?--listen[ =](?:[\w.]*:)?(\d+)", re.DOTALL)
USUAL = 5678


def look(setup: Setup) -> Finds:
    for container in services(setup, desk=True):
        ports = {int(one) for one in LISTENS.findall(started_text(container, setup))}
        for one in published(container, setup):
            by_name = one.target == USUAL and container.own
            if one.everywhere and (one.target in ports or by_name):
                yield Found(
                    path=container.path,
                    line=one.line,
                    message=f"the debugger of {container.name} is open on every interface of the host",
                    hint=f'"127.0.0.1:{one.host or one.target}:{one.target}"',
                    edits=tuple(edits(container.path, one, setup)),
                )


def edits(path: str, port: Published, setup: Setup) -> Iterator[Edit]:
    line = setup.file(path).line(port.line)
    plain = re.fullmatch(rf"(\s*-\s*)([\"']?){port.host}:{port.target}\2\s*", line)
    if plain is not None:
        yield Edit(path, port.line, port.line, f'{plain[1]}"127.0.0.1:{port.host}:{port.target}"')
