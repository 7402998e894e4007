"""Imports an app as its server would and says what it found; run by the image's own Python, never imported.

    python -B -c "the joined text"     the task as JSON on stdin, the answer as JSON on stdout

Standard library only, Python 3.9 and later. What the app prints goes to stderr. The task: "interface" (wsgi,
asgi, own), "framework", "reference" ("pkg:create_app()"), "argv" (of a program that is its own server),
"script", "visit" (a path that is asked of it, to see what it writes; or ""), "pages" (how many of its own
pages are asked for as well), "host" (for that), "paths" (what the server puts in front of sys.path),
"writable" (folders that may be written), "files" (to be written before: path and text).
"""

import re
from functools import cache
from pathlib import Path

__all__ = ["PARTS", "joined_text"]

PARTS = (
    "shapes",
    "failures",
    "loading",
    "routes",
    "visits",
    "later_imports",
    "used_names",
    "hashes",
    "own_servers",
    "watching",
    "main",
)
"""Each needs only those before it; no two have a name in common."""
BETWEEN_PARTS = re.compile(r"^from (?:okamochi\.[\w.]+|__future__) import (?:\([^)]*\)|[^(\n]*)\n", re.M)


@cache
def joined_text() -> str:
    """The parts as one text, since an image has none of okamochi's modules."""
    folder = Path(__file__).parent
    parts = [BETWEEN_PARTS.sub("", (folder / f"{part}.py").read_text("utf-8")) for part in PARTS]
    return "\n\n".join(("from __future__ import annotations\n", *parts))
