"""Why a stack did not start, in words: whose fault it was, and what to do."""

import re
import shlex
from collections.abc import Sequence

from okamochi.errors import EngineError, UnhealthyError
from okamochi.model.backing_service import BackingService, ServiceKind
from okamochi.model.plan import Plan
from okamochi.model.process import ProcessType
from okamochi.render.compose_secrets import maker_name
from okamochi.render.service_containers import password_name
from okamochi.run.compose import ComposeProject
from okamochi.run.diagnose import diagnose
from okamochi.run.ports import TakenPort
from okamochi.run.spec import data_volume

__all__ = ["release_failure", "tell_running", "told", "with_firewall_told", "with_old_password_told"]

LOG_LINES = 20
WITH_PASSWORD = (ServiceKind.POSTGRES, ServiceKind.MYSQL, ServiceKind.MARIADB)
REFUSED = re.compile(r"password authentication failed for user|Access denied for user")
AT_FAULT = re.compile(r"(?i)unhealthy|failed to start|exited|\berror\b")
TIMED_OUT = re.compile(r"(?i)time(?:d ?out|out)\b")
UNREACHED = re.compile(r"the service at (?P<host>[\w.-]+?)(?::(?P<port>\d+))? cannot be reached")
# initdb of Postgres and mysqld --initialize, of a folder that holds something else
ANOTHERS = re.compile(r"exists but is not empty|data directory has files in it")
UNWRITABLE = re.compile(r"(?i)permission denied|operation not permitted|read-only file system|EACCES")


def told(project: ComposeProject, plan: Plan, error: EngineError) -> EngineError | UnhealthyError:
    """Secrets that could not be made, a release that failed, a service that did not become healthy; else
    Compose's own words."""
    return with_firewall_told(project, cause_of(project, plan, error))


def cause_of(project: ComposeProject, plan: Plan, error: EngineError) -> EngineError | UnhealthyError:
    if isinstance(error, TakenPort):  # whose holder may have a name like one of the stack's services
        return error
    ended = {service: code for service, _, code in project.states()}
    if ended.get(maker_name(plan)):
        return secrets_failure(project, maker_name(plan))
    for process in plan.processes:
        if process.type is ProcessType.RELEASE and ended.get(process.name):
            return with_old_password_told(project, plan, release_failure(project, process.name, ended))
    service = blamed(plan, ended, (*error.details, error.message))
    return error if service is None else service_failure(project, service, error)


def with_firewall_told(
    project: ComposeProject, failure: EngineError | UnhealthyError
) -> EngineError | UnhealthyError:
    """Docker has the firewall drop what it does not know: what podman's containers say to each other where
    their network leads nowhere else."""
    said = "\n".join((failure.message, *failure.details))
    if project.program.engine == "podman" and TIMED_OUT.search(said):
        failure.hint += (
            "; where Docker runs on this machine, too, its firewall may keep containers of podman apart: "
            "iptables -I DOCKER-USER -i podman+ -o podman+ -j ACCEPT"
        )
    return failure


def blamed(plan: Plan, ended: dict[str, int], lines: Sequence[str]) -> BackingService | None:
    """What ended by itself, or what Compose calls at fault; nothing, where it calls something else so. Where
    it calls nothing so, what it speaks of at all."""
    at_fault = [line for line in lines if AT_FAULT.search(line)]
    said = " ".join(at_fault or lines)
    return next((one for one in plan.services if ended.get(one.name) or is_named(one, said)), None)


def is_named(service: BackingService, said: str) -> bool:
    return f'"{service.name}"' in said or f"-{service.name}-1" in said


def secrets_failure(project: ComposeProject, name: str) -> EngineError:
    lines = tuple(project.logs((name,), tail=5, prefix=False).splitlines())
    see = f"see {project.program.engine} logs of that container"
    return EngineError(
        "the stack's secrets could not be made, which all else waits for",
        where=project.container(name),
        hint="give what is missing with --env-file FILE" if lines else see,
        details=lines[-3:],
    )


def release_failure(project: ComposeProject, name: str, ended: dict[str, int]) -> UnhealthyError:
    log = project.logs((name,), tail=400, prefix=False)
    cause = diagnose(log)
    failure = UnhealthyError(
        f"the {name} process failed: {cause.text if cause else f'exit code {ended[name]}'}",
        where=(cause.where if cause else "") or f"processes.{name}",
        hint=(cause.hint if cause else "see its log above")
        + "; web was not started, what served before serves on",
        details=tuple(log.splitlines()[-LOG_LINES:]),
    )
    failure.unwritable, failure.log = cause.unwritable if cause else "", log
    failure.process = name
    return failure


