"""The one JSON form that okamochi writes into images: sorted keys, no spaces, UTF-8, no trailing newline."""

import json
from collections.abc import Mapping

from okamochi.errors import BuildError

__all__ = ["JsonObject", "canonical_json", "json_object"]

JsonObject = Mapping[str, object]


def canonical_json(value: JsonObject | list[JsonObject]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def json_object(content: bytes, *, where: str) -> dict[str, object]:
    """Parse a JSON object that somebody else may have written. BuildError when it is none."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BuildError(
            f"not JSON: {error}", where=where, hint="the file is damaged; build again"
        ) from error
    if not isinstance(value, dict):
        raise BuildError("not a JSON object", where=where, hint="the file is damaged; build again")
    return value
