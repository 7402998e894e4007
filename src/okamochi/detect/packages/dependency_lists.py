"""Which list of dependencies rules: a lock, a requirement file, pyproject, or what other files say."""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePosixPath

import msgspec
from packaging.utils import canonicalize_name

from okamochi.detect.base import Detected
from okamochi.detect.files.platform_files import build_commands
from okamochi.detect.files.subfolders import folder_hint, is_a_package
from okamochi.detect.packages.frozen_versions import frozen_versions
from okamochi.detect.packages.managers import CONDA_FILES, LOCKS, WEB, locked_candidates, other_manifests
from okamochi.detect.packages.pyproject import PATH as PYPROJECT
from okamochi.detect.packages.pyproject import Pyproject
from okamochi.detect.packages.requirement_files import DEVELOPMENT, Ranked, requirement_files
from okamochi.detect.services.drivers_of_addresses import drivers_of_addresses
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.third_party import third_party_imports
from okamochi.detect.variables.missing_configuration import refuse_missing_configuration
from okamochi.errors import DetectionError
from okamochi.model.evidence import Evidence
from okamochi.model.import_names import distribution_of
from okamochi.model.plan import Dependencies, DependencyManager
from okamochi.model.rendered_mark import text_by_people
from okamochi.pypi.asked import asked_of, locked_nodes
from okamochi.pypi.local_packages import local_packages
from okamochi.pypi.manifests.named_sources import named_sources, with_source
from okamochi.pypi.manifests.package_facts import read_package
from okamochi.pypi.requirements import read_requirements
from okamochi.pypi.specifiers import parsed_specifier
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles, text_if_there

__all__ = ["Loaded", "detected_dependencies", "name_of", "of_the_checkout"]

PIP_INSTALLS = regex(r"\bpip3?\s+install\b[^\n&|;]*?\s(?:-r|--requirement)[\s=]*([\w./-]+)")
NAME = regex(r"[A-Za-z0-9][A-Za-z0-9._-]*")
WEB_EXTRAS = ("web", "app", "server", "webapp", "ui", "http", "flask", "api")
WITH_EXTRAS = (DependencyManager.UV, DependencyManager.POETRY, DependencyManager.PDM)

BESIDE = (
    "requirements.txt",
    *(
        f"requirements/{name}.txt"
        for name in ("production", "prod", "base", "requirements", "common", "main")
    ),
)
FOLDERS_AROUND = ("..", "../..", "../../..", "../../../..")
Loaded = Callable[[], tuple[str, ...]]


def detected_dependencies(sources: Sources, pyproject: Pyproject, loaded: Loaded) -> Detected[Dependencies]:
    """The list that rules, with those that are there and do not. DetectionError when nothing lists them."""
    return _with_unread(_detected(sources, pyproject, loaded), sources.project, pyproject)


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
    if inline and (not ranked or any(_is_web(name_of(text)) for text in inline)):
        brings = any(_is_web(name_of(text)) for text in inline) or _extra_with_web(pyproject, ()) is not None
        beside = None if brings else _beside(project, loaded(), anything=True)
        return beside or _project_table(project, pyproject, inline, passed_over)
    others = [*other_manifests(project, pyproject)]
    web = [one for one in others if any(_is_web(name_of(text)) for text in one.value.inline)]
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
    first = _folders_above(loaded[0]) if loaded else []
    if not anything and (
        not loaded or (first and not any(is_a_package(project, folder) for folder in first))
    ):
        return None
    folders = dict.fromkeys(folder for path in loaded for folder in _folders_above(path))
    for path in (posixpath.join(folder, name) for folder in folders for name in BESIDE):
        if project.exists(path) and _lists_web(project, path):
            reason = "lists a web framework, beside modules that the server loads; the files above list none"
            found = Dependencies(files=(path,), input_files=(path,))
            return Detected(found, (Evidence(path=path, reason=reason),))
    return None


def _folders_above(path: str) -> list[str]:
    """The nearest first, without the project's own."""
    return [str(one) for one in PurePosixPath(path).parents][:-1]


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
        place, shipped = _installed_by_the_author(project, found.manager)
        if any(map(_is_web, names)) and not shipped:
            return Detected(found, (*evidence, *_staleness(project, found), *passed_over)), ()
        reason = "not taken: it installs no web framework"
        if shipped:
            reason = f"not taken: {place} installs {shipped}, and knows no {found.manager.value}"
        passed_over.append(Evidence(path=found.lock_file, reason=reason))
    return None, tuple(passed_over)


