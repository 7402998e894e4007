"""Kinds of services that the code may connect to, and which of them it means."""

import re

import msgspec

from okamochi.detect.files.compose_files import ComposedService, composed_services, given_variables
from okamochi.detect.packages.dependencies import ChosenDependencies
from okamochi.detect.services.candidate import Candidate
from okamochi.detect.services.clients import HERE
from okamochi.detect.services.evidence import Traces, VariableRead, address_of, traces_of
from okamochi.detect.services.kinds import FOREIGN_URL, KINDS, SQL, WITH_DATABASE, KindFacts, facts_of
from okamochi.detect.services.stated_addresses import StatedAddress
from okamochi.detect.services.variables import host_variable, is_pair
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.detect.variables.environment_reads import reads_of
from okamochi.detect.variables.settings_classes import settings_classes
from okamochi.model.backing_service import ServiceKind
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import regex

__all__ = ["service_candidates"]

BROKERS = (ServiceKind.REDIS, ServiceKind.RABBITMQ)
BROKER_VARIABLE = regex(r"(\w+_)?(CELERY_BROKER|BROKER|CELERY_RESULT_BACKEND|RESULT_BACKEND|QUEUE)(_URL)?")
OF_DEVELOPERS = regex(r"(DEV|DEVELOPMENT)_.*")
OTHER_STAGE = regex(r"(TEST|TESTING|DEV|DEVELOPMENT|STAGING|CI)_.*")
WEB = regex(r"https?://[^/:]*(?::(?P<port>\d+))?")
ENGINE = regex(r"(DATABASE|DB|SQL)_(ENGINE|DIALECT|DRIVER|TYPE)")


def service_candidates(
    sources: Sources, reached: Reached, dependencies: ChosenDependencies
) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
    """Those that are services of the stack; then those that the code looks for on its own machine, at
    somebody's server, or not at all."""
    composed = composed_services(sources.project)
    found: list[Candidate] = []
    here: list[Candidate] = []
    sql_installed = any(_installed(facts_of(kind), dependencies, None) for kind in SQL)
    rabbit = any(one.facts.kind is ServiceKind.RABBITMQ for one in composed)
    for facts in KINDS:
        own = next((one for one in composed if one.facts is facts), None)
        client = _installed(facts, dependencies, own) or _unlisted(facts, sources, reached, sql_installed)
        if client is None:
            continue
        traces = traces_of(sources, reached)
        candidate = _candidate(facts, client, own, traces, dependencies, rabbit=rabbit)
        if not candidate.composed and not candidate.imports and not _is_taken(candidate, sources):
            continue
        if candidate.fixed_here or candidate.fixed_elsewhere or candidate.unused:
            here.append(candidate)
        elif candidate.used and _means_it(candidate):
            found.append(candidate)
    sql = sorted((one for one in found if one.facts.kind in SQL), key=lambda one: -one.weight)
    chosen = (*sql[:1], *(one for one in found if one.facts.kind not in SQL))
    return _without_alternatives(chosen, given_variables(sources.project)), tuple(here)


def _unlisted(facts: KindFacts, sources: Sources, reached: Reached, sql_installed: bool) -> Evidence | None:
    """What speaks for a kind of which no requirement brings a client; the driver of another SQL database
    speaks against it."""
    if facts.kind not in SQL:
        return _by_client(facts, sources, reached)
    if sql_installed:
        return None
    return _by_engine(facts, sources, reached) or _by_address(facts, sources, reached)


def _is_taken(candidate: Candidate, sources: Sources) -> bool:
    """Whether anybody looks at one of the variables. A field of a class of settings that has a default, and
    that nothing mentions again, is what a template left behind."""
    fields = {one.field for one in candidate.variables}
    if not fields or "" in fields or any(one.must for one in candidate.variables):
        return True
    words = re.compile(
        rf"\b(?:{'|'.join(sorted(map(re.escape, fields)))})\b|\bmodel_dump|__dict__|\bvars\(", re.I
    )
    found = sum(len(words.findall(sources.text(path))) for path in sources.all_paths)
    return found > len(candidate.variables)


