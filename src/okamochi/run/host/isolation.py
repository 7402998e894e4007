"""How far this machine lets us isolate an app without an engine: found by trying, strongest first."""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from okamochi.run.host import launcher
from okamochi.run.host.confine import landlock_version
from okamochi.run.host.fence import fence
from okamochi.system.file_systems import temporary_with_programs
from okamochi.system.files import write_atomic
from okamochi.system.process import Runner

__all__ = [
    "Apart",
    "Isolation",
    "best_isolation",
    "can_fence",
    "described",
    "launcher_argv",
    "probed_isolation",
    "substituted",
    "without_namespaces",
]

ALWAYS_MISSING = ("the network is the host's own", "memory is limited for each process, not for all together")
PROCESSES = "no processes of its own: the app sees the host's"
FENCED = (
    "no root file system of its own: landlock leaves the app its files, the host's programs and settings",
    PROCESSES,
)
AS_ROOT = "the app runs as root, with few of root's rights: this machine allows root no other way"
WITHOUT_ROOT_FILES = (
    "no root file system of its own: the app sees the host's files",
    "nothing is read-only but by file permissions",
    PROCESSES,
)


class Apart(Enum):
    """How code that nobody has read is kept from everything else while it is tried or builds something."""

    NAMESPACES = "namespaces"
    JAIL = "jail"
    LANDLOCK = "landlock"
    NOWAY = ""

    @property
    def said(self) -> str:
        if self is Apart.NOWAY:
            return "no package is built from source here, and no app is proved"
        how = {Apart.NAMESPACES: "namespaces", Apart.JAIL: "a chroot"}.get(
            self, "landlock (without compilers)"
        )
        return f"packages are built and apps proved in {how}"


@dataclass(frozen=True)
class Isolation:
    """`namespaces` is what the launcher is told; empty: none, the image's Python runs by its own loader,
    but for trials that are kept `apart` in a jail. Without `own_programs` not even that: a virtual
    environment by uv stands in for the image's. An app that is `fenced` sees its own files alone, and of the
    machine what programs need."""

    namespaces: tuple[tuple[str, bool], ...]
    missing: tuple[str, ...]
    own_programs: bool = True
    apart: Apart = Apart.NOWAY
    jailed: bool = False
    fenced: bool = False

    @property
    def rooted(self) -> bool:
        return bool(self.namespaces) or self.jailed

    @property
    def switches_user(self) -> bool:
        """Root becomes another user; in a user namespace, and without a root, we stay who we are."""
        return os.geteuid() == 0 and (self.jailed or dict(self.namespaces).get("user") is False)

    @property
    def of_trials(self) -> "Isolation":
        """What a trial runs in: the namespaces that there are, if need be without processes of its own."""
        return self if self.namespaces else self.of_builds

    @property
    def of_builds(self) -> "Isolation":
        """What strangers' programs run in: what they leave running must end with them. A fence would
        leave them more than they get."""
        if self.apart is Apart.NAMESPACES:
            return self
        return replace(self, namespaces=(), jailed=self.apart is Apart.JAIL, fenced=False)


def substituted() -> Isolation:
    """Where the image's programs cannot run: another system than Linux, or another machine."""
    missing = (
        "the image's own programs cannot run here: a CPython of the same minor version and uv stand in",
        "native libraries are this machine's, not the image's",
        *(("the app runs as root, as okamochi does",) if os.geteuid() == 0 else ()),
        *WITHOUT_ROOT_FILES,
        "the network is the host's own",
        "memory is limited for each process, and on Linux only",
    )
    return Isolation((), missing, own_programs=False)


def probed_isolation(runner: Runner) -> Isolation:
    """The strongest that works on this machine."""
    import tempfile

    place = temporary_with_programs()
    # a build that ends early does not wait for this: then two remove the folder
    with tempfile.TemporaryDirectory("", "okamochi-probe-", place, ignore_cleanup_errors=True) as folder:
        return best_isolation(runner, Path(folder))


def best_isolation(runner: Runner, folder: Path) -> Isolation:
    """The strongest that works; `folder` is for the probe's own files."""
    if sys.platform != "linux":
        return substituted()
    root = folder / "root"
    for name in ("proc", "dev", "tmp"):
        (root / name).mkdir(parents=True, exist_ok=True)
    is_root = os.geteuid() == 0
    for user in (False, True) if is_root else (True,):
        for pid in (True, False):
            namespaces = {"user": user, "pid": pid}
            if probed(runner, folder, root, namespaces):
                apart = Apart.NAMESPACES if pid else without_namespaces(runner, folder)
                return Isolation(tuple(namespaces.items()), missing_with(namespaces), apart=apart)
    as_root = (AS_ROOT,) if is_root else ()
    fenced = can_fence(runner, folder)
    missing = (*as_root, *(FENCED if fenced else WITHOUT_ROOT_FILES), *ALWAYS_MISSING)
    return Isolation((), missing, apart=without_namespaces(runner, folder), fenced=fenced)


def can_fence(runner: Runner, folder: Path) -> bool:
    """Whether landlock keeps a program to some folders, and a shell still starts, as the app's scripts need;
    `folder` is for the probe's own files."""
    if sys.platform != "linux" or not landlock_version():
        return False
    confined = fence((), (str(folder),))
    return probed(runner, folder, folder, {}, argv=("/bin/sh", "-c", ":"), confined=confined)


def without_namespaces(runner: Runner, folder: Path) -> Apart:
    """How strangers' code is kept apart where not even processes can have a space of their own."""
    if os.geteuid() == 0:
        root = folder / "jail"
        (root / "dev").mkdir(parents=True)
        if probed(runner, folder, root, {}, chroot=True, confined={}, switch_user=True):
            return Apart.JAIL
    confined = {"reads": ["/usr"], "writes": [str(folder)]}
    return Apart.LANDLOCK if probed(runner, folder, folder, {}, confined=confined) else Apart.NOWAY


def missing_with(namespaces: Mapping[str, bool]) -> tuple[str, ...]:
    missing = list(ALWAYS_MISSING)
    if not namespaces["pid"]:
        missing.insert(0, PROCESSES)
    if namespaces["user"]:
        missing.insert(0, "the number of processes is not limited")
    return tuple(missing)


def probed(runner: Runner, folder: Path, root: Path, namespaces: Mapping[str, bool], **more: object) -> bool:
    """Whether the launcher gets that far: to the place of a command, or with `argv` to its end."""
    launch = {
        "namespaces": namespaces,
        "root": str(root),
        "argv": [],
        "env": {},
        "cwd": "/",
        "uid": 10001,
        "gid": 10001,
        "switch_user": os.geteuid() == 0 and namespaces.get("user") is False,
        "tmp_bytes": 1 << 20,
        "binds": [],
        "limits": [],
        "cores": 1,
        **more,
    }
    with described(folder, launch) as command:
        return runner.run(command, timeout_seconds=30).ok


@contextmanager
def described(folder: Path, launch: Mapping[str, object]) -> Iterator[tuple[str, ...]]:
    """What runs one command as `launch` describes it; the description, in `folder`, is gone afterwards."""
    place = folder / f"run-{os.getpid()}-{time.monotonic_ns()}.json"
    write_atomic(place, json.dumps(launch).encode(), mode=0o600)
    try:
        yield launcher_argv("run", place)
    finally:
        place.unlink(missing_ok=True)


def launcher_argv(verb: str, description: Path) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", str(launcher.__file__), verb, str(description))
