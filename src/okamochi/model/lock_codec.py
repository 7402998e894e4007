"""okamochi.lock as text: JSON, one package a line, so that a diff shows what moved."""

import json

import msgspec

from okamochi.errors import UsageError
from okamochi.model.lock import Lock

__all__ = ["lock_from_json", "lock_to_json"]

LISTS = ("debs", "wheels")


def lock_to_json(lock: Lock) -> bytes:
    """Indented by one, except that each package is a line; ends with a line break; same lock, same bytes."""
    whole = msgspec.to_builtins(lock)
    platforms = whole.pop("platforms")
    head = [f" {json.dumps(name)}: {json.dumps(value)}," for name, value in whole.items()]
    body = ",\n".join(platform_text(platform) for platform in platforms)
    return ("{\n" + "\n".join(head) + '\n "platforms": [\n' + body + "\n ]\n}\n").encode()


def platform_text(platform: dict[str, object]) -> str:
    lists = [f'   "{name}": [\n{lines_of(platform[name])}\n   ]' for name in LISTS]
    return f'  {{\n   "platform": {json.dumps(platform["platform"])},\n' + ",\n".join(lists) + "\n  }"


def lines_of(packages: object) -> str:
    assert isinstance(packages, list | tuple)
    return ",\n".join(f"    {json.dumps(package)}" for package in packages)


def lock_from_json(content: bytes, *, where: str) -> Lock:
    """UsageError when the file is damaged or from a later version."""
    try:
        return msgspec.json.decode(content, type=Lock)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise UsageError(
            f"{where} cannot be read: {error}",
            where=where,
            hint="restore it from version control, or remove it and run 'okamochi lock'; "
            "a newer okamochi may have written it",
        ) from error
