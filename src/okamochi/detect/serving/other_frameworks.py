"""Recognises, by their imports, frameworks that this version does not serve: for honest error messages."""

import posixpath
import re

from okamochi.detect.base import Detected
from okamochi.detect.source.sources import Sources
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import regex

__all__ = ["folders_of_reflex", "other_frameworks"]

FRAMEWORKS = {
    "django": "Django",
    "fastapi": "FastAPI",
    "streamlit": "Streamlit",
    "starlette": "Starlette",
    "litestar": "Litestar",
    "quart": "Quart",
    "sanic": "Sanic",
    "tornado": "Tornado",
    "aiohttp": "aiohttp",
    "bottle": "Bottle",
    "falcon": "Falcon",
    "pyramid": "Pyramid",
    "gradio": "Gradio",
    "nicegui": "NiceGUI",
    "chainlit": "Chainlit",
    "shiny": "Shiny",
    "marimo": "marimo",
    "solara": "Solara",
    "taipy": "Taipy",
    "mesop": "Mesop",
    "reflex": "Reflex",
    "robyn": "Robyn",
    "cherrypy": "CherryPy",
    "flask": "Flask",
}
IMPORT = regex(rf"^[ \t]*(?:from|import)[ \t]+({'|'.join(FRAMEWORKS)})\b", re.MULTILINE)


def folders_of_reflex(sources: Sources) -> tuple[str, ...]:
    """Where a rxconfig.py lies. Reflex compiles its pages with Node; an object of FastAPI beside them is no
    whole app. https://reflex.dev/docs/advanced-onboarding/configuration/"""
    places = (path for path in sources.paths if posixpath.basename(path) == "rxconfig.py")
    return tuple(posixpath.dirname(path) for path in places if "import reflex" in sources.text(path))


def other_frameworks(sources: Sources) -> tuple[Detected[str], ...]:
    """Frameworks that the code imports, Flask among them, each with the first place; in the order above."""
    first: dict[str, Evidence] = {}
    for path in (*sources.paths, *sources.side_paths):
        for match in IMPORT.finditer(sources.text(path)):
            line = sources.text(path).count("\n", 0, match.start(1)) + 1
            reason = f"imports {match.group(1)}"
            first.setdefault(match.group(1), Evidence(path=path, line=line, reason=reason))
    return tuple(Detected(FRAMEWORKS[name], (first[name],)) for name in FRAMEWORKS if name in first)
