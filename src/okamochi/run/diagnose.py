"""Why an app did not start: known traces in its log, each with a remedy. The first rule that matches wins."""

import re
import sys

from msgspec.structs import replace

from okamochi.run.file_failures import (
    database_file,
    full_folder,
    missing_file,
    missing_file_elsewhere,
    missing_folder,
    missing_program,
    missing_shared_library,
    missing_static_file,
    missing_template,
    permission_denied,
    read_only,
)
from okamochi.run.import_failures import (
    django_set_up_late,
    failing_import,
    failing_package,
    missing_metadata,
    missing_module,
    withheld_name,
)
from okamochi.run.locales import missing_locale
from okamochi.run.missing_values import (
    missing_database_address,
    missing_google_credentials,
    missing_variable,
    required_variable_said,
)
from okamochi.run.port_failures import address_taken
from okamochi.run.refused_values import refused_values
from okamochi.run.service_failures import (
    missing_database,
    missing_schema,
    missing_table,
    own_socket,
    refused_password,
    unasked_password,
    unencrypted_service,
    unreachable_service,
)
from okamochi.run.time_zones import missing_time_zone
from okamochi.run.traces import (
    FRAME,
    SEE_TRACEBACK,
    Cause,
    Diagnosis,
    direct_cause,
    last,
    last_raised,
    last_trace,
    own_frame,
    own_frames,
    told_by,
)
from okamochi.run.worker_failures import bad_concurrency, ends_itself, out_of_memory, worker_timeout
from okamochi.system.patterns import regex

__all__ = ["diagnose", "exception"]


MOST_OF_AN_ERROR = 300
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


@told_by(r"Failed to (?:find attribute|parse) '(?P<name>[^']*)' (?:in '(?P<module>[^']*)'|as)")
def missing_application(found: re.Match[str], log: str) -> Cause | None:
    place = f" in the module {found['module']}" if found["module"] else ""
    return Cause(
        f"the server finds no application {found['name']}{place}",
        'say where it is: [tool.okamochi] entrypoint = "module:name"',
    )


OTHER_ENCODING = ("codec can't decode", "Non-UTF-8 code", "null bytes", "unknown encoding")


@told_by(r"^(?P<kind>SyntaxError|IndentationError|TabError): (?P<text>.+)$")
def syntax_error(found: re.Match[str], log: str) -> Cause | None:
    frames = list(FRAME.finditer(log))
    where = f"{frames[-1]['path']}:{frames[-1]['line']}" if frames else ""
    hint = "correct that line"
    if any(words in found["text"] for words in OTHER_ENCODING):
        hint = "save the file as UTF-8, or name its encoding in its first line: # -*- coding: latin-1 -*-"
    return Cause(f"{found['kind']}: {found['text']}", hint, where)


@told_by(r"^[\w.]*SystemCheckError: [^\n]*\n\s*ERRORS:\n(?P<text>[^\n]+)")
def django_checks(found: re.Match[str], log: str) -> Cause | None:
    """What `manage.py` refuses to start with: https://docs.djangoproject.com/en/stable/ref/checks/"""
    return Cause(f"Django's own checks fail: {found['text'].strip()[:300]}", "correct the setting named here")


@told_by(r"^okamochi: (?!no lock: )(?P<text>.+)$")
def secret_refused(found: re.Match[str], log: str) -> Cause | None:
    """The kit's last word; what it only remarks is followed by what the app itself raises."""
    if "Traceback (most recent call last)" in log[found.end() :]:
        return None
    return Cause(found["text"], "correct the variable or the file named here")


def missing_model(log: str) -> Cause | None:
    """Data that libraries of languages have beside themselves: https://spacy.io/usage/models#download-pip,
    https://www.nltk.org/data.html"""
    model = last(r"\[E050\] Can't find model '(?P<name>[\w.-]+)'", log)
    data = last(
        r"Resource \W*(?:\d+m)?(?P<name>\w+)\b[^\n]*not found\.\s+Please use the NLTK Downloader", log
    )
    if model is not None:
        return Cause(
            f"spaCy's model {model['name']} is not in the image",
            "no index has it: write the address of its wheel, of the releases of explosion/spacy-models, "
            f"into the requirements ({model['name']} @ https://...)",
            own_frame(log),
        )
    if data is not None:
        return Cause(
            f"NLTK's data {data['name']} is not in the image",
            f"put it beside the code (python -m nltk.downloader -d nltk_data {data['name']}) and let the app "
            'find it: nltk.data.path.append("nltk_data")',
            own_frame(log),
        )
    return None


@told_by(
    r"^AssertionError: View function mapping is overwriting an existing endpoint function: (?P<name>.+)$"
)
def doubled_endpoint(found: re.Match[str], log: str) -> Cause | None:
    """Flask names a route after its function: https://flask.palletsprojects.com/en/stable/api/#flask.Flask.route"""
    return Cause(
        f"two routes of the app have the endpoint {found['name']}, the name of their function",
        "give one of the functions another name, or its route endpoint=...; the app's own decorators keep "
        "names by functools.wraps",
        own_frame(log),
    )


@told_by(r"exec format error")
def wrong_platform(found: re.Match[str], log: str) -> Cause | None:
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
    if lacks is not None and not is_known(lacks["package"], trace.text):
        hint = (
            f"if {lacks['package']} is a package, another version of it has that name: bound it in the "
            "requirements; okamochi.lock tells the installed one"
        )
    return Cause(
        f"the app raises {cut(trace.error)}" + (f", from {cut(cause)}" if cause else ""),
        hint,
        own_frame(trace.text),
    )


def is_known(package: str, trace: str) -> bool:
    """Whether it is Python's, or a folder of the app by its frames: no index has another version of it."""
    parts = {part for one in own_frames(trace) for part in one["path"].split("/")}
    return package in sys.stdlib_module_names or package in parts


def cut(text: str) -> str:
    return text if len(text) <= MOST_OF_AN_ERROR else f"{text[:MOST_OF_AN_ERROR]}…"


@told_by(r"Name or service not known|Temporary failure in name resolution|getaddrinfo failed")
def unresolved_name(found: re.Match[str], log: str) -> Cause | None:
    """Told again and again by an app that waits for something of the network while it starts."""
    near = log[max(0, found.start() - 500) : found.end()]
    host = last(r"host=['\"](?P<name>[\w.-]+)['\"]|Failed to resolve ['\"](?P<other>[\w.-]+)['\"]", near)
    name = (host["name"] or host["other"]) if host is not None else ""
    return Cause(
        f"the app asks for {name or 'a host'}, whose name cannot be resolved where it runs",
        "what it fetches while it starts has to be reachable (a way out, a proxy: HTTPS_PROXY), or to be put "
        "into the image or a volume beforehand",
        own_frame(log),
    )


RULES: tuple[Diagnosis, ...] = (
    django_set_up_late,
    missing_time_zone,
    missing_locale,
    missing_variable,
    missing_shared_library,
    missing_program,
    missing_file,
    missing_file_elsewhere,
    missing_static_file,
    missing_template,
    missing_folder,
    missing_metadata,
    missing_module,
    syntax_error,
    missing_application,
    read_only,
    full_folder,
    database_file,
    missing_table,
    missing_schema,
    refused_password,
    unasked_password,
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
    doubled_endpoint,
    missing_model,
    secret_refused,
)
LAST_RESORTS: tuple[Diagnosis, ...] = (
    withheld_name,
    failing_package,
    exception,
    unresolved_name,
    ends_itself,
)
