"""Backing services: what the app connects to, from evidence; a client alone that nothing uses is none."""

import re
from collections.abc import Iterable

import msgspec

from okamochi.detect.chosen_settings import ChosenSettings
from okamochi.detect.compose_files import ComposedService, composed_services, given_variables
from okamochi.detect.dependencies import ChosenDependencies
from okamochi.detect.django_databases import DatabasePart
from okamochi.detect.environment_reads import reads_of
from okamochi.detect.libpq import Unsaid, variables_for
from okamochi.detect.object_store import WITHOUT, as_asked, object_store
from okamochi.detect.other_databases import other_databases
from okamochi.detect.python_source import Sources
from okamochi.detect.reachable import Reached
from okamochi.detect.service_clients import HERE, OWN_MACHINE, Client
from okamochi.detect.service_evidence import Address, Traces, VariableRead, address_of, traces_of
from okamochi.detect.service_kinds import (
    FOREIGN_URL,
    KINDS,
    WITH_STORES,
    KindFacts,
    facts_of,
    kind_of_image,
    volume_path_of,
)
from okamochi.detect.service_variables import variables_of
from okamochi.detect.settings_classes import settings_classes
from okamochi.detect.stated_addresses import StatedAddress
from okamochi.errors import UsageError
from okamochi.model.backing_service import BackingService, ServiceKind
from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.model.process import EnvironmentVariable
from okamochi.system.patterns import regex

__all__ = ["ChosenServices", "choose_services"]

SQL = (ServiceKind.POSTGRES, ServiceKind.MARIADB, ServiceKind.MYSQL)
DATABASES = (*SQL, ServiceKind.MONGODB)
BROKERS = (ServiceKind.REDIS, ServiceKind.RABBITMQ)
BROKER_VARIABLE = regex(r"(\w+_)?(CELERY_BROKER|BROKER|CELERY_RESULT_BACKEND|RESULT_BACKEND|QUEUE)(_URL)?")
OTHER_STAGE = regex(r"(TEST|TESTING|DEV|DEVELOPMENT|STAGING|CI)_.*")
ENGINE = regex(r"(DATABASE|DB|SQL)_(ENGINE|DIALECT|DRIVER|TYPE)")
OFF = ("off", "none", "false", "")


class ChosenServices(msgspec.Struct, frozen=True):
    services: tuple[BackingService, ...] = ()
    decisions: tuple[Decision, ...] = ()

    def needed_by(self, environment: Iterable[EnvironmentVariable]) -> "ChosenServices":
        """A service is needed, too, where the code cannot go on without one of its variables: the key, though
        it can without the address."""
        must = {one.name for one in environment if one.required}
        needed = {one.name for one in self.services if any(v.name in must for v in one.variables)}
        fields = {f"services.{name}" for name in needed}
        return ChosenServices(
            tuple(
                msgspec.structs.replace(one, required=True) if one.name in needed else one
                for one in self.services
            ),
            tuple(
                msgspec.structs.replace(one, summary=one.summary.replace(WITHOUT, ""))
                if one.field in fields
                else one
                for one in self.decisions
            ),
        )

    @property
    def redis_variable(self) -> str:
        """The first variable that holds the URL of a Redis; "" when there is none."""
        redis = (one for one in self.services if one.kind is ServiceKind.REDIS)
        found = (variable for one in redis for variable in one.variables if "://" in variable.template)
        return next((variable.name for variable in found), "")


