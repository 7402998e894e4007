"""What installed wheels need beside Python: libraries that their own link against or that their Python opens,
programs that it starts. What the wheels bring themselves does not count."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from packaging.utils import canonicalize_name

from okamochi.model.native import NativeNeed, NeedKind
from okamochi.pypi.elf import ElfFacts, elf_facts
from okamochi.pypi.module_graph import WheelModule, modules_of, reached_modules, top_names
from okamochi.pypi.python_calls import CallKind, NativeCall, native_calls
from okamochi.pypi.wheel_tree import FILES_FOLDER, TreeFile, WheelTree
from okamochi.system.python_text import syntax_tree

__all__ = ["MENTIONS", "ProgramUse", "WheelScan", "what_is_said"]

LIBRARY_FILE = re.compile(r"[^/]+\.so(?:\.[0-9][^/]*)?")
MENTIONS = re.compile(
    rb"^[ \t]*(?:import|from)[ \t][^\n]*\b(?:ctypes|cffi|subprocess)\b|dlopen\(|find_library\(|\bwhich\("
    rb"|find_executable\(|create_subprocess_\w+\(|\bos\.(?:system|popen|exec\w+|spawn\w+|posix_spawnp?)\("
    rb"|^[A-Z_]*_(?:BINARY|EXECUTABLE)[ \t]*=",
    re.MULTILINE,
)
# Looked for first, which takes a tenth of the time.
WORDS = (
    b"ctypes", b"cffi", b"subprocess", b"dlopen(", b"which(", b"find_library(", b"find_executable(",
    b"os.system(", b"os.popen(", b"os.exec", b"os.spawn", b"os.posix_spawn", b"_BINARY", b"_EXECUTABLE",
)  # fmt: skip
INSTALLS = re.compile(
    r"(?:apt(?:-get|itude)?|brew|dnf|yum|apk|pacman|port)\b(?:[ \t]+-{1,2}[\w-]+)*[ \t]+"
    r"(?:install|add|-S\w*)[ \t]+([^\n`<]+)"
)
# of a library: node, npm and git of `gradio cc build` are for those who develop with it
COMMAND_LINE = re.compile(r"/_?cli/")
# a module that its name keeps for another system
OTHER_SYSTEM = re.compile(r"(?:^|[._])(?:macosx?|darwin|osx|win32|windows)$", re.IGNORECASE)
ASIDE = re.compile(r"\.libs/|/plugins?/")
METADATA_LIMIT_BYTES = 400_000
ELF = b"\x7fELF"
PROGRAMS = frozenset({CallKind.PROGRAM, CallKind.HELD, CallKind.MISSED})
OF_EVERY_SYSTEM = frozenset({"sh", "bash", "dash", "zsh", "ash", "ksh", "csh", "cmd", "powershell", "env"})


@dataclass(frozen=True)
class ProgramUse:
    """A program that a wheel's Python starts. `purpose`: the wheel's own name or summary has it, or its code
    warns or fails where it is not there; `installs`
    are the words of its description that tell what to install; `direct`: the app's own code imports it;
    `held`: it only stands in a variable for programs."""

    need: NativeNeed
    purpose: bool
    installs: frozenset[str]
    direct: bool
    held: bool = False


@dataclass(frozen=True)
class WheelScan:
    """`own_modules` are dotted names that the app's own code imports or names."""

    trees: Sequence[WheelTree]
    own_modules: tuple[str, ...] = ()

    @cached_property
    def carried(self) -> frozenset[str]:
        """File names of all shared libraries in the wheels, and their sonames."""
        names = {
            name for _, path in self.libraries if LIBRARY_FILE.fullmatch(name := path.rpartition("/")[2])
        }
        return frozenset(names | {facts.soname for facts in self.facts.values() if facts.soname})

    @cached_property
    def libraries(self) -> tuple[tuple[WheelTree, str], ...]:
        """And programs of the machine's own language, which are linked alike."""
        return tuple(
            (tree, file.path)
            for tree in self.trees
            for file in tree.files
            if LIBRARY_FILE.fullmatch(file.path.rpartition("/")[2]) or is_machine_program(tree, file)
        )

    @cached_property
    def native(self) -> frozenset[str]:
        """Names of wheels with native code of their own."""
        return frozenset(tree.wheel.name for tree, _ in self.libraries)

    @cached_property
    def facts(self) -> dict[tuple[str, str], ElfFacts]:
        found = {}
        for tree, path in self.libraries:
            with (tree.root / FILES_FOLDER / path).open("rb") as stream:
                found[tree.wheel.name, path] = elf_facts(stream)
        return found

    @cached_property
    def programs(self) -> frozenset[str]:
        """Names of what the wheels bring to start."""
        return frozenset(
            file.path.rpartition("/")[2]
            for tree in self.trees
            for file in tree.files
            if file.path.startswith("bin/") or file.mode & 0o100
        )

    def linked(self) -> Iterator[NativeNeed]:
        """What the loader will look for, and no wheel brings: of what is imported, and on from there.

        Plug-ins are loaded when somebody asks for them, on a display for example; what its packer put beside
        a wheel (.libs), only for what links against it."""
        waiting = [(tree, path) for tree, path in self.libraries if not ASIDE.search(path)]
        seen = set(waiting_names(waiting))
        while waiting:
            tree, path = waiting.pop(0)
            for name in self.facts[tree.wheel.name, path].needed:
                if name not in self.carried:
                    yield need_of(NeedKind.LIBRARY, (name,), tree, path, 0, f"links against {name}")
                for other in self.by_name.get(name, ()):
                    if (other[0].wheel.name, other[1]) not in seen:
                        seen.add((other[0].wheel.name, other[1]))
                        waiting.append(other)

    @cached_property
    def by_name(self) -> dict[str, list[tuple[WheelTree, str]]]:
        found: dict[str, list[tuple[WheelTree, str]]] = {}
        for tree, path in self.libraries:
            soname = self.facts[tree.wheel.name, path].soname
            for name in {path.rpartition("/")[2], soname} - {""}:
                found.setdefault(name, []).append((tree, path))
        return found

    @cached_property
    def calls(self) -> tuple[tuple[WheelModule, NativeCall], ...]:
        """Of all modules that are imported when the app runs, as far as import statements tell."""
        modules = modules_of(self.trees)
        roots = [name for tree in self.trees for name in sorted(top_names(tree))]
        found = []
        for module, content in reached_modules(modules, (*roots, *self.own_modules)):
            if OTHER_SYSTEM.search(module.name):
                continue
            if any(word in content for word in WORDS) and MENTIONS.search(content):
                code = syntax_tree(content)
                found += [(module, call) for call in native_calls(code)] if code is not None else []
        return tuple(sorted(found, key=lambda pair: (pair[0].name, pair[1].line)))

    def opened(self) -> Iterator[NativeNeed]:
        """Libraries that Python code opens by name."""
        for module, call in self.calls:
            own = self.parts_of(module.tree.wheel.name)
            if call.kind is CallKind.LIBRARY and not any(
                self.is_found_by(module.tree, name) or is_part_of(name, own) for name in call.names
            ):
                yield need_of(
                    NeedKind.LIBRARY,
                    call.names,
                    module.tree,
                    module.path,
                    call.line,
                    f"opens {call.names[0]}",
                )

    def parts_of(self, wheel: str) -> frozenset[str]:
        """Names of the libraries that one wheel brings, without digest and version: "libspatialindex"."""
        paths = (path for tree, path in self.libraries if tree.wheel.name == wheel)
        return frozenset(re.split(r"[-.]", path.rpartition("/")[2])[0] for path in paths)

    def carries(self, name: str) -> bool:
        """Also under a name with a digest or a platform in it: libpq-1a2b3c.so.5.17, libsndfile_x86_64.so."""
        stem = name.removesuffix("*").partition(".so")[0]
        if name.endswith("*") and ".so" not in name:
            return any(one.startswith(stem) for one in self.carried)
        return any(re.match(re.escape(stem) + r"[-_.]", one) for one in self.carried)

    def is_found_by(self, opener: WheelTree, name: str) -> bool:
        """Whether a wheel's Python finds it among the wheels: under a name with a digest in it only what its
        own wheel carries, or one that it asks for. psycopg never finds the libpq of psycopg2-binary."""
        if not self.carries(name):
            return False
        stem = name.removesuffix("*").partition(".so")[0]
        if any(one.startswith(f"{stem}.") for one in self.carried) or ".so" not in name:
            return True
        friends = {opener.wheel.name, *asked_for(opener)}
        files = (path.rpartition("/")[2] for tree, path in self.libraries if tree.wheel.name in friends)
        return any(one.startswith(stem) for one in files)

    def started(self) -> Iterator[ProgramUse]:
        """Programs that Python code starts by name, but for those that it brings."""
        for module, call in self.calls:
            if call.kind not in PROGRAMS or self.brings(call.names[0]) or COMMAND_LINE.search(module.path):
                continue
            name = call.names[0]
            said = what_is_said(module.tree)
            purpose = name.lower() in said.words or (len(name) > 2 and name.lower() in module.tree.wheel.name)
            purpose = purpose or call.kind is CallKind.MISSED
            if module.tree.wheel.name in self.native:
                # it does the work itself, as pyproj does, which asks for proj only to find its data
                purpose, said = False, Said(frozenset(), frozenset())
            direct = bool(top_names(module.tree) & {one.partition(".")[0] for one in self.own_modules})
            held = call.kind is CallKind.HELD and not purpose
            if held and module.tree.wheel.name in self.native:
                continue
            verb = "misses" if call.kind is CallKind.MISSED else "starts"
            need = need_of(NeedKind.PROGRAM, (name,), module.tree, module.path, call.line, f"{verb} {name}")
            yield ProgramUse(need, purpose, said.installs, direct, held)

    def brings(self, name: str) -> bool:
        if name in OF_EVERY_SYSTEM:
            return True
        return any(one == name or re.match(re.escape(name) + r"[-_.](?!py$)", one) for one in self.programs)


