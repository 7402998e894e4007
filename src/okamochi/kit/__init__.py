"""What goes into images, to /opt/okamochi: the server's configuration, the health check, the secret
loader, what runs migrations once, serves static files and lets workers show that they live.

The modules beside this one are copied, never imported by okamochi: standard library only, Python 3.9 and
later.
"""

from collections.abc import Collection
from itertools import chain
from pathlib import Path

__all__ = [
    "KIT_FILES",
    "PROGRAM_FILES",
    "builder_files",
    "compiler_program",
    "early_stop",
    "kit_files",
    "package_files",
]

# Not importlib.resources, whose import would take as long as compiling a module.
HERE = Path(__file__).parent
KIT_FILES = (
    ("healthcheck.py", "healthcheck.py"),
    ("secret_files.py", "secret_files.py"),
    ("stack_secrets.py", "stack_secrets.py"),
)
"""Name in the image's folder, name here; of every image."""
PROGRAM_FILES = {
    "development/start.py": (
        ("development/okamochi_object.py", "development_object.py"),
        ("development/start.py", "development_start.py"),
    ),
    "gunicorn.conf.py": (
        ("access_log.py", "access_log.py"),
        ("draining.py", "draining.py"),
        ("forwarded.py", "forwarded.py"),
        ("gunicorn.conf.py", "gunicorn_conf.py"),
        ("process_one.py", "process_one.py"),
        ("prometheus_files.py", "prometheus_files.py"),
        ("silent_callers.py", "silent_callers.py"),
        ("sizing.py", "sizing.py"),
        ("static_files.py", "static_files.py"),
        ("time_limits.py", "time_limits.py"),
        ("worker_count.py", "worker_count.py"),
        ("young_workers.py", "young_workers.py"),
    ),
    "heartbeat.py": (("heartbeat.py", "heartbeat.py"),),
    "loopback.py": (("loopback.py", "loopback.py"),),
    "migrate.py": (
        ("database_lock.py", "database_lock.py"),
        ("migrate.py", "migrate.py"),
        ("schema_state.py", "schema_state.py"),
    ),
    "volume_files.py": (("volume_files.py", "volume_files.py"),),
}
"""The same, by the program that needs them: of images where something starts it."""
EARLY_STOP = "okamochi_early_stop.pth"


def kit_files(programs: Collection[str] = tuple(PROGRAM_FILES)) -> tuple[tuple[str, bytes], ...]:
    """Name below /opt/okamochi and content of the kit's files, sorted by name; of its programs, these."""
    chosen = (PROGRAM_FILES[one] for one in dict.fromkeys(programs))
    return contents(tuple(sorted((*KIT_FILES, *chain.from_iterable(chosen)))))


def package_files(package: str, *, below_main: bool) -> tuple[tuple[str, bytes], ...]:
    """As `kit_files`: what makes the app's folder a package of that name, none for ""; what does what stands
    `below_main`."""
    named = [(f"packages/{package}/__init__.py", "root_package.py")] if package else []
    named += [("packages/sitecustomize.py", "below_main.py")] if below_main else []
    return contents(tuple(named))


def contents(named: tuple[tuple[str, str], ...]) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, HERE.joinpath(source).read_bytes()) for name, source in named)


def builder_files() -> tuple[tuple[str, bytes], ...]:
    """Name and content of what a Dockerfile's builder stage works with, sorted by name."""
    folder = HERE / "builder"
    names = ("compile_sources.py", EARLY_STOP, "install.py")
    return tuple((name, folder.joinpath(name).read_bytes()) for name in names)


def early_stop() -> tuple[str, bytes]:
    """Name and content of what lies among the packages: Python reads it at its start, before it imports
    anything else."""
    return EARLY_STOP, HERE.joinpath("builder", EARLY_STOP).read_bytes()


def compiler_program() -> str:
    """What the image's Python is given with -c to compile its files."""
    return HERE.joinpath("builder", "compile_sources.py").read_text("utf-8")
