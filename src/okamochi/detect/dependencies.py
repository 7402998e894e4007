"""Which files say what the app depends on, and whether they bring a server."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from okamochi.detect.base import Detected
from okamochi.detect.chosen_settings import ChosenSettings
from okamochi.detect.pyproject import PATH as PYPROJECT
from okamochi.detect.pyproject import Pyproject
from okamochi.detect.python_source import Sources
from okamochi.detect.subfolders import folder_hint
from okamochi.detect.third_party import third_party_imports
from okamochi.errors import DetectionError
from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.model.plan import Dependencies
from okamochi.pypi.requirements import Requirements, read_requirements, requirement_of
from okamochi.system.project_files import ProjectFiles

__all__ = ["GUNICORN", "ChosenDependencies", "choose_dependencies"]

# 26.1 reaps foreign children; before 25.1 there is no control socket to switch off
GUNICORN = "gunicorn>=26.1"
SERVERS = ("gunicorn", "waitress", "uwsgi", "pyuwsgi", "granian", "bjoern", "cheroot", "meinheld", "gevent")
OTHER_MANAGERS = {
    "Pipfile.lock": "pipenv requirements > requirements.txt",
    "Pipfile": "pipenv lock && pipenv requirements > requirements.txt",
    "poetry.lock": "poetry export -f requirements.txt -o requirements.txt",
    "pdm.lock": "pdm export -o requirements.txt",
    "uv.lock": "uv export --no-dev --no-emit-project -o requirements.txt",
    "pylock.toml": "uv pip compile pylock.toml -o requirements.txt",
    "environment.yml": "list its pip packages in requirements.txt",
    "environment.yaml": "list its pip packages in requirements.txt",
    "conda.yml": "list its pip packages in requirements.txt",
}
FLASK = re.compile(r"(api)?flask\b(?!-)", re.IGNORECASE)
WEB_EXTRAS = ("web", "app", "server", "webapp", "ui", "http", "flask", "api")
LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock.toml")
PRODUCTION = ("prod", "production", "prd", "deploy", "live", "release")
DEVELOPMENT = re.compile(r"(^|[-_./])(dev|develop|development|test|tests|testing|lint|docs?|ci|local|typing)")


@dataclass(frozen=True, slots=True)
class ChosenDependencies:
    """`names` are the normalized names that the project itself asks for."""

    dependencies: Dependencies
    names: frozenset[str]
    requirements: Requirements
    decisions: tuple[Decision, ...]


def choose_dependencies(
    sources: Sources, pyproject: Pyproject, chosen: ChosenSettings, *, own_name: str = ""
) -> ChosenDependencies:
    """The setting's files; else the best of what is there. DetectionError when nothing says it."""
    project = sources.project
    if chosen.settings.requirements is not None:
        files = chosen.settings.requirements
        origin = chosen.origin("requirements")
        why: tuple[Evidence, ...] = (chosen.place("requirements"),)
    else:
        files, why = _detected(sources, pyproject)
        origin = Origin.DETECTED
    inline = () if files else pyproject.dependencies or ()
    extra = _extra_with_flask(pyproject, inline) if inline and origin is Origin.DETECTED else None
    if extra is not None:
        inline, why = (*inline, *extra.value), (*why, *extra.evidence)
    requirements = read_requirements(project, files)
    if inline:
        lines = tuple(requirement_of(one, path=PYPROJECT) for one in inline)
        requirements = replace(requirements, lines=lines)
    inputs = requirements.input_files if files else (PYPROJECT,)
    found = Dependencies(files=files, inline=inline, input_files=inputs)
    field = "dependencies.files" if files else "dependencies.inline"
    summary = (
        f"dependencies from {', '.join(files)}" if files else f"dependencies from {PYPROJECT}, project table"
    )
    decision = Decision(field=field, summary=summary, origin=origin, evidence=why)
    added, server = _server(requirements, chosen, inputs)
    return ChosenDependencies(
        replace_added(found, added), requirements.names, requirements, (decision, server)
    )


def _extra_with_flask(pyproject: Pyproject, inline: tuple[str, ...]) -> Detected[tuple[str, ...]] | None:
    """A library that keeps its web app's dependencies in an extra: that one is installed, too."""
    if any(FLASK.match(one) for one in inline):
        return None
    found = [
        (name, specifiers)
        for name, specifiers in pyproject.extras
        if any(FLASK.match(one) for one in specifiers) and not DEVELOPMENT.search(name.lower())
    ]
    if not found:
        return None
    name, specifiers = min(found, key=lambda one: (one[0].lower() not in WEB_EXTRAS, found.index(one)))
    line = pyproject.line_of(name)
    evidence = Evidence(path=PYPROJECT, line=line, reason=f"the extra {name} brings Flask")
    return Detected(specifiers, (evidence,))