class Candidate(msgspec.Struct, frozen=True):
    """A kind with all that speaks for it. `optional`: every variable that leads to it has a default that is
    something else (SQLite)."""

    facts: KindFacts
    client: Evidence
    composed: ComposedService | None
    addresses: tuple[tuple[Address, Evidence], ...]
    hosts: tuple[tuple[str, Evidence], ...]
    variables: tuple[VariableRead, ...]
    own_variables: bool
    imports: tuple[Evidence, ...]
    reads: tuple[VariableRead, ...]
    parts: tuple[DatabasePart, ...] = ()
    clients: tuple[Client, ...] = ()

    @property
    def used(self) -> bool:
        local = not self.composed and not self.variables and not self.imports
        if local:
            return any(address.service_host for address, _ in self.addresses) or bool(self.hosts)
        return True

    @property
    def unsaid(self) -> Unsaid | None:
        """What the code leaves to variables of its library, when nothing else leads anywhere."""
        said = {one.unsaid for one in self.clients}
        if self.variables or self.hosts or self.addresses or len(said) != 1:
            return None
        return said.pop()

    @property
    def fixed_here(self) -> tuple[Evidence, ...]:
        """Where the code connects to this machine itself, when nothing could lead it anywhere else."""
        if self.composed or self.variables or self.hosts or self.unsaid is not None:
            return ()
        addresses = [place for one, place in self.addresses if one.host and OWN_MACHINE.fullmatch(one.host)]
        clients = [one.evidence for one in self.clients if one.host == HERE]
        if len(addresses) < len([one for one, _ in self.addresses if one.host]):
            return ()
        if not addresses and len(clients) < len(self.clients):
            return ()
        return (*addresses, *clients)

    @property
    def fixed_elsewhere(self) -> tuple[Evidence, ...]:
        """Where the code connects to somebody's server by its full name, when nothing could lead it anywhere
        else."""
        if self.composed or self.variables or self.hosts or self.addresses:
            return ()
        named = [one for one in self.clients if one.host is not None and "." in one.host]
        return tuple(one.evidence for one in named) if len(named) == len(self.clients) else ()

    @property
    def weight(self) -> int:
        return (
            8 * (self.composed is not None)
            + 4 * bool(self.addresses)
            + 2 * self.own_variables
            + bool(self.imports)
        )

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        places = [self.composed.evidence] if self.composed else []
        places += [one.evidence for one in self.variables]
        places += [place for _, place in (*self.addresses, *self.hosts)]
        return tuple(dict.fromkeys((*places[:5], self.client, *self.imports[:1])))


def choose_services(
    sources: Sources,
    reached: Reached,
    dependencies: ChosenDependencies,
    chosen: ChosenSettings,
    name: str,
) -> ChosenServices:
    """Services sorted by name. UsageError for a setting that names an image of no known kind."""
    wanted = chosen.settings.services
    if wanted is False:
        evidence = (chosen.place("services"),)
        off = Decision(
            field="services", summary="no services", origin=chosen.origin("services"), evidence=evidence
        )
        return ChosenServices((), (off,))
    candidates, here = _candidates(sources, reached, dependencies)
    database = name.replace("-", "_")[:60]
    found = [(_service(one, dependencies, database), one) for one in candidates]
    services = {service.name: service for service, _ in found}
    decisions = {service.name: _decision(service, one) for service, one in found}
    store = object_store(sources, reached, dependencies, name)
    others = store.decisions
    if store.service is not None:
        services[store.service.name] = store.service
        decisions[store.service.name], others = store.decisions[0], store.decisions[1:]
    for host, image in sorted((wanted if isinstance(wanted, dict) else {}).items()):
        decisions.pop(host, None)
        if image.lower() in OFF:
            services.pop(host, None)
        else:
            service = _overruled(services.get(host), host, image, chosen, database)
            is_store = service.kind is ServiceKind.S3
            services[host] = as_asked(service, name) if is_store else service
            others = () if is_store else others
            decisions[host] = Decision(
                field=f"services.{host}",
                summary=f"{host} is {image}",
                origin=chosen.origin("services"),
                evidence=(chosen.place("services"),),
            )
    _expose(services, chosen)
    kinds = {one.kind for one in services.values()}
    unreached = [_not_started(one) for one in here if one.facts.kind not in kinds]
    unreached += other_databases(sources, reached, dependencies)
    return ChosenServices(
        tuple(services[host] for host in sorted(services)),
        (*(decisions[host] for host in sorted(decisions)), *others, *unreached),
    )


def _not_started(candidate: Candidate) -> Decision:
    facts = candidate.facts
    if not candidate.fixed_here:
        return Decision(
            field="services",
            summary=f"no {facts.kind.value} is started: the code connects to one elsewhere, by its full name",
            origin=Origin.DETECTED,
            evidence=(*candidate.fixed_elsewhere[:3], candidate.client),
        )
    parts = any(one.reason.startswith("HOST is") for one in candidate.fixed_here)
    variable = "DB_HOST" if parts else f"{facts.stems.split('|')[0]}_{'URL' if facts.schemes else 'HOST'}"
    connects = any(one.host == HERE for one in candidate.clients)
    what = "the code connects to" if connects else "an address in the code leads to"
    summary = (
        f"Warning: no {facts.kind.value} is started: {what} one on this machine itself, where "
        f"a container has none; let it read the address from a variable such as {variable}"
    )
    return Decision(
        field="services",
        summary=summary,
        origin=Origin.DETECTED,
        evidence=(*candidate.fixed_here[:3], candidate.client),
    )


