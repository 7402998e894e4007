"""Passwords of services that the code has fixed: the stack's services get them, read from the code anew each
time, so that no plan, lock or rendered file holds one."""

from collections.abc import Iterable
from pathlib import Path

from okamochi.detect.services.kinds import facts_of
from okamochi.detect.services.loopback_services import password_at
from okamochi.model.backing_service import BackingService
from okamochi.render.service_containers import password_name
from okamochi.run.state import AppState
from okamochi.system.project_files import DiskProject
from okamochi.system.world import World
from okamochi.workflows.starting.env_values import Values

__all__ = ["keep_coded_passwords"]


def keep_coded_passwords(
    services: Iterable[BackingService], values: Values, project: Path, state: AppState, world: World
) -> None:
    """As secrets of the stack; one that was given counts instead."""
    coded = [one for one in services if one.password_in]
    files = DiskProject.open(project) if coded else None
    for service in coded:
        name = password_name(service)
        if files is None or name in values.secret_names:
            continue
        password = password_at(files, service.password_in, facts_of(service.kind), service.name)
        if password:
            state.keep_secret(name, password)
            world.reporter.note(f"{name}: the one in {service.password_in}")
