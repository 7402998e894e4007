"""Tiny shared libraries: nothing but a dynamic section."""

import struct

PT_LOAD, PT_DYNAMIC = 1, 2
NEEDED, STRTAB, STRSZ, SONAME, RUNPATH = 1, 5, 10, 14, 29


def make_elf(*needed: str, soname: str = "", runpath: str = "") -> bytes:
    """64 bit, little endian; one segment is the whole file, so that addresses are offsets."""
    table = b"\0"
    entries = []
    for tag, text in ((NEEDED, one) for one in needed):
        entries.append((tag, len(table)))
        table += text.encode() + b"\0"
    for tag, text in ((SONAME, soname), (RUNPATH, runpath)):
        if text:
            entries.append((tag, len(table)))
            table += text.encode() + b"\0"
    start = 64 + 2 * 56
    place = start + 16 * (len(entries) + 3)
    entries += [(STRTAB, place), (STRSZ, len(table)), (0, 0)]
    dynamic = b"".join(struct.pack("<qQ", *entry) for entry in entries)
    size = place + len(table)
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    segments = struct.pack("<IIQQQQQQ", PT_LOAD, 5, 0, 0, 0, size, size, 4096)
    segments += struct.pack("<IIQQQQQQ", PT_DYNAMIC, 6, start, start, start, len(dynamic), len(dynamic), 8)
    return head + segments + dynamic + table
