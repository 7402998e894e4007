"""What a shared library asks for: DT_NEEDED of its dynamic section (the ELF specification, 64 bit, little
endian, as on both platforms that images are built for)."""

import struct

__all__ = ["needed_libraries"]

SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")
DYNAMIC_ENTRY = struct.Struct("<qQ")
SHT_DYNAMIC, DT_NEEDED = 6, 1
MOST = 10_000


def needed_libraries(content: bytes) -> tuple[str, ...]:
    """Their names, "libpq.so.5"; empty for what is no such file, or a damaged one."""
    if content[:6] != b"\x7fELF\x02\x01" or len(content) < 64:
        return ()
    try:
        return tuple(found_in(content))
    except (struct.error, ValueError, IndexError, OverflowError):
        return ()


def found_in(content: bytes) -> list[str]:
    offset, count = struct.unpack_from("<Q", content, 40)[0], struct.unpack_from("<H", content, 60)[0]
    sections = [SECTION_HEADER.unpack_from(content, offset + 64 * number) for number in range(count)]
    names: list[str] = []
    for section in sections:
        if section[1] != SHT_DYNAMIC:
            continue
        texts = sections[section[6]]
        table = content[texts[4] : texts[4] + texts[5]]
        for number in range(min(section[5] // DYNAMIC_ENTRY.size, MOST)):
            tag, value = DYNAMIC_ENTRY.unpack_from(content, section[4] + number * DYNAMIC_ENTRY.size)
            if tag == DT_NEEDED:
                names.append(table[value : table.index(b"\0", value)].decode("ascii", "replace"))
    return names
