"""Pins: parts of a cache that a process which outlives ours needs (an app that runs from its own files)."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from okamochi.system.unique import unique_file

__all__ = ["pin", "pinned"]


def pin(root: Path, pid: int, held: str) -> None:
    """Hold root/`held` while the process `pid` lives. OSError when the cache cannot be written."""
    folder = root / "pins"
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = unique_file(folder, f"{pid}-")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(f"{pid} {birth_of(pid)} {held}")
    Path(name).rename(folder / f"{Path(name).name}.pin")


def pinned(root: Path) -> frozenset[str]:
    """What is held at the moment; removes the pins of processes that are gone."""
    folder = root / "pins"
    held = set()
    for path in sorted(folder.glob("*.pin")):
        if name := held_by(path):
            held.add(f"{root}/{name}")
        else:
            with suppress(OSError):
                path.unlink()
    return frozenset(held)


def held_by(pin_file: Path) -> str:
    """What a pin holds; "" for one whose process is gone, and for one that lost its content in a power cut or
    was removed meanwhile."""
    try:
        pid, birth, name = pin_file.read_text(encoding="utf-8").split(" ", 2)
        return name if birth and birth_of(int(pid)) == birth else ""
    except (OSError, ValueError):
        return ""


def birth_of(pid: int) -> str:
    """What tells a process from a later one with its number; "" when there is none."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return birth_by_ps(pid) if not Path("/proc/self/stat").exists() else ""
    # the name, in parentheses, may hold anything; the start is the 22nd field, in ticks since boot
    fields = status.rpartition(")")[2].split()
    boot = Path("/proc/sys/kernel/random/boot_id")
    boot_id = boot.read_text(encoding="ascii").strip() if boot.exists() else ""
    return "" if fields[0] in ("Z", "X") else f"{boot_id}/{fields[19]}"


def birth_by_ps(pid: int) -> str:
    import subprocess

    try:
        ended = subprocess.run(("ps", "-o", "lstart=", "-p", str(pid)), capture_output=True, check=False)
    except OSError:
        return ""
    text = ended.stdout.strip()
    return hashlib.sha256(text).hexdigest()[:16] if text else ""
