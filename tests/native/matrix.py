"""One package at a time: locked as for an image, imported and called in its root, and once more without each
of the Debian packages that were added for it. What the proof of an app corrects is corrected the same way."""

import os
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from okamochi.build.toolchain import Toolchain
from okamochi.debian.tree import BaseTree
from okamochi.errors import UnfitPythonError
from okamochi.model.native import NativePackage
from okamochi.model.plan import VENV_ROOT
from okamochi.oci.entry import EntryKind
from okamochi.oci.native import native_platforms
from okamochi.pypi.wheel_tree import FILES_FOLDER, WheelTree
from okamochi.run.host.isolated import Limits, isolated
from okamochi.run.proof.answer import Answer, Write, verdict_of
from okamochi.system.cache import Cache
from okamochi.system.clock import Clock
from okamochi.system.http import UrllibTransport
from okamochi.system.progress import SilentReporter
from okamochi.system.subprocess_runner import SubprocessRunner
from okamochi.system.world import World
from okamochi.workflows.from_source.python_attempts import on_another_python
from okamochi.workflows.layers.foundation import trees_of
from okamochi.workflows.layers.native import complete_base
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.mending.corrections import correction_for
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.kept_corrections import with_correction
from okamochi.workflows.plan import PlannedProject, plan_project
from tests.native.cases import Case

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
    how many packages the base has more for them, `size_bytes` their size as downloaded; `corrections` are
    what the proof taught."""

    requirement: str
    python: str = ""
    native: tuple[NativePackage, ...] = ()
    debs: int = 0
    size_bytes: int = 0
    works: bool = False
    superfluous: list[str] = field(default_factory=list)
    problem: str = ""
    corrections: list[str] = field(default_factory=list)

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
    planned = plan_project(root, world)
    corrections: list[str] = []
    while True:
        outcome = attempted(case, world, folder, planned)
        corrected = None if outcome.works else after_the_proof(outcome.problem, planned)
        if corrected is None:
            outcome.corrections = corrections
            return outcome
        planned = corrected
        corrections.append(str(planned.corrections[-1].value))


def after_the_proof(log: str, planned: PlannedProject) -> PlannedProject | None:
    """The plan with what the proof of an app would correct after such a failure; None when nothing."""
    error, _, message = log.rpartition("\n")[2].partition(": ")
    module = re.match(r"No module named '([^']+)'", message)
    made = re.findall(r"Read-only file system: '([^']+)'", log) if "os.mkdir(" in log else []
    answer = Answer(
        outcome="failed",
        error=error,
        message=message,
        name=module[1] if module else "",
        text=log,
        writes=tuple(Write(path=f"{path}/") for path in made),
    )
    correction = correction_for(Failed(verdict_of(answer), answer, planned))
    return None if correction is None else with_correction(planned, correction)


def attempted(case: Case, world: World, folder: Path, planned: PlannedProject) -> Outcome:
    session = LockSession.open(world, planned, native_platforms()[0], LockMode.KEEP)
    try:
        wheels = session.wheels()
    except UnfitPythonError as refusal:
        session = on_another_python(session, refusal)
        wheels = session.wheels()
    trees = trees_of(session, wheels)
    plain, snapshot = session.debs()
    complete = complete_base(session, (plain, snapshot), trees)
    known = {deb.name for deb in plain}
    more = [deb for deb in complete.debs if deb.name not in known]
    outcome = Outcome(case.requirement, session.planned.plan.python_version, complete.native, len(more))
    outcome.size_bytes = sum(deb.size_bytes for deb in more)
    tree = Toolchain(world, complete.debs, session.platform, complete.snapshot).tree()
    place = Place(world, folder, trees, session.planned)
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
    planned: PlannedProject

    def failure(self, case: Case, tree: BaseTree, without: frozenset[str]) -> str:
        """The end of what the call wrote when it failed; "" when it worked."""
        root = self.folder / f"root-{secrets.token_hex(4)}"
        venv = self.folder / f"venv-{len(self.planned.corrections)}"
        try:
            self.laid(tree, root, without)
            if not venv.exists():
                self.installed(venv, tree)
            binds = ((venv, "/opt/venv", False), (self.planned.root, "/app", False))
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
        for one in self.planned.plan.temporary_folders:
            if one.path.startswith(f"{VENV_ROOT}/"):
                (venv / one.path.removeprefix(f"{VENV_ROOT}/")).mkdir(parents=True, exist_ok=True)
