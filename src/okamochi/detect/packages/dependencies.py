"""Which files say what the app depends on, and whether they bring a server."""

import posixpath
from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace
from packaging.utils import canonicalize_name

from okamochi.detect.base import Detected
from okamochi.detect.chosen_settings import ChosenSettings
from okamochi.detect.packages.dependency_lists import (
    Loaded,
    detected_dependencies,
    name_of,
    of_the_checkout,
)
from okamochi.detect.packages.pyproject import Pyproject
from okamochi.detect.source.sources import Sources
from okamochi.errors import UsageError
from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.model.plan import Dependencies, DependencyManager, LocalPackage
from okamochi.model.python_base import GUNICORN, with_gunicorn_for, with_summary
from okamochi.model.standard_library import is_of_debians_pip
from okamochi.pypi.asked import asked_of, locked_nodes
from okamochi.pypi.local_packages import LocalPackages, local_packages
from okamochi.pypi.locks.graph import relock_command
from okamochi.pypi.manifests.named_sources import file_place
from okamochi.pypi.requirement_line import requirement_of
from okamochi.pypi.requirements import Requirements
from okamochi.system.project_files import ProjectFiles

__all__ = ["ChosenDependencies", "choose_dependencies"]

SERVERS = ("gunicorn", "waitress", "uwsgi", "pyuwsgi", "granian", "bjoern", "cheroot", "meinheld", "gevent")


class ChosenDependencies(msgspec.Struct, frozen=True):
    """`names` are the normalized names that the project itself asks for."""

    dependencies: Dependencies
    names: frozenset[str]
    requirements: Requirements
    decisions: tuple[Decision, ...]

    def for_python(self, version: str) -> "ChosenDependencies":
        """The same; what okamochi adds is of a version that this Python runs."""
        found = with_gunicorn_for(self.dependencies, version)
        decisions = tuple(with_summary(one, self.dependencies, found) for one in self.decisions)
        return replace(self, dependencies=found, decisions=decisions)

    def with_local(
        self, packages: tuple[LocalPackage, ...], decisions: tuple[Decision, ...]
    ) -> "ChosenDependencies":
        """The same, and packages that are source of the project."""
        local = tuple(sorted((*self.dependencies.local, *packages), key=lambda one: one.name))
        found = msgspec.structs.replace(self.dependencies, local=local)
        return replace(self, dependencies=found, decisions=(*self.decisions, *decisions))

    def served_by(self, packages: tuple[str, ...]) -> "ChosenDependencies":
        """The same; what the app's server needs is added where the project does not ask for it, and nothing
        of a server that does not serve it."""
        wanted = {name_of(one): one for one in packages}
        if tuple(wanted) == ("gunicorn",):
            return self if wanted["gunicorn"] == GUNICORN else self._with_gunicorn(wanted["gunicorn"])
        kept = tuple(
            one for one in self.dependencies.added if name_of(one) in wanted or name_of(one) != "gunicorn"
        )
        present = self.names | {name_of(one) for one in kept}
        new = tuple(
            one for name, one in wanted.items() if not _asked(name, present) or self._asks_for_any(name, one)
        )
        found = msgspec.structs.replace(self.dependencies, added=(*kept, *new))
        asked = f"asks for {', '.join(wanted)}" if wanted else "is served by a program of its own"
        reason = "asks for no server of its interface" if found.added else asked
        evidence = Evidence(path=", ".join(found.input_files), reason=reason)
        shown = (
            f"{', '.join(found.added)} added" if found.added else "nothing is added: the project asks for all"
        )
        decision = _server_decision(shown, Origin.DEFAULT, (evidence,))
        others = tuple(one for one in self.decisions if one.field != "dependencies.added")
        return replace(self, dependencies=found, decisions=(*others, decision))

    def _with_gunicorn(self, needed: str) -> "ChosenDependencies":
        """`needed` in the place of what is added; beside a requirement of the project's own that leaves the
        version open. A pinned one is what its author runs."""
        added = self.dependencies.added
        if "gunicorn" in self.names and (self.dependencies.lock_file or not self._leaves_open("gunicorn")):
            return self
        others = tuple(one for one in added if name_of(one) != "gunicorn")
        found = msgspec.structs.replace(self.dependencies, added=(*others, needed))
        evidence = Evidence(path="", reason="brings the worker for what the app waits with")
        decision = _server_decision(f"{needed} is added", Origin.DETECTED, (evidence,))
        kept = tuple(one for one in self.decisions if one.field != "dependencies.added")
        return replace(self, dependencies=found, decisions=(*kept, decision))

    def _leaves_open(self, name: str) -> bool:
        line = self.requirements.line_of(name)
        return line is not None and not any(sign in line.specifier for sign in "=<>~@")

    def _asks_for_any(self, name: str, needed: str) -> bool:
        """Whether the project names no version of what is `needed` in some version, gunicorn aside: where the
        newest asks for something without a wheel, a resolver would go back to the very first."""
        line = self.requirements.line_of(name) if needed != name and name != "gunicorn" else None
        return line is not None and line.specifier.partition("[")[0].lower() == line.name


