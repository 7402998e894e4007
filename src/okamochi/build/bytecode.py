"""Bytecode, compiled ahead by the image's own Python; unchecked-hash, the same on every build.

The files are compiled by one fixed program with fixed imports, because marshal's output depends on which
strings the process has interned. See PEP 552 for the format and why unchecked-hash suits images: nothing
in them changes after the build, and no time stamp has to agree.
"""

import errno
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from okamochi.errors import BuildError
from okamochi.oci.entry import Entry, EntryKind, FileContent, directory, file
from okamochi.oci.platform import Platform
from okamochi.system.files import StorageError
from okamochi.system.process import Runner
from okamochi.system.world import World

__all__ = [
    "BYTECODE_FORMAT",
    "Interpreter",
    "Unit",
    "bytecode_entries",
    "compile_sources",
    "compile_units",
    "image_interpreter",
    "tag_of_python",
]

# Part of every cache key: counts up whenever COMPILER changes what it writes.
BYTECODE_FORMAT = "1"

KIND = "bytecode"

# Runs in the image's Python. Reads NUL-separated triples (source file, path in the image, output file)
# from stdin and writes one NUL-separated "path in the image: why" for each that does not compile.
COMPILER = """
import sys, _imp, marshal, posix
import _frozen_importlib_external as external
fields = sys.stdin.buffer.read().split(b"\\0")
failures = []
for index in range(0, len(fields) - 2, 3):
    source_file, image_path, output = fields[index:index + 3]
    with open(source_file, "rb") as stream:
        source = stream.read()
    name = image_path.decode("utf-8", "surrogateescape")
    try:
        code = compile(source, name, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        failures.append(("%s: %s" % (name, error)).encode("utf-8", "replace"))
        continue
    content = external._code_to_hash_pyc(code, _imp.source_hash(external._RAW_MAGIC_NUMBER, source), False)
    del code
    with open(output, "wb") as stream:
        stream.write(content)
sys.stdout.buffer.write(b"\\0".join(failures))
"""


@dataclass(frozen=True)
class Interpreter:
    """How to start a Python that writes the image's bytecode; `tag` is its cache tag, as in cpython-313.
    `identity` is the image's Python, not that of who compiles: the same release writes the same bytes."""

    argv: tuple[str, ...]
    tag: str
    identity: str

    def run(self, runner: Runner, program: str, stdin: bytes, *, timeout_seconds: float = 900) -> bytes:
        """The program's stdout. BuildError with the end of its stderr when it fails."""
        argv = (*self.argv, "-I", "-S", "-B", "-X", "utf8", "-W", "ignore", "-c", program)
        done = runner.run(argv, stdin=stdin, env=CLEAN_ENVIRONMENT, timeout_seconds=timeout_seconds)
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


# How a traceback of the compiler names the reason.
DISK_FULL = f"[Errno {errno.ENOSPC}]".encode()

# PYTHONHASHSEED makes nothing differ that was seen, and costs nothing.
CLEAN_ENVIRONMENT: Mapping[str, str] = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}


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


def compile_sources(
    runner: Runner, interpreter: Interpreter, sources: Sequence[tuple[Path, str, Path]], *, jobs: int = 2
) -> tuple[str, ...]:
    """Compiles (source file, path in the image with its leading slash, output file); output folders exist.

    Returns a line for each file that is not valid Python: packages carry templates and test data whose
    name ends in .py. The order and the number of jobs make no difference to the bytes.
    """
    if not sources:
        return ()
    shares = balanced(sources, jobs)
    with ThreadPoolExecutor(len(shares)) as pool:
        answers = pool.map(lambda share: interpreter.run(runner, COMPILER, request_of(share)), shares)
        return tuple(sorted(line for answer in answers for line in failures_in(answer)))


def balanced(sources: Sequence[tuple[Path, str, Path]], jobs: int) -> list[list[tuple[Path, str, Path]]]:
    """Shares of about the same number of bytes; small work stays in one process."""
    sized = sorted(((source[0].stat().st_size, source) for source in sources), key=lambda pair: -pair[0])
    total = sum(size for size, _ in sized)
    shares: list[list[tuple[Path, str, Path]]] = [[] for _ in range(jobs if total > 500_000 else 1)]
    loads = [0] * len(shares)
    for size, source in sized:
        lightest = loads.index(min(loads))
        shares[lightest].append(source)
        loads[lightest] += size + 1000
    return [share for share in shares if share]


