"""What the app's own code needs beside Python packages: programs that it starts, libraries that it opens, and
which modules of packages it uses."""

import ast
import sys
from collections.abc import Iterator

from okamochi.detect.packages.stated_packages import stated_packages
from okamochi.detect.services.other_databases import odbc_needs
from okamochi.detect.source.import_lines import imported_modules, imported_parts
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.model.native import NativeFacts, NativeNeed, NeedKind
from okamochi.pypi.python_calls import CallKind, NativeCall, native_calls
from okamochi.system.patterns import regex
from okamochi.system.words import word_set

__all__ = ["native_facts"]

# Whoever opens a library or starts a program writes one of these, or calls or imports one of the plain words.
WORDS = word_set(
    "ctypes cffi ffi dlopen find_library subprocess _subprocess subprocess32 find_executable "
    "create_subprocess_exec create_subprocess_shell posix_spawn posix_spawnp execl execle execlp execlpe "
    "execv execve execvp execvpe spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe popen "
    "getoutput getstatusoutput"
)
PLAIN = frozenset(["which", "system"])
PLAIN_CALLS = regex(r"\b(?:which|system)\s*\(")
# What a dotted text begins with, if it is one.
QUOTED = regex(r"[\"']([a-z_]\w*)\.\w")
DOTTED = regex(r"[a-z_]\w*(?:\.\w+)+")
# What every base has under these names, and what no package of a container's is.
OF_PYTHON = regex(r"python[0-9.]*|pip[0-9.]*")


def native_facts(sources: Sources, reached: Reached) -> NativeFacts:
    """Of the modules that run when the app does; then Debian packages that the project's files name."""
    modules: set[str] = set()
    needs: list[NativeNeed] = []
    for path in reached.paths:
        module = sources.module(path)
        modules |= set(foreign_modules(module, sources))
        if may_call(path, sources):
            needs += [need for call in native_calls(module.tree) if (need := need_of(call, path)) is not None]
    needs += odbc_needs(sources, reached)
    needs += stated_packages(sources.project)
    return NativeFacts(modules=tuple(sorted(modules)), needs=tuple(dict.fromkeys(needs)))


def may_call(path: str, sources: Sources) -> bool:
    """Whether a file has what opens libraries or starts programs; most have not, and need not be parsed."""
    words = sources.words(path)
    if not WORDS.isdisjoint(words):
        return True
    if PLAIN.isdisjoint(words):
        return False
    imported = (alias.name for node in sources.imports(path) for alias in node.names)
    return not PLAIN.isdisjoint(imported) or PLAIN_CALLS.search(sources.text(path)) is not None


def foreign_modules(module: Module, sources: Sources) -> Iterator[str]:
    """What it imports that is neither its own nor the standard library's, and dotted texts of the same
    packages: INSTALLED_APPS names modules so."""
    imports = sources.imports(module.path)
    imported = dict.fromkeys(name for node in imports for name in imported_by(node))
    foreign = {name for name in imported if is_foreign(name, module, sources)}
    tops = {name.partition(".")[0] for name in foreign}
    yield from foreign
    if tops.isdisjoint(QUOTED.findall(module.text)):
        return
    for node in module.of(ast.Constant):
        if isinstance(node.value, str):
            found = DOTTED.fullmatch(node.value)
            if found is not None and node.value.partition(".")[0] in tops:
                yield node.value


def imported_by(node: ast.AST) -> tuple[str, ...]:
    """Names with a capital are no modules."""
    modules = imported_modules(node)
    inside = (name for name in imported_parts(node) if name.rpartition(".")[2].islower())
    return tuple(dict.fromkeys((*modules, *inside)))


def is_foreign(name: str, module: Module, sources: Sources) -> bool:
    top = name.partition(".")[0]
    return top not in sys.stdlib_module_names and sources.find(top, importer=module.path) is None


def need_of(call: NativeCall, path: str) -> NativeNeed | None:
    match call.kind:
        case CallKind.LIBRARY:
            reason = f"opens {call.names[0]}"
            return NativeNeed(
                kind=NeedKind.LIBRARY, names=call.names, path=path, line=call.line, reason=reason
            )
        case CallKind.PROGRAM if not OF_PYTHON.fullmatch(call.names[0]):
            reason = f"starts {call.names[0]}"
            return NativeNeed(
                kind=NeedKind.PROGRAM, names=call.names, path=path, line=call.line, reason=reason
            )
        case CallKind.SHELL:
            return NativeNeed(
                kind=NeedKind.PROGRAM, names=("sh",), path=path, line=call.line, reason="runs a shell line"
            )
        case _:
            return None