def choose_dependencies(
    sources: Sources, pyproject: Pyproject, chosen: ChosenSettings, loaded: Loaded = lambda: ()
) -> ChosenDependencies:
    """The setting's files; else the best of what is there. DetectionError when nothing says it. `loaded`
    tells the modules that the server loads, its own first, when somebody asks."""
    project = sources.project
    if chosen.settings.requirements is not None:
        files = chosen.settings.requirements
        if not files:
            raise UsageError(
                "the setting requirements names no file",
                where=chosen.where("requirements"),
                hint="name the project's requirement files, or remove the setting",
            )
        found = Dependencies(files=files, input_files=files)
        best, origin = Detected(found, (chosen.place("requirements"),)), chosen.origin("requirements")
    else:
        best, origin = detected_dependencies(sources, pyproject, loaded), Origin.DETECTED
    found = best.value
    requirements = asked_of(project, found)
    if found.inline:
        path = found.input_files[0]
        lines = tuple(requirement_of(one, path=path) for one in found.inline)
        requirements = replace(requirements, lines=lines)
    if found.files:
        found = msgspec.structs.replace(found, input_files=requirements.input_files)
    decision = Decision(field=_field(found), summary=_summary(found), origin=origin, evidence=best.evidence)
    around = of_the_checkout(sources, requirements.names) if found.files else ()
    local = _local(project, found, requirements, around)
    names = requirements.names | local.names
    added, server = _server(names, requirements, chosen, found.input_files)
    found = msgspec.structs.replace(
        found,
        added=added,
        local=local.packages,
        inline=found.inline if found.lock_file else (*found.inline, *local.specifiers),
        input_files=tuple(dict.fromkeys((*found.input_files, *local.files))),
    )
    told = tuple(_local_decisions(local, found, around))
    needless = (
        *_needless(requirements),
        *_unlocked(requirements, found.lock_file),
        *_unread(requirements),
    )
    return ChosenDependencies(found, names, requirements, (decision, *needless, server, *told))


def _needless(requirements: Requirements) -> Iterator[Decision]:
    printed = [one for one in requirements.of_python if is_of_debians_pip(one.specifier)]
    if printed:
        evidence = tuple(
            Evidence(path=one.path, line=one.line, reason=f"asks for {one.specifier}") for one in printed
        )
        summary = (
            "pkg-resources is left out: no index has it, pip freeze of Debian and Ubuntu prints that line"
        )
        yield Decision.detected("dependencies", summary, evidence)
    lines = [one for one in requirements.of_python if one not in printed]
    if lines:
        evidence = tuple(
            Evidence(path=one.path, line=one.line, reason=f"asks for {one.name}, which Python has itself")
            for one in lines
        )
        summary = (
            f"left out, since Python's own is always found first: {', '.join(one.name for one in lines)}"
        )
        yield Decision.detected("dependencies", summary, evidence)


def _unlocked(requirements: Requirements, lock: str) -> Iterator[Decision]:
    if requirements.unlocked:
        names = ", ".join(one.name for one in requirements.unlocked)
        evidence = tuple(
            Evidence(path=one.path, reason=f"asks for {one.specifier}") for one in requirements.unlocked
        )
        manifest = requirements.unlocked[0].path
        summary = (
            f"Warning: {lock} has no {names}: it is older than {manifest}, and what that asks for is taken "
            f"beside it. Lock again ({relock_command(lock)}) and commit {lock}"
        )
        yield Decision.detected("dependencies", summary, evidence)


