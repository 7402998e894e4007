"""Backing services: what the app connects to, from evidence; a client alone that nothing uses is none."""

from collections.abc import Iterable

import msgspec

from okamochi.detect.chosen_settings import ChosenSettings
from okamochi.detect.packages.dependencies import ChosenDependencies
from okamochi.detect.services.candidate import Candidate
from okamochi.detect.services.candidates import service_candidates
from okamochi.detect.services.coded_passwords import with_coded_password
from okamochi.detect.services.kinds import SQL, WITH_STORES, facts_of, kind_of_image
from okamochi.detect.services.loopback_services import behind_a_door, decision_of_door
from okamochi.detect.services.made import decision_of, not_started, service_of, service_with
from okamochi.detect.services.object_store import WITHOUT, as_asked, object_store
from okamochi.detect.services.other_databases import other_databases
from okamochi.detect.services.rewritten_addresses import (
    as_the_code_expects,
    looks_for_sslmode,
    rewrites_of,
    scheme_asked_for,
    with_sslmode,
)
from okamochi.detect.services.virtual_hosts import in_virtual_host
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.errors import UsageError
from okamochi.model.backing_service import BackingService, ServiceKind
from okamochi.model.evidence import Decision
from okamochi.model.process import EnvironmentVariable
from okamochi.model.service_images import data_folder
from okamochi.model.settings import ServiceSetting
from okamochi.system.tables import table_of

__all__ = ["ChosenServices", "choose_services", "name_for_database"]

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


def name_for_database(name: str) -> str:
    """Of one that nobody names, after the project's own `name`."""
    return name.replace("-", "_")[:60]


def choose_services(
    sources: Sources, reached: Reached, dependencies: ChosenDependencies, chosen: ChosenSettings, name: str
) -> ChosenServices:
    """Services sorted by name. UsageError for a setting that names an image of no known kind."""
    wanted = chosen.settings.services
    if wanted is False:
        evidence = (chosen.place("services"),)
        off = Decision(
            field="services", summary="no services", origin=chosen.origin("services"), evidence=evidence
        )
        return ChosenServices((), (off,))
    database = name_for_database(name)
    candidates, here = service_candidates(sources, reached, dependencies)
    rewrites, scheme = rewrites_of(sources, reached), scheme_asked_for(sources, reached)
    unencrypted = looks_for_sslmode(sources, reached)
    stack = _Stack(chosen, name, database)
    for candidate in candidates:
        service = as_the_code_expects(service_of(candidate, dependencies, database), rewrites, scheme)
        service = with_sslmode(service) if unencrypted else service
        door = behind_a_door(candidate, service, sources, dependencies) if candidate.looks_here else None
        if door is not None:
            stack.add(door, decision_of_door(door, candidate))
        else:
            service = with_coded_password(service, candidate, sources)
            stack.add(service, decision_of(service, candidate))
    for candidate in here:
        door = _behind_a_door(candidate, stack, sources, dependencies)
        if door is not None:
            stack.add(door, decision_of_door(door, candidate))
    store = object_store(sources, reached, dependencies, name)
    others = store.decisions
    if store.service is not None:
        stack.add(store.service, store.decisions[0])
        others = store.decisions[1:]
    for host, asked_for in sorted(table_of(wanted).items()):
        stack.overrule(host, ServiceSetting(image=asked_for) if isinstance(asked_for, str) else asked_for)
        asked = stack.services.get(host)
        others = () if asked is not None and asked.kind is ServiceKind.S3 else others
    _expose(stack.services, chosen)
    kinds = {one.kind for one in stack.services.values()}
    unreached = [not_started(one) for one in here if one.facts.kind not in kinds]
    unreached += other_databases(sources, reached, dependencies)
    return ChosenServices(
        tuple(stack.services[host] for host in sorted(stack.services)),
        (*(stack.decisions[host] for host in sorted(stack.decisions)), *others, *unreached),
    )


def _behind_a_door(
    candidate: Candidate, stack: "_Stack", sources: Sources, dependencies: ChosenDependencies
) -> BackingService | None:
    """None where the stack has one of the kind already, or another database."""
    kinds = {one.kind for one in stack.services.values()}
    other = candidate.facts.kind in SQL and not kinds.isdisjoint(SQL)
    if not candidate.fixed_here or other or candidate.facts.kind in kinds:
        return None
    return behind_a_door(
        candidate, service_of(candidate, dependencies, stack.database), sources, dependencies
    )


class _Stack(msgspec.Struct):
    """Services and what is said of them, by host name."""

    chosen: ChosenSettings
    name: str
    database: str
    services: dict[str, BackingService] = {}
    decisions: dict[str, Decision] = {}

    def add(self, service: BackingService, decision: Decision) -> None:
        self.services[service.name], self.decisions[service.name] = service, decision

    def overrule(self, host: str, wanted: ServiceSetting) -> None:
        """As the settings say: another image, a service that was not found, or none."""
        image = wanted.image
        self.decisions.pop(host, None)
        if image.lower() in OFF:
            self.services.pop(host, None)
            return
        service = _overruled(self.services.get(host), host, image, self.chosen, self.database)
        service = _named_as_asked(service, wanted)
        if service.kind is ServiceKind.S3:
            service = as_asked(service, self.name)
        decision = Decision(
            field=f"services.{host}",
            summary=f"{host} is {image}",
            origin=self.chosen.origin("services"),
            evidence=(self.chosen.place("services"),),
        )
        self.services[host], self.decisions[host] = service, decision


def _named_as_asked(service: BackingService, wanted: ServiceSetting) -> BackingService:
    """Only what its kind knows: a Redis has neither a user nor a database of a name."""
    user = (wanted.user or service.user) if service.user else ""
    database = wanted.database or service.database
    if service.kind is ServiceKind.RABBITMQ:
        return in_virtual_host(msgspec.structs.replace(service, user=user), database)
    return msgspec.structs.replace(service, user=user, database=database if service.database else "")


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


def _overruled(
    found: BackingService | None, host: str, image: str, chosen: ChosenSettings, database: str
) -> BackingService:
    facts = kind_of_image(image)
    if facts is None and found is not None:
        facts = facts_of(found.kind)
    if facts is None:
        kinds = ", ".join(sorted(name for one in WITH_STORES for name in one.server.names[:1]))
        raise UsageError(
            f"the service {host}: {image} is of no kind that is known",
            where=chosen.where("services"),
            hint=f"name an image of one of these: {kinds}",
        )
    if found is not None and found.kind is facts.kind:
        return msgspec.structs.replace(found, image=image, volume_path=data_folder(facts.server, image))
    variables = found.variables if found is not None else ()
    return service_with(facts, host, image, user=facts.user, database=database, variables=variables)
