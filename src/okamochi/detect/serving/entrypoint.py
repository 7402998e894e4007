"""Chooses the object that the server loads, or says why nothing can be chosen."""

import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from okamochi.detect.base import Detected
from okamochi.detect.files.statements import Statement, StatementRank, statements
from okamochi.detect.files.subfolders import app_folders, from_here, hint_naming
from okamochi.detect.frameworks.bottle_default import bottle_defaults
from okamochi.detect.frameworks.own_servers import programs_that_serve
from okamochi.detect.frameworks.plain_callables import plain_callables
from okamochi.detect.frameworks.scripts import script_applications, script_candidate
from okamochi.detect.serving.candidate_ranking import Found, Ranking, is_odd, name_key
from okamochi.detect.serving.nothing_found import SETTING_HINT, SETTING_HINT_ALONE, nothing_found
from okamochi.detect.serving.other_frameworks import folders_of_reflex
from okamochi.detect.serving.web_applications import (
    STAND_IN,
    Candidate,
    Place,
    candidate_for,
    place_of,
    web_applications,
)
from okamochi.detect.source.bound_names import binds
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.unreadable import not_parsed
from okamochi.errors import AmbiguousError, DetectionError
from okamochi.model.evidence import Evidence, Origin
from okamochi.model.plan import Framework, ServerInterface
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = ["EntryPoint", "WantedObject", "choose_entrypoint"]

ASGI_SETTING = regex(r"^ASGI_APPLICATION\s*=\s*[\"']([\w.]+)\.\w+[\"']", re.MULTILINE)
REFERENCE = regex(r"([\w./-]+?)(?:\.py)?(?::([A-Za-z_][\w.]*)(\(.*\))?)?", re.DOTALL)
FRAMEWORK_WORD = regex(
    r"\b(flask|fastapi|starlette|litestar|quart|django|dash|aiohttp|bottle|streamlit|gradio|panel|bokeh"
    r"|chainlit|shiny|marimo|solara|taipy|falcon|sanic|tornado|cherrypy|pyramid|nicegui|blacksheep)\b",
    re.IGNORECASE,
)
SCRIPT_SERVERS = {
    "streamlit": Framework.STREAMLIT,
    "panel": Framework.PANEL,
    "bokeh": Framework.BOKEH,
    "chainlit": Framework.CHAINLIT,
    "shiny": Framework.SHINY,
    "marimo": Framework.MARIMO,
    "solara": Framework.SOLARA,
}
MOST_COMMANDS = 3
# what gunicorn, uWSGI and mod_wsgi load of a module that is named alone
WITHOUT_NAME = "application"
ASGI_SERVERS = frozenset({"uvicorn", "hypercorn", "daphne", "fastapi"})
PAGES = ("import streamlit", "import gradio", "import chainlit")


class WantedObject(msgspec.Struct, frozen=True):
    """The object reference that a setting names, and where."""

    reference: str
    origin: Origin
    evidence: Evidence


class EntryPoint(msgspec.Struct, frozen=True):
    """`notes` are statements of the project that the source contradicts."""

    candidate: Candidate
    origin: Origin
    evidence: tuple[Evidence, ...]
    notes: tuple[Evidence, ...] = ()


def choose_entrypoint(
    objects: FlaskObjects, wanted: WantedObject | None, *, without: frozenset[str] = frozenset()
) -> EntryPoint:
    """The setting's object; else what the strongest statement that the source confirms names; else the best
    placed candidate. Candidates `without` which it has to do, by their labels, failed their proof.
    DetectionError when there is none, AmbiguousError when several are as good."""
    if wanted is not None:
        return _wanted(objects, wanted)
    entry = _chosen(objects, without)
    return replace(entry, notes=(*entry.notes, *_beside(objects.sources, entry.candidate)))


def _beside(sources: Sources, chosen: Candidate) -> Iterator[Evidence]:
    """Scripts that people may mean as well: an API and its pages of Streamlit in one folder."""
    texts = (sources.text(path) for path in sources.paths)
    if chosen.interface is ServerInterface.OWN or not any(word in text for text in texts for word in PAGES):
        return
    for one in script_applications(sources)[:2]:
        path, line = one.value.origin
        reason = f"a script of {one.value.class_name}, not run; --entrypoint {path} serves that"
        yield Evidence(path=path, line=line, reason=reason)


