"""The table of graphviz's plug-ins, which its packages' scripts have `dot -c` write: read from the tables of
names that each plug-in has in its data (gvcext.h of graphviz), without loading it."""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

__all__ = ["PLUGIN", "Plugin", "plugin_table", "read_plugin"]

PLUGIN = re.compile(r"(?P<folder>usr/lib/[^/]+/graphviz)/libgvplugin_\w+\.so\.(?P<version>\d+)")
KINDS = ("render", "layout", "textlayout", "device", "loadimage")
# Kinds whose types may name another that does the work: "png:cairo" needs the renderer cairo.
DEVICES = frozenset({"device", "loadimage"})
SYMBOL = re.compile(rb"gvplugin_\w+_LTX_library")
HEADER = b"\x7fELF\x02\x01"
SEGMENT = struct.Struct("<I4xQQ8xQ16x")  # p_type, p_offset, p_vaddr, p_filesz
ENTRY = struct.Struct("<qQ")
NAMED = struct.Struct("<I4xQ8x")  # st_name, st_value
RELOCATION = struct.Struct("<QIIq")  # r_offset, type, symbol, r_addend
PT_LOAD, PT_DYNAMIC = 1, 2
DT_STRTAB, DT_SYMTAB, DT_RELA, DT_RELASZ = 5, 6, 7, 8
# R_X86_64_64 and R_AARCH64_ABS64: with a symbol's value; others hold the address itself.
WITH_SYMBOL = frozenset({1, 257})
API, TYPE = 16, 40
MOST = 1_000
DAMAGED = (struct.error, ValueError, IndexError, KeyError, OverflowError)

Types = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Plugin:
    """`apis` are kinds with their types and qualities, in the plug-in's order."""

    name: str
    apis: tuple[tuple[str, Types], ...]


def read_plugin(content: bytes) -> Plugin | None:
    """None for what is no plug-in, or a damaged one."""
    try:
        memory = Memory(content)
        name, apis = memory.pointer(memory.library), memory.pointer(memory.library + 8)
        return Plugin(memory.text(name), tuple(memory.apis(apis)))
    except DAMAGED:
        return None


def plugin_table(plugins: Sequence[tuple[str, Plugin]]) -> bytes:
    """As `dot -c` writes it; types that need what no plug-in has stay out."""
    renderers = {
        text.partition(":")[0]
        for _, plugin in plugins
        for kind, types in plugin.apis
        if kind == "render"
        for text, _ in types
    }
    lines = []
    for file, plugin in plugins:
        lines.append(f"{file} {plugin.name} {{")
        for kind, types in plugin.apis:
            had = [one for one in types if kind not in DEVICES or needed(one[0]) in {"", *renderers}]
            lines += [f"\t{kind} {{", *(f"\t\t{text} {quality}" for text, quality in had), "\t}"]
        lines.append("}")
    return ("\n".join(lines) + "\n").encode()


def needed(text: str) -> str:
    return text.partition(":")[2]


class Memory:
    """A shared library's data as the loader would lay it, at addresses counted from its start."""

    def __init__(self, content: bytes) -> None:
        if content[:6] != HEADER:
            raise ValueError("not a 64-bit little-endian ELF file")
        start, size, count = struct.unpack_from("<Q", content, 32)[0], *struct.unpack_from("<HH", content, 54)
        if size != SEGMENT.size:
            raise ValueError("segments of another size")
        self.content = content
        self.segments = [SEGMENT.unpack_from(content, start + number * size) for number in range(count)]

    @cached_property
    def dynamic(self) -> Mapping[int, int]:
        places = [(one[1], one[3]) for one in self.segments if one[0] == PT_DYNAMIC]
        place, size = places[0]
        return dict(reversed(list(ENTRY.iter_unpack(self.content[place : place + size // 16 * 16]))))

    @cached_property
    def symbols(self) -> tuple[tuple[int, int], ...]:
        """(name, value) of each; the table of their names follows, as all linkers have it."""
        first, end = self.dynamic[DT_SYMTAB], self.dynamic[DT_STRTAB]
        count = min((end - first) // NAMED.size, 100_000)
        return tuple(
            NAMED.unpack(self.read(first + number * NAMED.size, NAMED.size)) for number in range(count)
        )

    @cached_property
    def relocated(self) -> Mapping[int, int]:
        """What the loader writes where, as far as it is of this library."""
        start, size = self.dynamic.get(DT_RELA, 0), self.dynamic.get(DT_RELASZ, 0)
        table = self.read(start, size // RELOCATION.size * RELOCATION.size) if size else b""
        found = {}
        for place, kind, symbol, addend in RELOCATION.iter_unpack(table):
            found[place] = addend + (self.symbols[symbol][1] if kind in WITH_SYMBOL else 0)
        return found

    @property
    def library(self) -> int:
        names = self.dynamic[DT_STRTAB]
        found = [value for name, value in self.symbols if SYMBOL.fullmatch(self.bytes_at(names + name))]
        return found[0]

    def read(self, address: int, length: int) -> bytes:
        for kind, place, start, size in self.segments:
            if kind == PT_LOAD and start <= address and address + length <= start + size:
                return self.content[place + address - start : place + address - start + length]
        raise ValueError("no such address")

    def bytes_at(self, address: int) -> bytes:
        for kind, place, start, size in self.segments:
            if kind == PT_LOAD and start <= address < start + size:
                begin = place + address - start
                return self.content[begin : self.content.index(b"\0", begin)]
        raise ValueError("no such address")

    def text(self, address: int) -> str:
        found = self.bytes_at(address).decode("ascii")
        if not found.isprintable() or set(found) & set(" {}#"):
            raise ValueError("not a name")
        return found

    def pointer(self, address: int) -> int:
        if address in self.relocated:
            return self.relocated[address]
        return int(struct.unpack("<Q", self.read(address, 8))[0])

    def apis(self, address: int) -> Iterator[tuple[str, Types]]:
        for place in range(address, address + MOST * API, API):
            types = self.pointer(place + 8)
            if not types:
                return
            yield KINDS[struct.unpack("<i", self.read(place, 4))[0]], tuple(self.types(types))

    def types(self, address: int) -> Iterator[tuple[str, int]]:
        for place in range(address, address + MOST * TYPE, TYPE):
            text = self.pointer(place + 8)
            if not text:
                return
            yield self.text(text), struct.unpack("<i", self.read(place + 16, 4))[0]
