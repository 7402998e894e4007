"""Which files say what the app depends on, and whether they bring a server."""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

import msgspec
from msgspec.structs import replace
from packaging.utils import canonicalize_name

from okamochi.detect.base import Detected
from okamochi.detect.chosen_settings import ChosenSettings
from okamochi.detect.drivers_of_addresses import drivers_of_addresses
from okamochi.detect.managers import CONDA_FILES, LOCKS, WEB, locked_candidates, other_manifests
from okamochi.detect.missing_configuration import refuse_missing_configuration
from okamochi.detect.pyproject import PATH as PYPROJECT
from okamochi.detect.pyproject import Pyproject
from okamochi.detect.python_source import Sources
from okamochi.detect.subfolders import folder_hint
from okamochi.detect.third_party import third_party_imports
from okamochi.errors import DetectionError, UsageError
from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.model.import_names import distribution_of
from okamochi.model.plan import Dependencies, DependencyManager, LocalPackage
from okamochi.model.python_base import GUNICORN, with_gunicorn_for, with_summary
from okamochi.model.rendered_mark import text_by_people
from okamochi.pypi.asked import asked_of, locked_nodes
from okamochi.pypi.local_packages import LocalPackages, local_packages
from okamochi.pypi.manifests.named_sources import file_place, named_sources, with_source
from okamochi.pypi.manifests.package_facts import read_package
from okamochi.pypi.requirement_line import requirement_of
from okamochi.pypi.requirements import Requirements, read_requirements
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles, text_if_there

__all__ = ["ChosenDependencies", "choose_dependencies"]

SERVERS = ("gunicorn", "waitress", "uwsgi", "pyuwsgi", "granian", "bjoern", "cheroot", "meinheld", "gevent")
NAME = regex(r"[A-Za-z0-9][A-Za-z0-9._-]*")
WEB_EXTRAS = ("web", "app", "server", "webapp", "ui", "http", "flask", "api")
WITH_EXTRAS = (DependencyManager.UV, DependencyManager.POETRY, DependencyManager.PDM)
PRODUCTION = ("prod", "production", "prd", "deploy", "live", "release")
DEVELOPMENT = regex(r"(^|[-_./])(dev|develop|development|test|tests|testing|lint|docs?|ci|local|typing)")


Loaded = Callable[[], tuple[str, ...]]
Ranked = Detected[tuple[tuple[int, int, str], str]]


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
        wanted = {_name_of(one): one for one in packages}
        if tuple(wanted) == ("gunicorn",):
            return self
        kept = tuple(
            one for one in self.dependencies.added if _name_of(one) in wanted or _name_of(one) != "gunicorn"
        )
        present = self.names | {_name_of(one) for one in kept}
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
        best, origin = (
            _with_unread(_detected(sources, pyproject, loaded), project, pyproject),
            Origin.DETECTED,
        )
    found = best.value
    requirements = asked_of(project, found)
    if found.inline:
        path = found.input_files[0]
        lines = tuple(requirement_of(one, path=path) for one in found.inline)
        requirements = replace(requirements, lines=lines)
    if found.files:
        found = msgspec.structs.replace(found, input_files=requirements.input_files)
    decision = Decision(field=_field(found), summary=_summary(found), origin=origin, evidence=best.evidence)
    local = _local(project, found, requirements)
    names = requirements.names | local.names
    added, server = _server(names, requirements, chosen, found.input_files)
    found = msgspec.structs.replace(
        found,
        added=added,
        local=local.packages,
        inline=found.inline if found.lock_file else (*found.inline, *local.specifiers),
        input_files=tuple(dict.fromkeys((*found.input_files, *local.files))),
    )
    told = tuple(_local_decisions(local, found))
    needless = tuple(_needless(requirements))
    return ChosenDependencies(found, names, requirements, (decision, *needless, server, *told))


def _needless(requirements: Requirements) -> Iterator[Decision]:
    lines = requirements.of_python
    if lines:
        evidence = tuple(
            Evidence(path=one.path, line=one.line, reason=f"asks for {one.name}, which Python has itself")
            for one in lines
        )
        summary = (
            f"left out, since Python's own is always found first: {', '.join(one.name for one in lines)}"
        )
        yield Decision(field="dependencies", summary=summary, origin=Origin.DETECTED, evidence=evidence)


