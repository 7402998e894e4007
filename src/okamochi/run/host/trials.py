"""An image's code tried on this machine: kept from everything else in the strongest way that it allows."""

import json
import os
from contextlib import ExitStack
from pathlib import Path

from okamochi.model.process import Process, ProcessType, TemporaryFolder
from okamochi.run.engine import NotIsolated
from okamochi.run.host.fence import confinement
from okamochi.run.host.images import HostImage
from okamochi.run.host.isolation import Apart, Isolation, launcher_argv
from okamochi.run.host.jail import in_own_root
from okamochi.run.host.launch import Launch
from okamochi.run.host.records import Records
from okamochi.run.spec import RunSpec, Trial
from okamochi.system.files import write_atomic
from okamochi.system.process import Completed, Runner

__all__ = ["tried"]


def tried(runner: Runner, image: HostImage, trial: Trial, way: Isolation, folder: Path) -> Completed:
    """`folder` is empty, on the file system of the image's root, and goes afterwards; what the trial writes
    lies there.

    NotIsolated where nothing keeps the code in; ProgramTimeout when it does not end in time."""
    if not way.rooted and way.apart is Apart.NOWAY:
        raise NotIsolated(
            "this machine offers no namespaces to run the app's code in",
            where="host",
            hint="install docker or podman, or allow user namespaces",
        )
    records, spec = Records(folder), spec_of(trial)
    records.make_folder(spec)
    launch = Launch(image, spec, way.of_trials, records)
    launch.make_volumes()
    if not launch.way.rooted:
        launch.fill_shim()
    told = {**launch.description(trial.argv), "parent": os.getpid()}
    stdin = trial.stdin
    with ExitStack() as held:
        if launch.way.rooted:
            told, _ = in_own_root(told, launch.way, held, folder=folder)
        else:
            written = [outside for outside, _, writable in told["binds"] if writable]
            shim = launch.shim
            reads, writes = (image.root, str(shim.folder)), (*written, str(shim.folder / "tmp"))
            told |= {"confined": confinement(reads, writes)}
            stdin = os.fsencode(shim.rewritten(os.fsdecode(stdin)))
        description = folder / "launch.json"
        write_atomic(description, json.dumps(told).encode(), mode=0o600)
        done = runner.run(
            launcher_argv("run", description), stdin=stdin, timeout_seconds=trial.timeout_seconds
        )
    return done if launch.way.rooted else launch.shim.seen_inside(done)


def spec_of(trial: Trial) -> RunSpec:
    return RunSpec(
        name="trial",
        app="trial",
        image_reference=trial.image_reference,
        process=Process(name="trial", type=ProcessType.RELEASE, argv=trial.argv, resources=trial.resources),
        environment=trial.environment,
        security=trial.security,
        tmp_bytes=trial.tmp_bytes,
        temporary_folders=tuple(TemporaryFolder(path=path) for path in trial.writable),
    )
