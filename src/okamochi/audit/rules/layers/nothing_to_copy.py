"""A COPY names a file that the build does not get.

The daemon is sent the build context without what .dockerignore names. A COPY of such a file, or of one that
nobody has made yet (a lock that was never written), ends the build: "failed to compute cache key: …: not
found". The text says nothing of .dockerignore, and the file may well be there.

Fix: take the pattern away, or add `!requirements.txt` below it; write the lock and commit it.

Okamochi: takes what it needs by itself, whatever the ignore files say of it.

See: https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

import posixpath
from collections.abc import Callable, Iterator

from okamochi.audit.build_context import context_folder, ignore_file
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.setup import Dockerfile, TextFile, asked_once
from okamochi.containerfiles.dockerfile import Instruction
from okamochi.containerfiles.dockerignore import keeps_out
from okamochi.system.patterns import regex

SEVERITY = Severity.ERROR
PLAIN = regex(r"[\w@+.-][\w@+./-]*|/[\w@+./-]+")
# what a step before the build makes: bundles, wheels, archives
MADE = regex(r"(?:.*/)?(?:dist|build|target|out|bin|public|static|assets|wheels?|vendor|generated)(?:/.*)?")
SAMPLES = (".sample", ".example", ".template", ".dist", "-sample", "-example")
# where it may be written how a file comes to be
TEXTS = ("*.md", "*.rst", "*.sh", "Makefile", "justfile", "Taskfile.y*ml", "*.gitlab-ci.yml", "tox.ini")


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        folder = context_folder(file, setup)
        if folder is None:
            continue
        ignore = ignore_file(file, folder, setup)
        outside = keeps_out(ignore.text) if ignore is not None else None
        for one, source in sources(file):
            path = posixpath.normpath(posixpath.join(folder, source))
            if ignore is not None and outside is not None and all_outside(path, folder, outside, setup):
                why, hint = f"{ignore.path} keeps it out", f"!{source} at the end of {ignore.path}"
            elif is_missing(path, setup):
                why, hint = "the project has no such file", f"write {source}, or take it away"
            else:
                continue
            yield Found(
                path=file.path,
                line=one.line,
                message=f"{source} does not reach the build ({why}): it ends here",
                hint=hint,
            )


def sources(file: Dockerfile) -> Iterator[tuple[Instruction, str]]:
    """What is taken from the build context by a plain name."""
    for stage in file.stages:
        for one in stage.own:
            if one.word != "COPY" or one.flag("from") or "<<" in one.rest:
                continue
            for word in one.words[:-1]:
                source = posixpath.normpath(word.lstrip("/"))
                if PLAIN.fullmatch(word) and not source.startswith(".."):
                    yield one, source


def all_outside(path: str, folder: str, outside: Callable[[str], bool], setup: Setup) -> bool:
    """Of a folder all that is in it, and something is."""
    start = f"{folder}/" if folder else ""
    if not setup.project.is_dir(path):
        return setup.project.exists(path) and outside(path.removeprefix(start))
    inside = setup.project.files(within=path)
    return (
        path not in (folder, ".") and bool(inside) and all(outside(one.removeprefix(start)) for one in inside)
    )


def is_missing(path: str, setup: Setup) -> bool:
    """Whether it is not there, and nothing tells how it would come to be."""
    name = posixpath.basename(path)
    return not (
        setup.project.exists(path)
        or MADE.fullmatch(path)
        or any(setup.project.exists(f"{path}{end}") for end in SAMPLES)
        or any(name in one.text for one in telling(setup))
    )


@asked_once
def telling(setup: Setup) -> tuple[TextFile, ...]:
    """Ignore files of git (what they name is made), pages, scripts and pipelines."""
    paths = {
        path for pattern in TEXTS for path in setup.project.files(f"**/{pattern}") if path.count("/") < 3
    }
    paths |= {*setup.project.files("**/.gitignore"), *setup.project.files(".github/**"), ".gitmodules"}
    return tuple(setup.file(path) for path in sorted(paths))
