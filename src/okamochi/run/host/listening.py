"""Where an app listens on a machine whose network it shares: where an engine would publish its port.

Inside a container a server listens on every address, at a port of its own; here that would be the machine's
every address, and a port that somebody else may have.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from okamochi.system.patterns import regex

__all__ = ["Listening"]

ADDRESSES = ("0.0.0.0", "::")
"""A "*" alone need be no address: --allow-websocket-origin=*."""
PLACE = regex(r"((?:\w+://)?)(?:0\.0\.0\.0|\[::\]|\*|):(\d+)")
OF_PORTS = regex(r"-p|--?(?:[\w.]+[-_.])*port", re.IGNORECASE)
"""An option whose value is a port: -p, --port, --server.port, --http-port."""


@dataclass(frozen=True)
class Listening:
    """`inside` is the port that the command was made for; `address` and `port` are where it is to listen."""

    inside: int
    address: str
    port: int

    def command(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """Its words, with addresses and ports that mean the inside of a container replaced. A word may hold a
        command of its own, with spaces."""
        before = ("", *argv)
        return tuple(self._word(word, last) for word, last in zip(argv, before, strict=False))

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """PORT and GRADIO_SERVER_PORT, and values that are addresses."""
        return {
            name: self._if_inside(value) if name.upper().endswith("PORT") else self._place(value)
            for name, value in variables.items()
        }

    def _word(self, word: str, before: str) -> str:
        if " " in word:
            return " ".join(self.command(tuple(word.split(" "))))
        option, equals, value = word.partition("=")
        if equals and word.startswith("-"):
            moved = self._if_inside(value) if OF_PORTS.fullmatch(option) else self._place(value)
            return f"{option}={moved}"
        if OF_PORTS.fullmatch(before) or before in ADDRESSES:
            return self._if_inside(word)
        return self._place(word)

    def _if_inside(self, text: str) -> str:
        return str(self.port) if text == str(self.inside) else text

    def _place(self, text: str) -> str:
        """Of "0.0.0.0", "0.0.0.0:8000", ":8000", "http://*:8000"."""
        if text in ADDRESSES:
            return self.address
        found = PLACE.fullmatch(text)
        return text if found is None else f"{found[1]}{self.address}:{self._if_inside(found[2])}"
