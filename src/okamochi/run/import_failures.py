"""Why an import of the app fails: missing modules, some of them gone from Python, and versions at odds."""

import posixpath
import re
import sys

from okamochi.run.traces import Cause, last, last_trace, library_of_last_frame, own_frame, told_by
from okamochi.system.patterns import regex

__all__ = [
    "SET_UP_LATE",
    "SUITED_SETUPTOOLS",
    "django_set_up_late",
    "failing_import",
    "failing_package",
    "missing_metadata",
    "missing_module",
    "withheld_name",
    "withholding_package",
]

SET_UP_LATE = "the app imports models before Django is set up"
SUITED_SETUPTOOLS = "setuptools<81"
# A package that answers an import itself (PEP 562), with an error of its own where it no longer has the name,
# as pydantic does since its second version. The lines between are those of an import in parentheses.
WITHHELD = regex(
    r"^ {4}from (?P<module>\w+)[\w.]* import .*(?:\n {4}.*)*\n"
    r' +File "[^"\n]*/site-packages/(?P=module)/[^"\n]*", line \d+, in __getattr__$',
    re.MULTILINE,
)
# modules of the standard library that Python 3.12 and 3.13 left out
REMOVED = frozenset(
    re.findall(
        r"\w+",
        "aifc asynchat asyncore audioop cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap nis "
        "nntplib ossaudiodev pipes smtpd sndhdr spwd sunau telnetlib uu xdrlib",
    )
)


@told_by(r"^ModuleNotFoundError: No module named '(?P<name>[^']+)'")
def missing_module(found: re.Match[str], log: str) -> Cause | None:
    if found["name"] == "pkg_resources":
        return Cause(
            "the module pkg_resources cannot be imported: setuptools no longer brings it",
            f"ask for {SUITED_SETUPTOOLS} in the requirements, or for a newer version of what imports it"
            + importer(log),
            own_frame(log),
        )
    if found["name"].partition(".")[0] in REMOVED:
        return Cause(
            f"the module {found['name']} cannot be imported: Python no longer has it",
            "take a version of what imports it that fits the image's Python" + importer(log),
            own_frame(log),
        )
    if found["name"].partition(".")[0] == library_of_last_frame(log[: found.start()]):
        return too_old(found["name"].partition(".")[0], f"no module {found['name']}", log)
    whole, dot, _ = found["name"].rpartition(".")
    if whole.partition(".")[0] in sys.stdlib_module_names:
        return hidden(whole.partition(".")[0], found["name"], log)
    if dot:  # of a name with dots Python tells the whole only when what is before the last one was found
        return without_part(whole, found["name"], log)
    return Cause(
        f"the module {found['name']} cannot be imported: it is not installed in the image",
        "add its package to the requirements; a module of the app itself: check the entry point's folder",
        own_frame(log),
    )


def hidden(top: str, module: str, log: str) -> Cause:
    """A part of a module of Python's own that is not there: a file of the app's has that module's name."""
    own = last(rf'File "(?P<path>/app/(?:[^"]*/)?{top}(?:/__init__)?\.py)"', log)
    place = own["path"] if own is not None else f"{top}.py"
    return Cause(
        f"the module {module} cannot be imported: the app's own {place} takes the place of Python's {top}",
        f"give that file another name, or move it into a package: every library that imports {top} gets it",
        own_frame(log),
    )


def without_part(package: str, module: str, log: str) -> Cause:
    top = package.partition(".")[0]
    stored = " A pickled file asks for the modules of the version that wrote it: write it anew, or"
    pickled = stored if re.search(r"\bpickle|joblib|\.load\(", log) else f" If {top} was installed,"
    return Cause(
        f"the module {module} cannot be imported: {package} is there, but has no such part",
        f"if {top} is the app's own, a file is missing or is ignored.{pickled} bound {top} in the "
        "requirements to the versions that have it",
        own_frame(log),
    )


@told_by(
    r"^[\w.]*(?:ImproperlyConfigured: Requested setting \w+, but settings are not configured"
    r"|AppRegistryNotReady: Apps aren't loaded yet)"
)
def django_set_up_late(found: re.Match[str], log: str) -> Cause | None:
    """An asgi.py that imports consumers, and with them models, above get_asgi_application(): runserver sets
    Django up before it loads that file, servers do not.
    https://channels.readthedocs.io/en/latest/installation.html"""
    return Cause(
        SET_UP_LATE,
        "in the module that the server loads (asgi.py, routing.py), set DJANGO_SETTINGS_MODULE and call "
        "get_asgi_application() first, and move the imports of routes and consumers below it; "
        "manage.py runserver does not need that, every other server does",
        own_frame(log),
    )


