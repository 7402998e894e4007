"""Streamlit's own pages: since its version 1.18 they have other addresses (HEALTH_ENDPOINT in its server)."""

from msgspec.structs import replace
from packaging.version import Version

from okamochi.detect.frameworks.server import Server
from okamochi.detect.packages.dependencies import ChosenDependencies
from okamochi.detect.packages.pinned import stays_below
from okamochi.model.process import HttpProbe

__all__ = ["HEALTH", "OLD_HEALTH", "of_its_pages"]

HEALTH = "/_stcore/health"
OLD_HEALTH = "/healthz"
FIRST_WITH_NEW = Version("1.18")


def of_its_pages(server: Server, dependencies: ChosenDependencies) -> Server:
    """The server with the health page that its version has."""
    if server.probe != HttpProbe(path=HEALTH) or not stays_below(dependencies, "streamlit", FIRST_WITH_NEW):
        return server
    return replace(server, probe=HttpProbe(path=OLD_HEALTH))
