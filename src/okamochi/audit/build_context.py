"""The folder that is sent to a build, and what an ignore file keeps out of it."""

import posixpath
import re
from collections.abc import Iterable, Iterator

import msgspec

from okamochi.audit.setup import Dockerfile, Setup, TextFile
from okamochi.audit.steps import copies_everything
from okamochi.containerfiles.compose_forms import Build
from okamochi.containerfiles.dockerfile import Instruction
from okamochi.system.patterns import regex

__all__ = ["SECRET_FILE", "BuildContext", "build_contexts", "context_folder", "ignore_file", "once"]

# by names that nobody gives to anything else
SECRET_FILE = regex(
    r"\.env(?:\.(?![\w.-]*(?:sample|exa|template|dist|default)|defaults$|test)[\w.-]+)?"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)|[\w.-]*(?:priv|key)[\w.-]*\.pem|\.netrc|\.pypirc|\.git-credentials"
    r"|[\w.-]*service[-_]account[\w.-]*\.json|(?:client_)?credentials\.json|[\w.-]+\.p12|\.ssh|\.aws"
)


class BuildContext(msgspec.Struct, frozen=True):
    """`copy` is the instruction that takes all of it. `ignore` is None where there is no such file. `folder`
    is "" for the project's root."""

    file: Dockerfile
    copy: Instruction
    folder: str
    ignore: TextFile | None

    def path(self, relative: str) -> str:
        return posixpath.join(self.folder, relative)


def build_contexts(setup: Setup) -> Iterator[BuildContext]:
    """Of the production Dockerfiles that copy everything."""
    for file in setup.dockerfiles:
        copied = [one for one in file.shipped.instructions if copies_everything(one)]
        folder = context_folder(file, setup) if copied and not file.desk else None
        if folder is not None:
            yield BuildContext(file, copied[0], folder, ignore_file(file, folder, setup))


def once(contexts: Iterable[BuildContext]) -> Iterator[BuildContext]:
    """The first of those that share an ignore file."""
    seen: set[str] = set()
    for one in contexts:
        if one.ignore is None or one.ignore.path not in seen:
            yield one
        seen.add(one.ignore.path if one.ignore is not None else "")


def context_folder(file: Dockerfile, setup: Setup) -> str | None:
    """Where Compose says so, there; else its own folder, when all that it copies by name is in it, else the
    root; None where two services disagree."""
    said = set(stated_folders(file, setup))
    if said:
        return said.pop() if len(said) == 1 else None
    own = posixpath.dirname(file.path)
    sources = [
        word
        for stage in file.stages
        for one in stage.own
        if one.word in ("COPY", "ADD") and not one.flag("from")
        for word in one.words[:-1]
        if re.fullmatch(r"[\w./-]+", word) and posixpath.normpath(word) not in (".", "/")
    ]
    if not own or all(setup.project.exists(posixpath.join(own, word)) for word in sources):
        return own
    return "" if all(setup.project.exists(word) for word in sources) else None


def stated_folders(file: Dockerfile, setup: Setup) -> Iterator[str]:
    for compose in setup.composes:
        for _, service in compose.root.get("services").pairs:
            said = service.get("build")
            build = Build.of(said.plain()).below(posixpath.dirname(compose.path)) if said else None
            if build is not None and build.dockerfile == file.path:
                yield "" if build.context == "." else build.context


def ignore_file(file: Dockerfile, folder: str, setup: Setup) -> TextFile | None:
    """Of the Dockerfile's own name first, as BuildKit has it."""
    for path in (f"{file.path}.dockerignore", posixpath.join(folder, ".dockerignore")):
        text = setup.project.read_text(path)
        if text is not None:
            return TextFile(path, text)
    return None
