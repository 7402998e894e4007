"""What NiceGUI keeps beside the app: `app.storage` writes to .nicegui in the working directory."""

import re

from okamochi.detect.data.writable_folders import Written
from okamochi.detect.serving.web_applications import Candidate
from okamochi.detect.source.sources import Sources
from okamochi.model.evidence import Evidence
from okamochi.model.plan import APP_ROOT, Framework
from okamochi.system.patterns import line_of, regex

__all__ = ["kept_by_nicegui"]

# what it keeps in memory, and in the browser, is no file
STORAGE = regex(r"\bapp\.storage\.(?:user|general)\b")


def kept_by_nicegui(sources: Sources, candidate: Candidate) -> tuple[Written, ...]:
    if candidate.framework is not Framework.NICEGUI:
        return ()
    for path in sources.paths:
        found: re.Match[str] | None = STORAGE.search(sources.text(path))
        if found is not None:
            evidence = Evidence(
                path=path, line=line_of(found), reason=f"{found[0]} is kept in {APP_ROOT}/.nicegui"
            )
            return (Written(f"{APP_ROOT}/.nicegui", False, evidence),)
    return ()