def _unread(requirements: Requirements) -> Iterator[Decision]:
    """--find-links=https://wheels.example.org GDAL: https://pip.pypa.io/en/stable/reference/requirements-file-format/"""
    for where, word in requirements.unread:
        path, _, line = where.rpartition(":")
        yield Decision.detected(
            "dependencies",
            f"Warning: {word} is not installed: it stands behind an option, where pip takes no note "
            "of it either. Write it on a line of its own",
            (Evidence(path=path, line=int(line), reason=f"{word} behind an option"),),
        )


def _local(
    project: ProjectFiles, found: Dependencies, requirements: Requirements, around: Iterable[Detected[str]]
) -> LocalPackages:
    """Folders of source that are asked for, by requirement lines, by the lock, or by an import."""
    asked = [*(line.specifier for line in requirements.lines), *(one.value for one in around)]
    if found.lock_file:
        above = posixpath.dirname(found.lock_file)
        for node in locked_nodes(project, found, python_version="3.13"):
            own = not above and node.folder == "."
            if node.folder and not node.virtual and not own:
                asked.append(f"{node.name} @ {file_place(posixpath.join(above, node.folder))}")
    return local_packages(project, asked)


def _local_decisions(
    local: LocalPackages, found: Dependencies, around: Iterable[Detected[str]]
) -> Iterator[Decision]:
    imported: dict[str, Evidence] = {canonicalize_name(name_of(one.value)): one.first for one in around}
    for package in local.packages:
        how = "stays where it lies" if package.editable else "is built into a wheel"
        asked = Evidence(path=package.path, reason=f"asked for in {found.input_files[0]}")
        evidence = imported.get(package.name, asked)
        yield Decision.detected(
            f"dependencies.local.{package.name}",
            f"{package.name} is source of this project in {package.path}; it {how}",
            (evidence,),
        )


def _asked(name: str, present: frozenset[str]) -> bool:
    """streamlit-nightly is streamlit."""
    return name in present or f"{name}-nightly" in present


def _field(found: Dependencies) -> str:
    if found.lock_file:
        return "dependencies.lock_file"
    return "dependencies.files" if found.files else "dependencies.inline"


def _summary(found: Dependencies) -> str:
    if found.manager is DependencyManager.IMPORTS:
        return (
            "Warning: nothing lists the dependencies; they are taken from the code's imports: "
            f"{', '.join(found.inline)}. Write a requirements.txt"
        )
    if found.lock_file:
        parts = [f"dependencies from {found.lock_file} ({found.manager.value})"]
        parts += [f"extras {', '.join(found.extras)}"] if found.extras else []
        return ", ".join(parts)
    if found.files:
        return f"dependencies from {', '.join(found.files)}"
    table = ", project table" if found.manager is DependencyManager.PYPROJECT else ""
    return f"dependencies from {found.input_files[0]}{table}"


def _server(
    names: frozenset[str], requirements: Requirements, chosen: ChosenSettings, inputs: tuple[str, ...]
) -> tuple[tuple[str, ...], Decision]:
    line = requirements.line_of("gunicorn") if "gunicorn" in requirements.names else None
    if line is not None:
        evidence = Evidence(path=line.path, line=line.line, reason="the project asks for gunicorn")
        return (), _server_decision("gunicorn is the project's own", Origin.DETECTED, (evidence,))
    if "gunicorn" in names:
        evidence = Evidence(path=", ".join(inputs), reason="a package of the project asks for gunicorn")
        return (), _server_decision("gunicorn is the project's own", Origin.DETECTED, (evidence,))
    if chosen.settings.gunicorn is False:
        place = (chosen.place("gunicorn"),)
        return (), _server_decision("gunicorn is not added", chosen.origin("gunicorn"), place)
    others = [name for name in SERVERS if name in names and name != "gevent"]
    seen = ", ".join(inputs)
    reason = f"asks for {', '.join(others)}, but not for gunicorn" if others else "asks for no WSGI server"
    evidence = Evidence(path=seen, reason=reason)
    return (GUNICORN,), _server_decision(f"{GUNICORN} is added", Origin.DEFAULT, (evidence,))


def _server_decision(summary: str, origin: Origin, evidence: tuple[Evidence, ...]) -> Decision:
    return Decision(field="dependencies.added", summary=summary, origin=origin, evidence=evidence)