def is_machine_program(tree: WheelTree, file: TreeFile) -> bool:
    if not (file.path.startswith("bin/") or file.mode & 0o100):
        return False
    with (tree.root / FILES_FOLDER / file.path).open("rb") as stream:
        return stream.read(len(ELF)) == ELF


def is_part_of(name: str, own: frozenset[str]) -> bool:
    """Whether a wheel's own library is asked for by a longer name: libspatialindex_c of libspatialindex."""
    return any(name.startswith("lib") and name.startswith(f"{one}_") for one in own if len(one) > 5)


def waiting_names(libraries: Sequence[tuple[WheelTree, str]]) -> Iterator[tuple[str, str]]:
    return ((tree.wheel.name, path) for tree, path in libraries)


@dataclass(frozen=True)
class Said:
    words: frozenset[str]
    installs: frozenset[str]


def what_is_said(tree: WheelTree) -> Said:
    """Words of the wheel's summary and keywords; what its description tells to install."""
    head, _, body = metadata_of(tree).partition("\n\n")
    short = " ".join(re.findall(r"(?im)^(?:summary|keywords|name): *(.*)$", head))
    installs = {word for line in INSTALLS.findall(body) for word in re.findall(r"[\w.+-]+", line)}
    return Said(frozenset(re.findall(r"[a-z0-9_+]+", short.lower())), frozenset(installs))


def asked_for(tree: WheelTree) -> frozenset[str]:
    """Normalized names of the packages that a wheel's metadata asks for, those of its extras too."""
    head = metadata_of(tree).partition("\n\n")[0]
    return frozenset(map(canonicalize_name, re.findall(r"(?im)^requires-dist: *([\w.-]+)", head)))


def metadata_of(tree: WheelTree) -> str:
    """The text of METADATA; "" where there is none."""
    path = next((file.path for file in tree.files if file.path.endswith(".dist-info/METADATA")), "")
    if not path:
        return ""
    with (tree.root / FILES_FOLDER / path).open("rb") as stream:
        return stream.read(METADATA_LIMIT_BYTES).decode("utf-8", "replace")


def need_of(
    kind: NeedKind, names: tuple[str, ...], tree: WheelTree, path: str, line: int, reason: str
) -> NativeNeed:
    short = path.partition("/site-packages/")[2] or path
    wheel = f"{tree.wheel.name} {tree.wheel.version}"
    return NativeNeed(kind=kind, names=names, path=short, line=line, wheel=wheel, reason=reason)
