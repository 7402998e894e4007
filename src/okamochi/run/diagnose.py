"""Why an app did not start: known traces in its log, each with a remedy. The first rule that matches wins."""

import posixpath
import re
import sys
from collections.abc import Callable

from msgspec.structs import replace

from okamochi.run.import_failures import (
    django_set_up_late,
    failing_import,
    failing_package,
    missing_metadata,
    missing_module,
    withheld_name,
)
from okamochi.run.missing_values import (
    missing_database_address,
    missing_google_credentials,
    missing_variable,
    required_variable_said,
)
from okamochi.run.refused_values import refused_values
from okamochi.run.service_failures import (
    missing_database,
    own_socket,
    refused_password,
    unencrypted_service,
    unreachable_service,
)
from okamochi.run.traces import (
    FRAME,
    SEE_TRACEBACK,
    UNNAMED,
    Cause,
    direct_cause,
    last,
    last_raised,
    last_trace,
    own_frame,
)
from okamochi.system.patterns import regex

__all__ = ["RULES", "Cause", "diagnose", "ended_workers", "killed_workers"]


# what is to be written misses its folder, not itself
TO_WRITE = regex(r"\bopen\(.*[\"'][wax]b?\+?[\"']|\.save\(|write_(?:text|bytes)\(|FileHandler")

MOST_OF_AN_ERROR = 300
MADE_OR_LEFT_OUT = (
    "where a step of its own makes it (npm, a script), take that step before okamochi builds; where the "
    "project has it, see what leaves it out: okamochi plan --explain source.exclude"
)
SENT = regex(r"\bsend_(?:static_file|from_directory)\([^\n]*?[\"'](?P<name>[\w./-]+\.\w+)[\"']\)")
LACKING = regex(r"AttributeError: module '(?P<package>\w+)[\w.]*' has no attribute '\w+'")


def diagnose(log: str, *, contained: bool = True) -> Cause | None:
    """The cause that the log shows, None when no rule knows it. Not `contained` is what the host engine runs:
    for it this machine's network is its own.

    Of tracebacks that follow each other the last counts: what the code itself took up ended nothing.
    """
    cause = _first_cause(log)
    if cause is None or contained or cause.uncontained is None:
        return cause
    text, hint = cause.uncontained
    return replace(cause, text=text, hint=hint)


def _first_cause(log: str) -> Cause | None:
    ended = last_raised(log)
    for text, rules in ((ended, RULES), (log, RULES), (ended, LAST_RESORTS)):
        for rule in rules:
            cause = rule(text)
            if cause is not None:
                return cause
    return None


def missing_shared_library(log: str) -> Cause | None:
    found = last(
        r"(?:OSError: cannot load library '(?P<a>[^']+)'|(?P<b>lib[\w.+-]+\.so[\w.]*): cannot open"
        r"|\b(?P<c>lib\w+) library not found)",
        log,
    )
    if found is None:
        return None
    return Cause(
        f"the native library {found['a'] or found['b'] or found['c']} is missing in the image",
        "name the Debian package that holds it in [tool.okamochi] packages",
        own_frame(log),
    )


def missing_program(log: str) -> Cause | None:
    found = last(r"^FileNotFoundError: \[Errno 2\] No such file or directory: '(?P<name>[\w.+-]+)'", log)
    if found is None or "in _execute_child" not in log:
        return None
    return Cause(
        f"the app starts the program {found['name']}, which is not in the image",
        f"name the Debian package that holds it: [tool.okamochi] packages = [...]; or let the app do without "
        f"{found['name']}",
        own_frame(log),
    )


