"""Bytecode of the app's own files, kept file by file: a changed line compiles one file."""

import hashlib
from collections.abc import Sequence
from pathlib import PurePosixPath

from okamochi.build.bytecode import BYTECODE_FORMAT, Interpreter, compile_sources
from okamochi.build.toolchain import Toolchain
from okamochi.oci.entry import Entry, directory, file
from okamochi.system.world import World

__all__ = ["app_bytecode"]

KIND = "app-bytecode"

# What a file that is no valid Python is remembered as: an empty record.
NOT_PYTHON = b""


def app_bytecode(world: World, toolchain: Toolchain, code: Sequence[Entry]) -> tuple[Entry, ...]:
    """`__pycache__` entries for `code`. Files that do not compile have none, and are told."""
    keys = {entry.path: record_key(entry, toolchain.identity) for entry in code}
    missing = [entry for entry in code if world.cache.record(KIND, keys[entry.path]) is None]
    if missing:
        compile_missing(world, toolchain.interpreter(), missing, keys)
    made: dict[str, Entry] = {}
    tag = tag_of(toolchain)
    for entry in code:
        compiled = world.cache.record(KIND, keys[entry.path])
        if not compiled:
            continue
        source = PurePosixPath(entry.path)
        folder = f"{source.parent}/__pycache__"
        made.setdefault(folder, directory(folder, entry.owner))
        path = f"{folder}/{source.stem}.{tag}.pyc"
        made[path] = file(path, entry.owner, compiled)
    return tuple(made.values())


def record_key(entry: Entry, identity: str) -> str:
    assert entry.content is not None
    content = hashlib.sha256(entry.content.read()).hexdigest()
    return f"{BYTECODE_FORMAT} {identity} {entry.path} {content}"


def compile_missing(
    world: World, interpreter: Interpreter, missing: Sequence[Entry], keys: dict[str, str]
) -> None:
    with world.cache.temporary() as scratch:
        sources = []
        for number, entry in enumerate(missing):
            assert entry.content is not None
            source, output = scratch / f"{number}.py", scratch / f"{number}.pyc"
            source.write_bytes(entry.content.read())
            sources.append((source, "/" + entry.path, output))
        for line in compile_sources(world.runner, interpreter, sources):
            world.reporter.warn(f"not compiled, it is no valid Python: {line}")
        for entry, (_, _, output) in zip(missing, sources, strict=True):
            compiled = output.read_bytes() if output.exists() else NOT_PYTHON
            world.cache.put_record(KIND, keys[entry.path], compiled)


def tag_of(toolchain: Toolchain) -> str:
    """cpython-313, from the name of the package that the identity is made of: no base has to be opened."""
    version = toolchain.identity.partition("-")[0].removeprefix("python")
    return "cpython-" + version.replace(".", "")