def _expose(services: dict[str, BackingService], chosen: ChosenSettings) -> None:
    for host, port in sorted((chosen.settings.expose or {}).items()):
        if host not in services:
            names = ", ".join(sorted(services)) or "no service at all"
            raise UsageError(
                f"there is no service {host} to expose",
                where=chosen.where("expose"),
                hint=f"the plan has {names} (okamochi plan)",
            )
        services[host] = msgspec.structs.replace(services[host], published_port=port)


def _candidates(
    sources: Sources, reached: Reached, dependencies: ChosenDependencies
) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
    """Those that are services of the stack; then those that the code looks for on its own machine, or at
    somebody's server."""
    composed = composed_services(sources.project)
    traces: Traces | None = None
    found: list[Candidate] = []
    here: list[Candidate] = []
    installed = any(_installed(facts_of(kind), dependencies, None) for kind in SQL)
    for facts in KINDS:
        own = next((one for one in composed if one.facts is facts), None)
        client = _installed(facts, dependencies, own)
        if client is None and facts.kind in SQL and not installed:
            client = _by_engine(facts, sources, reached)
        if client is None:
            continue
        if traces is None:
            traces = traces_of(sources, reached)
        candidate = _candidate(facts, client, own, traces, dependencies)
        if not candidate.composed and not candidate.imports and not _is_taken(candidate, sources):
            continue
        if candidate.fixed_here or candidate.fixed_elsewhere:
            here.append(candidate)
        elif candidate.used and _means_it(candidate):
            found.append(candidate)
    sql = sorted((one for one in found if one.facts.kind in SQL), key=lambda one: -one.weight)
    chosen = (*sql[:1], *(one for one in found if one.facts.kind not in SQL))
    return _without_alternatives(chosen, given_variables(sources.project)), tuple(here)


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
        one.composed and one.facts.kind in DATABASES and given.intersection(v.name for v in one.variables)
        for one in found
    )
    return tuple(
        one
        for one in found
        if not chosen or one.composed or one.facts.kind not in DATABASES or _insists(one, given)
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
) -> Candidate:
    parts = tuple(one for one in traces.parts if facts.kind in SQL and one.fits(facts.kind))
    hosted = {one.variable for one in parts if one.key == "HOST"}
    variables = _leading(facts, traces, hosted, dependencies, composed=composed is not None)
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
    )


def _leading(
    facts: KindFacts,
    traces: Traces,
    hosted: set[str],
    dependencies: ChosenDependencies,
    *,
    composed: bool,
) -> tuple[VariableRead, ...]:
    """What an environment file says of a variable rules over what its name says; one that the code never
    names is read by a configuration that takes all: app.config.from_prefixed_env()."""
    stated = {one.name: one for one in traces.stated if OTHER_STAGE.fullmatch(one.name) is None}
    found = [
        one
        for one in traces.variables
        if one.name in hosted
        or (
            stated[one.name].scheme in facts.schemes
            if one.name in stated
            else _leads_to(facts, one, dependencies, composed)
        )
    ]
    read = {one.name for one in traces.variables}
    found = [_said_by(one, stated.get(one.name)) for one in found]
    found += [
        VariableRead(one.name, None, False, one.evidence)
        for one in stated.values()
        if one.taken and one.scheme in facts.schemes and one.name not in read
    ]
    return tuple(found)


def _said_by(read: VariableRead, stated: StatedAddress | None) -> VariableRead:
    """With the line of the environment file as what speaks for it, where the name alone says nothing."""
    named = read.default or stated is None or re.search(r"(URL|URI|DSN)$", read.name.upper())
    return read if named or stated is None else msgspec.structs.replace(read, evidence=stated.evidence)


def _leads_to(facts: KindFacts, read: VariableRead, dependencies: ChosenDependencies, composed: bool) -> bool:
    if OTHER_STAGE.fullmatch(read.name.upper()) is not None:
        return False
    default = address_of(read.default or "")
    if default is not None or FOREIGN_URL.match(read.default or ""):
        return default is not None and default.scheme in facts.schemes
    if BROKER_VARIABLE.fullmatch(read.name) is not None:
        redis = _installed(facts_of(ServiceKind.REDIS), dependencies, None) is not None
        expected = ServiceKind.REDIS if redis and not _pika(dependencies) else ServiceKind.RABBITMQ
        return facts.kind is expected and facts.kind in BROKERS
    if facts.kind is ServiceKind.RABBITMQ and "celery" in dependencies.names and not composed:
        return facts.url_variable(read.name) or (read.must and read.name == "RABBITMQ_HOST")
    parts = rf"(\w+_)?({facts.stems})_?(HOST|HOSTNAME|SERVER|SERVERS)"
    return facts.url_variable(read.name) or re.fullmatch(parts, read.name.upper()) is not None


