"""What a server is to the plan: its command, packages, variables, port and health page."""

import posixpath

import msgspec

from okamochi.model.evidence import Evidence
from okamochi.model.process import HttpProbe

__all__ = ["USUAL_PORT", "Server"]

USUAL_PORT = 8000


class Server(msgspec.Struct, frozen=True):
    """`packages` are specifiers that the app needs for being served; those it asks for itself are not added.
    `probe` is the framework's own health page, None when it has none."""

    summary: str
    argv: tuple[str, ...]
    packages: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    port: int = 0
    probe: HttpProbe | None = None
    notes: tuple[Evidence, ...] = ()
    port_reason: str = ""

    @property
    def why_port(self) -> str:
        if self.port_reason:
            return self.port_reason
        if posixpath.basename(self.argv[0]) == "gunicorn":
            return "the usual port of gunicorn"
        return "one port for all apps, whatever the usual one of their server"
