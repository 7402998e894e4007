"""Pages that a framework loads by itself, by their place: no module of the project imports them.

Streamlit: pages/ beside the script, and what st.Page() names.
https://docs.streamlit.io/develop/concepts/multipage-apps/overview
Dash: pages/ beside the app's module with use_pages=True. https://dash.plotly.com/urls
"""

import ast
import posixpath
from collections.abc import Iterator

from okamochi.detect.serving.web_applications import Candidate
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.model.plan import Framework

__all__ = ["pages_of"]

FOLDER = "pages"


def pages_of(sources: Sources, candidate: Candidate) -> tuple[str, ...]:
    """Files of pages, in the order of their paths; those of st.Page() after them."""
    path = candidate.path
    beside = posixpath.join(posixpath.dirname(path), FOLDER, "")
    if candidate.framework is Framework.STREAMLIT:
        placed = [one for one in sources.paths if posixpath.dirname(one) == beside.rstrip("/")]
        return tuple(dict.fromkeys((*placed, *_named(sources, sources.module(path)))))
    if candidate.framework is Framework.DASH and "use_pages" in sources.words(candidate.origin[0]):
        beside = posixpath.join(posixpath.dirname(candidate.origin[0]), FOLDER, "")
        return tuple(one for one in sources.paths if one.startswith(beside))
    return ()


def _named(sources: Sources, module: Module) -> Iterator[str]:
    """st.Page("views/report.py") is relative to the script."""
    for call in module.of(ast.Call) if "Page" in module.text else ():
        match call.args[:1]:
            case [ast.Constant(value=str(text))] if module.imports.full(call.func) == "streamlit.Page":
                path = posixpath.normpath(posixpath.join(posixpath.dirname(module.path), text))
                if path in sources.known:
                    yield path
            case _:
                pass