def _pika(dependencies: ChosenDependencies) -> bool:
    return bool({"pika", "aio-pika"} & dependencies.names)


def _service(candidate: Candidate, dependencies: ChosenDependencies, database: str) -> BackingService:
    facts, composed = candidate.facts, candidate.composed
    image = composed.image if composed else facts.image
    known = [address for address, _ in candidate.addresses]
    hosts = [address.service_host for address in known] + [host for host, _ in candidate.hosts]
    hosts += [(one.default or "").lower() for one in candidate.variables if _is_host(one)]
    hosts.append(_host_name(composed.name) if composed else facts.host)
    host = next((one for one in hosts if one not in ("", "web")), facts.host)
    named = bool(facts.user)
    user = (composed.user if composed else "") or next((a.user for a in known if a.user), facts.user)
    wanted = (composed.database if composed else "") or next((a.database for a in known if a.database), "")
    unsaid = candidate.unsaid
    if unsaid is not None:
        user, wanted = unsaid.user or user, unsaid.database or wanted
    sql = facts.kind in SQL or facts.kind is ServiceKind.MONGODB
    return BackingService(
        kind=facts.kind,
        name=host,
        image=image,
        port=facts.port,
        volume_path=volume_path_of(facts, image),
        user=user if named else "",
        database=(wanted or database) if sql else "",
        variables=variables_for(unsaid)
        if unsaid is not None
        else variables_of(facts, candidate.variables, known, dependencies, candidate.reads, candidate.parts),
        initial_files=composed.initial_files if composed else (),
        required=not _optional(candidate),
    )


def _is_host(read: VariableRead) -> bool:
    """DB_HOST with the default "db"."""
    name = re.fullmatch(r"\w*?_?(HOST|HOSTNAME|SERVER)", read.name.upper())
    default = read.default or ""
    return bool(name and default != "localhost" and re.fullmatch(r"[a-zA-Z][a-zA-Z0-9-]*", default))


def _host_name(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "service"


def _optional(candidate: Candidate) -> bool:
    """Whatever leads there is a variable with a default of another kind: DATABASE_URL, else SQLite. A scheme
    without a host leads nowhere: code that makes URLs over writes "postgres://" as well. A default that only
    counts below a condition is another such."""
    if candidate.hosts or not candidate.variables:
        return False
    if all(one.branched and one.has_default for one in candidate.variables):
        return not any(address.service_host for address, _ in candidate.addresses)
    if any(address.host or address.user or address.database for address, _ in candidate.addresses):
        return False
    return all(one.has_default and not _is_host(one) for one in candidate.variables)


def _decision(service: BackingService, candidate: Candidate) -> Decision:
    names = ", ".join(one.name for one in service.variables)
    told = f"; told by {names}" if names else _found_by(service, candidate)
    need = "" if service.required else WITHOUT
    return Decision(
        field=f"services.{service.name}",
        summary=f"{service.name} is {service.image}{need}{told}",
        origin=Origin.DETECTED,
        evidence=candidate.evidence,
    )


def _found_by(service: BackingService, candidate: Candidate) -> str:
    if candidate.hosts or any(address.service_host for address, _ in candidate.addresses):
        return "; the code itself names the host"
    return f"; no variable tells the code where it is: that has to look for {service.name}"


def _overruled(
    found: BackingService | None, host: str, image: str, chosen: ChosenSettings, database: str
) -> BackingService:
    facts = kind_of_image(image)
    if facts is None and found is not None:
        facts = facts_of(found.kind)
    if facts is None:
        kinds = ", ".join(sorted(name for one in WITH_STORES for name in one.images[:1]))
        raise UsageError(
            f"the service {host}: {image} is of no kind that is known",
            where=chosen.where("services"),
            hint=f"name an image of one of these: {kinds}",
        )
    if found is not None and found.kind is facts.kind:
        return msgspec.structs.replace(found, image=image, volume_path=volume_path_of(facts, image))
    sql = facts.kind in SQL or facts.kind is ServiceKind.MONGODB
    return BackingService(
        kind=facts.kind,
        name=host,
        image=image,
        port=facts.port,
        volume_path=volume_path_of(facts, image),
        user=facts.user,
        database=database if sql else "",
        variables=found.variables if found is not None else (),
    )
