"""The machine in words, without anything that names it."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

from workshop import docker_text


def described() -> dict[str, str]:
    engine = engine_facts()
    return {
        "CPU": f"{cpu_model()}, {os.cpu_count()} logical cores",
        "memory": f"{memory_gib():.0f} GiB",
        "system": f"{distribution()}, Linux {platform.release()}",
        "Python of okamochi": platform.python_version(),
        "Docker": f"engine {engine.get('ServerVersion', '?')}, client {client_version()}",
        "Docker storage": storage(engine),
        "load when started": f"{os.getloadavg()[0]:.1f}",
    }


def cpu_model() -> str:
    rows = (line.partition(":") for line in lines_of("/proc/cpuinfo"))
    return next(
        (value.strip() for name, _, value in rows if name.strip() == "model name"), platform.machine()
    )


def memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def distribution() -> str:
    rows = (line.partition("=") for line in lines_of("/etc/os-release"))
    return next((value.strip('"') for name, _, value in rows if name == "PRETTY_NAME"), platform.system())


def lines_of(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8").splitlines()
    except OSError:
        return []


def engine_facts() -> dict[str, object]:
    try:
        facts = json.loads(docker_text("info", "--format", "{{json .}}"))
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def client_version() -> str:
    return docker_text("version", "--format", "{{.Client.Version}}").strip() or "?"


def storage(engine: dict[str, object]) -> str:
    status = engine.get("DriverStatus") or []
    pairs = dict(status) if isinstance(status, list) else {}
    return f"{engine.get('Driver', '?')} on {pairs.get('Backing Filesystem', '?')}"