def _chosen(objects: FlaskObjects, without: frozenset[str]) -> EntryPoint:
    said = statements(objects.sources)
    notes: list[Evidence] = []
    for statement in said:
        if statement.value.rank is StatementRank.SCRIPT:
            continue
        stated = _confirmed(objects, statement)
        if stated is not None and stated.value.label in without:
            continue
        if stated is not None:
            return EntryPoint(
                stated.value, Origin.DETECTED, (*statement.evidence, *stated.evidence), tuple(notes)
            )
        notes.append(_contradicted(statement))
    candidates = web_applications(objects)
    if not any(_is_likely(objects, one.value) for one in candidates):
        candidates = (*candidates, *script_applications(objects.sources))
    if not candidates:
        candidates = bottle_defaults(objects) or plain_callables(objects) or programs_that_serve(objects)
    candidates = _without(_of_one_interface(objects.sources, candidates), without)
    reflex = folders_of_reflex(objects.sources)
    candidates = tuple(one for one in candidates if not _is_below(one.value.path, reflex))
    _refuse_broken(objects, candidates)
    if reflex and not candidates:
        raise DetectionError(
            "this looks like Reflex; which this version of okamochi does not serve",
            where=posixpath.join(reflex[0], "rxconfig.py"),
            hint="a later version reads it; an object in it that a server can load alone may be named: "
            + SETTING_HINT.format("pkg.module:app", "pkg.module:app"),
        )
    if not candidates:
        raise nothing_found(objects, tuple(notes))
    chosen = _best(objects, candidates, tuple(s for s in said if s.value.rank is StatementRank.SCRIPT))
    return EntryPoint(chosen.value, Origin.DETECTED, chosen.evidence, tuple(notes))


def _without(
    candidates: tuple[Detected[Candidate], ...], without: frozenset[str]
) -> tuple[Detected[Candidate], ...]:
    """When wsgi.py fails, nobody means dev.py: neither those that failed nor what stands in for the app."""
    failed = [one.value.path for one in candidates if one.value.label in without]
    whole = bool(failed) and not any(map(STAND_IN.fullmatch, failed))
    return tuple(
        one
        for one in candidates
        if one.value.label not in without and not (whole and STAND_IN.fullmatch(one.value.path))
    )


def _is_likely(objects: FlaskObjects, one: Candidate) -> bool:
    """An object that a server would load: neither aside nor in a module of another purpose."""
    return one.place < Place.ELSEWHERE and not is_odd(one)


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(not folder or path.startswith(f"{folder}/") for folder in folders)


def _of_one_interface(
    sources: Sources, candidates: tuple[Detected[Candidate], ...]
) -> tuple[Detected[Candidate], ...]:
    """Django projects have wsgi.py and asgi.py: the ASGI one is meant when it routes protocols, too. A router
    that lies beside the object that the settings name is a leftover."""
    routers = [one.value for one in candidates if one.value.class_name == "ProtocolTypeRouter"]
    routed = bool(routers)
    for module in sources.mentioning("ASGI_APPLICATION") if routed else ():
        told = ASGI_SETTING.search(module.text)
        path = sources.find(told[1], importer=module.path) if told is not None else None
        named = [one.value for one in candidates if one.value.path == path]
        if named and not any(one in routers for one in named):
            routed = False
    left_out = ServerInterface.WSGI if routed else ServerInterface.ASGI
    kept = tuple(
        one
        for one in candidates
        if one.value.framework is not Framework.DJANGO or one.value.interface is not left_out
    )
    return kept or candidates


def _wanted(objects: FlaskObjects, wanted: WantedObject) -> EntryPoint:
    found = _referenced(objects, wanted.reference, folder="", unknown_names=True)
    if found is None:
        raise DetectionError(
            f"the entry point {wanted.reference} is not in the project",
            where=wanted.evidence.place,
            hint="name a module of the project and an object in it, such as " + _example(objects),
            details=_candidate_lines(web_applications(objects)),
        )
    return EntryPoint(found.value, wanted.origin, (wanted.evidence, *found.evidence))


def _example(objects: FlaskObjects) -> str:
    found = web_applications(objects)
    return f'"{found[0].value.label}"' if found else '"wsgi:app" or "pkg:create_app()"'