def _without_alternatives(found: tuple[Candidate, ...], given: frozenset[str]) -> tuple[Candidate, ...]:
    """Of an app that can use several databases, the compose file chooses one: it has that one, and tells its
    address and no other's."""
    chosen = any(
        one.composed and one.facts.kind in WITH_DATABASE and given.intersection(v.name for v in one.variables)
        for one in found
    )
    return tuple(
        one
        for one in found
        if not chosen or one.composed or one.facts.kind not in WITH_DATABASE or _insists(one, given)
    )


def _insists(candidate: Candidate, given: frozenset[str]) -> bool:
    named = any(address.service_host for address, _ in candidate.addresses) or bool(candidate.hosts)
    return named or any(one.must or one.name in given or _goes_there(one) for one in candidate.variables)


def _goes_there(read: VariableRead) -> bool:
    """Told nothing, the code goes to that very kind of database: os.getenv("MONGO_URL", "mongodb://localhost").
    Below a condition, that is what it does only when it was chosen."""
    address = address_of(read.default or "")
    return address is not None and bool(address.host) and not read.branched


def _means_it(candidate: Candidate) -> bool:
    """An import of kombu or celery says nothing about the broker; a database driver's does."""
    if candidate.facts.kind is ServiceKind.RABBITMQ:
        of_celery = candidate.client.reason.endswith((" celery", " kombu"))  # brings amqp for its errors, too
        imports = () if of_celery else candidate.imports
        return bool(candidate.composed or candidate.addresses or imports or candidate.variables)
    local = [address for address, _ in candidate.addresses if address.host and not address.service_host]
    # only this machine's own address, fixed in the code: nothing could lead the app to a service
    return not (local and not candidate.variables and not candidate.composed and not candidate.hosts)


def _installed(
    facts: KindFacts, dependencies: ChosenDependencies, composed: ComposedService | None
) -> Evidence | None:
    """The requirement that brings a client of the kind."""
    wanted = facts.distributions
    if facts.kind is ServiceKind.MARIADB and composed is not None:
        wanted = (*wanted, *facts_of(ServiceKind.MYSQL).distributions)
    name = next((one for one in wanted if one in dependencies.names), "") or _by_extra(facts, dependencies)
    if not name:
        return None
    found = dependencies.requirements.line_of(name)
    path, line_number = (found.path, found.line) if found is not None else ("", 0)
    return Evidence(path=path, line=line_number, reason=f"the app depends on {name}")


def _by_engine(facts: KindFacts, sources: Sources, reached: Reached) -> Evidence | None:
    """os.getenv("DB_ENGINE", "mysql"): told nothing, the code goes to that kind, though nothing asks for a
    client of it (the proof then finds which one is missing)."""
    for path in reached.paths:
        text = sources.text(path)
        if "DB_" not in text and "DATABASE_" not in text:
            continue
        for read in reads_of(sources.module(path), sources, settings_classes(sources)):
            scheme = (read.default or "").partition("+")[0].lower()
            if ENGINE.fullmatch(read.name) and scheme in facts.schemes:
                reason = f"{read.name} is {read.default} unless it is told otherwise"
                return Evidence(path=path, line=read.line, reason=reason)
    return None


def _by_address(facts: KindFacts, sources: Sources, reached: Reached) -> Evidence | None:
    """A URL of that kind in the code of an app whose list of dependencies lacks the driver: the proof finds
    that out, and takes one."""
    texts = (sources.text(path) for path in reached.paths)
    if not any(f"{scheme}://" in text or f"{scheme}+" in text for text in texts for scheme in facts.schemes):
        return None
    for address, place in traces_of(sources, reached).addresses:
        if address.scheme in facts.schemes and address.host:
            reason = f"{place.reason}, whose driver no requirement brings"
            return msgspec.structs.replace(place, reason=reason)
    for read in traces_of(sources, reached).variables:
        if _is_told_as_host(facts, read):
            reason = (
                f"{read.name} is the host in a URL of {facts.schemes[0]}, whose driver no requirement brings"
            )
            return msgspec.structs.replace(read.evidence, reason=reason)
    return None


