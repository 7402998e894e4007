"""The environment variables of the app: kind, default, and whether it starts without them."""

import ast
from collections.abc import Iterable

import msgspec

from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.detect.variables.desk_configuration import left_at_the_desk
from okamochi.detect.variables.environment_given import given_before
from okamochi.detect.variables.environment_read import Read
from okamochi.detect.variables.environment_reads import WORDS, reads_of
from okamochi.detect.variables.prefixed_reads import ADDRESS_KEY, ELSEWHERE
from okamochi.detect.variables.reading_functions import reading_functions
from okamochi.detect.variables.settings_classes import settings_classes
from okamochi.detect.variables.shared_readers import shared_readers
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.process import CANNOT_GO_ON, EnvironmentVariable, VariableKind
from okamochi.model.variable_names import SYSTEM, kind_of
from okamochi.system.patterns import regex

__all__ = ["environment_of"]

# what Flask-SQLAlchemy cannot do without, where it is set
ADDRESS_SET = regex(ADDRESS_KEY + r"""(["']?\]?\s*=(?!=)|["']\s*:|["']\s*,)""")


def environment_of(
    objects: FlaskObjects, reached: Reached, own_names: Iterable[str]
) -> tuple[tuple[EnvironmentVariable, ...], tuple[Decision, ...]]:
    """Variables sorted by name, and the decision about each. `own_names` are the project's names: ACME_SECRET
    of the project acme is its own secret, STRIPE_SECRET is somebody else's."""
    found: dict[str, list[tuple[Module, Read]]] = {}
    settings = settings_classes(objects.sources)
    words = (*WORDS, *sorted(settings), *reading_functions(objects.sources))
    shared = shared_readers(objects.sources)
    named = {module.path for module in objects.sources.mentioning(*words)}
    for module in map(objects.sources.module, sorted(named | shared.keys())):
        for read in reads_of(module, objects.sources, settings):
            if SYSTEM.fullmatch(read.name) is None:
                found.setdefault(read.name, []).append((module, read))
    _sole_address(objects.sources, found)
    for name in [name for name in found if name.endswith("_FILE") and name.removesuffix("_FILE") in found]:
        found[name.removesuffix("_FILE")] += found.pop(name)
    prefixes = frozenset(name.upper().replace("-", "_") for name in own_names)
    variables, decisions = [], []
    set_first = _set_first(objects.sources, reached)
    for name in sorted(found):
        there = name in set_first
        fatal = [not there and _stops(module, read, reached, objects) for module, read in found[name]]
        variable = _variable(name, found[name], prefixes, required=any(fatal))
        variables.append(variable)
        decisions.append(_decision(variable, found[name], fatal, objects.sources))
    return tuple(variables), tuple(decisions)


def _sole_address(sources: Sources, found: dict[str, list[tuple[Module, Read]]]) -> None:
    """The one place of a project with Flask-SQLAlchemy that sets the database's address reads it without a
    default, and nothing else names it, to ask whether it is there: the app needs the variable, though reading
    it does not fail."""
    places = [
        (reads, position)
        for reads in found.values()
        for position, (_, read) in enumerate(reads)
        if read.used_as == ADDRESS_KEY
    ]
    if len(places) != 1 or any(True for _ in sources.mentioning(*ELSEWHERE)):
        return
    reads, position = places[0]
    module, read = reads[position]
    texts = [module.text for module in sources.mentioning(ADDRESS_KEY)]
    times = 1 + (read.name == ADDRESS_KEY)  # its own name, and that of the key
    if [text.count(ADDRESS_KEY) for text in texts] != [times] or ADDRESS_SET.search(texts[0]) is None:
        return
    if not any("flask_sqlalchemy" in sources.words(path) for path in sources.paths):
        return
    if not read.has_default:
        reads[position] = module, msgspec.structs.replace(read, must=True)


def _variable(
    name: str, reads: list[tuple[Module, Read]], prefixes: frozenset[str], *, required: bool
) -> EnvironmentVariable:
    kind = kind_of(name, used_as=[read.used_as for _, read in reads], prefixes=prefixes)
    if kind is VariableKind.SECRET and all(read.default in ("True", "False") for _, read in reads):
        kind = VariableKind.PLAIN  # PASSWORD_REQUIRE_DIGIT is a switch
    defaults = sorted({read.default for _, read in reads if read.default is not None})
    default = defaults[0] if len(defaults) == 1 and kind is VariableKind.PLAIN and not required else None
    return EnvironmentVariable(name=name, kind=kind, required=required, default=default)


def _set_first(sources: Sources, reached: Reached) -> frozenset[str]:
    """What the server's own module sets before anything that it loads is imported: a wsgi.py of Django sets
    DJANGO_SETTINGS_MODULE, which settings may read."""
    first = next(iter(reached.paths), "")
    if not first:
        return frozenset()
    module = sources.module(first)
    below = min((node.lineno for node in sources.imports(first) if _is_own(node, sources, first)), default=0)
    given = given_before(module).items()
    return frozenset(name for name, line in given if not below or line < below)


def _is_own(node: ast.Import | ast.ImportFrom, sources: Sources, importer: str) -> bool:
    if isinstance(node, ast.ImportFrom):
        return sources.find_from(node, importer=importer) is not None
    return any(sources.find(alias.name, importer=importer) is not None for alias in node.names)


def _stops(module: Module, read: Read, reached: Reached, objects: FlaskObjects) -> bool:
    """Whether the app cannot start without the variable because of this read."""
    if not read.must or read.conditional or module.path not in reached.paths:
        return False
    return not read.function or reached.runs(read.function, objects)


def _decision(
    variable: EnvironmentVariable, reads: list[tuple[Module, Read]], fatal: list[bool], sources: Sources
) -> Decision:
    """`fatal` says of each read whether the app cannot start without the variable because of it."""
    ranked = sorted(
        (
            (not stops, module.path, read.line, read)
            for (module, read), stops in zip(reads, fatal, strict=True)
        ),
        key=lambda one: one[:3],
    )
    places = (Evidence(path=path, line=line, reason=_reason(read)) for _, path, line, read in ranked)
    evidence = tuple(dict.fromkeys(places))[:4]
    need = "required" if variable.required else "optional"
    kinds = {
        VariableKind.PLAIN: "",
        VariableKind.SECRET: ", a secret",
        VariableKind.GENERATED: ", a secret that is made up once when nobody gives it",
    }
    default = f", default {variable.default!r}" if variable.default is not None else ""
    summary = f"{variable.name} is {need}{kinds[variable.kind]}{default}"
    field = f"environment.{variable.name}"
    warning, why = left_at_the_desk(sources, variable)
    if warning:
        summary, evidence = f"{summary}. {warning}", (*evidence, *why)
    return Decision.detected(field, summary, evidence)


def _reason(read: Read) -> str:
    how = CANNOT_GO_ON if read.must else "reads it"
    if read.has_default:
        how = "reads it, with a default"
    where = f" in {read.function}()" if read.function else ""
    target = f" for {read.used_as}" if read.used_as and read.used_as != read.name else ""
    return f"{how}{where}{target}"
