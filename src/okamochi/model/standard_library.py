"""Modules that every Python has itself: a package of the same name is never imported."""

import sys

from okamochi.system.patterns import regex

__all__ = ["is_in_every_python", "is_of_debians_pip"]

# gone from a Python that there is a base for, or not in all of them yet: PEP 594, PEP 632
# fmt: off
NOT_IN_ALL = frozenset({
    "_crypt", "aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "crypt", "distutils",
    "imghdr", "imp", "lib2to3", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "smtpd",
    "sndhdr", "spwd", "sunau", "telnetlib", "tomllib", "uu", "xdrlib",
})
# fmt: on
PRINTED_BY_DEBIAN = regex(r"pkg[-_]resources\s*==\s*0\.0\.0")


def is_in_every_python(name: str) -> bool:
    """Of a package's normalized name: wsgiref, uuid, dataclasses. The standard library comes first on
    Python's path, so such a package, a copy for Python 2 mostly, would lie there unused."""
    return name in sys.stdlib_module_names and name not in NOT_IN_ALL


def is_of_debians_pip(specifier: str) -> bool:
    """`pkg-resources==0.0.0`, which no index has: pip freeze in a virtual environment of Debian or Ubuntu
    prints it, since they packed that part of setuptools apart. https://github.com/pypa/pip/issues/4022"""
    return PRINTED_BY_DEBIAN.fullmatch(specifier.strip()) is not None
