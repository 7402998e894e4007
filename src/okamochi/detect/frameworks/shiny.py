"""Shiny's own program, which shows visitors the errors of the app unless it is told not to, since 0.9:
https://github.com/posit-dev/py-shiny/blob/main/CHANGELOG.md"""

from msgspec.structs import replace
from packaging.version import Version

from okamochi.detect.frameworks.server import Server
from okamochi.detect.packages.dependencies import ChosenDependencies
from okamochi.detect.packages.pinned import stays_below

__all__ = ["without_its_console"]

FIRST_WITH_CONSOLE = Version("0.9")


def without_its_console(server: Server, dependencies: ChosenDependencies) -> Server:
    program, *words = server.argv
    if not program.endswith("/shiny") or stays_below(dependencies, "shiny", FIRST_WITH_CONSOLE):
        return server
    return replace(server, argv=(program, *words, "--no-dev-mode"))
