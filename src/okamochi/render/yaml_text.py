"""YAML with comments, written by hand: the same input gives the same bytes.

Strings are quoted as JSON unless they are plain beyond doubt (YAML 1.1 and 1.2 agree on them).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Commented", "Node", "Yaml", "yaml_text"]

PLAIN = re.compile(r"[A-Za-z_/.][A-Za-z0-9_./@-]*")
# YAML breaks lines at some of these, and allows none of the others as they stand
UNPRINTABLE = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
SPECIAL = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "~", "."])


@dataclass(frozen=True)
class Commented:
    """A value with a comment of one or more lines above it."""

    comment: str
    value: "Yaml"


Yaml = str | int | float | bool | None | Commented | Mapping[str, "Yaml"] | Sequence["Yaml"]
Node = dict[str, Yaml]
"""A mapping of a document in the making."""


def yaml_text(value: Mapping[str, Yaml], *, head: str = "") -> str:
    """A document; `head` becomes comment lines at its top. What several services say alike is said once."""
    lines = [f"# {line}".rstrip() for line in head.splitlines()]
    return "\n".join([*lines, *mapping_lines(said_once(value, set()), 0)]) + "\n"


def said_once(value: Mapping[str, Yaml], said: set[str]) -> Mapping[str, Yaml]:
    """Without comments that stand above already; in the order of the document."""
    found: dict[str, Yaml] = {}
    for key, item in value.items():
        comment = item.comment if isinstance(item, Commented) else ""
        again = comment in said
        said |= {comment} - {""}
        plain = item.value if isinstance(item, Commented) else item
        inner = said_once(plain, said) if isinstance(plain, Mapping) else plain
        found[key] = Commented(comment, inner) if comment and not again else inner
    return found


def mapping_lines(value: Mapping[str, Yaml], depth: int) -> list[str]:
    pad = "  " * depth
    lines: list[str] = []
    for key, item in value.items():
        if isinstance(item, Commented):
            lines += [f"{pad}# {line}" for line in item.comment.splitlines()]
            item = item.value
        lines += entry_lines(f"{pad}{scalar(key)}:", item, depth)
    return lines


def entry_lines(start: str, item: Yaml, depth: int) -> list[str]:
    if isinstance(item, Mapping):
        return [start, *mapping_lines(item, depth + 1)] if item else [f"{start} {{}}"]
    if isinstance(item, Sequence) and not isinstance(item, str):
        if all(isinstance(one, str | int | float) for one in item):
            return flow_or_block(start, item, depth)
        return [start, *block_lines(item, depth + 1)]
    if isinstance(item, Commented):
        return entry_lines(start, item.value, depth)
    return [start if item is None else f"{start} {scalar(item)}"]


def flow_or_block(start: str, item: Sequence[Yaml], depth: int) -> list[str]:
    flow = f"{start} [{', '.join(scalar(one) for one in item)}]"
    return [flow] if len(flow) <= 100 else [start, *block_lines(item, depth + 1)]


def block_lines(items: Sequence[Yaml], depth: int) -> list[str]:
    pad = "  " * depth
    lines: list[str] = []
    for one in items:
        value = one
        if isinstance(value, Commented):
            lines += [f"{pad}# {line}" for line in value.comment.splitlines()]
            value = value.value
        if isinstance(value, Mapping):
            inner = mapping_lines(value, depth + 1)
            lines += [f"{pad}- {inner[0].strip()}", *inner[1:]]
        else:
            lines.append(f"{pad}- {scalar(value)}")
    return lines


def scalar(value: Yaml) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if value is None:
        return "null"
    text = str(value)
    if PLAIN.fullmatch(text) and text.lower() not in SPECIAL and not re.fullmatch(r"[\d.eE_+-]+", text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return UNPRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", quoted)
