"""The app runs as root.

Nothing says USER, or it says root. A hole in the app is then root's in the container: it can install
programs, rewrite the code, write into mounted folders as root of the host, and a hole in the kernel or
the engine is one step away from the whole machine.

Fix: `USER 10001:10001` in the stage that is shipped, after all that has to be installed; the folders
that the app writes belong to that user.

Okamochi: `USER 10001:10001`, files of root, no capability.

See: https://docs.docker.com/build/building/best-practices/#user (CIS Docker Benchmark 4.1)
"""

from okamochi.audit.rule import Finds, Found, Severity
from okamochi.audit.runtime_user import drops_root, is_root, runs_as, starts_as_root
from okamochi.audit.setup import Dockerfile, Setup
from okamochi.containerfiles.dockerfile import Instruction

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        user = file.shipped.last("USER")
        started = file.shipped.last("CMD") or file.shipped.last("ENTRYPOINT") or told_elsewhere(file, setup)
        if file.desk or started is None or not starts_as_root(file.shipped):
            continue
        if given_elsewhere(file, setup):
            continue
        yield Found(
            path=file.path,
            line=user.line if user is not None else started.line,
            message="the app runs as root: a hole in it is root's in the container, and in what is mounted",
            hint="USER 10001:10001 before CMD, and that user's folders where the app writes",
        )


def given_elsewhere(file: Dockerfile, setup: Setup) -> bool:
    """Whether an entry point gives the rights up, or whoever starts the image names a user."""
    made = [one for one in setup.production if one.stage_path == file.path and one.stage == file.shipped]
    if any(drops_root(one, setup) for one in made):
        return True
    starting = [one for one in made if one.path != file.path]
    return bool(starting) and all(not is_root(runs_as(one) or "0") for one in starting)


def told_elsewhere(file: Dockerfile, setup: Setup) -> Instruction | None:
    """The last instruction of an image for which a service has the command."""
    made = (one for one in setup.production if one.stage_path == file.path and one.path != file.path)
    starts = any(one.stage == file.shipped and one.command for one in made)
    return file.shipped.own[-1] if starts else None
