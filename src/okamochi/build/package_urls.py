"""Package URLs (purl) of components."""

from urllib.parse import quote

from okamochi.build.inventory import Part
from okamochi.model.local_base import reference_of

__all__ = ["package_url"]


def package_url(part: Part, system: str) -> str:
    """ "" for what is in no registry: kit and app. `system` is what scanners look advisories up by."""
    name, version = part.component.name, quoted(part.component.version)
    if part.component.kind == "wheel":
        return f"pkg:pypi/{quoted(name)}@{version}"
    if part.component.kind == "image":
        called = reference_of(name).rpartition("/")[2].partition(":")[0]
        return f"pkg:oci/{quoted(called)}@{quote(version, safe='')}"
    if part.component.kind == "deb":
        return f"pkg:deb/debian/{quoted(name)}@{version}?arch={part.architecture}&distro={quoted(system)}"
    return ""


def quoted(text: str) -> str:
    return quote(text, safe=".-_~:")
