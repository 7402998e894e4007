"""The process that serves, with its limits."""

from collections.abc import Callable

from okamochi.detect.base import Detected
from okamochi.detect.chosen_settings import ChosenSettings
from okamochi.detect.frameworks.server import Server
from okamochi.detect.given_values import of_a_setting
from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.model.process import Probe, Process, ProcessType, Resources
from okamochi.model.sizes import parse_size

__all__ = ["PORT", "web_process"]

PORT = 8000


def web_process(
    server: Server, probe: Probe, chosen: ChosenSettings, expected: Callable[[], Detected[int] | None]
) -> tuple[Process, tuple[Decision, ...]]:
    """The process, its port and limits, and the decisions about them. `expected` tells the port at which the
    app asks itself, where neither a setting nor the server says one."""
    port, port_decision = _port(server, chosen, expected)
    resources, resource_decisions = _resources(chosen)
    process = Process(
        name="web", type=ProcessType.WEB, argv=server.argv, port=port, probe=probe, resources=resources
    )
    reason = Evidence(path="", reason="workers and threads come from the container's CPU and memory limits")
    own = Evidence(path="", reason="the framework's own server")
    by_gunicorn = server.argv[0].endswith("/gunicorn")
    decisions = (
        Decision(
            field="processes.web.argv",
            summary=server.summary,
            origin=Origin.DEFAULT,
            evidence=server.notes or ((reason if by_gunicorn else own),),
        ),
        port_decision,
        *resource_decisions,
    )
    return process, decisions


def _port(
    server: Server, chosen: ChosenSettings, expected: Callable[[], Detected[int] | None]
) -> tuple[int, Decision]:
    field, told = "processes.web.port", server.port or chosen.settings.port
    found = expected() if not told else None
    if found is not None:
        summary = f"port {found.value}"
        return found.value, Decision(
            field=field, summary=summary, origin=Origin.DETECTED, evidence=found.evidence
        )
    port = told or PORT
    return port, of_a_setting(field, f"port {port}", "port", chosen, server.why_port)


def _resources(chosen: ChosenSettings) -> tuple[Resources, tuple[Decision, ...]]:
    default = Resources()
    memory = _bytes(chosen) if chosen.settings.memory is not None else default.memory_bytes
    cpus = chosen.settings.cpus if chosen.settings.cpus is not None else default.cpus
    shown = f"{memory // 1024**2} MiB of memory"
    field = "processes.web.resources"
    return Resources(memory_bytes=memory, cpus=cpus), (
        of_a_setting(f"{field}.memory_bytes", shown, "memory", chosen, "enough for a few workers"),
        of_a_setting(f"{field}.cpus", f"{cpus:g} CPU", "cpus", chosen, "one CPU"),
    )


def _bytes(chosen: ChosenSettings) -> int:
    return parse_size(chosen.settings.memory or "", where=f"{chosen.where('memory')}: memory")
