"""Folders of pages that lie beside the app's own folder, where the image has nothing: backend/ that serves
../frontend/build."""

import posixpath
from collections.abc import Iterable, Iterator
from pathlib import Path

from okamochi.detect.sources import Sources
from okamochi.model.evidence import Decision, Evidence
from okamochi.system.patterns import line_of, regex

__all__ = ["places_above"]

# Flask(static_folder="../frontend/build"), and a path from the file's or the working folder up
NAMED = regex(r"\b(?:static|template)_folder\s*=\s*(?P<quote>[\"'])(?P<path>\.\./[^\"'\n]*)(?P=quote)")
JOINED = regex(
    r"os\.path\.join\(\s*os\.(?P<from>getcwd\(\)|path\.dirname\((?:os\.path\.abspath\()?__file__\)+)\s*,\s*"
    r"[\"']\.\.[\"']\s*,\s*(?P<rest>[\"'][\w./ -]+[\"'](?:\s*,\s*[\"'][\w./ -]+[\"'])*)"
)
LISTS = "requirements.txt"


def places_above(sources: Sources, paths: Iterable[str]) -> tuple[Decision, ...]:
    """A warning about the first of each module; only of what the checkout has there."""
    found = [one for path in paths for one in _found(path, sources)]
    if not found:
        return ()
    name = (sources.project.root or Path()).name
    settings = f'requirements = ["{name}/{LISTS}"]'
    remedy = f"write {settings} into okamochi.toml in the folder above, and run okamochi there"
    if any(place.reason.startswith("from the working") for place in found):
        remedy = f"let the path begin at os.path.dirname(__file__), {remedy}"
    summary = (
        f"Warning: the app serves files of a folder beside its own, and the image has none of them; {remedy}"
    )
    return (Decision.detected("source", summary, tuple(found)),)


def _found(path: str, sources: Sources) -> Iterator[Evidence]:
    text = sources.text(path)
    for pattern in (NAMED, JOINED) if ".." in text else ():
        for match in pattern.finditer(text):
            here = pattern is JOINED and match["from"].startswith("getcwd")
            place = match["path"] if pattern is NAMED else "/".join(["..", *_parts(match["rest"])])
            whole = posixpath.normpath(posixpath.join("" if here else posixpath.dirname(path), place))
            above = "/".join(whole.split("/")[:2])
            if whole.startswith("../") and above != "../.." and sources.project.is_dir(above):
                reason = f"from the working folder {whole}" if here else whole
                yield Evidence(path=path, line=line_of(match), reason=reason)
                return


def _parts(text: str) -> list[str]:
    return [one.strip().strip("\"'") for one in text.split(",")]
