"""What becomes of a candidate: a service of the stack, and what the plan says of it."""

import re

from msgspec.structs import replace

from okamochi.detect.packages.dependencies import ChosenDependencies
from okamochi.detect.services.candidate import Candidate
from okamochi.detect.services.clients import HERE
from okamochi.detect.services.evidence import VariableRead
from okamochi.detect.services.kinds import WITH_DATABASE, KindFacts
from okamochi.detect.services.libpq import variables_for
from okamochi.detect.services.object_store import WITHOUT
from okamochi.detect.services.variables import beside_a_named_host, variables_of
from okamochi.detect.services.virtual_hosts import default_virtual_host, in_virtual_host
from okamochi.model.backing_service import BackingService, ServiceKind, ServiceVariable
from okamochi.model.evidence import Decision
from okamochi.model.service_images import data_folder

__all__ = ["decision_of", "not_started", "of_the_code", "service_of", "service_with", "variable_for"]


def service_with(
    facts: KindFacts,
    name: str,
    image: str,
    *,
    user: str,
    database: str,
    variables: tuple[ServiceVariable, ...],
) -> BackingService:
    """Of that kind: the user and the database count only where it knows such."""
    return BackingService(
        kind=facts.kind,
        name=name,
        image=image,
        port=facts.port,
        volume_path=data_folder(facts.server, image),
        user=user if facts.user else "",
        database=database if facts.kind in WITH_DATABASE else "",
        variables=variables,
    )


def service_of(candidate: Candidate, dependencies: ChosenDependencies, database: str) -> BackingService:
    """`database` is the name for one that nobody names."""
    facts, composed = candidate.facts, candidate.composed
    variables = _told_by(candidate, dependencies)
    user, wanted = _user_and_database(candidate)
    if facts.kind is ServiceKind.POSTGRES and not any("{database}" in one.template for one in variables):
        # nothing tells the app a name: as its image has it, where nobody gives POSTGRES_DB,
        # https://github.com/docker-library/docs/tree/master/postgres
        wanted = wanted or (user if variables else "")
    image = composed.image if composed else facts.server.image
    service = service_with(
        facts, _host_of(candidate), image, user=user, database=wanted or database, variables=variables
    )
    if facts.kind is ServiceKind.RABBITMQ:
        service = in_virtual_host(service, wanted or default_virtual_host(facts, candidate.reads))
    return replace(
        service, initial_files=composed.initial_files if composed else (), required=not _optional(candidate)
    )


def _host_of(candidate: Candidate) -> str:
    """As the code calls it, else as the compose file does."""
    facts, composed = candidate.facts, candidate.composed
    hosts = [address.service_host for address, _ in candidate.addresses]
    hosts += [host for host, _ in candidate.hosts]
    hosts += [(one.default or "").lower() for one in candidate.variables if _is_host(one)]
    hosts.append(_host_name(composed.name) if composed else facts.host)
    return next((one for one in hosts if one not in ("", "web")), facts.host)


def _user_and_database(candidate: Candidate) -> tuple[str, str]:
    """What the code leaves to libpq's variables rules; then the compose file, then the code's addresses. The
    database is "" where nobody names one."""
    users, databases = [], []
    for told in (candidate.unsaid, candidate.composed, *(address for address, _ in candidate.addresses)):
        if told is not None:
            users.append(told.user)
            databases.append(told.database)
    users.append(candidate.facts.user)
    return next(filter(None, users), ""), next(filter(None, databases), "")


def _told_by(candidate: Candidate, dependencies: ChosenDependencies) -> tuple[ServiceVariable, ...]:
    """The variables by which the app learns where the service is."""
    if candidate.unsaid is not None:
        return variables_for(candidate.unsaid)
    known = [address for address, _ in candidate.addresses]
    found = variables_of(
        candidate.facts, candidate.variables, known, dependencies, candidate.reads, candidate.parts
    )
    if not found and (candidate.hosts or any(one.service_host for one in known)):
        return beside_a_named_host(candidate.facts, candidate.reads)
    return found


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


def decision_of(service: BackingService, candidate: Candidate) -> Decision:
    names = ", ".join(one.name for one in service.variables)
    told = f"; told by {names}" if names else _found_by(service, candidate)
    need = "" if service.required else WITHOUT
    known = of_the_code(service)
    warning, better = ("Warning: ", f"{known}; let the code read it from a variable") if known else ("", "")
    summary = f"{warning}{service.name} is {service.image}{need}{told}{better}"
    return Decision.detected(f"services.{service.name}", summary, candidate.evidence)


def of_the_code(service: BackingService) -> str:
    """What is said of a password that the code has fixed; ""."""
    if not service.password_in:
        return ""
    return f"; its password is the one in {service.password_in}, which all readers of the code know"


def _found_by(service: BackingService, candidate: Candidate) -> str:
    if candidate.hosts or any(address.service_host for address, _ in candidate.addresses):
        return "; the code itself names the host"
    return f"; no variable tells the code where it is: that has to look for {service.name}"


def variable_for(candidate: Candidate) -> str:
    """The name of one that could lead the code to the service."""
    facts = candidate.facts
    parts = any(one.reason.startswith("HOST is") for one in candidate.looks_here)
    return "DB_HOST" if parts else f"{facts.stems.split('|')[0]}_{'URL' if facts.schemes else 'HOST'}"


def not_started(candidate: Candidate) -> Decision:
    facts = candidate.facts
    if candidate.unused:
        return Decision.detected(
            "services",
            f"no {facts.kind.value} is started: Django's database is SQLite, nothing leads elsewhere",
            (*candidate.unused[:2], *candidate.evidence),
        )
    if not candidate.fixed_here:
        return Decision.detected(
            "services",
            f"no {facts.kind.value} is started: the code connects to one elsewhere, by its full name",
            (*candidate.fixed_elsewhere[:3], candidate.client),
        )
    connects = any(one.host == HERE for one in candidate.clients)
    what = "the code connects to" if connects else "an address in the code leads to"
    summary = (
        f"Warning: no {facts.kind.value} is started: {what} one on this machine itself, where "
        f"a container has none; let it read the address from a variable such as {variable_for(candidate)}"
    )
    return Decision.detected("services", summary, (*candidate.fixed_here[:3], candidate.client))
