"""Parts of data that strangers wrote: whatever is not of its kind is as if it were not there."""

from typing import Any

__all__ = ["items_of", "table_of"]


def table_of(value: object, *keys: str) -> dict[str, Any]:
    """The table, or that below these keys of it."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def items_of(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