@told_by(r"PackageNotFoundError: No package metadata was found for (?P<name>[\w.-]+)")
def missing_metadata(found: re.Match[str], log: str) -> Cause | None:
    return Cause(
        f"the code asks for the version of {found['name']}, which is not installed as a package in the image",
        f"if {found['name']} is the app itself: its files are copied, it is not installed, so catch "
        "PackageNotFoundError or keep the version in the code; else add it to the requirements",
        own_frame(log),
    )


@told_by(r"^ImportError: (?P<text>.+)$")
def failing_import(found: re.Match[str], log: str) -> Cause | None:
    if found["text"].startswith("attempted relative import"):
        return outside_of_a_package(log)
    return (
        missing_name(log)
        or hiding_module(log)
        or Cause(f"an import fails: {found['text']}", "see the line named here", own_frame(log))
    )


def outside_of_a_package(log: str) -> Cause:
    """A module with `from .db import x` that the server loads by itself; also __init__.py of a project whose
    own folder is the package, which is /app in the image whatever its name."""
    where = own_frame(log)
    module = "the app's module" if not where else posixpath.basename(where.rpartition(":")[0])
    return Cause(
        f"an import fails: {module} imports with a dot, and is loaded as no part of a package",
        'put the package into a folder of the project and name it (entrypoint = "folder.module:app"), or '
        "write that import without the dot",
        where,
    )


def hiding_module(log: str) -> Cause | None:
    """`from flask import Flask` in a flask.py of the project, which asks itself."""
    found = last(
        r"^ImportError: cannot import name '\w+' from partially initialized module '(?P<module>\w+)' "
        r"\(.*\) \((?P<path>.+?)\)$",
        log,
    )
    where = own_frame(log)
    if found is None or where.rpartition(":")[0] != found["path"]:
        return None
    name = posixpath.basename(found["path"])
    return Cause(
        f"an import fails: {name} of the project hides the package {found['module']}, and imports itself",
        f"give {name} another name, such as app.py",
        where,
    )


@told_by(r"^ImportError: cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)' \((?P<path>.+?)\)")
def missing_name(found: re.Match[str], log: str) -> Cause | None:
    """A name that the installed version of a package no longer has, or not yet."""
    if "/site-packages/" not in found["path"]:
        return None
    package = found["module"].partition(".")[0]
    library = library_of_last_frame(log[: found.start()])
    who = library if library not in ("", package) else "the app"
    other = f", or take a version of {library} that fits" if who == library else ""
    if who == "the app":
        other = f"; if {package} is meant to be a module of the project, its file is not there"
    return Cause(
        f"an import fails: {who} imports {found['name']} from {found['module']}, which the installed version "
        f"of {package} does not have",
        f"bound {package} in the requirements to the versions that have it (okamochi.lock tells which are "
        f"installed){other}",
        own_frame(log),
    )


def withholding_package(log: str) -> str:
    """The package that answers an import of its name with an error of its own; "" where none does."""
    found = [*WITHHELD.finditer(log)]
    return found[-1]["module"] if found else ""


def withheld_name(log: str) -> Cause | None:
    package = withholding_package(log)
    trace = last_trace(log)
    if not package or trace is None:
        return None
    return Cause(
        f"an import fails, since the installed version of {package} left the name out: {trace.error}",
        f"bound {package} in the requirements to the versions that have it; okamochi.lock tells which one "
        "is installed",
        own_frame(log),
    )


def importer(log: str) -> str:
    library = library_of_last_frame(log)
    return f" ({library})" if library else ""


def failing_package(log: str) -> Cause | None:
    """A package of which the very import raises something: most often one older than the image's Python."""
    trace = last_trace(log)
    library = library_of_last_frame(trace.text) if trace is not None else ""
    if trace is None or library in ("", "gunicorn"):
        return None
    if re.search(rf"/site-packages/{re.escape(library)}\b[^\n]*, in <module>", trace.text) is None:
        return None
    return too_old(library, trace.error, trace.text)


def too_old(library: str, error: str, log: str) -> Cause:
    return Cause(
        f"the package {library} fails while it is imported: {error}",
        f"its version may be older than the image's Python: ask for a newer {library} in the requirements",
        own_frame(log),
    )
