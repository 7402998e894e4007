"""Reads tracebacks in the log of an app."""

import re
from collections.abc import Callable

import msgspec

from okamochi.system.patterns import regex

__all__ = [
    "FRAME",
    "SEE_TRACEBACK",
    "UNNAMED",
    "Cause",
    "Diagnosis",
    "Trace",
    "direct_cause",
    "last",
    "last_raised",
    "last_trace",
    "library_of_last_frame",
    "own_frame",
    "own_frames",
    "own_line",
    "own_lines",
    "raised_traces",
    "told_by",
]


class Cause(msgspec.Struct, frozen=True):
    """`text` says what is wrong, `hint` what to do; `where` is a file and line of the app when known.
    `unwritable` is the path that the app may not write, with a slash at its end when it is a folder to be
    made; UNNAMED when the log does not tell it. `variable` is one of the environment that nobody gave.
    `uncontained` is what is said in place of `text` and `hint` where no container is around the app."""

    text: str
    hint: str
    where: str = ""
    unwritable: str = ""
    variable: str = ""
    uncontained: tuple[str, str] | None = None

    @property
    def place(self) -> str:
        """ " (app.py:3)", "" where none is told: for a sentence."""
        return f" ({self.where})" if self.where else ""


class Trace(msgspec.Struct, frozen=True):
    """One traceback: all its text, and the line that names the exception."""

    text: str
    error: str


SEE_TRACEBACK = (
    "see the traceback in the log, where /app is the project's folder; `okamochi plan` shows what was "
    "started, and why"
)
"""The hint where nothing better is known."""
UNNAMED = "?"
FRAME = regex(r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+)', re.MULTILINE)
LIBRARIES = ("/site-packages/", "/lib/python", "/opt/venv/", "/opt/okamochi/", "<")
# at the start of a line, or behind what a logger writes: "[7] [ERROR] ", "ERROR: ", uvicorn's "ERROR:    "
START = r"(?:^|(?<=\] )|(?<=: )|(?<=:    ))"
TRACE = regex(
    rf"{START}Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*(?P<error>[A-Za-z_][\w.]*(?::.*)?)$",
    re.MULTILINE,
)
# A traceback that an "except" of the code took up, before the one that was raised in its place.
HANDLED = regex(
    rf"{START}Traceback \(most recent call last\):\n(?:(?!Traceback \(most recent call last\):).*\n)*?"
    r"\s*During handling of the above exception, another exception occurred:\n\s*",
    re.MULTILINE,
)
# The server's own end, after the app's: it says only that the app did not load.
SERVER_END = regex(r"^gunicorn\.errors\.HaltServer", re.MULTILINE)


# What Python warns of while it prints a traceback, in the middle of it: it reads the source once more.
BETWEEN_ITS_LINES = regex(r"^<unknown>:\d+: SyntaxWarning: .*\n", re.MULTILINE)


def last_raised(log: str) -> str:
    """The log without tracebacks of exceptions that the code handled."""
    log = BETWEEN_ITS_LINES.sub("", log)
    end = SERVER_END.search(log)
    return HANDLED.sub("", log if end is None else log[: log.rfind("\n", 0, end.start()) + 1])


def last_trace(log: str) -> Trace | None:
    """The last traceback that the code did not handle."""
    found = list(TRACE.finditer(last_raised(log)))
    return Trace(found[-1].group(), found[-1]["error"].strip()) if found else None


CAUSED = "The above exception was the direct cause of the following exception:"


def direct_cause(log: str, trace: Trace) -> str:
    """The exception that a traceback's was raised from, as it names itself; "" when it came by itself."""
    before = log[: log.rfind(trace.text)].rstrip()
    if not before.endswith(CAUSED):
        return ""
    found = list(TRACE.finditer(before.removesuffix(CAUSED).rstrip() + "\n"))
    return found[-1]["error"].strip() if found else ""


def raised_traces(log: str) -> tuple[Trace, ...]:
    """Every traceback that the code did not handle, the last one first."""
    found = TRACE.finditer(last_raised(log))
    return tuple(Trace(one.group(), one["error"].strip()) for one in found)[::-1]


def own_frame(log: str) -> str:
    """ "/app/config.py:12": the last frame of a traceback that is the app's own."""
    own = last_own(log)
    return f"{own['path']}:{own['line']}" if own is not None else ""


def own_line(log: str) -> str:
    """The source of that frame, as the traceback shows it: "client = Client(account, token)"; "" for none."""
    own = last_own(log)
    shown = log[own.end() :].splitlines()[1:2] if own is not None else []
    return shown[0].strip() if shown else ""


def own_lines(log: str) -> tuple[str, ...]:
    """The same of all frames of the last traceback that are the app's own, the last one first."""
    trace = last_trace(log)
    found = own_frames(trace.text) if trace is not None else []
    shown = (trace.text[one.end() :].splitlines()[1:2] if trace is not None else [] for one in found)
    return tuple(line.strip() for lines in shown for line in lines)[::-1]


def last_own(log: str) -> re.Match[str] | None:
    own = own_frames(log)
    return own[-1] if own else None


def own_frames(log: str) -> list[re.Match[str]]:
    return [one for one in FRAME.finditer(log) if not any(part in one["path"] for part in LIBRARIES)]


# "<frozen importlib>", and Cython's sources, which are compiled into the package and lie nowhere
NO_FILE = regex(r"<|.*\.(?:pyx|pxd|pxi)$")


def library_of_last_frame(log: str) -> str:
    """The package whose code stands last in the log's last traceback; "" when that is the app's own."""
    paths = [found["path"] for found in FRAME.finditer(log) if not NO_FILE.match(found["path"])]
    place = re.search(r"/site-packages/([^/]+)", paths[-1]) if paths else None
    return place[1].removesuffix(".py") if place is not None else ""


def last(pattern: str, log: str) -> re.Match[str] | None:
    """The last match: what ended the process is at the end of its log."""
    matches = list(re.finditer(pattern, log, re.MULTILINE))
    return matches[-1] if matches else None


Diagnosis = Callable[[str], Cause | None]


def told_by(pattern: str) -> Callable[[Callable[[re.Match[str], str], Cause | None]], Diagnosis]:
    """Makes a rule about logs of a function that gets the last match of the pattern, and the log."""

    def rule_of(of_match: Callable[[re.Match[str], str], Cause | None]) -> Diagnosis:
        def rule(log: str) -> Cause | None:
            found = last(pattern, log)
            return of_match(found, log) if found is not None else None

        return rule

    return rule_of
