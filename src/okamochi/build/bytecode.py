"""Bytecode, compiled ahead by the image's own Python; unchecked-hash, the same on every build.

The files are compiled by one fixed program with fixed imports, because marshal's output depends on which
strings the process has interned. See PEP 552 for the format and why unchecked-hash suits images: nothing
in them changes after the build, and no time stamp has to agree.
"""

import errno
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from okamochi.errors import BuildError
from okamochi.kit import compiler_program
from okamochi.oci.entry import Entry, EntryKind, FileContent, directory, file
from okamochi.oci.platform import Platform
from okamochi.system.files import StorageError, storage_errors

if TYPE_CHECKING:
    from okamochi.system.process import Completed, Runner
    from okamochi.system.world import World

__all__ = [
    "BYTECODE_FORMAT",
    "CLEAN_ENVIRONMENT",
    "MUCH_ASKED_BYTES",
    "Compiled",
    "Interpreter",
    "Unit",
    "bytecode_entries",
    "compile_sources",
    "compile_units",
    "image_interpreter",
    "on_disk_sources",
    "pycache_entries",
    "python_sources",
    "tag_of_python",
]

# Part of every cache key: counts up whenever the kit's compile_sources.py changes what it writes.
BYTECODE_FORMAT = "2"

KIND = "bytecode"

LENGTH_BYTES = 8
MUCH_ASKED_BYTES = 10_000
MOST_SOURCE_BYTES = 8_000_000
"""Of sources given to one process: what it answers is held in memory."""


class Interpreter(msgspec.Struct, frozen=True):
    """How to start a Python that writes the image's bytecode; `tag` is its cache tag, as in cpython-313.
    `identity` is the image's Python, not that of who compiles: the same release writes the same bytes."""

    argv: tuple[str, ...]
    tag: str
    identity: str

    def run(self, runner: "Runner", program: str, stdin: bytes, *, timeout_seconds: float = 900) -> bytes:
        """The program's stdout. BuildError with the end of its stderr when it fails."""
        argv = (*self.argv, *self.options(program))
        # without -I, the working folder is one to import from: here it holds programs only
        place = Path(self.argv[-1]).parent
        ask = runner.run if len(stdin) < MUCH_ASKED_BYTES else partial(run_over_files, runner)
        done = ask(argv, stdin=stdin, env=CLEAN_ENVIRONMENT, cwd=place, timeout_seconds=timeout_seconds)
        return self.answer_of(done)

    def options(self, program: str) -> tuple[str, ...]:
        isolated = "-s" if self.tag in SEEDED else "-I"
        return (isolated, "-S", "-B", "-X", "utf8", "-W", "ignore", "-c", program)

    def answer_of(self, done: "Completed") -> bytes:
        if done.returncode != 0 and DISK_FULL in done.stderr:
            raise StorageError(
                "the disk is full",
                where=self.argv[-1],
                hint="run okamochi cache prune, or set OKAMOCHI_CACHE_DIR to a folder with more space",
            )
        if done.returncode != 0:
            raise BuildError(
                "the image's Python could not compile the files",
                where=self.argv[-1],
                details=tuple(done.stderr.decode("utf-8", "replace").splitlines()[-8:]),
                hint="run 'okamochi doctor'; if the base was built on another machine, "
                "'okamochi cache clear' and build again",
            )
        return done.stdout


def run_over_files(
    runner: "Runner",
    argv: Sequence[str],
    *,
    stdin: bytes,
    env: Mapping[str, str],
    cwd: Path,
    timeout_seconds: float,
) -> "Completed":
    """As `runner.run`, without pipes: where several threads are busy, the one that empties a pipe gets its
    turn after milliseconds, and the program waits as well."""
    from tempfile import TemporaryFile

    with ExitStack() as files:
        with temporary_errors():
            asked, answered = (files.enter_context(TemporaryFile(buffering=0)) for _ in range(2))
            written = 0
            while written < len(stdin):
                written += asked.write(stdin[written:])
            asked.seek(0)
        done = runner.stream(
            argv, source=asked, into=answered, env=env, cwd=cwd, timeout_seconds=timeout_seconds
        )
        answered.seek(0)
        return replace(done, stdout=answered.read())


