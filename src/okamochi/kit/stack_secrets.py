"""The secrets of a stack, in volumes that its services mount: made up once, kept from then on.

A program that a compose file runs before everything else: python stack_secrets.py ENTRY...
    FOLDER/NAME         a secret that nobody has to know: made up when it is neither given nor there
    FOLDER/NAME?        one that must be given
    FOLDER/NAME??       one that may be given, and is left out otherwise
    FOLDER/NAME=TEXT    TEXT, with the secret OTHER in the place of {OTHER}
FOLDER is a volume below /secrets, and NAME the file in it. A value that is given wins over one that is kept:
as the file /secrets/given/NAME, else as the variable NAME. Values never appear in what is printed.
"""

# pathlib would double the time of the imports:
# ruff: noqa: PTH105, PTH118, PTH123, PTH211

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

ROOT = "/secrets"
GIVEN = "given"
PLACEHOLDERS = ("changeme", "change-me", "change_me", "todo", "xxx", "<secret>")


class SecretsError(Exception):
    """Secrets that are missing or cannot be kept; the text names them, never their values."""


class Entry:
    """One argument: `template` is None for a value of its own, `required` says that nobody may make it up,
    `optional` that it may be missing as well."""

    def __init__(self, argument: str) -> None:
        place, equals, text = argument.partition("=")
        self.template = text if equals else None
        self.required = not equals and place.endswith("?")
        self.optional = not equals and place.endswith("??")
        self.folder, _, self.name = place.rstrip("?").partition("/")
        if not self.folder or not self.name.isidentifier():
            raise SecretsError("no FOLDER/NAME: " + place)


def keep(root: str, arguments: list[str], environ: Mapping[str, str]) -> list[str]:
    """Writes every secret that is new or changed; returns what was done, a line for each name. SecretsError
    lists all that must be given and are not; then nothing is written."""
    entries = [Entry(argument) for argument in arguments]
    values: dict[str, str] = {}
    told: dict[str, str] = {}
    for entry in entries:
        if entry.template is None and entry.name not in values:
            values[entry.name], told[entry.name] = value_of(root, entry, environ)
    optional = {entry.name for entry in entries if entry.optional}
    missing = sorted(name for name, value in values.items() if not value and name not in optional)
    if missing:
        raise SecretsError(
            "no value for " + ", ".join(missing) + ": set it in .env, or write it to the file secrets/NAME"
        )
    for entry in entries:
        if entry.template is not None and entry.name not in values:
            given = given_value(root, entry.name, environ)
            values[entry.name] = given or filled(entry.template, values)
            told[entry.name] = "given" if given else "put together"
    for entry in entries:
        if values[entry.name]:
            write(os.path.join(root, entry.folder), entry.name, values[entry.name])
    return [name + ": " + told[name] for name in sorted(told)]


def value_of(root: str, entry: Entry, environ: Mapping[str, str]) -> tuple[str, str]:
    """The value and where it comes from; "" when there is none."""
    given = given_value(root, entry.name, environ)
    if given:
        return given, "given"
    kept = text_of(os.path.join(root, entry.folder, entry.name))
    if kept:
        return kept, "kept"
    # hexadecimal digits: a password stands in addresses
    return ("", "not given") if entry.required else (os.urandom(24).hex(), "made up")


def given_value(root: str, name: str, environ: Mapping[str, str]) -> str:
    variable = environ.get(name, "")
    given = text_of(os.path.join(root, GIVEN, name)) or (variable if variable.strip() else "")
    if given.strip().lower() in PLACEHOLDERS:
        raise SecretsError(name + " is a placeholder, no secret")
    return given


def text_of(path: str) -> str:
    """Without one trailing line break; "" for a file that is not there."""
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            text = stream.read()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SecretsError(path + " cannot be read: " + type(error).__name__) from None
    text = text[:-2] if text.endswith("\r\n") else text[:-1] if text.endswith("\n") else text
    return text if text.strip() else ""


def filled(template: str, values: Mapping[str, str]) -> str:
    """In an address a value is quoted, so that its characters cannot end it early."""
    address = "://" in template
    before, *parts = template.split("{")
    found = [before]
    for part in parts:
        name, brace, rest = part.partition("}")
        if brace and name in values:
            found.append((quoted(values[name]) if address else values[name]) + rest)
        else:
            found.append("{" + part)
    return "".join(found)


def quoted(value: str) -> str:
    from urllib.parse import quote

    return quote(value, safe="")


def write(folder: str, name: str, value: str) -> None:
    """Whole or not at all; readable for everybody who has the volume, which are its services alone.
    db_password is db-password, too: a file may be called that, a variable may not."""
    path = os.path.join(folder, name)
    dashed = os.path.join(folder, name.replace("_", "-"))
    if name.islower() and dashed != path and not os.path.lexists(dashed):
        os.symlink(name, dashed)
    if text_of(path) == value:
        return
    new = os.path.join(folder, "." + name)
    try:
        with open(new, "w", encoding="utf-8", newline="") as stream:
            # who reads it takes one line break at the end away
            stream.write(value + "\n" if value.endswith("\n") else value)
            os.fchmod(stream.fileno(), 0o444)
        os.replace(new, path)
    except OSError as error:
        raise SecretsError(path + " cannot be written: " + str(error.strerror)) from None


def main(arguments: list[str]) -> None:
    try:
        for line in keep(ROOT, arguments, os.environ):
            print("okamochi: " + line)
    except SecretsError as error:
        sys.exit("okamochi: " + str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
