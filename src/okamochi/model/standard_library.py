"""Modules that every Python has itself: a package of the same name is never imported."""

import sys

__all__ = ["is_in_every_python"]

# gone from a Python that there is a base for, or not in all of them yet: PEP 594, PEP 632
# fmt: off
NOT_IN_ALL = frozenset({
    "_crypt", "aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "crypt", "distutils",
    "imghdr", "imp", "lib2to3", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "smtpd",
    "sndhdr", "spwd", "sunau", "telnetlib", "tomllib", "uu", "xdrlib",
})
# fmt: on


def is_in_every_python(name: str) -> bool:
    """Of a package's normalized name: wsgiref, uuid, dataclasses. The standard library comes first on
    Python's path, so such a package, a copy for Python 2 mostly, would lie there unused."""
    return name in sys.stdlib_module_names and name not in NOT_IN_ALL