@contextmanager
def temporary_errors() -> Iterator[None]:
    """StorageError for files that the system's temporary folder does not take."""
    from tempfile import gettempdir

    hint = "make space there, or set TMPDIR to a folder that takes some megabytes"
    try:
        with storage_errors(Path(gettempdir()), hint=hint):
            yield
    except FileNotFoundError as error:  # none of the folders that Python tries can be written
        raise StorageError("no temporary folder can be written", where="TMPDIR", hint=hint) from error


# How a traceback of the compiler names the reason.
DISK_FULL = f"[Errno {errno.ENOSPC}]".encode()

# Up to 3.10, marshal writes sets in the order of their hashes: these must see PYTHONHASHSEED, which -I hides.
# Later ones sort (https://github.com/python/cpython/issues/81777).
MOST_NAME_BYTES = 255
SEEDED = frozenset({"cpython-39", "cpython-310"})
# The C library keeps freed memory instead of giving it back after each file, which saves a tenth of the time.
CLEAN_ENVIRONMENT: Mapping[str, str] = {
    "PYTHONHASHSEED": "0",
    "LC_ALL": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TOP_PAD_": "67108864",
}


def image_interpreter(root: Path, python: str, platform: Platform, *, identity: str) -> Interpreter:
    """The Python of an unpacked base, started through the base's own loader: no root rights, no chroot.

    `python` is its path below `root`; `identity` is the base's key, part of cache keys.
    """
    libraries = root / "usr/lib" / platform.multiarch
    argv = (str(root / platform.loader), "--library-path", str(libraries), str(root / python))
    return Interpreter(argv, tag_of_python(python), identity)


def tag_of_python(python: str) -> str:
    """cpython-313, from a path such as usr/bin/python3.13 (PEP 3147)."""
    version = PurePosixPath(python).name.removeprefix("python")
    return "cpython-" + version.replace(".", "")


class Compiled(msgspec.Struct, frozen=True):
    """A .pyc, or in `failure` why there is none: "/app/x.py: invalid syntax (x.py, line 3)"."""

    bytecode: bytes = b""
    failure: str = ""


Source = tuple[Path, str]
"""The file, and its path in the image with the leading slash."""


def compile_sources(
    runner: "Runner", interpreter: Interpreter, sources: Sequence[Source], *, jobs: int = 2
) -> tuple[Compiled, ...]:
    """One answer for each source, in their order. Files that are no valid Python are no error: packages carry
    templates and test data whose name ends in .py. The number of jobs makes no difference to the bytes."""
    answers: dict[Source, Compiled] = {}
    program = compiler_program()

    def run(share: list[Source]) -> None:
        stdout = interpreter.run(runner, program, request_of(share))
        answers.update(zip(share, answers_in(stdout), strict=True))

    shares = balanced(sources, jobs)
    if len(shares) == 1:
        run(shares[0])
        return tuple(answers[source] for source in sources)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(jobs) as pool:
        for done in [pool.submit(run, share) for share in shares]:
            done.result()
    return tuple(answers[source] for source in sources)


