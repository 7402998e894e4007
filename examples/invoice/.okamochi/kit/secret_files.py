"""Secrets from files: NAME_FILE=/run/secrets/x gives NAME, for the names that OKAMOCHI_SECRET_FILES lists.

Files do not show in `inspect` or in `ps`. A key file that may be there or not (NAME=/run/secrets/NAME in
OKAMOCHI_KEY_FILES) has its path in NAME where it is there. As a program, it runs another one with the secrets
loaded: python secret_files.py -- flask create-admin.
"""

# pathlib would double the time of the imports:
# ruff: noqa: PTH113, PTH123

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping

LISTED = "OKAMOCHI_SECRET_FILES"
LOADED = "OKAMOCHI_SECRETS_LOADED"
KEYS = "OKAMOCHI_KEY_FILES"
LIMIT_BYTES = 1024 * 1024
PLACEHOLDERS = ("changeme", "change-me", "change_me", "todo", "xxx", "<secret>")


class SecretError(Exception):
    """A secret that cannot be used; the text names the variable and the file, never the value."""


def load(environ: MutableMapping[str, str]) -> list[str]:
    """Sets NAME in `environ` from NAME_FILE for every listed name; returns the names loaded, sorted.

    NAME_FILE is taken away: an app that knows both conventions would see the same secret twice and refuse.
    Raises SecretError when both are set, or the file cannot be read, is empty or holds a placeholder. Names
    that an earlier call loaded (a reload of the server) are read again.
    """
    tell_keys(environ)
    before = dict(line.partition("=")[::2] for line in environ.get(LOADED, "").splitlines())
    names = sorted({name.strip() for name in environ.get(LISTED, "").split(",")} - {""})
    paths = {name: environ.get(name + "_FILE") or before.get(name, "") for name in names}
    paths = {name: path for name, path in paths.items() if path}
    for name in paths:
        if environ.get(name) and name not in before:
            raise SecretError(f"both {name} and {name}_FILE are set: keep one of them")
    environ.update({name: read_secret(name, path) for name, path in paths.items()})
    for name in paths:
        environ.pop(name + "_FILE", None)
    if paths:
        environ[LOADED] = "\n".join(f"{name}={path}" for name, path in paths.items())
    return list(paths)


def tell_keys(environ: MutableMapping[str, str]) -> None:
    """Sets NAME to the path of its file where that is there and NAME says nothing else."""
    for entry in environ.get(KEYS, "").split(","):
        name, _, path = entry.strip().partition("=")
        if name and os.path.isfile(path) and not environ.get(name):
            environ[name] = path


def read_secret(name: str, path: str) -> str:
    """The file's text without one trailing line break."""
    try:
        with open(path, "rb") as stream:
            content = stream.read(LIMIT_BYTES + 1)
        text = content.decode("utf-8")
    except OSError as error:
        raise SecretError(f"{name}_FILE={path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SecretError(f"{name}_FILE={path} is not UTF-8 text") from None
    if len(content) > LIMIT_BYTES or "\0" in text:
        raise SecretError(f"{name}_FILE={path} is no secret: too large, or it holds NUL bytes")
    text = text[:-2] if text.endswith("\r\n") else text[:-1] if text.endswith("\n") else text
    if not text.strip():
        raise SecretError(f"{name}_FILE={path} is empty")
    if text.strip().lower() in PLACEHOLDERS:
        raise SecretError(f"{name}_FILE={path} holds a placeholder, no secret")
    return text


def main(arguments: list[str]) -> None:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        sys.exit("usage: secret_files.py -- PROGRAM [ARGUMENT...]")
    try:
        load(os.environ)
        os.execvp(command[0], command)
    except SecretError as error:
        sys.exit(f"okamochi: {error}")
    except OSError as error:
        print(f"okamochi: cannot run {command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(127 if isinstance(error, FileNotFoundError) else 126)


if __name__ == "__main__":
    main(sys.argv[1:])
