"""Bytecode of the app's own files, kept file by file: a changed line compiles one file."""

import hashlib
import os
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Protocol

import msgspec

from okamochi.build.bytecode import (
    BYTECODE_FORMAT,
    Compiled,
    Interpreter,
    compile_sources,
    on_disk_sources,
    pycache_entries,
    python_sources,
    tag_of_python,
)
from okamochi.errors import OkamochiError
from okamochi.oci.entry import Entry
from okamochi.system.world import World

__all__ = ["AppBytecode", "Compiles", "compile_quietly"]

KIND = "app-bytecode"


class Compiles(Protocol):
    """Names and starts the Python that writes an image's bytecode."""

    @property
    def identity(self) -> str: ...

    def interpreter(self) -> Interpreter: ...

    @property
    def started(self) -> Interpreter | None: ...


class AppBytecode(msgspec.Struct, dict=True):
    """Of all code at once, made when the first layer asks: one start of Python serves all layers."""

    world: World
    toolchain: Compiles
    code: Sequence[Entry]
    _lock: threading.Lock = msgspec.field(default_factory=threading.Lock)

    def entries(self, share: Sequence[Entry]) -> tuple[Entry, ...]:
        """`__pycache__` entries for some of the code. Files that do not compile have none, and are told."""
        sources = python_sources(share)
        if not sources:
            return ()
        with self._lock:
            # what was made once is asked of the cache no more
            made = self.__dict__.get("_made") or self._kept(sources) or self._made
        return pycache_entries(sources, [made[entry.path] for entry in sources], self._tag)

    def _kept(self, sources: Sequence[Entry]) -> dict[str, bytes] | None:
        """What earlier builds compiled, when that is all of these."""
        found = {entry.path: self.world.cache.record(KIND, self._key(entry)) for entry in sources}
        kept = {path: content for path, content in found.items() if content is not None}
        return kept if len(kept) == len(found) else None

    @cached_property
    def _made(self) -> dict[str, bytes]:
        """Path in the image to bytecode; empty for what is no valid Python."""
        keys = {entry.path: self._key(entry) for entry in self.code}
        known = {path: self.world.cache.record(KIND, key) for path, key in keys.items()}
        missing = python_sources(entry for entry in self.code if known[entry.path] is None)
        for entry, answer in self.compiled(missing) if missing else ():
            if answer.failure:
                self.world.reporter.warn(f"not compiled, it is no valid Python: {answer.failure}")
            self.world.cache.put_record(KIND, keys[entry.path], answer.bytecode)
            known[entry.path] = answer.bytecode
        return {path: content or b"" for path, content in known.items()}

    def compiled(self, code: Sequence[Entry]) -> Iterable[tuple[Entry, Compiled]]:
        """One answer for each file."""
        interpreter = self.toolchain.interpreter()
        with self.world.cache.temporary() as scratch:
            sources = on_disk_sources(code, scratch, 0)
            answers = compile_sources(self.world.runner, interpreter, sources, jobs=os.cpu_count() or 1)
        return zip(code, answers, strict=True)

    def keep(self, entry: Entry, bytecode: bytes) -> None:
        self.world.cache.put_record(KIND, self._key(entry), bytecode)

    def _key(self, entry: Entry) -> str:
        assert entry.content is not None
        content = hashlib.sha256(entry.content.read()).hexdigest()
        return f"{BYTECODE_FORMAT} {self.toolchain.identity} {entry.path} {content}"

    @property
    def _tag(self) -> str:
        """From the name of the package that the identity is made of: no base has to be opened."""
        return tag_of_python(self.toolchain.identity.partition("-")[0])


def compile_quietly(world: World, toolchain: Compiles, code: Sequence[Entry]) -> bool:
    """Ahead of the build that will ask for it: what does not compile, or cannot be compiled now, is left for
    that one to tell. Whether there is nothing of it."""
    bytecode = AppBytecode(world, toolchain, code)
    with suppress(OkamochiError, OSError):
        answers = tuple(bytecode.compiled(python_sources(code)))
        for entry, answer in answers:
            if not answer.failure:
                bytecode.keep(entry, answer.bytecode)
        return not any(answer.failure for _, answer in answers)
    return False