def balanced(sources: Sequence[Source], jobs: int) -> list[list[Source]]:
    """Shares of about the same number of bytes; small work stays in one process."""
    sized = sorted(((source[0].stat().st_size, source) for source in sources), key=lambda pair: -pair[0])
    total = sum(size for size, _ in sized)
    count = max(jobs, -(-total // MOST_SOURCE_BYTES)) if total > 500_000 else 1
    shares: list[list[Source]] = [[] for _ in range(count)]
    loads = [0] * count
    for size, source in sized:
        lightest = loads.index(min(loads))
        shares[lightest].append(source)
        loads[lightest] += size + 1000
    return [share for share in shares if share]


def request_of(sources: Iterable[Source]) -> bytes:
    return b"\0".join(os.fsencode(field) for source in sources for field in source) + b"\0"


def answers_in(stdout: bytes) -> Iterator[Compiled]:
    place = 0
    while place < len(stdout):
        length = int.from_bytes(stdout[place : place + LENGTH_BYTES], "little", signed=True)
        place += LENGTH_BYTES
        content = stdout[place : place + abs(length)]
        place += abs(length)
        yield Compiled(content) if length > 0 else Compiled(failure=content.decode("utf-8", "replace"))


class Unit(msgspec.Struct, frozen=True):
    """Entries whose bytecode is kept together; `key` names their content (a wheel's digest, a base's key)."""

    key: str
    entries: Sequence[Entry]


def bytecode_entries(
    world: "World", interpreter: Interpreter, entries: Sequence[Entry], *, key: str
) -> tuple[Entry, ...]:
    """Entries of the `__pycache__` folders for every .py file among `entries`, kept in the cache by `key`."""
    unit = Unit(key, entries)
    content = world.cache.record(KIND, record_key(interpreter, unit))
    if content is None:
        compile_units(world, interpreter, (unit,))
        content = world.cache.record(KIND, record_key(interpreter, unit))
    if content is None:
        raise BuildError("bytecode vanished from the cache", where=key, hint="build again")
    return pycache_entries(python_sources(entries), msgspec.msgpack.decode(content), interpreter.tag)


def compile_units(
    world: "World", interpreter: Interpreter, units: Sequence[Unit], *, turn: str = "one by one"
) -> None:
    """Compiles what the cache lacks of all units together: starting a Python for each wheel would take longer
    than compiling most of them. A unit is one record: a list of .pyc, empty for what does not compile."""
    missing = lacking(world, interpreter, units)
    if not missing:
        return
    # who waits for another platform's build of the same packages finds most of them compiled
    with world.cache.lock(f"{KIND} {interpreter.identity} {turn}"):
        compile_missing(world, interpreter, lacking(world, interpreter, missing))


def lacking(world: "World", interpreter: Interpreter, units: Sequence[Unit]) -> list[Unit]:
    return [unit for unit in units if world.cache.record(KIND, record_key(interpreter, unit)) is None]


def compile_missing(world: "World", interpreter: Interpreter, missing: Sequence[Unit]) -> None:
    with world.cache.temporary() as scratch:
        asked = [on_disk_sources(unit.entries, scratch, number) for number, unit in enumerate(missing)]
        everything = [source for sources in asked for source in sources]
        compiled = compile_sources(world.runner, interpreter, everything, jobs=os.cpu_count() or 1)
    place = 0
    for unit, sources in zip(missing, asked, strict=True):
        share = [answer.bytecode for answer in compiled[place : place + len(sources)]]
        place += len(sources)
        world.cache.put_record(KIND, record_key(interpreter, unit), msgspec.msgpack.encode(share))


def record_key(interpreter: Interpreter, unit: Unit) -> str:
    return f"{BYTECODE_FORMAT}-{interpreter.identity}-{unit.key}"


def on_disk_sources(entries: Iterable[Entry], scratch: Path, number: int) -> list[Source]:
    """What is only in memory is written to `scratch`, under names that no project chose."""
    sources = []
    for index, entry in enumerate(python_sources(entries)):
        path = scratch / f"{number}-{index}"
        if isinstance(entry.content, FileContent):
            path = entry.content.path
        elif entry.content is not None:
            path.write_bytes(entry.content.read())
        sources.append((path, "/" + entry.path))
    return sources


def python_sources(entries: Iterable[Entry]) -> list[Entry]:
    found = (entry for entry in entries if entry.kind is EntryKind.FILE and entry.path.endswith(".py"))
    return sorted(found, key=lambda entry: entry.path)


def pycache_entries(sources: Sequence[Entry], bytecode: Sequence[bytes], tag: str) -> tuple[Entry, ...]:
    """Folders and files for those of `sources` that have bytecode; both are in the same order. A module whose
    bytecode would have too long a name has none: Python reads its source, as everywhere."""
    made: dict[str, Entry] = {}
    for entry, content in zip(sources, bytecode, strict=True):
        parent, _, name = entry.path.rpartition("/")
        compiled = f"{name[:-3] or name}.{tag}.pyc"
        if not content or len(os.fsencode(compiled)) > MOST_NAME_BYTES:
            continue
        folder = f"{parent}/__pycache__" if parent else "__pycache__"
        made.setdefault(folder, directory(folder, entry.owner))
        path = f"{folder}/{compiled}"
        made[path] = file(path, entry.owner, content)
    return tuple(made.values())