def replace_added(found: Dependencies, added: tuple[str, ...]) -> Dependencies:
    return Dependencies(files=found.files, inline=found.inline, added=added, input_files=found.input_files)


def _server(
    requirements: Requirements, chosen: ChosenSettings, inputs: tuple[str, ...]
) -> tuple[tuple[str, ...], Decision]:
    line = requirements.line_of("gunicorn") if "gunicorn" in requirements.names else None
    if line is not None:
        evidence = Evidence(path=line.path, line=line.line, reason="the project asks for gunicorn")
        return (), _server_decision("gunicorn is the project's own", Origin.DETECTED, (evidence,))
    if chosen.settings.gunicorn is False:
        place = (chosen.place("gunicorn"),)
        return (), _server_decision("gunicorn is not added", chosen.origin("gunicorn"), place)
    others = [name for name in SERVERS if name in requirements.names and name != "gevent"]
    seen = ", ".join(inputs)
    reason = f"asks for {', '.join(others)}, but not for gunicorn" if others else "asks for no WSGI server"
    evidence = Evidence(path=seen, reason=reason)
    return (GUNICORN,), _server_decision(f"{GUNICORN} is added", Origin.DEFAULT, (evidence,))


def _server_decision(summary: str, origin: Origin, evidence: tuple[Evidence, ...]) -> Decision:
    return Decision(field="dependencies.added", summary=summary, origin=origin, evidence=evidence)


def _detected(sources: Sources, pyproject: Pyproject) -> tuple[tuple[str, ...], tuple[Evidence, ...]]:
    """The requirement file to install, or none for pyproject's own list; and why."""
    project = sources.project
    ranked = sorted(requirement_files(project), key=lambda found: found.value[0])
    notes = _unread_locks(project)
    inline = pyproject.dependencies
    if ranked and not _better_in_pyproject(project, ranked[0].value[1], inline):
        best = ranked[0]
        included = read_requirements(project, (best.value[1],)).input_files
        left = [other.value[1] for other in ranked[1:] if other.value[1] not in included]
        others = tuple(Evidence(path=path, reason="not taken: a weaker name") for path in left[:3])
        unused = (Evidence(path=PYPROJECT, reason="not taken: a requirement file rules"),) if inline else ()
        return (best.value[1],), (*best.evidence, *others, *unused, *notes)
    if inline is not None and (inline or not notes):
        line = pyproject.line_of("dependencies")
        return (), (Evidence(path=PYPROJECT, line=line, reason="project.dependencies"), *notes)
    raise _none(sources, pyproject)


def _unread_locks(project: ProjectFiles) -> tuple[Evidence, ...]:
    reason = "not read by this version: its pins are not used, okamochi.lock pins instead"
    return tuple(Evidence(path=path, reason=reason) for path in LOCKS if project.exists(path))


def _better_in_pyproject(project: ProjectFiles, path: str, inline: tuple[str, ...] | None) -> bool:
    """pyproject.toml lists Flask and the requirement file does not."""
    if not inline or not any(re.match(r"(api)?flask\b", one, re.IGNORECASE) for one in inline):
        return False
    return not any("flask" in name for name in read_requirements(project, (path,)).names)


Ranked = Detected[tuple[tuple[int, int, str], str]]


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
    text = project.read_text("Dockerfile") or ""
    for number, line in enumerate(text.splitlines(), start=1):
        for match in re.finditer(r"(?:-r|--requirement)[ =]?([\w./-]+\.(?:txt|in))", line):
            path = match.group(1).removeprefix("./").removeprefix("/app/").lstrip("/")
            yield path, Evidence(path="Dockerfile", line=number, reason=f"installs {path}")


def _none(sources: Sources, pyproject: Pyproject) -> DetectionError:
    project = sources.project
    other = next((path for path in OTHER_MANAGERS if project.exists(path)), "")
    if other:
        return DetectionError(
            f"the dependencies are in {other}, which this version does not read",
            where=other,
            hint=f"a later version reads it; until then: {OTHER_MANAGERS[other]}",
        )
    if "poetry" in pyproject.tool:
        return DetectionError(
            "the dependencies are in [tool.poetry], which this version does not read",
            where=PYPROJECT,
            hint="poetry export -f requirements.txt -o requirements.txt",
        )
    for path in ("setup.py", "setup.cfg"):
        if "install_requires" in (project.read_text(path) or ""):
            return DetectionError(
                f"the dependencies are in {path}, which is not read (setup.py would have to be run)",
                where=path,
                hint="list them in requirements.txt or in [project] dependencies of pyproject.toml",
            )
    return _nothing(sources)


def _nothing(sources: Sources) -> DetectionError:
    imported = third_party_imports(sources)
    details = [f"{one.value}: {one.first}" for one in imported[:20]]
    for number, line in enumerate((sources.project.read_text("Dockerfile") or "").splitlines(), start=1):
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
