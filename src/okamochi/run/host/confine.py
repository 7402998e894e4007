"""What a process without namespaces of its own may still be kept from: by seccomp(2) and landlock(7), which
need no rights. Loaded by the launcher from beside it; standard library only."""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Sequence
from pathlib import Path

__all__ = ["landlock_version"]

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
# linux/filter.h: load a word, jump if equal, if greater or equal, if a bit is set, bitwise and, return
LOAD, EQUAL, AT_LEAST, ANY_BIT, AND, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
# of struct seccomp_data
NUMBER_AT, MACHINE_AT, FIRST_ARGUMENT_AT = 0, 4, 16
X32 = 0x40000000
AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16
SOCK_STREAM, TYPE_BITS, IPPROTO_TCP, MSG_FASTOPEN = 1, 0xF, 6, 0x20000000
# (AUDIT_ARCH, the numbers of socket, connect, listen, setsid, setpgid, and of what sends with the argument
# that has its flags); io_uring would go round them
MACHINES = {
    "x86_64": (0xC000003E, 41, 42, 50, 112, 109, ((44, 3), (46, 2), (307, 3))),
    "aarch64": (0xC00000B7, 198, 203, 201, 157, 154, ((206, 3), (211, 2), (269, 3))),
}
IO_URING_SETUP = 425

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION_FLAG, PATH_BENEATH = 1, 1
# Since 3 a file elsewhere cannot be cut off either, since 6 nothing outside can be sent a signal.
LEAST_LANDLOCK, SCOPED_LANDLOCK = 3, 6
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE = 1, 2, 4, 8, 1 << 14
ALL_ACCESS, ALL_SCOPES = (1 << 15) - 1, 3
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
READ = EXECUTE | READ_FILE | READ_DIR


def confine(reads: Sequence[str] = (), writes: Sequence[str] = (), network: bool = False) -> None:
    """No network for this process and its children, and no session or group of their own, so that all of
    them can be ended; with `network` they have these. With `reads` and `writes`, nothing but these files and
    folders; what is not there is left out.

    OSError where the kernel refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    if reads or writes:
        only_below(libc, reads, writes)
    if not network:
        filter_calls(libc)


def landlock_version() -> int:
    """0: the kernel has none, or not enough of it."""
    if platform.machine() not in MACHINES:
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    version = called(libc, CREATE_RULESET, None, 0, VERSION_FLAG)
    return version if version >= LEAST_LANDLOCK else 0


def only_below(libc: ctypes.CDLL, reads: Sequence[str], writes: Sequence[str]) -> None:
    """landlock(7): `struct landlock_ruleset_attr` is as long as the kernel knows it."""
    version = landlock_version()
    if not version:
        raise OSError(errno.ENOSYS, "landlock: not in this kernel")
    fields = (ALL_ACCESS, 0, ALL_SCOPES) if version >= SCOPED_LANDLOCK else (ALL_ACCESS,)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    rules = checked(called(libc, CREATE_RULESET, attributes, len(attributes), 0), "landlock")
    try:
        for access, places in ((READ, reads), (ALL_ACCESS, writes)):
            for place in places:
                allow(libc, rules, place, access)
        checked(called(libc, RESTRICT_SELF, rules, 0), "landlock")
    finally:
        os.close(rules)


def allow(libc: ctypes.CDLL, rules: int, place: str, access: int) -> None:
    try:
        handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        allowed = access if Path(place).is_dir() else access & OF_FILES
        rule = struct.pack("=Qi", allowed, handle)
        checked(called(libc, ADD_RULE, rules, PATH_BENEATH, rule, 0), f"landlock, {place}")
    finally:
        os.close(handle)


def filter_calls(libc: ctypes.CDLL) -> None:
    """seccomp(2). A refused connection is what an app in a network of its own meets, too; who asks for a
    session or group of its own is told that it has one.

    A socket for TCP may be made, which can then neither connect nor listen: of one that cannot be made, libpq
    tells nothing."""
    if platform.machine() not in MACHINES:
        raise OSError(errno.ENOSYS, f"seccomp: no numbers of calls for {platform.machine()}")
    machine, socket, connect, listen, setsid, setpgid, sending = MACHINES[platform.machine()]
    steps = [
        (LOAD, 0, 0, MACHINE_AT),
        (EQUAL, 1, 0, machine),
        (RETURN, 0, 0, REFUSE | errno.ENOSYS),
        (LOAD, 0, 0, NUMBER_AT),
        *returned(AT_LEAST, X32, errno.ENOSYS),
        *returned(EQUAL, IO_URING_SETUP, errno.ENOSYS),
        *returned(EQUAL, setsid, 0),
        *returned(EQUAL, setpgid, 0),
        *returned(EQUAL, connect, errno.ECONNREFUSED),
        *returned(EQUAL, listen, errno.ECONNREFUSED),
        *(step for number, flags in sending for step in when(number, *unless_it_connects(flags))),
        *when(socket, *local_or_tcp()),
        (RETURN, 0, 0, ALLOW),
    ]
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(code, len(code))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(held)))
    place = ctypes.c_void_p(ctypes.addressof(program))
    checked(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, place, 0, 0), "seccomp")


def returned(comparison: int, value: int, answer: int) -> tuple[tuple[int, int, int, int], ...]:
    return (comparison, 0, 1, value), (RETURN, 0, 0, REFUSE | answer)


Step = tuple[int, int, int, int]


def when(number: int, *steps: Step) -> tuple[Step, ...]:
    """Steps for one call, the last of which returns."""
    return (EQUAL, 0, len(steps), number), *steps


def local_or_tcp() -> tuple[Step, ...]:
    """For socket(2): the last step allows, the one before refuses."""
    return (
        argument(0),
        (EQUAL, 10, 0, AF_UNIX),
        (EQUAL, 9, 0, AF_NETLINK),
        (EQUAL, 1, 0, AF_INET),
        (EQUAL, 0, 6, AF_INET6),
        argument(1),
        (AND, 0, 0, TYPE_BITS),
        (EQUAL, 0, 3, SOCK_STREAM),
        argument(2),
        (EQUAL, 2, 0, 0),
        (EQUAL, 1, 0, IPPROTO_TCP),
        (RETURN, 0, 0, REFUSE | errno.ECONNREFUSED),
        (RETURN, 0, 0, ALLOW),
    )


def unless_it_connects(flags: int) -> tuple[Step, ...]:
    """For what sends: TCP's fast open connects by the way."""
    return (
        argument(flags),
        (ANY_BIT, 0, 1, MSG_FASTOPEN),
        (RETURN, 0, 0, REFUSE | errno.ECONNREFUSED),
        (RETURN, 0, 0, ALLOW),
    )


def argument(index: int) -> Step:
    """The lower half, on machines whose lowest byte comes first."""
    return LOAD, 0, 0, FIRST_ARGUMENT_AT + 8 * index


def called(libc: ctypes.CDLL, number: int, *arguments: int | bytes | None) -> int:
    converted = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    return int(libc.syscall(ctypes.c_long(number), *converted))


def checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
