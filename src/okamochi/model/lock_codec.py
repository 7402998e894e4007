"""okamochi.lock as text: JSON, one package a line, so that a diff shows what moved."""

import json
import re

import msgspec

from okamochi.errors import UsageError
from okamochi.model.lock import Lock
from okamochi.model.lock_check import lock_problems
from okamochi.system.patterns import regex

__all__ = ["lock_from_json", "lock_to_json"]

LISTS = ("debs", "wheels", "native")
MOST_PROBLEMS = 20
CONFLICT = regex(rb"^(?:<{7}|>{7}) ", re.MULTILINE)
RESTORE = "restore it from version control, or remove it and run 'okamochi lock'"


def lock_to_json(lock: Lock) -> bytes:
    """Indented by one, except that each package is a line; ends with a line break; same lock, same bytes."""
    whole = msgspec.to_builtins(lock)
    platforms = whole.pop("platforms")
    head = [f" {json.dumps(name)}: {json.dumps(value)}," for name, value in whole.items()]
    body = ",\n".join(platform_text(platform) for platform in platforms)
    return ("{\n" + "\n".join(head) + '\n "platforms": [\n' + body + "\n ]\n}\n").encode()


def platform_text(platform: dict[str, object]) -> str:
    there = [name for name in LISTS if name != "native" or platform[name]]
    lists = [f'   "{name}": [\n{lines_of(platform[name])}\n   ]' for name in there]
    image = f'   "image": {json.dumps(platform["image"])},\n' if platform["image"] else ""
    return f'  {{\n   "platform": {json.dumps(platform["platform"])},\n{image}' + ",\n".join(lists) + "\n  }"


def lines_of(packages: object) -> str:
    assert isinstance(packages, list | tuple)
    return ",\n".join(f"    {json.dumps(told(package))}" for package in packages)


def told(package: dict[str, object]) -> dict[str, object]:
    """Of the few wheels that were built from source, a line says so; of the others it says nothing."""
    return {name: value for name, value in package.items() if value is not None}


def lock_from_json(content: bytes, *, where: str) -> Lock:
    """UsageError when the file is damaged, from a later version, or says what no lock of okamochi's says."""
    try:
        lock = msgspec.json.decode(content, type=Lock)
    except (msgspec.MsgspecError, RecursionError) as error:
        if CONFLICT.search(content):
            raise UsageError(
                f"{where} holds the marks of a merge that git could not finish",
                where=where,
                hint=f"take one side whole (git checkout --ours {where}, or --theirs), then run "
                "'okamochi lock', which keeps what still fits",
            ) from error
        raise UsageError(
            f"{where} cannot be read: {error}",
            where=where,
            hint=f"{RESTORE}; a newer okamochi may have written it",
        ) from error
    problems = lock_problems(lock)
    if problems:
        raise UsageError(
            f"{where} is not as okamochi writes it: {problems[0]}",
            where=where,
            hint=f"{RESTORE}; find out who changed it",
            details=problems[1:MOST_PROBLEMS],
        )
    return lock
