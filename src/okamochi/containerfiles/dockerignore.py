"""What a .dockerignore keeps out of the build context."""

import posixpath
from collections.abc import Callable

__all__ = ["dockerignore_patterns", "keeps_out"]


def dockerignore_patterns(text: str) -> tuple[str, ...]:
    """A .dockerignore's patterns in gitignore's words.

    Docker anchors every pattern at the root and has no trailing-slash rule (moby/patternmatcher): `foo` there
    is `/foo` here, `**/foo` is `**/foo`. A leading slash and "./" mean nothing to it.
    """
    found: list[str] = []
    for line in text.removeprefix("\ufeff").splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        taken_back = pattern.startswith("!")
        path = posixpath.normpath(pattern.removeprefix("!").strip().replace("\\ ", " ")).lstrip("/")
        if path in (".", ""):
            continue
        anchored = path if path.startswith("**/") else f"/{path}"
        found.append(f"!{anchored}" if taken_back else anchored)
    return tuple(found)


def keeps_out(text: str) -> Callable[[str], bool] | None:
    """Whether a path, relative to the build context, stays out; None for a text that no build accepts."""
    from pathspec import GitIgnoreSpec

    try:
        spec = GitIgnoreSpec.from_lines(dockerignore_patterns(text))
    except ValueError:
        return None
    return spec.match_file