def _confirmed(objects: FlaskObjects, statement: Detected[Statement]) -> Detected[Candidate] | None:
    served = statement.value.served
    if served.server in SCRIPT_SERVERS:
        return script_candidate(objects.sources, served.reference, SCRIPT_SERVERS[served.server])
    by_server = statement.value.rank in (
        StatementRank.PROCFILE,
        StatementRank.GUNICORN_CONFIG,
        StatementRank.DEPLOYMENT,
    )
    found = _referenced(objects, served.reference, folder=served.folder, unknown_names=by_server)
    awaits = served.server in ASGI_SERVERS or "uvicorn" in served.worker
    if found is None or found.value.line or not awaits:
        return found
    django = "DJANGO_SETTINGS_MODULE" in objects.sources.text(found.value.path)
    framework = Framework.DJANGO if django else Framework.OTHER
    unknown = replace(found.value, framework=framework, interface=ServerInterface.ASGI)
    return Detected(unknown, found.evidence)


def _contradicted(statement: Detected[Statement]) -> Evidence:
    first = statement.first
    return Evidence(
        path=first.path,
        line=first.line,
        reason=f"{first.reason}, but no such application is in the source; not used",
    )


def _referenced(
    objects: FlaskObjects, reference: str, *, folder: str, unknown_names: bool
) -> Detected[Candidate] | None:
    """The candidate that "pkg.mod:name(args)" means. With `unknown_names`, a name that the module binds to
    something we cannot follow is believed, too."""
    match = REFERENCE.fullmatch(reference.strip())
    if match is None:
        return None
    if reference.strip().endswith(".py"):
        scripts = script_applications(objects.sources)
        script = next((one for one in scripts if one.value.path == reference.strip()), None)
        if script is not None:
            return script
    path = _module_path(objects, match.group(1), folder)
    if path is None:
        return None
    module = objects.sources.module(path)
    if module.problem is not None:
        raise not_parsed(module)
    name, call = match.group(2) or "", match.group(3) or ""
    found = _named(objects, module, name, call) if name else _first_of(objects, module)
    name = name or WITHOUT_NAME
    if found is None and unknown_names and binds(module, name.split(".")[0]):
        found = _unknown_object(module, name)
    if found is None:
        return None
    whole = path.removesuffix(".py").removesuffix("/__init__") == match.group(1).replace(".", "/")
    below = folder and path.startswith(f"{folder}/") and not whole
    root = folder if below else _root_of_reference(path, match.group(1))
    if objects.sources.leads_above(path, root):
        root = objects.sources.import_root(path)
    package = objects.sources.package_of(path, root)
    stated = replace(found.value, import_root=root, call=call or found.value.call, package=package)
    return Detected(stated, found.evidence)


def _module_path(objects: FlaskObjects, text: str, folder: str) -> str | None:
    """The file that a module's name or a path, as Flask takes both, means."""
    known = objects.sources.known
    as_path = text.removeprefix("./").removeprefix("/app/")
    dotted = as_path.replace(".", "/") if "/" not in as_path else as_path
    for root in dict.fromkeys((folder, "", "src")):
        for stem in dict.fromkeys((as_path, dotted)):
            base = posixpath.join(root, stem)
            for path in (f"{base}/__init__.py", f"{base}.py"):
                if path in known:
                    return path
    if objects.sources.root_package is not None:
        return objects.sources.find(text)
    elsewhere = [one for one in objects.sources.paths if objects.sources.dotted(one) == text]
    return elsewhere[0] if len(elsewhere) == 1 else None


def _root_of_reference(path: str, text: str) -> str:
    """The folder below which the written module name lies: "pkg.wsgi" of src/pkg/wsgi.py is below src."""
    stem = path.removesuffix(".py").removesuffix("/__init__")
    written = text.replace(".", "/").strip("/")
    if "/" in text or not stem.endswith(written):
        return ""
    return stem.removesuffix(written).rstrip("/")


def _named(objects: FlaskObjects, module: Module, name: str, call: str) -> Detected[Candidate] | None:
    found = candidate_for(objects, module, name.removesuffix(".server"), imported=True, call=call)
    return found if found is None or found.value.name == name else None


