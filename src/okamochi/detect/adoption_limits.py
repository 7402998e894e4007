"""Services of a compose file, their volumes and limits, beside the plan's."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from okamochi.detect.adoption_compose import strings
from okamochi.detect.adoption_rows import Row, Verdict
from okamochi.model.plan import Plan

__all__ = ["has_health_check", "limit_rows", "unknown_service", "volume_rows"]

SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg])i?b?", re.IGNORECASE)


def has_health_check(document: Mapping[str, Any]) -> bool:
    """Whether a service with the app's own image is asked for its health."""
    services = document.get("services")
    return any(
        isinstance(one, dict) and "build" in one and isinstance(one.get("healthcheck"), dict)
        for one in (services.values() if isinstance(services, dict) else ())
    )


def unknown_service(place: str, name: str, service: Mapping[str, Any]) -> Iterator[Row]:
    """One that the plan has not: silence would lose it."""
    image = str(service.get("image") or "")
    if image:
        if re.search(r"(?:^|/)(?:nginx|caddy|traefik|haproxy|httpd)\b", image):
            why = "keep it in front of the published port, or let --domain start one with certificates"
            yield Row(Verdict.CHANGE, f"service {name}", place, image, "not started", why)
            return
        why = f'no code was seen that uses it; the setting services starts it: {{ {name} = "{image}" }}'
        yield Row(Verdict.CHANGE, f"service {name}", place, image, "not started", why)


def volume_rows(
    path: str, service: Mapping[str, Any], place_of: Callable[[str], int], plan: Plan
) -> Iterator[Row]:
    kept = {volume.path for volume in plan.volumes}
    for mount in strings(service.get("volumes")):
        source, _, target = mount.partition(":")
        target = target.partition(":")[0]
        if re.match(r"[./~$]", source) or not target:
            continue
        place = f"{path}:{place_of(mount)}"
        if target.rstrip("/") in ("/app", "/srv", "/code", "/usr/src/app", "/workspace"):
            why = "filled once, by the first image: the code of later ones stays hidden behind it"
            yield Row(Verdict.CHANGE, "volume", place, mount, "code comes from the image", why)
        elif target in kept:
            yield Row(Verdict.SAME, "volume", place, mount, f"a volume on {target}")
        elif any(target.startswith(f"{one}/") for one in kept):
            yield Row(Verdict.SAME, "volume", place, mount, "inside a volume of the plan")
        else:
            why = "where the code lies is /app in our image, and is read-only; volumes = adds a folder"
            yield Row(
                Verdict.CHANGE, "volume", place, mount, f"kept: {', '.join(sorted(kept)) or 'nothing'}", why
            )


def limit_rows(
    path: str, service: Mapping[str, Any], place_of: Callable[[str], int], plan: Plan
) -> Iterator[Row]:
    limits = service
    for key in ("deploy", "resources", "limits"):
        inner = limits.get(key)
        limits = inner if isinstance(inner, dict) else {}
    memory = str(limits.get("memory") or service.get("mem_limit") or "")
    cpus = str(limits.get("cpus") or service.get("cpus") or "")
    resources = plan.web.resources
    if found := SIZE.fullmatch(memory):
        size = int(float(found[1]) * 1024 ** " kmg".index(found[2].lower()))
        ours = f"{resources.memory_bytes // 2**20}M"
        place = f"{path}:{place_of(memory)}"
        if size == resources.memory_bytes:
            yield Row(Verdict.SAME, "memory", place, memory, ours)
        else:
            setting = ("memory", f"{size // 2**20}M")
            yield Row(Verdict.ADOPT, "memory", place, memory, ours, "the size it was given so far", setting)
    if re.fullmatch(r"\d+(\.\d+)?", cpus) and float(cpus) > 0:
        place = f"{path}:{place_of(cpus)}"
        if float(cpus) == resources.cpus:
            yield Row(Verdict.SAME, "cpus", place, cpus, f"{resources.cpus:g}")
        else:
            why = "the share it was given so far"
            ours = f"{resources.cpus:g}"
            yield Row(Verdict.ADOPT, "cpus", place, cpus, ours, why, ("cpus", float(cpus)))