def _local(project: ProjectFiles, found: Dependencies, requirements: Requirements) -> LocalPackages:
    """Folders of source that are asked for, by requirement lines or by the lock."""
    asked = [line.specifier for line in requirements.lines]
    if found.lock_file:
        above = posixpath.dirname(found.lock_file)
        for node in locked_nodes(project, found, python_version="3.13"):
            own = not above and node.folder == "."
            if node.folder and not node.virtual and not own:
                asked.append(f"{node.name} @ {file_place(posixpath.join(above, node.folder))}")
    return local_packages(project, asked)


def _local_decisions(local: LocalPackages, found: Dependencies) -> Iterator[Decision]:
    for package in local.packages:
        how = "stays where it lies" if package.editable else "is built into a wheel"
        evidence = Evidence(path=package.path, reason=f"asked for in {found.input_files[0]}")
        yield Decision(
            field=f"dependencies.local.{package.name}",
            summary=f"{package.name} is source of this project in {package.path}; it {how}",
            origin=Origin.DETECTED,
            evidence=(evidence,),
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


def _extra_with_web(
    pyproject: Pyproject, names: Iterable[str]
) -> Detected[tuple[str, tuple[str, ...]]] | None:
    """(name, specifiers) of the extra in which a library keeps its web app's dependencies."""
    if any(_is_web(name) for name in names):
        return None
    found = [
        (name, specifiers)
        for name, specifiers in pyproject.extras
        if any(_is_web(_name_of(one)) for one in specifiers) and not DEVELOPMENT.search(name.lower())
    ]
    if not found:
        return None
    name, specifiers = min(found, key=lambda one: (one[0].lower() not in WEB_EXTRAS, found.index(one)))
    line = pyproject.line_of(name)
    evidence = Evidence(path=PYPROJECT, line=line, reason=f"the extra {name} brings the web framework")
    return Detected((name, specifiers), (evidence,))


def _name_of(specifier: str) -> str:
    found = NAME.match(specifier.strip())
    return found.group().lower().replace("_", "-") if found else ""


def _is_web(name: str) -> bool:
    return WEB.fullmatch(name) is not None


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


def _detected(sources: Sources, pyproject: Pyproject, loaded: Loaded) -> Detected[Dependencies]:
    """A lock of the app's own; else a requirement file or pyproject's list; else what other files say. Where
    none of them brings a web framework, the list of a folder that the app's modules come from rules."""
    project = sources.project
    locked, passed_over = _locked(project, pyproject)
    if locked is not None:
        return locked
    ranked = sorted(requirement_files(project), key=lambda found: found.value[0])
    inline = pyproject.dependencies
    if ranked and _lists_web(project, ranked[0].value[1]):
        return _requirement_file(ranked, project, inline, passed_over)
    if inline and (not ranked or any(_is_web(_name_of(text)) for text in inline)):
        brings = any(_is_web(_name_of(text)) for text in inline) or _extra_with_web(pyproject, ()) is not None
        beside = None if brings else _beside(project, loaded(), anything=True)
        return beside or _project_table(project, pyproject, inline, passed_over)
    others = [*other_manifests(project, pyproject)]
    web = [one for one in others if any(_is_web(_name_of(text)) for text in one.value.inline)]
    beside = None if web else _beside(project, loaded(), anything=bool(ranked or others or inline))
    if beside is not None:
        return Detected(beside.value, (*beside.evidence, *passed_over))
    if ranked and not web:
        return _requirement_file(ranked, project, inline, passed_over)
    if web or others:
        best = (web or others)[0]
        return Detected(best.value, (*best.evidence, *passed_over))
    if inline is not None and not passed_over:
        return _project_table(project, pyproject, inline, passed_over)
    return _imported(sources)


def _beside(
    project: ProjectFiles, loaded: tuple[str, ...], *, anything: bool
) -> Detected[Dependencies] | None:
    """backend/requirements.txt, when the app is backend/app.py, or main.py that imports it. `anything`: the
    project's own folder lists something, if only what its tools need; else only a module of that folder makes
    it the app's, and not one of several, or a package that keeps its list in itself."""
    if not anything and (not loaded or ("/" in loaded[0] and not _is_of_a_package(project, loaded[0]))):
        return None
    folders: dict[str, None] = {}
    for path in loaded:
        folder = posixpath.dirname(path)
        while folder:
            folders[folder] = None
            folder = posixpath.dirname(folder)
    for folder in folders:
        path = posixpath.join(folder, "requirements.txt")
        if project.exists(path) and _lists_web(project, path):
            reason = "lists a web framework, beside modules that the server loads; the files above list none"
            found = Dependencies(files=(path,), input_files=(path,))
            return Detected(found, (Evidence(path=path, reason=reason),))
    return None


def _is_of_a_package(project: ProjectFiles, path: str) -> bool:
    return project.exists(posixpath.join(posixpath.dirname(path), "__init__.py"))


def _with_unread(
    best: Detected[Dependencies], project: ProjectFiles, pyproject: Pyproject
) -> Detected[Dependencies]:
    """With the files of other dependency managers that are there and do not count."""
    told = {one.path for one in best.evidence} | set(best.value.input_files)
    names = [*(name for name, _ in LOCKS), "Pipfile", *CONDA_FILES]
    unread = [name for name in names if name not in told and project.exists(name)]
    if (
        "poetry" in pyproject.tool
        and PYPROJECT not in told
        and best.value.manager is not DependencyManager.POETRY
    ):
        unread.append(PYPROJECT)
    reason = f"not read: {best.evidence[0].path or 'the code'} rules"
    return Detected(best.value, (*best.evidence, *(Evidence(path=one, reason=reason) for one in unread)))


def _locked(
    project: ProjectFiles, pyproject: Pyproject
) -> tuple[Detected[Dependencies] | None, tuple[Evidence, ...]]:
    """The first lock that installs a web framework, and why others do not count."""
    passed_over: list[Evidence] = []
    for candidate in locked_candidates(project, pyproject):
        found, evidence = candidate.value, candidate.evidence
        names = asked_of(project, found).names
        extra = _extra_with_web(pyproject, names)
        if extra is not None and found.manager in WITH_EXTRAS:
            found = msgspec.structs.replace(found, extras=(extra.value[0],))
            names, evidence = asked_of(project, found).names, (*evidence, *extra.evidence)
        if any(map(_is_web, names)):
            return Detected(found, (*evidence, *_staleness(project, found), *passed_over)), ()
        reason = "not taken: it installs no web framework"
        passed_over.append(Evidence(path=found.lock_file, reason=reason))
    return None, tuple(passed_over)


def _staleness(project: ProjectFiles, found: Dependencies) -> tuple[Evidence, ...]:
    if found.manager is not DependencyManager.PIPENV:
        return tuple(_disagreements(project, found))
    from okamochi.pypi.locks.pipfile import pipfile_is_stale

    if not pipfile_is_stale(project, found.lock_file):
        return ()
    return (Evidence(path="Pipfile", reason="was changed since it was locked; the lock rules"),)


def _disagreements(project: ProjectFiles, found: Dependencies) -> Iterator[Evidence]:
    """Versions of the lock that the manifest does not admit."""
    facts = read_package(project)
    versions = {node.name: node.version for node in locked_nodes(project, found, python_version="3.13")}
    for specifier in (facts.dependencies or ()) if facts is not None else ():
        asked = parsed_specifier(specifier)
        version = versions.get(canonicalize_name(asked.name), "") if asked is not None else ""
        if asked is None or asked.url is not None or not version:
            continue
        try:
            fits = asked.specifier.contains(version, prereleases=True)
        except ValueError:  # the lock's version is none
            continue
        if not fits:
            reason = f"asks for {specifier}, but {found.lock_file} has {version}: the lock rules; lock again"
            yield Evidence(path=PYPROJECT, reason=reason)


def _requirement_file(
    ranked: list[Ranked],
    project: ProjectFiles,
    inline: tuple[str, ...] | None,
    passed_over: tuple[Evidence, ...],
) -> Detected[Dependencies]:
    best = ranked[0]
    path = best.value[1]
    included = read_requirements(project, (path,)).input_files
    left = [other.value[1] for other in ranked[1:] if other.value[1] not in included]
    others = tuple(Evidence(path=path, reason="not taken: a weaker name") for path in left[:3])
    unused = (Evidence(path=PYPROJECT, reason="not taken: a requirement file rules"),) if inline else ()
    found = Dependencies(files=(path,), input_files=(path,))
    return Detected(found, (*best.evidence, *others, *unused, *passed_over))


def _project_table(
    project: ProjectFiles, pyproject: Pyproject, inline: tuple[str, ...], passed_over: tuple[Evidence, ...]
) -> Detected[Dependencies]:
    line = pyproject.line_of("dependencies")
    sources = named_sources(project)
    evidence: tuple[Evidence, ...] = (Evidence(path=PYPROJECT, line=line, reason="project.dependencies"),)
    extra = _extra_with_web(pyproject, map(_name_of, inline))
    extras: tuple[str, ...] = ()
    if extra is not None:
        extras = (extra.value[0],)
        inline, evidence = (*inline, *extra.value[1]), (*evidence, *extra.evidence)
    inline = tuple(with_source(one, sources) for one in inline)
    found = Dependencies(
        manager=DependencyManager.PYPROJECT, inline=inline, extras=extras, input_files=(PYPROJECT,)
    )
    return Detected(found, (*evidence, *passed_over))


def _lists_web(project: ProjectFiles, path: str) -> bool:
    requirements = read_requirements(project, (path,))
    local = local_packages(project, [line.specifier for line in requirements.lines])
    return any(map(_is_web, requirements.names | local.names))


def _imported(sources: Sources) -> Detected[Dependencies]:
    """Nothing lists them: what the code imports, by the names that the index most likely has. DetectionError
    for a list that is there and is no file that can be read."""
    for path in ("requirements.txt", "Pipfile", "setup.cfg", "setup.py"):
        text_if_there(sources.project, path)
    imported = third_party_imports(sources)
    if folder_hint(sources.project) or not any(
        _is_web(_name_of(distribution_of(one.value))) for one in imported
    ):
        raise _nothing(sources)
    refuse_missing_configuration(sources)
    drivers = drivers_of_addresses(sources, (one.value for one in imported))
    names = (*(distribution_of(one.value) for one in imported), *(one.value for one in drivers))
    inline = tuple(dict.fromkeys(names))
    paths = tuple(dict.fromkeys(one.first.path for one in (*imported, *drivers)))
    found = Dependencies(manager=DependencyManager.IMPORTS, inline=inline, input_files=paths)
    return Detected(found, tuple(one.first for one in (*imported, *drivers)))


def requirement_files(project: ProjectFiles) -> tuple[Ranked, ...]:
    """Requirement files with their rank (lower is better): ((rank, depth, path), path)."""
    found: list[Ranked] = []
    in_docker = dict(_installed_by_dockerfile(project))
    for path in project.files("**/*.*"):
        folders, _, name = path.rpartition("/")
        stem, _, suffix = name.rpartition(".")
        if suffix not in ("txt", "in", "pip") or folders.lower() not in ("", "requirements", "reqs", "deps"):
            continue
        if not folders and "requirement" not in stem.lower() and "reqs" not in stem.lower():
            continue
        if DEVELOPMENT.search(path.lower()):
            continue
        rank, reason = _rank(path, folders, stem.lower(), suffix, project)
        evidence: tuple[Evidence, ...] = (Evidence(path=path, reason=reason),)
        if path in in_docker and path != "requirements.txt":
            rank, evidence = min(rank, 2), (in_docker[path], *evidence)
        found.append(Detected(((rank, path.count("/"), path), path), evidence))
    return tuple(found)


def _rank(path: str, folder: str, stem: str, suffix: str, project: ProjectFiles) -> tuple[int, str]:
    production = any(re.search(rf"(^|[-_.]){word}$", stem) for word in PRODUCTION)
    late = 10 if suffix == "in" else 0
    if production and re.search(r"^\s*-r\s*(\.\./)?requirements\.txt", project.read_text(path) or "", re.M):
        return 0, "for production; includes requirements.txt"
    if path == "requirements.txt":
        return 1, "the usual requirement file"
    if production:
        return 3 + late, "named for production"
    if folder and stem in ("base", "requirements", "common", "main", "core", "app"):
        return 4 + late, "the base of the requirements folder"
    if stem in ("requirements", "reqs"):
        return 5 + late, "requirement file that is compiled to nothing else"
    return 6 + late, "a requirement file"


def _installed_by_dockerfile(project: ProjectFiles) -> Iterator[tuple[str, Evidence]]:
    text = text_by_people(project, "Dockerfile") or ""
    for number, line in enumerate(text.splitlines(), start=1):
        for match in re.finditer(r"(?:-r|--requirement)[ =]?([\w./-]+\.(?:txt|in))", line):
            path = match.group(1).removeprefix("./").removeprefix("/app/").lstrip("/")
            yield path, Evidence(path="Dockerfile", line=number, reason=f"installs {path}")


def _nothing(sources: Sources) -> DetectionError:
    imported = third_party_imports(sources)
    details = [f"{one.value}: {one.first}" for one in imported[:20]]
    for number, line in enumerate(
        (text_by_people(sources.project, "Dockerfile") or "").splitlines(), start=1
    ):
        if re.search(r"\bpip3?\s+install\b", line):
            details.append(f"Dockerfile:{number}: {' '.join(line.split())[:100]}")
    names = " ".join(one.value for one in imported[:20])
    return DetectionError(
        "nothing lists the app's dependencies",
        where="requirements.txt",
        hint=folder_hint(sources.project)
        or f"write requirements.txt; the code imports: {names or 'nothing beyond the standard library'}",
        details=tuple(details),
    )
