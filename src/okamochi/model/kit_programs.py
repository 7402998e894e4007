"""How the kit's programs in an image are started, and what they are told: by every engine and renderer."""

from okamochi.kit import PROGRAM_FILES, package_files
from okamochi.model.backing_service import ServiceKind
from okamochi.model.plan import KIT_ROOT, VENV_ROOT, Plan
from okamochi.model.process import HeartbeatProbe, HttpProbe, Process, ProcessType, host_of

__all__ = [
    "BELOW_MAIN",
    "DESK_PROGRAM",
    "DOORS",
    "HEALTH_CHECK",
    "HEARTBEAT_FILE",
    "LOADER",
    "MYSQL_SOCKET",
    "PYTHON",
    "SECRETS_MOUNT",
    "STACK_SECRETS",
    "STACK_SECRETS_MOUNT",
    "VOLUME_FILES",
    "command_of",
    "health_environment",
    "packages_of",
    "programs_of",
    "schema_environment",
    "starter",
    "with_doors",
    "with_secrets",
]

PYTHON = f"{VENV_ROOT}/bin/python"
HEALTH_CHECK = (PYTHON, "-I", "-S", f"{KIT_ROOT}/healthcheck.py")
"""Exits with 0 when the process's probe is content."""
LOADER = (PYTHON, "-I", f"{KIT_ROOT}/secret_files.py", "--")
VOLUME_FILES = (PYTHON, "-I", f"{KIT_ROOT}/volume_files.py")
"""Followed by `save` or `load` and a folder: the folder as a tar stream, and back."""
MIGRATE = (PYTHON, "-I", f"{KIT_ROOT}/migrate.py", "--")
HEARTBEAT = (PYTHON, f"{KIT_ROOT}/heartbeat.py", "--")
DOORS = (PYTHON, "-I", "-S", f"{KIT_ROOT}/loopback.py", "--")
MYSQL_SOCKET = ("MYSQL_UNIX_PORT", "/tmp/mysqld.sock")
"""The variable, and its value, that lead clients of MySQL to a door, to whom "localhost" is a socket."""
BELOW_MAIN = "OKAMOCHI_BELOW_MAIN"
"""The variable that tells the kit what to do of what stands below a module's main guard."""
HEARTBEAT_FILE = "/tmp/okamochi-heartbeat"
DESK_PROGRAM = "development/start.py"
"""The kit's program that starts all others at the desk."""
STARTER = (PYTHON, "-I", f"{KIT_ROOT}/{DESK_PROGRAM}", "--")
SECRETS_MOUNT = "/run/secrets"
"""The folder, inside a container, in which each secret is a file of its name."""

STACK_SECRETS = (PYTHON, "-I", "-S", f"{KIT_ROOT}/stack_secrets.py")
"""Followed by what each secret is: a compose file's first container, which fills the others' volumes."""
STACK_SECRETS_MOUNT = "/secrets"
"""Where that container has those volumes, and what is given."""


def health_environment(process: Process) -> dict[str, str]:
    """What the kit's health check, access log and time limits are told; without a path, any HTTP answer on
    the port is healthy."""
    if isinstance(process.probe, HeartbeatProbe):
        seconds = str(process.probe.maximum_age_seconds)
        return {"OKAMOCHI_HEARTBEAT_FILE": process.probe.path, "OKAMOCHI_HEARTBEAT_SECONDS": seconds}
    found = {"OKAMOCHI_STOP_GRACE_SECONDS": str(process.stop_grace_seconds)}
    if isinstance(process.probe, HttpProbe):
        found["OKAMOCHI_HEALTH_PATH"] = process.probe.path
    if host_of(process.probe):
        found["OKAMOCHI_HEALTH_HOST"] = host_of(process.probe)
    return found


def with_secrets(argv: tuple[str, ...]) -> tuple[str, ...]:
    """The command with the secrets' files turned into variables first."""
    return (*LOADER, *argv)


def is_migration(process: Process) -> bool:
    """A release command whose database the kit can lock and ask: Flask-Migrate's, Alembic's, Django's."""
    words = tuple(word.rpartition("/")[2] for word in process.argv)
    known = words[:3] == ("flask", "db", "upgrade") or words[1:3] == ("manage.py", "migrate")
    return process.type is ProcessType.RELEASE and (
        known or (words[:1] == ("alembic",) and "upgrade" in words)
    )


def schema_environment(processes: tuple[Process, ...]) -> dict[str, str]:
    """What lets the web process's health check ask whether the schema is behind."""
    command = next((" ".join(one.argv) for one in processes if is_migration(one)), "")
    return {"OKAMOCHI_SCHEMA_OF": command} if command else {}


def with_doors(plan: Plan, argv: tuple[str, ...]) -> tuple[str, ...]:
    """The command with the doors on the loopback opened first, where the plan has such."""
    return (*DOORS, *argv) if plan.doors else argv


def command_of(process: Process, *, secrets: bool) -> tuple[str, ...]:
    """What is really run: a migration under its lock, a worker with its heartbeat; `secrets` says that there
    are secrets' files to load, which gunicorn's configuration does itself. `with_doors` comes before."""
    argv = process.argv
    if is_migration(process):
        argv = (*MIGRATE, *argv)
    elif isinstance(process.probe, HeartbeatProbe):
        argv = (*HEARTBEAT, *argv)
    own = f"{KIT_ROOT}/gunicorn.conf.py" in argv or not secrets
    return argv if own else with_secrets(argv)


def programs_of(plan: Plan) -> tuple[str, ...]:
    """Of the kit's programs that not every image has, the names of those that something starts here: the
    processes' commands, and what saves and restores volumes and the files of an object store."""
    commands = [with_doors(plan, command_of(one, secrets=True)) for one in plan.processes]
    stores = any(one.kind is ServiceKind.S3 for one in plan.services)
    commands += [VOLUME_FILES] * (bool(plan.volumes) or stores)
    # a command may be one word of another one: what starts it again when the code changes
    words = " ".join(word for command in commands for word in command)
    return tuple(one for one in PROGRAM_FILES if f"{KIT_ROOT}/{one}" in words)


def packages_of(plan: Plan) -> tuple[tuple[str, bytes], ...]:
    """What the kit has for `import` in this image, as `kit_files`."""
    below = any(name == BELOW_MAIN for name, _ in plan.image_environment)
    return package_files(plan.application.package, below_main=below)


def starter(argv: tuple[str, ...]) -> tuple[str, ...]:
    """A command of the desk: secrets loaded, a debugger in front when one is asked for."""
    return (*STARTER, *argv)
