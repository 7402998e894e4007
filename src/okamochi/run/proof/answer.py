"""What the proof's program says, and what follows from it."""

import posixpath
import re
from enum import StrEnum

import msgspec

from okamochi.model.plan import APP_ROOT
from okamochi.run.diagnose import diagnose
from okamochi.run.traces import Cause, Trace, direct_cause, last_trace, library_of_last_frame
from okamochi.system.patterns import regex

__all__ = [
    "Answer",
    "Outcome",
    "Page",
    "Route",
    "Verdict",
    "Write",
    "answer_of_trace",
    "failing_library",
    "has_front_page",
    "last_line_of_code",
    "verdict_of",
]

WRONG_OBJECT = frozenset({"WrongKindError", "StartsServer"})
UNWRITABLE = regex(
    r"Read-only file system: [bu]?['\"](?P<read_only>[^'\"]+)['\"]"
    r"|No such file or directory: [bu]?['\"](?P<missing>[^'\"]+)['\"]"
)
# of Starlette's StaticFiles, and of what lists a folder
NO_FOLDER = regex(
    r"^Directory '(?P<served>[^']+)' does not exist"
    r"|No such file or directory: [bu]?['\"](?P<listed>[^'\"]+)['\"]"
)
LISTS = regex(r"\b(?:listdir|scandir|iterdir)\(")
REFUSED = regex(
    r"Connection refused|Name or service not known|Temporary failure in name resolution"
    r"|could not translate host name|connection to server (?:at|on socket) |Can't connect to \w+ server"
    r"|Network is unreachable|gaierror|ConnectionError|ConnectTimeout|Unknown (?:MySQL )?server host"
    r"|ServerSelectionTimeoutError|Max retries exceeded|No address associated with hostname"
    # a library's own words for a page that it could not have; "see https://..." is none
    r"|(?i:unable to|failed to|could not|cannot) (?:load|fetch|download|open|reach|retrieve|get|read)\b"
    r"[^\n]{0,80}https?://"
)


UNREAD = frozenset({"SyntaxError", "IndentationError", "TabError"})
# the database client says so, but no other version of it would help
MISSING_TABLE = regex(r"no such table|relation \"[\w.]+\" does not exist|Table '[\w.]+' doesn't exist")


# of a path that begins with a letter it is known that it is not /; what is no letter may be a parameter
ELSEWHERE = regex(r"/?[\w.~%-].*", re.DOTALL)


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One address that the app answers, as its framework writes it."""

    path: str
    methods: tuple[str, ...] = ()


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """A path inside the image that was to be written, with a slash at its end when it is a folder to be made;
    and the app's own line that did it ("" when none)."""

    path: str
    place: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page that was asked for inside the proof, and its status; 0 when it gave none."""

    path: str
    status: int


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`outcome`: proved, ended (a program that opened no port), unknown, failed. `text` is the traceback;
    `in_reference` says that the module was imported and the name or call in the reference fails. `broken` is
    what another page of the app fails with (its `type` is the page's file), while the first one is shown.
    `asked` is the package that an exception asks for, and an installed one names among its extras."""

    outcome: str
    type: str = ""
    routes: tuple[Route, ...] = ()
    writes: tuple[Write, ...] = ()
    pages: tuple[Page, ...] = ()
    seconds: float = 0.0
    port: int = 0
    error: str = ""
    message: str = ""
    name: str = ""
    text: str = ""
    in_reference: bool = False
    broken: "Answer | None" = None
    asked: str = ""


REFUSES_ARGUMENT = "got an unexpected keyword argument"


