"""Services of a compose file, their volumes and limits, beside the plan's."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from okamochi.containerfiles.compose_forms import strings
from okamochi.detect.adoption.rows import Row, Verdict
from okamochi.model.plan import Plan
from okamochi.system.tables import table_of

__all__ = ["kept_row", "limit_rows", "unknown_service", "volume_rows"]

CODE = ("/app", "/srv", "/code", "/usr/src/app", "/workspace")
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg])i?b?", re.IGNORECASE)


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
    for mount in strings(service.get("volumes")):
        source, _, target = mount.partition(":")
        target = target.partition(":")[0]
        place = f"{path}:{place_of(mount)}"
        if not target or re.match(r"[~$]", source):
            continue
        if source.startswith((".", "/")):
            yield from bind_rows(place, source, target, plan)
        else:
            yield kept_row(place, mount, target, plan)


def bind_rows(place: str, source: str, target: str, plan: Plan) -> Iterator[Row]:
    """A folder or file of the host. The project itself is the desk's affair."""
    if source.rstrip("/") in (".", ".."):
        ours, why = "in compose.dev.yaml", "okamochi dev mounts the source; production runs what was built"
        yield Row(Verdict.CHANGE, "mount", place, f"{source}:{target}", ours, why)
    elif target.rstrip("/") in {volume.path for volume in plan.volumes}:
        why = "a volume of its own, which begins empty: docs/rendered-files.md brings the old data along"
        yield Row(Verdict.CHANGE, "mount", place, f"{source}:{target}", f"a volume on {target}", why)
    else:
        why = "nothing of the plan stands for it; write it into the rendered compose.yaml, edits stay"
        yield Row(Verdict.CHANGE, "mount", place, f"{source}:{target}", "not mounted", why)


def kept_row(place: str, theirs: str, target: str, plan: Plan) -> Row:
    """A folder that is kept, by a volume of Compose or of the image."""
    kept = {volume.path for volume in plan.volumes}
    if target.rstrip("/") in CODE:
        why = "the folder of the code; what the app writes in it is kept, where the plan saw it"
        return Row(Verdict.CHANGE, "volume", place, theirs, "code comes from the image", why)
    if target.rstrip("/") in kept:
        return Row(Verdict.SAME, "volume", place, theirs, f"a volume on {target}")
    if any(target.startswith(f"{one}/") for one in kept):
        return Row(Verdict.SAME, "volume", place, theirs, "inside a volume of the plan")
    why = "where the code lies is /app in our image, and is read-only; volumes = adds a folder"
    ours = f"kept: {', '.join(sorted(kept)) or 'nothing'}"
    return Row(Verdict.CHANGE, "volume", place, theirs, ours, why)


def limit_rows(
    path: str, service: Mapping[str, Any], place_of: Callable[[str], int], plan: Plan
) -> Iterator[Row]:
    limits = table_of(service, "deploy", "resources", "limits")
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
