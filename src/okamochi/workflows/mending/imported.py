"""What the app's own modules import, as a digest: the part of an edit that a proof is about."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from okamochi.system.patterns import regex
from okamochi.system.project_files import DiskProject

__all__ = ["imports_digest"]

IMPORT = regex(rb"^[ \t]*(?:from|import)[ \t][^\n]*", re.MULTILINE)


def imports_digest(root: Path, paths: Iterable[str]) -> str:
    """Over the import lines of the modules among `paths`, which are those in the image."""
    digest = hashlib.sha256()
    project = DiskProject(root)
    for path in paths:
        name = path.lstrip("/").removeprefix("app/")
        if not name.endswith(".py"):
            continue
        content = project.read_bytes(name) or b""
        digest.update(name.encode() + b"\0" + b"\n".join(IMPORT.findall(content)) + b"\0")
    return digest.hexdigest()
