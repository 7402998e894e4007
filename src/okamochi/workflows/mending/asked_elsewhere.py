"""Pages whose browser is sent to an address of the developer's own machine, where nothing answers:
`fetch("http://127.0.0.1:5000/predict")` of an app that is served at another port."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from urllib.parse import urljoin, urlsplit

from okamochi.run.machine import LOOPBACK, answers
from okamochi.system.patterns import regex

__all__ = ["asked_elsewhere", "parts_of"]

SCRIPT = regex(r"""<script\b[^>]{0,300}?\bsrc=["']([^"'<>]{1,300})["']""")
FIXED = regex(r"""["'`](https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0):(\d{2,5}))(?=[/"'`?])""")
STYLE = regex(r"""<link\b(?=[^>]{0,300}?\bstylesheet\b)[^>]{0,300}?\bhref=["']([^"'<>]{1,300})["']""")
# libraries, which name such addresses in what they say
OF_OTHERS = regex(r"\.min\.js$|/(?:node_modules|vendor|lib)s?/")
MOST_SCRIPTS = 6


def asked_elsewhere(
    pages: Iterable[tuple[str, str]],
    port: int,
    content: Callable[[str], str],
    is_own: Callable[[str], bool] = lambda _: True,
) -> str:
    """What to say of the first such address; "" where there is none. `pages` are paths and texts, `content`
    gives the text of a script by its path, `port` is where the app is served. `is_own` is asked of a script
    with such an address: one that a library serves (Gradio's front end) names it for its own developers."""
    shown = dict(pages)
    for place, text in seen(shown.items(), content):
        for url, number in dict.fromkeys(FIXED.findall(text)):
            if (
                int(number) != port
                and not answers(LOOPBACK, int(number))
                and (place in shown or is_own(place))
            ):
                return (
                    f"{place} sends browsers to {url}, where nothing answers; if that means this app, "
                    f"'okamochi up --port {number}' serves it there; addresses without a host work everywhere"
                )
    return ""


def seen(pages: Iterable[tuple[str, str]], content: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """Each page, then the scripts of all that are the app's own."""
    found = tuple(pages)
    yield from found
    scripts = dict.fromkeys(path for page, text in found for path in own_scripts(page, text))
    yield from ((path, content(path)) for path in islice(scripts, MOST_SCRIPTS))


def parts_of(pages: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Scripts and styles without which a page is there and shows nothing, a handful."""
    found = (path for page, text in pages for kind in (SCRIPT, STYLE) for path in paths_of(kind, page, text))
    return tuple(islice(dict.fromkeys(found), MOST_SCRIPTS))


def own_scripts(page: str, text: str) -> Iterator[str]:
    return (path for path in paths_of(SCRIPT, page, text) if not OF_OTHERS.search(path))


def paths_of(kind: re.Pattern[str], page: str, text: str) -> Iterator[str]:
    """On the same server."""
    for source in kind.findall(text):
        parts = urlsplit(urljoin(page, source))
        if not parts.netloc and not parts.scheme:
            yield parts.path
