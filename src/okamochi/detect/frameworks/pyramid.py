"""What the .ini of a Pyramid app says beside the app: the SQLite file, and where Alembic's scripts are.

    sqlalchemy.url = sqlite:///%(here)s/shop.sqlite

https://docs.pylonsproject.org/projects/pyramid/en/latest/narr/environment.html
"""

import posixpath

from okamochi.detect.data.writable_folders import SQLITE, Written
from okamochi.detect.serving.web_applications import Candidate
from okamochi.detect.source.sources import Sources
from okamochi.model.evidence import Evidence
from okamochi.model.plan import APP_ROOT
from okamochi.system.patterns import regex

__all__ = ["kept_by_pyramid"]

SETTING = regex(r"\s*[\w.]+\s*=\s*(?P<value>\S+)\s*")


def kept_by_pyramid(sources: Sources, candidate: Candidate) -> tuple[Written, ...]:
    if not candidate.ini:
        return ()
    here = posixpath.normpath(posixpath.join(APP_ROOT, posixpath.dirname(candidate.ini)))
    found: list[Written] = []
    for line, text in enumerate((sources.project.read_text(candidate.ini) or "").splitlines(), start=1):
        setting = SETTING.fullmatch(text)
        address = SQLITE.fullmatch(setting["value"]) if setting is not None else None
        if address is not None:
            path = address[1].partition("?")[0].replace("%(here)s", here)
            path = posixpath.normpath(posixpath.join(APP_ROOT, path))
            evidence = Evidence(path=candidate.ini, line=line, reason=f"the database is SQLite: {path}")
            found.append(Written(path, True, evidence))
    return tuple(found)
