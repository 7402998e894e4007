"""What an audit looks at: all files of a project that say how its containers are made and run."""

import datetime
import posixpath
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TypeVar

import msgspec

from okamochi.audit.containers import Container, ContainerKind
from okamochi.containerfiles.dockerfile import Stage
from okamochi.containerfiles.yaml_nodes import NOTHING, Node
from okamochi.model.finding import Finding
from okamochi.model.plan import Plan
from okamochi.system.project_files import ProjectFiles

__all__ = ["Described", "Dockerfile", "Document", "Setup", "TextFile", "asked_once"]

T = TypeVar("T")


class TextFile(msgspec.Struct, frozen=True):
    """`lines` are those of the text, without their ends; the first is line 1."""

    path: str
    text: str

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(self.text.split("\n"))

    def line(self, number: int) -> str:
        """ "" beyond the end."""
        lines = self.lines
        return lines[number - 1] if 0 < number <= len(lines) else ""


class Dockerfile(msgspec.Struct, frozen=True):
    """`shipped` is the stage that goes to production; `desk` says that the whole file is for developers,
    `why` by what that is told."""

    file: TextFile
    stages: tuple[Stage, ...]
    shipped: Stage
    desk: bool = False
    why: str = ""

    @property
    def path(self) -> str:
        return self.file.path


class Document(msgspec.Struct, frozen=True):
    """A document of a YAML or JSON file. `desk` says that the file is for developers, `why` by what that is
    told; "" where nothing says what it is for."""

    file: TextFile
    root: Node = NOTHING
    desk: bool = False
    why: str = ""

    @property
    def path(self) -> str:
        return self.file.path


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a document describes."""

    document: Document

    @property
    def root(self) -> Node:
        return self.document.root

    @property
    def path(self) -> str:
        return self.document.path


class Setup(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """`composes` are in the order in which Compose would merge them, the others sorted by path. `plan` is
    None where okamochi does not understand the app; rules that need it have nothing to say then. `today`
    decides what has come to its end of life. `tracked` are the paths that git tracks, `executable` those of
    them that a checkout makes executable, None where nobody can tell. `unread` are files that could not be
    parsed: (path, line, reason). `told` is what detectors found in environment files. `first_formats`
    are Compose files without `services`, as they were in 2014."""

    project: ProjectFiles
    today: datetime.date
    plan: Plan | None = None
    tracked: frozenset[str] | None = None
    executable: frozenset[str] | None = None
    dockerfiles: tuple[Dockerfile, ...] = ()
    composes: tuple[Document, ...] = ()
    manifests: tuple[Document, ...] = ()
    task_definitions: tuple[Document, ...] = ()
    devcontainers: tuple[Document, ...] = ()
    ignore_files: tuple[TextFile, ...] = ()
    env_files: tuple[TextFile, ...] = ()
    containers: tuple[Container, ...] = ()
    unread: tuple[tuple[str, int, str], ...] = ()
    told: tuple[Finding, ...] = ()
    first_formats: tuple[Document, ...] = ()

    def of_kind(self, *kinds: ContainerKind) -> tuple[Container, ...]:
        return tuple(one for one in self.containers if one.kind in kinds)

    @property
    def files(self) -> tuple[TextFile, ...]:
        """All that were parsed, each once."""
        documents = (*self.composes, *self.manifests, *self.task_definitions, *self.devcontainers)
        described = (*(one.file for one in self.dockerfiles), *(one.file for one in documents))
        return tuple(dict.fromkeys((*described, *self.ignore_files, *self.env_files)))

    @cached_property
    def by_folder(self) -> Mapping[str, tuple[Container, ...]]:
        """Services of Compose files by the folder of their file."""
        found = dict[str, list[Container]]()
        for one in self.of_kind(ContainerKind.COMPOSE):
            found.setdefault(posixpath.dirname(one.path), []).append(one)
        return {folder: tuple(services) for folder, services in found.items()}

    @cached_property
    def by_name(self) -> Mapping[tuple[str, str], tuple[Container, ...]]:
        """Services of Compose files by the folder of their file and their name."""
        found = dict[tuple[str, str], list[Container]]()
        for folder, services in self.by_folder.items():
            for one in services:
                found.setdefault((folder, one.name), []).append(one)
        return {key: tuple(services) for key, services in found.items()}

    @cached_property
    def python_files(self) -> tuple[TextFile, ...]:
        """All of the project's, read once for all rules."""
        paths = self.project.files("**/*.py")
        return tuple(TextFile(path, self.project.read_text(path) or "") for path in paths)

    @property
    def production(self) -> tuple[Container, ...]:
        """Containers of the project's own code that are not for the desk."""
        return tuple(one for one in self.containers if one.own and not one.desk)

    def dockerfile(self, path: str) -> Dockerfile | None:
        return next((one for one in self.dockerfiles if one.path == path), None)

    def file(self, path: str) -> TextFile:
        """Any file of the project; one without text where there is none."""
        return TextFile(path, self.project.read_text(path) or "")


def asked_once(function: Callable[[Setup], T]) -> Callable[[Setup], T]:
    """The same answer for the same setup: a setup never changes, and an audit asks all rules of one."""
    last = list[tuple[Setup, T]]()

    def answer(setup: Setup) -> T:
        if not last or last[0][0] is not setup:
            last[:] = [(setup, function(setup))]
        return last[0][1]

    return answer