def service_failure(project: ComposeProject, service: BackingService, error: EngineError) -> EngineError:
    """With the end of its log; of one that said nothing, with Compose's own words."""
    log = project.logs((service.name,), tail=30, prefix=False)
    hint = "its last lines are above; okamochi down --volumes starts with empty data"
    if not log.strip():
        hint = "it said nothing; the lines above are docker compose's own"
    volume = data_volume(project.name, service.name) if service.volume_path else ""
    if volume and UNWRITABLE.search(log):
        hint = (
            f"it may not write its data: see who owns the volume {volume} ({project.program.engine} volume "
            f"inspect {volume}); okamochi down --volumes starts with empty data"
        )
    if volume and ANOTHERS.search(log):
        hint = (
            f"the volume {volume} holds what another database wrote, and nothing moves it: bring "
            "the former version up again and save it (okamochi backup), before okamochi down --volumes "
            "starts with empty data"
        )
    return EngineError(
        f"the service {service.name} ({service.image}) did not become healthy",
        where=f"services.{service.name}",
        hint=hint,
        details=tuple(log.splitlines()[-15:]) or error.details,
    )


def with_old_password_told(project: ComposeProject, plan: Plan, failure: UnhealthyError) -> UnhealthyError:
    """A database keeps the password of its first start. Where the one that the stack gives is refused by a
    volume that is older than the secret, the volume is meant, not the code."""
    if not REFUSED.search(failure.log):
        return failure
    for service in plan.services:
        if service.kind not in WITH_PASSWORD:
            continue
        if not project.refuses(service.name, *login(service)):
            continue
        volume = data_volume(project.name, service.name)
        failure.message = (
            f"the data of {service.name} was made with another password or user than the stack's: {volume} "
            f"is older than {password_name(service)}"
        )
        failure.where = f"services.{service.name}"
        failure.hint = (
            "bring the state folder back that the data was made with (OKAMOCHI_STATE_DIR); "
            f"{new_password(project, service)}or start with empty data: okamochi down --volumes"
        )
        return failure
    databases = [one for one in plan.services if one.kind in WITH_PASSWORD]
    if len(databases) == 1:
        name = password_name(databases[0])
        way = f"; or give the stack the password that the code has: {name}=... with --env-file FILE"
        failure.hint = f"{failure.hint.removesuffix(way)}{way}"
    return failure


def tell_running(project: ComposeProject, plan: Plan, failure: UnhealthyError) -> None:
    """Where the app does not reach a service of the stack that runs: "start it" would be no help."""
    found = UNREACHED.search(failure.message)
    service = next((one for one in plan.services if found is not None and one.name == found["host"]), None)
    if found is None or service is None:
        return
    row = next((one for one in project.rows() if one.service == service.name), None)
    if row is None or row.state != "running":
        return
    health = f" and is {row.health}" if row.health else ""
    if found["port"] and int(found["port"]) != service.port:
        failure.hint = (
            f"{service.name} runs{health}, and listens on port {service.port}: let the address have that port"
        )
        return
    failure.hint = (
        f"{service.name} runs{health}, at port {service.port}: see whether it takes what the app wants "
        f"({project.program.engine} logs {project.container(service.name)}), and whether a firewall of this "
        "machine keeps containers apart"
    )
    with_firewall_told(project, failure)


def login(service: BackingService) -> tuple[str, ...]:
    """Over the network, as the app does: the socket inside asks for no password."""
    secret = f"/run/secrets/{password_name(service)}"
    if service.kind is ServiceKind.POSTGRES:
        text = (
            f'PGPASSWORD="$(cat {secret})" exec psql -h "$(hostname)" -U "$1" -d "$2" -c "SELECT 1" '
            ">/dev/null"
        )
    else:
        text = (
            f'MYSQL_PWD="$(cat {secret})" exec $(command -v mariadb || command -v mysql) -h "$(hostname)" '
            '-u "$1" "$2" -e "SELECT 1" >/dev/null'
        )
    return ("sh", "-c", text, "sh", service.user, service.database)


def new_password(project: ComposeProject, service: BackingService) -> str:
    if service.kind is not ServiceKind.POSTGRES:
        return ""
    statement = f"ALTER USER {service.user} PASSWORD '$(cat /run/secrets/{password_name(service)})'"
    inside = f'psql -U {service.user} -d {service.database} -c "{statement}"'
    words = shlex.join((project.program.engine, "exec", project.container(service.name), "sh", "-c", inside))
    return f"or give the data the new one: {words}; "