def request_of(sources: Iterable[tuple[Path, str, Path]]) -> bytes:
    fields = (os.fsencode(field) for source in sources for field in source)
    return b"\0".join(fields) + b"\0"


def failures_in(answer: bytes) -> list[str]:
    return [line.decode("utf-8", "replace") for line in answer.split(b"\0") if line]


@dataclass(frozen=True)
class Unit:
    """Entries whose bytecode is kept together; `key` names their content (a wheel's digest, a base's key)."""

    key: str
    entries: Sequence[Entry]


def bytecode_entries(
    world: World, interpreter: Interpreter, entries: Sequence[Entry], *, key: str
) -> tuple[Entry, ...]:
    """Entries of the `__pycache__` folders for every .py file among `entries`, kept in the cache by `key`."""
    unit = Unit(key, entries)
    compile_units(world, interpreter, (unit,))
    folder = world.cache.folder_if_made(KIND, folder_key(interpreter, unit))
    if folder is None:
        raise BuildError("bytecode vanished from the cache", where=key, hint="build again")
    return pycache_entries(entries, interpreter.tag, folder)


def compile_units(world: World, interpreter: Interpreter, units: Sequence[Unit]) -> None:
    """Compiles what the cache lacks of all units together: starting a Python for each wheel would take longer
    than compiling most of them."""
    missing = [
        unit for unit in units if world.cache.folder_if_made(KIND, folder_key(interpreter, unit)) is None
    ]
    if not missing:
        return
    with world.cache.temporary() as scratch:
        sources: list[tuple[Path, str, Path]] = []
        for number, unit in enumerate(missing):
            (scratch / str(number)).mkdir()
            sources += unit_sources(unit, scratch / str(number), scratch)
        compile_sources(world.runner, interpreter, sources, jobs=os.cpu_count() or 1)
        for number, unit in enumerate(missing):
            keep(world, folder_key(interpreter, unit), scratch / str(number))


def unit_sources(unit: Unit, outputs: Path, scratch: Path) -> list[tuple[Path, str, Path]]:
    """Outputs are numbered by the sorted order of the sources: no name of a project becomes a file name."""
    return [
        (on_disk(entry, scratch, f"{outputs.name}-{number}"), "/" + entry.path, outputs / str(number))
        for number, entry in enumerate(python_sources(unit.entries))
    ]


def keep(world: World, key: str, outputs: Path) -> None:
    def make(target: Path) -> None:
        for output in outputs.iterdir():
            output.rename(target / output.name)

    world.cache.folder(KIND, key, make)


def folder_key(interpreter: Interpreter, unit: Unit) -> str:
    return f"{BYTECODE_FORMAT}-{interpreter.identity}-{unit.key}"


def on_disk(entry: Entry, scratch: Path, name: str) -> Path:
    if isinstance(entry.content, FileContent):
        return entry.content.path
    assert entry.content is not None
    path = scratch / name
    path.write_bytes(entry.content.read())
    return path


def python_sources(entries: Iterable[Entry]) -> list[Entry]:
    found = (entry for entry in entries if entry.kind is EntryKind.FILE and entry.path.endswith(".py"))
    return sorted(found, key=lambda entry: entry.path)


def pycache_entries(entries: Sequence[Entry], tag: str, folder: Path) -> tuple[Entry, ...]:
    made: dict[str, Entry] = {}
    for number, entry in enumerate(python_sources(entries)):
        compiled = folder / str(number)
        if not compiled.is_file():
            continue
        source = PurePosixPath(entry.path)
        cache_folder = str(source.parent / "__pycache__")
        made.setdefault(cache_folder, directory(cache_folder, entry.owner))
        path = f"{cache_folder}/{source.stem}.{tag}.pyc"
        made[path] = file(path, entry.owner, compiled)
    return tuple(made.values())
