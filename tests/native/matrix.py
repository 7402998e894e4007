"""One package at a time: locked as for an image, imported and called in its root, and once more without each
of the Debian packages that were added for it."""

import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from okamochi.build.toolchain import Toolchain
from okamochi.debian.tree import BaseTree
from okamochi.errors import UnfitPythonError
from okamochi.model.native import NativePackage
from okamochi.oci.entry import EntryKind
from okamochi.oci.native import native_platforms
from okamochi.pypi.wheel_tree import FILES_FOLDER, WheelTree
from okamochi.run.host.isolated import Limits, isolated
from okamochi.system.cache import Cache
from okamochi.system.clock import Clock
from okamochi.system.http import UrllibTransport
from okamochi.system.process import SubprocessRunner
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.foundation import trees_of
from okamochi.workflows.lock import LockMode, LockSession
from okamochi.workflows.native import complete_base
from okamochi.workflows.plan import plan_project
from okamochi.workflows.python_attempts import on_another_python
from tests.native.cases import Case

__all__ = ["Outcome", "real_world", "tried"]

LIMITS = Limits(timeout_seconds=300, memory_bytes=8 << 30)
ENVIRONMENT = {
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "PATH": "/opt/venv/bin:/usr/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


@dataclass
class Outcome:
    """`works` is whether the call does; `superfluous` are packages without which it does as well; `debs` is
    how many packages the base has more for them, `size_bytes` their size as downloaded."""

    requirement: str
    python: str = ""
    native: tuple[NativePackage, ...] = ()
    debs: int = 0
    size_bytes: int = 0
    works: bool = False
    superfluous: list[str] = field(default_factory=list)
    problem: str = ""

    @property
    def added(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.native if one.name)


def real_world(cache: Path) -> World:
    environ = dict(os.environ)
    transport = UrllibTransport.of(environ)
    return World(SubprocessRunner(), transport, Cache.open(cache), Clock(0), environ, SilentReporter())


def tried(case: Case, world: World, folder: Path) -> Outcome:
    """An app whose own code is the call."""
    root = folder / "app"
    root.mkdir()
    call = "".join(f"    {line}\n" for line in case.code.splitlines())
    (root / "app.py").write_text(f"from flask import Flask\n\napp = Flask(__name__)\n\n\ndef call():\n{call}")
    (root / "requirements.txt").write_text(f"flask\n{case.requirement}\npillow\n")
    session = LockSession.open(world, plan_project(root, world), native_platforms()[0], LockMode.KEEP)
    try:
        wheels = session.wheels()
    except UnfitPythonError as refusal:
        session = on_another_python(world, session, refusal)
        wheels = session.wheels()
    trees = trees_of(world, session, wheels)
    plain, snapshot = session.debs()
    complete = complete_base(world, session, (plain, snapshot), trees)
    known = {deb.name for deb in plain}
    more = [deb for deb in complete.debs if deb.name not in known]
    outcome = Outcome(case.requirement, session.planned.plan.python_version, complete.native, len(more))
    outcome.size_bytes = sum(deb.size_bytes for deb in more)
    tree = Toolchain(world, complete.debs, session.platform, complete.snapshot).tree()
    place = Place(world, folder, trees, root)
    failure = place.failure(case, tree, frozenset())
    outcome.works, outcome.problem = not failure, failure
    for package in outcome.added if outcome.works else ():
        others = tuple(name for name in outcome.added if name != package)
        kept = {deb.name for deb in session.debs_with(others)[0]}
        gone = frozenset(deb.name for deb in complete.debs if deb.name not in kept)
        if gone and not place.failure(case, tree, gone):
            outcome.superfluous.append(package)
    return outcome


@dataclass
class Place:
    """Where a root is put together: links to the cache's files."""

    world: World
    folder: Path
    trees: Sequence[WheelTree]
    app: Path

    def failure(self, case: Case, tree: BaseTree, without: frozenset[str]) -> str:
        """The end of what the call wrote when it failed; "" when it worked."""
        root = self.folder / f"root-{secrets.token_hex(4)}"
        venv = self.folder / "venv"
        try:
            self.laid(tree, root, without)
            if not venv.exists():
                self.installed(venv, tree)
            binds = ((venv, "/opt/venv", False), (self.app, "/app", False))
            argv = (
                "/opt/venv/bin/python",
                "-c",
                "import sys; sys.path.insert(0, '/app'); import app; app.call()",
            )
            done = isolated(
                self.world.runner, root, argv, environment=ENVIRONMENT, binds=binds, cwd="/app", limits=LIMITS
            )
            return "" if done.ok else (done.text.strip()[-1500:] or f"ended with {done.returncode}")
        finally:
            shutil.rmtree(root, ignore_errors=True)

    def laid(self, tree: BaseTree, root: Path, without: frozenset[str]) -> None:
        for entry in tree.entries:
            place = root / entry.path
            if entry.owner.removeprefix("deb:") in without:
                continue
            if entry.kind is EntryKind.DIRECTORY:
                place.mkdir(parents=True, exist_ok=True)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            if entry.kind is EntryKind.SYMLINK:
                place.symlink_to(entry.target)
            else:
                os.link(tree.root / entry.path, place)
        for name in ("opt/venv", "app", "tmp", "proc", "dev"):
            (root / name).mkdir(parents=True, exist_ok=True)

    def installed(self, venv: Path, tree: BaseTree) -> None:
        for one in self.trees:
            for file in one.files:
                place = venv / file.path
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(one.root / FILES_FOLDER / file.path, place)
                place.chmod(file.mode)
        (venv / "bin").mkdir(exist_ok=True)
        (venv / "bin/python").symlink_to(f"/{tree.python}")
        (venv / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")
