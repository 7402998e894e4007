"""What an app does not find in its image, and what it may not write there: as its log tells."""

import posixpath
import re

from okamochi.model.plan import APP_ROOT
from okamochi.run.traces import UNNAMED, Cause, last, last_trace, own_frame, told_by
from okamochi.system.patterns import regex

__all__ = [
    "database_file",
    "full_folder",
    "missing_file",
    "missing_file_elsewhere",
    "missing_folder",
    "missing_program",
    "missing_shared_library",
    "missing_static_file",
    "missing_template",
    "permission_denied",
    "read_only",
]

# what is to be written misses its folder, not itself
TO_WRITE = regex(r"\bopen\(.*[\"'][wax]b?\+?[\"']|\.save\(|write_(?:text|bytes)\(|FileHandler")
MADE_OR_LEFT_OUT = (
    "where a step of its own makes it (npm, a script), take that step before okamochi builds; where the "
    "project has it, see what leaves it out: okamochi plan --explain source.exclude"
)
SENT = regex(r"\bsend_(?:static_file|from_directory)\([^\n]*?[\"'](?P<name>[\w./-]+\.\w+)[\"']\)")


@told_by(
    r"(?:OSError: cannot load library '(?P<a>[^']+)'|(?P<b>lib[\w.+-]+\.so[\w.]*): cannot open"
    r"|\b(?P<c>lib\w+) library not found)"
)
def missing_shared_library(found: re.Match[str], log: str) -> Cause | None:
    return Cause(
        f"the native library {found['a'] or found['b'] or found['c']} is missing in the image",
        "name the Debian package that holds it in [tool.okamochi] packages",
        own_frame(log),
    )


@told_by(r"^FileNotFoundError: \[Errno 2\] No such file or directory: '(?P<name>[\w.+-]+)'")
def missing_program(found: re.Match[str], log: str) -> Cause | None:
    if "in _execute_child" not in log:
        return None
    return Cause(
        f"the app starts the program {found['name']}, which is not in the image",
        f"name the Debian package that holds it: [tool.okamochi] packages = [...]; or let the app do without "
        f"{found['name']}",
        own_frame(log),
    )


def missing_file(log: str) -> Cause | None:
    """One of the app's own, and below a folder: what it opens by its name alone may be a program."""
    path = opened_in_vain(r"[^'/][^']*/[^']+|/app/[^']+", log)
    if not path:
        return None
    return Cause(f"the app opens {path}, which is not in the image", MADE_OR_LEFT_OUT, own_frame(log))


def missing_file_elsewhere(log: str) -> Cause | None:
    """A file that a container of the project's own has mounted: open("/secrets/password.txt")."""
    of_others = r"/(?!app/|etc/|opt/|usr/|s?bin/|lib|proc/|sys/|dev/|tmp/|run/|var/)[^/']+/[^']*\.\w+"
    path = opened_in_vain(of_others, log)
    if not path:
        return of_windows(log)
    return Cause(
        f"the app opens {path}, which is outside of the project, and not in the container",
        "let it read the value from a variable (okamochi up --env-file FILE), or the file from the project's "
        "own folder, which is /app there",
        own_frame(log),
    )


def of_windows(log: str) -> Cause | None:
    r"""open("C:\\Users\\ann\\shop\\items.json")"""
    path = opened_in_vain(r"[A-Za-z]:\\[^'\n]+", log).replace("\\\\", "\\")
    if not path:
        return None
    return Cause(
        f"the app opens {path}, a place on a Windows machine",
        "name the file from the place of the code: os.path.join(os.path.dirname(__file__), ...)",
        own_frame(log),
    )


def missing_static_file(log: str) -> Cause | None:
    """A page that the app sends as a file, mostly a frontend's: app.send_static_file("index.html")."""
    trace = last_trace(log)
    sent = SENT.search(log)
    if trace is None or sent is None or not trace.error.startswith("werkzeug.exceptions.NotFound"):
        return None
    return Cause(
        f"the app sends the file {sent['name']}, which is not in the image",
        "where a step of its own makes it (npm run build), take that step before okamochi builds; where the "
        "project has it, see what leaves it out: okamochi plan --explain source.exclude",
        own_frame(log),
    )


@told_by(r"^[\w.]*(?:TemplateNotFound|TemplateDoesNotExist): (?P<name>\S+)$")
def missing_template(found: re.Match[str], log: str) -> Cause | None:
    """A page that Django, Flask or another user of Jinja does not find."""
    flask = (
        "Flask looks in templates/ beside the module that makes the app, or in template_folder, in the very "
        "spelling (Templates/ is another folder in a container); "
    )
    return Cause(
        f"the template {found['name']} is not found",
        f"{flask if 'jinja2' in found.group() else ''}{MADE_OR_LEFT_OUT}",
        own_frame(log),
    )


