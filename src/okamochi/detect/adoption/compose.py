"""Lists and mappings of a compose file, whichever of their forms they have."""

from typing import Any

from okamochi.system.tables import items_of

__all__ = ["pairs", "strings"]


def strings(value: Any) -> list[str]:
    """Of short forms and long ones."""
    found = []
    for one in items_of(value):
        if isinstance(one, dict) and "path" in one:
            found.append(str(one["path"]))
        elif isinstance(one, dict):
            found.append(f"{one.get('source', one.get('published', ''))}:{one.get('target', '')}")
        else:
            found.append(str(one))
    return found


def pairs(value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [(str(key), "" if text is None else str(text)) for key, text in value.items()]
    split = (one.partition("=") for one in items_of(value) if isinstance(one, str))
    return [(name, text) for name, _, text in split]
