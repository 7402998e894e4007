"""pip installs versions without looking at what it gets: no hashes.

`flask==3.1.3` names a version, not a file. Another file of that version (a wheel that was published later,
one from a second index, one that was changed on the way or at its source) is taken without a word, and what
the packages need in turn is not in the list at all, unless somebody froze it. With hashes pip refuses what
was never tested, and demands that each package is named.

Fix: `pip-compile --generate-hashes`, `uv export`, `poetry export` or `pipenv requirements --hash`, and
`pip install --require-hashes -r requirements.txt`. A lock of uv, Poetry, Pipenv or PDM that the image
installs from has them.

Okamochi: every file by its hash, from okamochi.lock; `okamochi lock` makes it of the same list.

See: https://pip.pypa.io/en/stable/topics/secure-installs/
"""

from okamochi.audit.declared import requirement_lines
from okamochi.audit.rule import Finds, Found, Severity
from okamochi.audit.rules.dependencies.unpinned import in_project, is_loose
from okamochi.audit.setup import Dockerfile, Setup
from okamochi.audit.steps import Install, installs, makers

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    """Of each list once; one that has no versions is another rule's."""
    for file in setup.dockerfiles:
        seen = set[str]()
        for stage in makers(file) if not file.desk else ():
            for one in installs(stage.instructions):
                path = unchecked(one, file, setup)
                if path and path not in seen:
                    seen.add(path)
                    yield Found(
                        path=file.path,
                        line=one.instruction.line,
                        message=f"{path} has versions and no hashes: another file of the same version is "
                        "installed unseen",
                        hint="pip-compile --generate-hashes, or uv export; then pip install --require-hashes",
                    )


def unchecked(one: Install, file: Dockerfile, setup: Setup) -> str:
    """The first list of an install whose lines are pinned and have no hashes; "" when there is none."""
    if one.tool not in ("pip", "uv pip") or one.has("--require-hashes"):
        return ""
    for named in one.files:
        path = in_project(named, file.path, setup)
        lines = tuple(requirement_lines(path, setup)) if path else ()
        texts = [setup.project.read_text(each) or "" for each in {line.path for line in lines}]
        if lines and not any(map(is_loose, lines)) and not any("--hash" in text for text in texts):
            return path
    return ""
