"""What a program that is proved says when it fails: its traceback, and what a library asks for in it."""

from __future__ import annotations

import importlib
import re
import traceback

from okamochi.run.proof.program.shapes import Answer

MOST_FRAMES = 40
OWN_FILE = "<string>"
CAUSED = "\nThe above exception was the direct cause of the following exception:\n\n"
HANDLED = "\nDuring handling of the above exception, another exception occurred:\n\n"
# how libraries ask: install X, "X" is not installed, X must be installed, a separate project X
ASKS = re.compile(
    r"""(?ix) install(?:ing)? \s+ (?:-U\s+|--upgrade\s+)? ["'`]? (\w[\w.-]*\w)
    | (\w[\w.-]*\w) ["'`]? \s+ (?:package\s+|library\s+)?
      (?:is\ not|isn't|must\ be|needs\ to\ be|to\ be|not) \s+ (?:\w+\s+)? installed
    | separate\ (?:project|package) \s+ ["'`]? (\w[\w.-]*\w)"""
)


def failure(error: BaseException) -> Answer:
    name = getattr(error, "name", None)
    if isinstance(error, KeyError) and error.args:
        name = error.args[0]
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "outcome": "failed",
        "error": type(error).__name__,
        "message": str(error)[:2000],
        "name": str(name or ""),
        "text": told(error),
        # code that a library makes of a text (six.raise_from, dataclasses) has that file name, too
        "in_reference": bool(frames) and all(one.filename == OWN_FILE for one in frames),
        "asked": asked_package(str(error), frames[-1].filename if frames else ""),
    }


def asked_package(message: str, path: str) -> str:
    """What a library says is to be installed, when an installed package names it among its extras: FastAPI
    python-multipart, lxml lxml_html_clean. A name that is only in a text may be anybody's in an index. `path`
    is where it was raised."""
    words = [plain(word) for found in ASKS.findall(message) for word in found if word]
    if not words or "/site-packages/" not in path:
        return ""
    distributions = list(importlib.import_module("importlib.metadata").distributions())
    present = {plain(str(one.metadata["Name"])) for one in distributions}
    optional = set()
    for one in distributions:
        for line in one.requires or ():
            name = re.match(r"[\w.-]+", line)
            if "extra" in line.partition(";")[2] and name is not None:
                optional.add(plain(name[0]))
    return next((word for word in words if word in optional - present), "")


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def told(error: BaseException) -> str:
    """The traceback as Python shows it, without the frames of this program and of the import system."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    text = ""
    if before is not None:
        link = "direct cause" if error.__cause__ else ""
        text = told(before) + (CAUSED if link else HANDLED)
    last = "".join(traceback.format_exception_only(type(error), error))
    return (text + trace_of(traceback.extract_tb(error.__traceback__), last))[-20000:]


def trace_of(stack: traceback.StackSummary, last: str) -> str:
    shown = [frame for frame in stack if not is_machinery(frame.filename)]
    return (
        "Traceback (most recent call last):\n" + "".join(traceback.format_list(shown[-MOST_FRAMES:])) + last
    )


def is_machinery(filename: str) -> bool:
    return filename in (OWN_FILE, "<frozen runpy>") or "importlib" in filename
