"""Files whose content git does not have: pointers of Git LFS that were not followed, and what DVC keeps."""

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatch

from okamochi.detect.files.left_out import left_out
from okamochi.model.evidence import Decision, Evidence
from okamochi.system.project_files import ProjectFiles

__all__ = ["kept_elsewhere"]

ATTRIBUTES = ".gitattributes"
# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: smaller than 1024 bytes, the version first
POINTER = b"version https://git-lfs.github.com/spec/"
POINTER_BYTES = 1024
OF_DVC = ".dvc"
SHOWN = 5


def kept_elsewhere(project: ProjectFiles, excluded: tuple[str, ...]) -> tuple[Decision, ...]:
    """A warning for each of the two where files are missing: the image would be without them. Not for what
    `excluded` keeps out of it anyway."""
    pointers, stubs = tuple(_pointers(project)), tuple(_stubs(project))
    if pointers or stubs:
        is_out = left_out(excluded)
        pointers = tuple(one for one in pointers if not is_out(one[0]))
        # of DVC only the folder counts: it writes each file itself into .gitignore
        stubs = tuple(one for one in stubs if not is_out(one[1].removesuffix(posixpath.basename(one[1]))))
    kinds = (("Git LFS", "git lfs pull", pointers), ("DVC", "dvc pull", stubs))
    return tuple(_warning(keeper, command, found) for keeper, command, found in kinds if found)


def _warning(keeper: str, command: str, found: tuple[tuple[str, str], ...]) -> Decision:
    names = ", ".join(name for name, _ in found[:SHOWN]) + (" and others" if len(found) > SHOWN else "")
    evidence = tuple(
        Evidence(path=said_by, reason=f"{keeper} keeps {name}") for name, said_by in found[:SHOWN]
    )
    summary = f"Warning: {keeper} keeps {names}, and the image is without: run {command} first"
    return Decision.detected("source", summary, evidence)


def _stubs(project: ProjectFiles) -> Iterator[tuple[str, str]]:
    """model.pkl.dvc without its model.pkl."""
    for path in project.files(f"**/*{OF_DVC}"):
        name = path.removesuffix(OF_DVC)
        if posixpath.basename(name) and not project.exists(name):
            yield name, path


def _pointers(project: ProjectFiles) -> Iterator[tuple[str, str]]:
    patterns = tuple(_patterns(project))
    for path in project.files() if patterns else ():
        said_by = next((by for pattern, by in patterns if _fits(path, pattern, by)), "")
        content = project.read_bytes(path, limit_bytes=POINTER_BYTES) if said_by else None
        if content is not None and content.startswith(POINTER):
            yield path, said_by


def _patterns(project: ProjectFiles) -> Iterator[tuple[str, str]]:
    for path in project.files(f"**/{ATTRIBUTES}"):
        for line in (project.read_text(path) or "").splitlines():
            words = line.split()
            if "filter=lfs" in words[1:] and not line.lstrip().startswith("#"):
                yield words[0], path


def _fits(path: str, pattern: str, said_by: str) -> bool:
    folder = posixpath.dirname(said_by)
    if folder and not path.startswith(f"{folder}/"):
        return False
    below = path.removeprefix(f"{folder}/") if folder else path
    if "/" in pattern:
        return fnmatch(below, pattern.lstrip("/"))
    return fnmatch(posixpath.basename(path), pattern)