def _by_client(facts: KindFacts, sources: Sources, reached: Reached) -> Evidence | None:
    """A client that is made in the code of an app whose list of dependencies lacks the package: the same."""
    if not any(module in sources.text(path) for path in reached.paths for module in facts.modules):
        return None
    made = (one for one in traces_of(sources, reached).clients if one.module in facts.modules)
    found = next(made, None)
    if found is None:
        return None
    return msgspec.structs.replace(found.evidence, reason=f"no requirement brings {found.module}")


def _by_extra(facts: KindFacts, dependencies: ChosenDependencies) -> str:
    """celery[redis], dramatiq[rabbitmq, watch]: the name of what asks for the client; "" for none."""
    for line in dependencies.requirements.lines if facts.extras else ():
        _, bracket, rest = line.specifier.lower().partition("[")
        asked = re.split(r"[,\s]+", rest.partition("]")[0]) if bracket else ()
        if any(one in facts.extras for one in asked):
            return line.name
    return ""


def _candidate(
    facts: KindFacts,
    client: Evidence,
    composed: ComposedService | None,
    traces: Traces,
    dependencies: ChosenDependencies,
    *,
    rabbit: bool,
) -> Candidate:
    parts = tuple(one for one in traces.parts if facts.kind in SQL and one.fits(facts.kind))
    hosted = {one.variable for one in parts if one.key == "HOST"}
    variables = _leading(facts, traces, hosted, dependencies, composed=composed is not None, rabbit=rabbit)
    defaults = [(address_of(one.default or ""), one.evidence) for one in variables]
    addresses = (
        *((address, place) for address, place in traces.addresses if address.scheme in facts.schemes),
        *((address, place) for address, place in defaults if address and address.scheme in facts.schemes),
    )
    clients = tuple(one for one in traces.clients if one.module in facts.modules)
    named = [(one.host, one.evidence) for one in traces.hosts if one.module in facts.modules]
    named += [(one.host, one.evidence) for one in clients if one.host is not None]
    hosts = tuple(
        (host.lower(), place)
        for host, place in named
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", host) and host.lower() != HERE
    )
    generic = r"(\w+_)?(DATABASE|DB|SQLALCHEMY_DATABASE)_?\w+"
    return Candidate(
        facts=facts,
        client=client,
        composed=composed,
        addresses=addresses,
        hosts=hosts,
        variables=variables,
        own_variables=any(re.fullmatch(generic, one.name) is None for one in variables),
        imports=traces.imports_of(facts),
        reads=traces.variables,
        parts=parts,
        clients=clients,
        engines=traces.engines if facts.kind in SQL else (),
    )


def _leading(
    facts: KindFacts,
    traces: Traces,
    hosted: set[str],
    dependencies: ChosenDependencies,
    *,
    composed: bool,
    rabbit: bool,
) -> tuple[VariableRead, ...]:
    """What an environment file says of a variable rules over what its name says; one that the code never
    names is read by a configuration that takes all: app.config.from_prefixed_env()."""
    names = frozenset(one.name.upper() for one in traces.variables)
    led = {name for module, name in traces.led if module in facts.modules} - {""}
    whole = traces.whole if facts.kind in SQL else frozenset()
    led |= {name for name in whole if OTHER_STAGE.fullmatch(name) is None}
    shared = _shared_names(traces)
    stated = {one.name: one for one in traces.stated if OTHER_STAGE.fullmatch(one.name) is None}
    found = [
        one
        for one in traces.variables
        if one.name in hosted
        or (_is_told_as_host(facts, one) and (one.must or not _of_celery(facts, dependencies)))
        or (not one.default and not (led - shared).isdisjoint((one.name, one.used_as)))
        or (
            stated[one.name].scheme in facts.schemes
            if one.name in stated
            else _leads_to(facts, one, dependencies, composed, names, rabbit)
        )
    ]
    if not found and not stated:  # the developer's own configuration is the only one that there is
        found = [one for one in traces.variables if OF_DEVELOPERS.fullmatch(one.name) and one.name in whole]
    read = {one.name for one in traces.variables}
    found = [_said_by(one, stated.get(one.name)) for one in found]
    found += [
        VariableRead(one.name, one.evidence.line, evidence=one.evidence)
        for one in stated.values()
        if one.taken and one.scheme in facts.schemes and one.name not in read
    ]
    return tuple(found)