def _first_of(objects: FlaskObjects, module: Module) -> Detected[Candidate] | None:
    """What Flask takes from a module: app, application, a sole Flask object, create_app, make_app."""
    found = [candidate_for(objects, module, name) for name in objects.names(module.path)]
    usable = [one for one in found if one is not None]
    return min(usable, key=lambda one: name_key(one.value), default=None)


def _unknown_object(module: Module, name: str) -> Detected[Candidate]:
    candidate = Candidate(module.path, name, "", "", Place.ELSEWHERE, (module.path, 0), 0, "Flask")
    evidence = Evidence(path=module.path, reason=f"{name} is there; how it is made cannot be followed")
    return Detected(candidate, (evidence,))


def _best(
    objects: FlaskObjects, candidates: tuple[Found, ...], scripts: tuple[Detected[Statement], ...]
) -> Found:
    """One candidate for each app (same origin), then the best of these; AmbiguousError on a tie."""
    ranking = Ranking(objects, candidates, frozenset(s.value.served.reference for s in scripts))
    families: dict[tuple[str, int], list[Found]] = {}
    for candidate in candidates:
        families.setdefault(candidate.value.origin, []).append(candidate)
    heads = sorted((min(family, key=ranking.within) for family in families.values()), key=ranking.between)
    if len(heads) > 1 and ranking.between(heads[0]) == ranking.between(heads[1]):
        tied = tuple(h for h in heads if ranking.between(h) == ranking.between(heads[0]))
        raise _ambiguous(objects, tied, heads)
    best = heads[0]
    said = next((s for s in scripts if s.value.served.reference == best.value.path and len(heads) > 1), None)
    return best if said is None else Detected(best.value, (*said.evidence, *best.evidence))


def _refuse_broken(objects: FlaskObjects, candidates: tuple[Found, ...]) -> None:
    """A module that cannot be parsed and whose place is better than every candidate's is the app's own."""
    best = min((found.value.place for found in candidates), default=Place.ELSEWHERE + 1)
    for path in objects.sources.paths:
        if place_of(path, objects.sources.import_root(path)) >= best:
            continue
        likely = FRAMEWORK_WORD.search(objects.sources.text(path)) is not None
        if likely and objects.sources.module(path).problem is not None:
            raise not_parsed(objects.sources.module(path))


def _ambiguous(objects: FlaskObjects, tied: tuple[Found, ...], heads: Iterable[Found]) -> AmbiguousError:
    lines = _candidate_lines(tied)
    labels = [one.value.label for one in tied]
    project = objects.sources.project
    return AmbiguousError(
        f"{len(lines)} web applications are there and nothing says which one the server loads",
        where=", ".join(one.first.place for one in tied),
        hint=_hint_of_folders(project, tied)
        or _hint_of_roots(objects, tied, heads)
        or _hint_of_objects(project, labels),
        details=lines,
    )


def _hint_of_folders(project: ProjectFiles, tied: Iterable[Found]) -> str:
    """The folders that are apps of their own, where one of these is; an app beside them is named itself."""
    folders = app_folders(project)
    named = any(one.value.path.startswith(f"{folder}/") for one in tied for folder in folders)
    return hint_naming(project, folders) if named else ""


def _hint_of_objects(project: ProjectFiles, labels: list[str]) -> str:
    """Commands to copy, and the setting that says it once and for all."""
    place = from_here(project.root, "")
    words = ["okamochi", "up", *(() if place in ("", ".") else (place,)), "--entrypoint"]
    commands = " or ".join(shlex.join((*words, label)) for label in labels[:MOST_COMMANDS])
    return f"choose one: {commands}; for good: {SETTING_HINT_ALONE.format(labels[0])}"


def _hint_of_roots(objects: FlaskObjects, tied: Iterable[Found], heads: Iterable[Found]) -> str:
    """Apps that are imported from folders of their own can have one name: the folder tells them apart."""
    if len({one.value.import_root for one in tied}) < 2:
        return ""
    return hint_naming(objects.sources.project, sorted({one.value.import_root for one in heads} - {""}))


def _candidate_lines(found: tuple[Found, ...]) -> tuple[str, ...]:
    return tuple(f"{one.value.label}  ({one.first})" for one in found)