class Outcome(StrEnum):
    """PROVED: it loads and is of the kind that is served. UNCERTAIN: it would not load here for a reason that
    may not hold where it runs (a service, a variable). MISSING_MODULE: an import is not installed.
    WRONG_OBJECT: the reference names nothing that can be served. LIBRARY: an installed package fails or lacks
    a name. UNREADABLE: its own code is no Python that the image's reads. READ_ONLY: it needs a folder that it
    may write. NO_FOLDER: it looks into one that is not there. FAILED: its own code fails."""

    PROVED = "proved"
    UNCERTAIN = "uncertain"
    MISSING_MODULE = "missing-module"
    WRONG_OBJECT = "wrong-object"
    LIBRARY = "library"
    UNREADABLE = "unreadable"
    READ_ONLY = "read-only"
    NO_FOLDER = "no-folder"
    FAILED = "failed"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`subject` is the module or folder that is missing, the path that cannot be written, or the library."""

    outcome: Outcome
    subject: str = ""
    cause: Cause | None = None

    @property
    def said(self) -> str:
        return self.cause.text if self.cause is not None else self.subject

    @property
    def place(self) -> str:
        return self.cause.place if self.cause is not None else ""


def verdict_of(answer: Answer, *, made_up: tuple[str, ...] = ()) -> Verdict:
    """`made_up` names variables whose values are not the real ones."""
    if answer.outcome == "proved":
        return Verdict(outcome=Outcome.PROVED)
    if answer.outcome != "failed":
        return Verdict(outcome=Outcome.UNCERTAIN, cause=unfinished(answer))
    cause = diagnose(answer.text)
    if answer.error == "ModuleNotFoundError" and answer.name:
        return Verdict(outcome=Outcome.MISSING_MODULE, subject=answer.name, cause=cause)
    if answer.error in WRONG_OBJECT or answer.in_reference:
        return Verdict(outcome=Outcome.WRONG_OBJECT, subject=answer.name, cause=said(answer))
    if read_only_path(answer):
        return Verdict(outcome=Outcome.READ_ONLY, subject=read_only_path(answer), cause=cause)
    if missing_folder(answer):
        return Verdict(outcome=Outcome.NO_FOLDER, subject=missing_folder(answer), cause=cause or said(answer))
    if REFUSED.search(answer.text) is not None:
        return Verdict(outcome=Outcome.UNCERTAIN, cause=cause or said(answer))
    if is_about_a_value(answer, made_up) or (cause is not None and cause.variable):
        return Verdict(outcome=Outcome.UNCERTAIN, cause=cause or said(answer))
    library = failing_library(answer)
    if answer.error in UNREAD and not library:
        return Verdict(outcome=Outcome.UNREADABLE, cause=cause or said(answer))
    if library and not MISSING_TABLE.search(answer.message):
        return Verdict(outcome=Outcome.LIBRARY, subject=library, cause=cause or said(answer))
    return Verdict(outcome=Outcome.FAILED, cause=cause or said(answer))


def answer_of_trace(trace: Trace) -> Answer:
    """What the proof would have said about an exception that only a log tells of."""
    error, _, message = trace.error.partition(": ")
    module = re.match(r"No module named '([^']+)'", message)
    return Answer(
        outcome="failed",
        error=error.rpartition(".")[2],
        message=message,
        name=module[1] if module is not None else "",
        text=trace.text,
    )


def has_front_page(answer: Answer) -> bool:
    """Whether a route may be that of /; also where no routes are known."""
    return not answer.routes or not all(ELSEWHERE.fullmatch(one.path) for one in answer.routes)


def unfinished(answer: Answer) -> Cause:
    ended = "the program ended without opening a port" if answer.outcome == "ended" else "nothing was proved"
    return Cause(ended, "see its log when it runs: okamochi logs")


def said(answer: Answer) -> Cause:
    message = answer.message.strip().splitlines()
    return Cause(
        f"{answer.error}: {message[0][:300]}" if message else answer.error,
        'if another object is the app, name it: [tool.okamochi] entrypoint = "module:name"',
    )


def read_only_path(answer: Answer) -> str:
    """Also where the app's exception was raised from that one, or where the folder of what it opens to write
    is not there: folders that hold nothing but ignored files are not in the image."""
    trace = last_trace(answer.text)
    cause = direct_cause(answer.text, trace) if trace is not None else ""
    written = {write.path for write in answer.writes}
    for message in (answer.message, cause):
        found = UNWRITABLE.search(message)
        if found is None:
            continue
        # a relative one is below the working directory; "/app/shop/../data" is /app/data
        path = posixpath.normpath(posixpath.join(APP_ROOT, found["read_only"] or found["missing"]))
        if found["missing"] and path not in written:
            continue
        return f"{path}/" if f"{path}/" in written else path
    unable = "unable to open database file" in answer.message or "readonly database" in answer.message
    paths = [write.path for write in answer.writes if not write.path.startswith("/proc/")]
    return paths[-1] if unable and paths else ""


def missing_folder(answer: Answer) -> str:
    """The folder that was to be listed or served, and is not there."""
    found = NO_FOLDER.search(answer.message)
    if found is None or (found["listed"] and LISTS.search(last_line_of_code(answer.text)) is None):
        return ""
    return posixpath.normpath(posixpath.join(APP_ROOT, found["served"] or found["listed"]))


def last_line_of_code(text: str) -> str:
    """The line that the traceback ends in, as it stands in the file."""
    lines = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    return next((line for line in reversed(lines) if set(line) - set("~^ ")), "")


def is_about_a_value(answer: Answer, made_up: tuple[str, ...]) -> bool:
    """A variable is missing, or has a value that is not the real one. No value changes which arguments a
    function has."""
    if answer.error == "TypeError" and REFUSES_ARGUMENT in answer.message:
        return False
    if "environ" in answer.text and answer.error == "KeyError":
        return True
    if any(name in answer.text for name in made_up):
        return True
    return bool(made_up) and answer.error in ("ArgumentError", "ValueError", "ValidationError")


def failing_library(answer: Answer) -> str:
    """The package in whose own code the exception was raised, or from which a name is imported that it lacks;
    "" when it is the app's code that fails."""
    lacks = re.search(r"cannot import name '\w+' from '([\w.]+)' \(.*/site-packages/", answer.message)
    if lacks is not None:
        return lacks[1].partition(".")[0]
    module = re.search(r"^module '([\w.]+)' has no attribute", answer.message)
    if answer.error == "AttributeError" and module is not None and "/site-packages/" in answer.text:
        return module[1].partition(".")[0]
    return library_of_last_frame(answer.text)