def _of_celery(facts: KindFacts, dependencies: ChosenDependencies) -> bool:
    """Its broker may be another's: what merely could lead to a RabbitMQ says little."""
    return facts.kind is ServiceKind.RABBITMQ and "celery" in dependencies.names


def _is_told_as_host(facts: KindFacts, read: VariableRead) -> bool:
    return read.part_for(facts) == "host" and OTHER_STAGE.fullmatch(read.name.upper()) is None


def _shared_names(traces: Traces) -> set[str]:
    """Names of fields of several classes of settings, each with a prefix of its own: URL of DatabaseSettings
    and of RedisSettings. They tell of none."""
    kept: dict[str, set[str]] = {}
    for one in traces.variables:
        if one.field:
            kept.setdefault(one.used_as, set()).add(one.name)
    return {name for name, variables in kept.items() if len(variables) > 1}


def _said_by(read: VariableRead, stated: StatedAddress | None) -> VariableRead:
    """With the line of the environment file as what speaks for it, where the name alone says nothing."""
    named = read.default or stated is None or re.search(r"(URL|URI|DSN)$", read.name.upper())
    return read if named or stated is None else msgspec.structs.replace(read, evidence=stated.evidence)


def _leads_to(
    facts: KindFacts,
    read: VariableRead,
    dependencies: ChosenDependencies,
    composed: bool,
    names: frozenset[str],
    rabbit: bool,
) -> bool:
    """`rabbit`: the compose file has a RabbitMQ, which is then the broker, and a Redis keeps results."""
    if OTHER_STAGE.fullmatch(read.name.upper()) is not None:
        return False
    default = address_of(read.default or "")
    if _is_another_thing(facts, read):
        return False
    if is_pair(facts, read):
        return True
    if default is not None or FOREIGN_URL.match(read.default or ""):
        return default is not None and default.scheme in facts.schemes
    if BROKER_VARIABLE.fullmatch(read.name) is not None and not _names_a_queue(read):
        redis = _installed(facts_of(ServiceKind.REDIS), dependencies, None) is not None
        keeps = read.name.removesuffix("_URL").endswith("BACKEND") or "REDIS" in read.name.upper()
        of_redis = redis and (keeps or not (rabbit or _pika(dependencies)))
        expected = ServiceKind.REDIS if of_redis else ServiceKind.RABBITMQ
        return facts.kind is expected and facts.kind in BROKERS
    if _of_celery(facts, dependencies) and not composed:
        return facts.url_variable(read.name) or (read.must and read.name == "RABBITMQ_HOST")
    return facts.url_variable(read.name) or host_variable(facts, read.name, names) is not None


def _is_another_thing(facts: KindFacts, read: VariableRead) -> bool:
    """Of an address that the code puts together: the scheme alone ("postgresql+asyncpg://"), or what follows
    it (f"{USER}:{PASSWORD}@{HOST}/{NAME}"); or of the web, whatever its name: EXTERNAL_DB_URL. An address
    http://localhost:6379, of which the code takes host and port, is of the kind whose port that is."""
    scheme = (read.default or "").endswith("://") and not facts.url_variable(read.name)
    if (of_web := WEB.match(read.default or "")) is not None:
        return of_web["port"] != str(facts.port)
    return scheme or bool(read.shape and "://" not in read.shape)


def _names_a_queue(read: VariableRead) -> bool:
    """PARSE_QUEUE, which is "parsing" when nobody says otherwise: a word is no address."""
    return read.name.endswith("QUEUE") and re.fullmatch(r"[\w.-]+", read.default or "") is not None


def _pika(dependencies: ChosenDependencies) -> bool:
    return bool({"pika", "aio-pika"} & dependencies.names)
