"""Apps that are programs: a script of the project that puts its app together and starts a server of its own.

Two things make it so: the object that a server could load has none of the project's routes, or the project's
own files run the script, and what it reaches starts a server that no other could stand in for.
"""

from msgspec.structs import replace

from okamochi.detect.base import Detected
from okamochi.detect.files.statements import Statement, statements
from okamochi.detect.serving.entrypoint import EntryPoint
from okamochi.detect.serving.routes import routes
from okamochi.detect.serving.web_applications import place_of
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.python_source import is_main_guard
from okamochi.detect.source.reachable import Reached, loaded_from
from okamochi.model.evidence import Evidence, Origin
from okamochi.model.plan import Framework, ServerInterface
from okamochi.system.patterns import regex

__all__ = ["program_of"]

SERVES = regex(r"\b(WSGIServer|HTTPServer)\(|\bserve_forever\(|\bwsgi\.server\(|\bweb\.run_app\(")
SOCKETS = regex(r"\bsocketio\w*\.run\(|allow_unsafe_werkzeug")


def program_of(objects: FlaskObjects, entry: EntryPoint, reached: Reached) -> EntryPoint | None:
    """The program that serves the app in the place of the entry's object; None when the object will do."""
    if entry.origin is not Origin.DETECTED or entry.candidate.interface is ServerInterface.OWN:
        return None
    said = [one for one in statements(objects.sources) if one.value.served.script]
    scripts = [path for path in objects.sources.paths if "/" not in path and serves(objects, path)]
    named = next((one for one in said if one.value.served.reference in scripts), None)
    if named is not None and needs_itself(objects, named.value.served.reference):
        return entry_of(named.value.served.reference, entry, named)
    everywhere = routes(objects)
    if not everywhere or any(one.first.path in reached.paths for one in everywhere):
        return None
    if named is not None:
        return entry_of(named.value.served.reference, entry, named)
    return entry_of(scripts[0], entry, None) if len(scripts) == 1 else None


def serves(objects: FlaskObjects, path: str) -> bool:
    """A script whose main guard starts something, and whose modules have a server."""
    module = objects.sources.module(path)
    if not any(is_main_guard(statement) for statement in module.tree.body):
        return False
    texts = [objects.sources.text(one) for one in loaded_from(path, objects)]
    return any(SERVES.search(text) or SOCKETS.search(text) for text in texts)


def needs_itself(objects: FlaskObjects, path: str) -> bool:
    """Its server is no detail: it carries long connections, or is set up in code."""
    texts = [objects.sources.text(one) for one in loaded_from(path, objects)]
    return any("allow_unsafe_werkzeug" in text or SERVES.search(text) for text in texts)


def entry_of(path: str, entry: EntryPoint, named: Detected[Statement] | None) -> EntryPoint:
    reason = f"is run, and starts a server of its own; {entry.candidate.label} alone is not the whole app"
    evidence = (*(named.evidence if named is not None else ()), Evidence(path=path, reason=reason))
    candidate = replace(
        entry.candidate,
        path=path,
        name="",
        call="",
        import_root="",
        place=place_of(path, ""),
        framework=Framework.OTHER,
        interface=ServerInterface.OWN,
        coroutine=False,
    )
    return EntryPoint(candidate, Origin.DETECTED, evidence, entry.notes)
