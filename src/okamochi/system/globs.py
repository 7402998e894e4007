"""Patterns of paths, as `ProjectFiles.files` reads them."""

import re
from functools import lru_cache

__all__ = ["selected", "tidy"]


def tidy(path: str) -> str:
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return "/".join(parts)


def selected(files: tuple[str, ...], pattern: str, within: str) -> tuple[str, ...]:
    start = tidy(within)
    prefix = f"{start}/" if start else ""
    if pattern == "**":
        return tuple(path for path in files if path.startswith(prefix))
    expression = glob_expression(pattern)
    return tuple(
        path
        for path in files
        if path.startswith(prefix) and expression.fullmatch(path, len(prefix)) is not None
    )


@lru_cache(maxsize=500)
def glob_expression(pattern: str) -> re.Pattern[str]:
    """`**/` any folders, `**` at the end anything, `*` and `?` within a folder, `[abc]` and `[!abc]`."""
    expression = ""
    rest = tidy(pattern)
    while rest:
        taken, translated = _token(rest)
        expression += translated
        rest = rest[taken:]
    return re.compile(expression, re.DOTALL)


def _token(rest: str) -> tuple[int, str]:
    folders = re.match(r"(?:\*\*/)+", rest)
    if folders is not None:
        return folders.end(), "(?:[^/]+/)*"
    stars = len(rest) - len(rest.lstrip("*"))
    if stars:
        return stars, "[^/]*" if stars == 1 else ".*"
    if rest[0] == "?":
        return 1, "[^/]"
    group = re.match(r"\[(!?)([^\]/]+)\]", rest)
    if group is not None:
        members = re.escape(group[2]).replace("\\-", "-")
        return group.end(), _group(f"[^/{members}]" if group[1] else f"[{members}]", group[0])
    return 1, re.escape(rest[0])


def _group(expression: str, written: str) -> str:
    """`[9-0]` is no group, though it is written as one."""
    try:
        re.compile(expression)
    except re.error:
        return re.escape(written)
    return expression
