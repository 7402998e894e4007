"""What `container inspect` tells; docker and podman agree in these fields."""

import json
from typing import Any

from okamochi.run.spec import APP_LABEL, ContainerState, Running

__all__ = ["all_running"]

STATES = {
    "created": ContainerState.CREATED,
    "configured": ContainerState.CREATED,
    "initialized": ContainerState.CREATED,
    "running": ContainerState.RUNNING,
    "paused": ContainerState.RUNNING,
    "stopping": ContainerState.RUNNING,
    "restarting": ContainerState.RESTARTING,
}


def all_running(stdout: bytes) -> tuple[Running, ...]:
    """From what the command printed, which leaves out containers that are gone."""
    try:
        found = json.loads(stdout or b"[]")
    except ValueError:
        return ()
    return tuple(running(one) for one in found)


def running(found: dict[str, Any]) -> Running:
    state = found.get("State") or {}
    health = state.get("Health") or state.get("Healthcheck") or {}
    config = found.get("Config") or {}
    labels = config.get("Labels") or {}
    return Running(
        name=str(found.get("Name", "")).lstrip("/"),
        container_id=str(found.get("Id", "")),
        app=labels.get(APP_LABEL, ""),
        state=STATES.get(state.get("Status", ""), ContainerState.EXITED),
        health=health.get("Status") or "",
        exit_code=int(state.get("ExitCode") or 0),
        out_of_memory=bool(state.get("OOMKilled")),
        restarts=int(found.get("RestartCount") or 0),
        image_reference=config.get("Image") or found.get("ImageName") or "",
        address=first_address(found),
        labels=tuple(sorted((str(name), str(value)) for name, value in labels.items())),
    )


def first_address(found: dict[str, Any]) -> str:
    """ "127.0.0.1:8000", where the host reaches it; empty when no port is published."""
    bindings = (found.get("HostConfig") or {}).get("PortBindings") or {}
    for places in bindings.values():
        for place in places or ():
            return f"{place.get('HostIp') or '0.0.0.0'}:{place.get('HostPort')}"
    return ""
