"""Console scripts (entry-points specification), written the same way on every machine."""

import configparser
import re

from okamochi.model.kit_programs import PYTHON

__all__ = ["console_scripts", "with_image_interpreter"]

SECTIONS = ("console_scripts", "gui_scripts")
NAME = re.compile(r"[A-Za-z0-9_.+-]+")
OBJECT_REFERENCE = re.compile(r"([A-Za-z_][\w.]*)\s*(?::\s*([A-Za-z_][\w.]*))?\s*(?:\[[^\]]*\])?", re.ASCII)
PYTHON_LINE = re.compile(
    rb"#!\s*(?:\S*/)?(?:env\s+(?:-S\s+)?)?(?:\S*/)?(?:python|pypy)w?[0-9.]*(?:[ \t][^\n]*)?\n?"
)
# What installers write when the interpreter's path is too long for a #! line.
TRAMPOLINE = re.compile(rb"#!/bin/sh\n'''exec' [^\n]*\n' '''\n")
SCRIPT = """\
#!{interpreter}
import sys
from {module} import {attribute}
if __name__ == "__main__":
    sys.exit({called}())
"""


def console_scripts(entry_points: str) -> dict[str, bytes]:
    """File name in bin/ to content, for the scripts that entry_points.txt declares; sorted by name.

    Names or references that the specification does not allow are left out: they could not be run either.
    """
    parser = configparser.RawConfigParser(delimiters=("=",), strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(entry_points)
    except configparser.Error:
        return {}
    declared = {
        name.strip(): reference.strip()
        for section in SECTIONS
        if parser.has_section(section)
        for name, reference in parser.items(section)
        if reference
    }
    return {name: text for name, reference in sorted(declared.items()) if (text := _script(name, reference))}


def _script(name: str, reference: str) -> bytes:
    found = OBJECT_REFERENCE.fullmatch(reference)
    if found is None or found[2] is None or NAME.fullmatch(name) is None or name in (".", ".."):
        return b""
    attribute = found[2].partition(".")[0]
    text = SCRIPT.format(interpreter=PYTHON, module=found[1], attribute=attribute, called=found[2])
    return text.encode()


def with_image_interpreter(script: bytes, *, host_interpreter: str) -> bytes:
    """A script that a wheel ships, with its #! line pointing to the image's Python; others as they are."""
    first_line = f"#!{PYTHON}\n".encode()
    if found := TRAMPOLINE.match(script):
        return first_line + script[found.end() :]
    head, newline, rest = script.partition(b"\n")
    if head.rstrip() == b"#!" + host_interpreter.encode() or PYTHON_LINE.fullmatch(head + newline):
        return first_line + rest
    return script