def _installed_by_the_author(project: ProjectFiles, manager: DependencyManager) -> tuple[str, str]:
    """The requirement file that the author's own image, or the first platform that says so, is made of, after
    who says that; empty when it can be the lock's all the same: written by the lock's manager, or for
    something else than the app. A lock that only the desk knows grows old beside it."""
    dockerfile = text_by_people(project, "Dockerfile") or ""
    said = (("the Dockerfile", dockerfile),) if dockerfile else build_commands(project)
    for place, text in said:
        if manager.value in text.lower():
            return "", ""
        for one in map(posixpath.basename, PIP_INSTALLS.findall(text)):
            if project.exists(one) and _lists_web(project, one):
                return place, one
    return "", ""


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
    frozen = frozen_versions(project, path, left)
    pinned = (Evidence(path=frozen, reason=f"pins all of {path}: its versions are constraints"),)
    left = [other for other in left if other != frozen]
    others = tuple(Evidence(path=path, reason="not taken: a weaker name") for path in left[:3])
    unused = (Evidence(path=PYPROJECT, reason="not taken: a requirement file rules"),) if inline else ()
    found = Dependencies(files=(path,), constraint_files=(frozen,) if frozen else (), input_files=(path,))
    told = (*best.evidence, *(pinned if frozen else ()), *others, *unused, *passed_over)
    return Detected(found, told)


def _project_table(
    project: ProjectFiles, pyproject: Pyproject, inline: tuple[str, ...], passed_over: tuple[Evidence, ...]
) -> Detected[Dependencies]:
    line = pyproject.line_of("dependencies")
    sources = named_sources(project)
    evidence: tuple[Evidence, ...] = (Evidence(path=PYPROJECT, line=line, reason="project.dependencies"),)
    extra = _extra_with_web(pyproject, map(name_of, inline))
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
        _is_web(name_of(distribution_of(one.value))) for one in imported
    ):
        raise _nothing(sources)
    refuse_missing_configuration(sources)
    drivers = drivers_of_addresses(sources, (one.value for one in imported))
    around = packages_around(sources.project, [one.value for one in imported])
    names = (
        *(around.get(one.value) or distribution_of(one.value) for one in imported),
        *(one.value for one in drivers),
    )
    inline = tuple(dict.fromkeys(names))
    paths = tuple(dict.fromkeys(one.first.path for one in (*imported, *drivers)))
    found = Dependencies(manager=DependencyManager.IMPORTS, inline=inline, input_files=paths)
    built = (
        Evidence(path=specifier.rpartition("file:")[2], reason=f"is the source of {module}: it is built")
        for module, specifier in sorted(around.items())
    )
    return Detected(found, (*(one.first for one in (*imported, *drivers)), *built))


def of_the_checkout(sources: Sources, names: Iterable[str]) -> tuple[Detected[str], ...]:
    """The library in whose checkout this folder lies, where the code imports it and none of the `names` is
    its: an example's requirement file lists the rest."""
    if all(read_package(sources.project, folder) is None for folder in FOLDERS_AROUND):
        return ()
    imported = {one.value: one for one in third_party_imports(sources)}
    around = packages_around(sources.project, [*imported])
    asked = frozenset(names)
    return tuple(
        Detected(specifier, imported[module].evidence)
        for module, specifier in sorted(around.items())
        if name_of(specifier) not in asked
    )


def packages_around(project: ProjectFiles, modules: Sequence[str]) -> dict[str, str]:
    """Of modules that a package is made of in whose checkout this folder lies, such as the examples of a
    library, the requirement that has it built from there: `pip install -e ..` is how its author runs them."""
    found: dict[str, str] = {}
    for folder in FOLDERS_AROUND:
        facts = read_package(project, folder)
        if facts is None:
            continue
        own = [one for one in modules if canonicalize_name(distribution_of(one)) == facts.normalized]
        for module in own:
            places = [f"{folder}/{base}{module}" for base in ("", "src/")]
            if any(project.is_dir(one) or project.exists(f"{one}.py") for one in places):
                found.setdefault(module, f"{facts.name} @ file:{folder}")
    return found


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


def _extra_with_web(
    pyproject: Pyproject, names: Iterable[str]
) -> Detected[tuple[str, tuple[str, ...]]] | None:
    """(name, specifiers) of the extra in which a library keeps its web app's dependencies."""
    if any(_is_web(name) for name in names):
        return None
    found = [
        (name, specifiers)
        for name, specifiers in pyproject.extras
        if any(_is_web(name_of(one)) for one in specifiers) and not DEVELOPMENT.search(name.lower())
    ]
    if not found:
        return None
    name, specifiers = min(found, key=lambda one: (one[0].lower() not in WEB_EXTRAS, found.index(one)))
    line = pyproject.line_of(name)
    evidence = Evidence(path=PYPROJECT, line=line, reason=f"the extra {name} brings the web framework")
    return Detected((name, specifiers), (evidence,))


def name_of(specifier: str) -> str:
    found = NAME.match(specifier.strip())
    return found.group().lower().replace("_", "-") if found else ""


def _is_web(name: str) -> bool:
    return WEB.fullmatch(name) is not None