def missing_file(log: str) -> Cause | None:
    """One of the app's own, and below a folder: what it opens by its name alone may be a program."""
    found = last(
        r"^FileNotFoundError: \[Errno 2\] No such file or directory: '(?P<path>[^'/][^']*/[^']+|/app/[^']+)'",
        log,
    )
    trace = last_trace(log)
    if found is None or trace is None or TO_WRITE.search(trace.text) is not None:
        return None
    return Cause(
        f"the app opens {found['path']}, which is not in the image",
        MADE_OR_LEFT_OUT,
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


def missing_template(log: str) -> Cause | None:
    """A page that Django, Flask or another user of Jinja does not find."""
    found = last(r"^[\w.]*(?:TemplateNotFound|TemplateDoesNotExist): (?P<name>\S+)$", log)
    if found is None:
        return None
    flask = (
        "Flask looks in templates/ beside the module that makes the app, or in template_folder, in the very "
        "spelling (Templates/ is another folder in a container); "
    )
    return Cause(
        f"the template {found['name']} is not found",
        f"{flask if 'jinja2' in found.group() else ''}{MADE_OR_LEFT_OUT}",
        own_frame(log),
    )


def missing_folder(log: str) -> Cause | None:
    """In the words of Starlette's StaticFiles."""
    found = last(r"^RuntimeError: Directory '(?P<path>[^']+)' does not exist", log)
    if found is None:
        return None
    path = found["path"]
    return Cause(
        f"the app serves the folder {path}, which is not in the image",
        f'what is filled while the app runs is a volume: [tool.okamochi] volumes = ["{path}"]; where a step '
        "of its own makes it (npm, a script), take that step before okamochi builds; what is left out "
        "shows okamochi plan --explain source.exclude",
        own_frame(log),
    )


def missing_application(log: str) -> Cause | None:
    found = last(r"Failed to (?:find attribute|parse) '(?P<name>[^']*)' (?:in '(?P<module>[^']*)'|as)", log)
    if found is None:
        return None
    place = f" in the module {found['module']}" if found["module"] else ""
    return Cause(
        f"the server finds no application {found['name']}{place}",
        'say where it is: [tool.okamochi] entrypoint = "module:name"',
    )


OTHER_ENCODING = ("codec can't decode", "Non-UTF-8 code", "null bytes", "unknown encoding")


def syntax_error(log: str) -> Cause | None:
    found = last(r"^(?P<kind>SyntaxError|IndentationError|TabError): (?P<text>.+)$", log)
    if found is None:
        return None
    frames = list(FRAME.finditer(log))
    where = f"{frames[-1]['path']}:{frames[-1]['line']}" if frames else ""
    hint = "correct that line"
    if any(words in found["text"] for words in OTHER_ENCODING):
        hint = "save the file as UTF-8, or name its encoding in its first line: # -*- coding: latin-1 -*-"
    return Cause(f"{found['kind']}: {found['text']}", hint, where)


def read_only(log: str) -> Cause | None:
    found = last(r"Read-only file system: ?'?(?P<path>[^'\n]*)'?", log)
    if found is None:
        return None
    return Cause(
        f"the app writes to {found['path'] or 'its own folder'}, which is read-only in the container",
        read_only_hint(found["path"]),
        own_frame(log),
        unwritable_path(found["path"], log),
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


def database_file(log: str) -> Cause | None:
    if last(r"unable to open database file|attempt to write a readonly database", log) is None:
        return None
    return Cause(
        "SQLite cannot write its database file",
        "keep it in a volume: [tool.okamochi] volumes = [...], and point the database URL there",
        own_frame(log),
        UNNAMED,
    )


def missing_table(log: str) -> Cause | None:
    found = last(
        r"no such table: (?P<a>[\w.]+)|relation \"(?P<b>[\w.]+)\" does not exist"
        r"|Table '(?P<c>[\w.]+)' doesn't exist",
        log,
    )
    if found is None:
        return None
    table = found["a"] or found["b"] or found["c"]
    return Cause(
        f"the table {table} does not exist: the database was not migrated",
        "create the tables: okamochi exec -- flask db upgrade, or the app's own command for it "
        "(okamochi exec -- flask --help lists all)",
        own_frame(log),
    )


def missing_schema(log: str) -> Cause | None:
    """In the words of PostgreSQL."""
    found = last(r"schema \"(?P<name>\w+)\" does not exist", log)
    if found is None:
        return None
    return Cause(
        f"the schema {found['name']} does not exist in the database, and no migration makes it",
        f"let the first migration make it (CREATE SCHEMA {found['name']}), or mount a file with "
        "that statement into the database's /docker-entrypoint-initdb.d in the project's compose file",
        own_frame(log),
    )


def django_checks(log: str) -> Cause | None:
    """What `manage.py` refuses to start with: https://docs.djangoproject.com/en/stable/ref/checks/"""
    found = last(r"^[\w.]*SystemCheckError: [^\n]*\n\s*ERRORS:\n(?P<text>[^\n]+)", log)
    if found is None:
        return None
    return Cause(f"Django's own checks fail: {found['text'].strip()[:300]}", "correct the setting named here")


def secret_refused(log: str) -> Cause | None:
    """The kit's last word; what it only remarks is followed by what the app itself raises."""
    found = last(r"^okamochi: (?!no lock: )(?P<text>.+)$", log)
    if found is None or "Traceback (most recent call last)" in log[found.end() :]:
        return None
    return Cause(found["text"], "correct the variable or the file named here")


def bad_concurrency(log: str) -> Cause | None:
    found = last(r"^ValueError: invalid literal for int\(\) with base 10: '(?P<value>[^']*)'", log)
    if found is None or "gunicorn/config.py" not in log or "WEB_CONCURRENCY" not in log:
        return None
    return Cause(
        f"WEB_CONCURRENCY={found['value']} is no number", "set it to a whole number, or leave it out"
    )


def address_taken(log: str) -> Cause | None:
    found = last(r"Connection in use: \('(?P<address>[^']*)', (?P<port>\d+)\)|Address already in use", log)
    if found is None:
        return None
    return Cause(
        f"port {found['port'] or ''} is taken where the server wants to listen".replace("  ", " "),
        "stop the process that holds it, or choose another port with --port",
    )


def permission_denied(log: str) -> Cause | None:
    found = last(r"PermissionError: \[Errno 13\] Permission denied(?:: '(?P<path>[^']*)')?", log)
    if found is None:
        return None
    return Cause(
        f"the app may not use {found['path'] or 'a file'}: it runs as an ordinary user, not as root",
        "make the folder that it writes a volume: [tool.okamochi] volumes = [...]",
        own_frame(log),
        unwritable_path(found["path"], log),
    )


def worker_timeout(log: str) -> Cause | None:
    """gunicorn kills a worker that does not answer, and wonders then whether its memory was the reason."""
    late = set(re.findall(r"WORKER TIMEOUT \(pid:(\d+)\)", log))
    if not late or killed_workers(log) or "was sent SIGKILL" not in log:
        return None
    return Cause(
        "a worker did not answer within its time limit and was stopped",
        "something in it waits or computes for too long: the log shows where it was (okamochi logs); "
        "GUNICORN_TIMEOUT=120 gives it more seconds",
    )


def killed_workers(log: str) -> set[str]:
    """Those that somebody else than gunicorn killed, which is the system, for want of memory."""
    killed = set(re.findall(r"Worker \(pid:(\d+)\) was sent SIGKILL", log))
    return killed - set(re.findall(r"WORKER TIMEOUT \(pid:(\d+)\)", log))


def ended_workers(log: str) -> dict[str, str]:
    """Those that ended by themselves, each with its exit code; with 3 and 4 gunicorn ends what it could not
    boot, and tells why."""
    ended = re.findall(r"Worker \(pid:(\d+)\) exited with code (\d+)", log)
    return {worker: code for worker, code in ended if code not in ("3", "4")}


def ends_itself(log: str) -> Cause | None:
    """sys.exit() where the app is loaded, as some do until a setting is made."""
    codes = set(ended_workers(log).values())
    if len(codes) != 1 or last_trace(log) is not None:
        return None
    return Cause(
        f"the app ends itself while it is loaded, with exit code {codes.pop()}",
        "what it wrote before that is above: most often it wants a setting to be made "
        "(okamochi up --env-file FILE)",
    )


def out_of_memory(log: str) -> Cause | None:
    if last(r"Perhaps out of memory\?|^MemoryError|Cannot allocate memory", log) is None:
        return None
    return Cause(
        "a process ran out of memory",
        'give it more: [tool.okamochi] memory = "1G"; or fewer workers: WEB_CONCURRENCY=1',
    )


def wrong_platform(log: str) -> Cause | None:
    if last(r"exec format error", log) is None:
        return None
    return Cause(
        "the image is for another processor than this machine's",
        "build it for this one: leave --platform out",
    )


def exception(log: str) -> Cause | None:
    """Any other traceback: at least its last line and the place in the app."""
    trace = last_trace(log)
    if trace is None:
        return None
    cause = direct_cause(log, trace)
    hint = SEE_TRACEBACK
    lacks = LACKING.match(trace.error)
    if lacks is not None and lacks["package"] not in sys.stdlib_module_names:
        hint = (
            f"if {lacks['package']} is a package, another version of it has that name: bound it in the "
            "requirements; okamochi.lock tells the installed one"
        )
    return Cause(
        f"the app raises {cut(trace.error)}" + (f", from {cut(cause)}" if cause else ""),
        hint,
        own_frame(trace.text),
    )


def cut(text: str) -> str:
    return text if len(text) <= MOST_OF_AN_ERROR else f"{text[:MOST_OF_AN_ERROR]}…"


def unresolved_name(log: str) -> Cause | None:
    """Told again and again by an app that waits for something of the network while it starts."""
    found = last(r"Name or service not known|Temporary failure in name resolution|getaddrinfo failed", log)
    if found is None:
        return None
    near = log[max(0, found.start() - 500) : found.end()]
    host = last(r"host=['\"](?P<name>[\w.-]+)['\"]|Failed to resolve ['\"](?P<other>[\w.-]+)['\"]", near)
    name = (host["name"] or host["other"]) if host is not None else ""
    return Cause(
        f"the app asks for {name or 'a host'}, whose name cannot be resolved where it runs",
        "what it fetches while it starts has to be reachable (a way out, a proxy: HTTPS_PROXY), or to be put "
        "into the image or a volume beforehand",
        own_frame(log),
    )


RULES: tuple[Callable[[str], Cause | None], ...] = (
    django_set_up_late,
    missing_variable,
    missing_shared_library,
    missing_program,
    missing_file,
    missing_static_file,
    missing_template,
    missing_folder,
    missing_metadata,
    missing_module,
    syntax_error,
    missing_application,
    read_only,
    database_file,
    missing_table,
    missing_schema,
    refused_password,
    missing_database,
    unencrypted_service,
    unreachable_service,
    address_taken,
    permission_denied,
    refused_values,
    missing_database_address,
    missing_google_credentials,
    required_variable_said,
    failing_import,
    bad_concurrency,
    worker_timeout,
    out_of_memory,
    wrong_platform,
    own_socket,
    django_checks,
    secret_refused,
)
LAST_RESORTS: tuple[Callable[[str], Cause | None], ...] = (
    withheld_name,
    failing_package,
    exception,
    unresolved_name,
    ends_itself,
)