def opened_in_vain(paths: str, log: str) -> str:
    """The last file that was opened to be read and is not there, if its path is one of these; ""."""
    # Flask has a text of its own about what app.config.from_file() opens
    wording = r"(?:No such file or directory|Unable to load configuration file \([^)\n]*\))"
    found = last(rf"^FileNotFoundError: \[Errno 2\] {wording}: '(?P<path>{paths})'", log)
    trace = last_trace(log)
    if found is None or trace is None or TO_WRITE.search(trace.text) is not None:
        return ""
    return found["path"]


@told_by(r"^RuntimeError: Directory '(?P<path>[^']+)' does not exist")
def missing_folder(found: re.Match[str], log: str) -> Cause | None:
    """In the words of Starlette's StaticFiles."""
    path = found["path"]
    outside = not posixpath.normpath(posixpath.join(APP_ROOT, path)).startswith(f"{APP_ROOT}/")
    beside = "where it lies beside the app's own folder, okamochi plan warns and says what to do; "
    return Cause(
        f"the app serves the folder {path}, which is not in the image",
        f"{beside if outside else ''}"
        f'what is filled while the app runs is a volume: [tool.okamochi] volumes = ["{path}"]; where a step '
        "of its own makes it (npm, a script), take that step before okamochi builds; what is left out "
        "shows okamochi plan --explain source.exclude",
        own_frame(log),
    )


@told_by(r"Read-only file system: ?'?(?P<path>[^'\n]*)'?")
def read_only(found: re.Match[str], log: str) -> Cause | None:
    return Cause(
        f"the app writes to {found['path'] or 'its own folder'}, which is read-only in the container",
        read_only_hint(found["path"]),
        own_frame(log),
        unwritable_path(found["path"], log),
    )


def full_folder(log: str) -> Cause | None:
    """/tmp, where a body of more than half a megabyte lies while it arrives (Werkzeug, Starlette, Django), or
    another folder with a disk of its own."""
    found = last(r"^OSError: \[Errno 28\] No space left on device(?:: '(?P<path>[^']+)')?", log)
    if found is None:
        return None
    path = found["path"] or ""
    before = log[max(0, found.start() - 400) : found.start()]
    if path.startswith("/tmp/") or (not path and "/tempfile.py" in before):
        return Cause(
            "the app has filled /tmp, which is memory and holds 64 MB where no setting says otherwise",
            'uploads lie there while they arrive; make it larger ([tool.okamochi] tmp = "256M", a part of '
            "memory), or let them lie in a volume of the app, by the variable TMPDIR=/app/FOLDER "
            "(okamochi up --env-file FILE)",
            own_frame(log),
        )
    return Cause(
        f"the app could not write {path or 'a file'}: its disk is full",
        "free some space where the engine keeps volumes (docker system df, podman system df)",
        own_frame(log),
    )


@told_by(r"PermissionError: \[Errno 13\] Permission denied(?:: '(?P<path>[^']*)')?")
def permission_denied(found: re.Match[str], log: str) -> Cause | None:
    return Cause(
        f"the app may not use {found['path'] or 'a file'}: it runs as an ordinary user, not as root",
        "make the folder that it writes a volume: [tool.okamochi] volumes = [...]",
        own_frame(log),
        unwritable_path(found["path"], log),
    )


@told_by(r"unable to open database file|attempt to write a readonly database")
def database_file(found: re.Match[str], log: str) -> Cause | None:
    return Cause(
        "SQLite cannot write its database file",
        "keep it in a volume: [tool.okamochi] volumes = [...], and point the database URL there",
        own_frame(log),
        UNNAMED,
    )


def unwritable_path(path: str | None, log: str) -> str:
    """With a slash at its end when the traceback ends in a call that makes a folder."""
    if not path:
        return ""
    made = re.search(r"\bmkdir\(|\bmakedirs\(", "\n".join(log[: log.rfind(path)].splitlines()[-4:]))
    return f"{path.rstrip('/')}/" if made else path


def read_only_hint(path: str) -> str:
    """A volume over the code's own folder would hide the code: that is not advised."""
    if posixpath.dirname(path) in ("/app", ""):
        return (
            "let it write into a folder without code (app.instance_path, data/), which becomes a volume; "
            "or to /tmp what may be lost"
        )
    above = posixpath.dirname(path)
    folder = path if above == "/" else above
    return (
        f'make {folder} a volume, if it holds no code: [tool.okamochi] volumes = ["..."]; '
        "or write to /tmp what may be lost"
    )
