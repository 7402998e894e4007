"""The process between okamochi and the app: prepares the isolation, starts the app, keeps its log.

Run as a program of its own (python -I -S launcher.py VERB LAUNCH.json), so that no thread or lock of okamochi
lives on in it; standard library only. Verbs: `supervise` (in the background), `run` (one command on this
terminal; without one, whether this machine isolates like that).
"""

import ctypes
import json
import os
import resource
import select
import signal
import stat
import struct
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_NOATIME, MS_NODIRATIME = 32, 1024, 2048
MS_BIND, MS_REC, MS_PRIVATE, MS_RELATIME = 4096, 16384, 1 << 18, 1 << 21
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 1, 4, 38, 24
PR_SET_CHILD_SUBREAPER = 36
CAPABILITIES_3 = 0x20080522
# CHOWN, DAC_OVERRIDE and FOWNER for volumes and sources with another owner, NET_BIND_SERVICE for --port 80
KEPT_CAPABILITIES = (0, 1, 3, 10)
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
LOG_BYTES = 10 * 1024 * 1024
PROC = Path("/proc")

Launch = dict[str, Any]


def main(verb: str, launch: Launch) -> int:
    match verb:
        case "supervise":
            return supervise(launch)
        case "run":
            return run(launch)
    raise SystemExit(f"no verb {verb!r}")


def supervise(launch: Launch) -> int:
    """Starts the app in the background and returns when it runs; its keeper stays behind."""
    reader, writer = os.pipe()
    if os.fork():
        os.close(writer)
        with os.fdopen(reader, "rb") as stream:
            said = stream.read()
        sys.stderr.write(said.decode())
        return 1 if said else 0
    os.close(reader)
    os.setsid()
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    try:
        keep(launch, writer)
    except BaseException as error:
        with suppress(OSError):
            os.write(writer, f"{error}\n".encode())
    os._exit(0)


def keep(launch: Launch, ready: int) -> None:
    """Copies the app's output to its log, writes how it ended. SIGTERM is passed on to the app."""
    reader, writer = os.pipe()
    child = start(launch, writer)
    os.close(writer)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _: kill(child, received))
    status = {"pid": child, "started": start_time(child), "keeper": os.getpid()}
    write_json(Path(launch["status"]), status)
    os.close(ready)
    ended = copy_log(reader, Path(launch["log"]), child)
    kill_group(child)
    write_json(Path(launch["status"]), {**status, "exit_code": exit_code(ended)})


def run(launch: Launch) -> int:
    """One command with our own stdin, stdout and stderr; its exit code. It does not outlive a `parent`."""
    if "parent" in launch:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != launch["parent"]:
            return 125
    if "confined" not in launch:
        return attended(start(launch, None))
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    code = attended(start(launch, None))
    end_children()
    return code


def attended(child: int) -> int:
    """Waits for it, and passes SIGTERM on; its exit code. As process 1, also for what others left behind."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda received, _: kill(child, received))
    while True:
        ended, status = os.wait()
        if ended == child:
            return exit_code(status)


def end_children() -> None:
    """All that a command left running: without processes of its own nothing else ends it. Each that ends
    gives its children to us."""
    ours = str(os.getpid())
    while True:
        numbers = [int(one.name) for one in PROC.iterdir() if one.name.isdigit()]
        left = [number for number in numbers if stat_fields(number)[1:2] == [ours]]
        if not left:
            return
        for number in left:
            kill(number, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(number, 0)


def start(launch: Launch, output: int | None) -> int:
    """Forks; the child enters its isolation and becomes the app. An error there is exit code 125."""
    namespaces = launch.get("namespaces") or {}
    enter_namespaces(namespaces, launch)
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        if output is not None:
            os.setsid()
            os.dup2(output, 1)
            os.dup2(output, 2)
        elif namespaces.get("pid"):
            stand_before(launch)
        become(launch, namespaces, parent)
    except BaseException as error:
        os.write(2, f"okamochi: cannot start the app: {error}\n".encode())
    os._exit(125)


def stand_before(launch: Launch) -> None:
    """Stays as process 1, and returns in a child that becomes the command. With process 1 all others of the
    namespace end; a command that was it could take back that the kernel ends it with us."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    child = os.fork()
    if child:
        drop_privileges(launch)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # with the user's number that was gone
        prctl(PR_SET_DUMPABLE, 0)  # nobody inside reads the environment that we have from the host
        os._exit(attended(child))


def become(launch: Launch, namespaces: Launch, parent: int) -> NoReturn:
    confined = confinement(launch)
    if namespaces:
        mount_root(launch, namespaces)
    elif launch.get("chroot"):
        make_devices(launch["root"] + "/dev")
        os.chroot(launch["root"])
    os.chdir(launch["cwd"] if launch["argv"] else "/")
    limit(launch)
    drop_privileges(launch)
    confined()
    # When okamochi's process is killed, the app does not outlive it.
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if not namespaces.get("pid") and os.getppid() != parent:
        os._exit(125)
    os.umask(0o022)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and a program inherits that
        signal.signal(number, signal.SIG_DFL)
    if not launch["argv"]:
        os._exit(0)
    os.execve(program(launch), launch["argv"], launch["env"])


def confinement(launch: Launch) -> Callable[[], None]:
    """What takes the rest away from a command that has no namespaces; loaded while our files can be seen."""
    if "confined" not in launch:
        return lambda: None
    from importlib.machinery import SourceFileLoader

    module = ModuleType("confine")
    SourceFileLoader("confine", str(Path(__file__).with_name("confine.py"))).exec_module(module)
    return partial(module.confine, **launch["confined"])


def make_devices(folder: str) -> None:
    """Those that a program expects, where nothing can be mounted."""
    for name in DEVICES:
        place, ours = Path(folder, name), Path("/dev", name)
        if not ours.exists():
            continue
        place.unlink(missing_ok=True)
        os.mknod(place, 0o666 | stat.S_IFCHR, ours.stat().st_rdev)
        place.chmod(0o666)
    os.close(os.open(f"{folder}/null", os.O_RDWR))
    for name, mode in (("shm", 0o1777), ("../tmp", 0o1777)):
        Path(folder, name).mkdir(exist_ok=True)
        Path(folder, name).chmod(mode)


def program(launch: Launch) -> str:
    """An absolute path, or found on the PATH of the app's environment."""
    name = str(launch["argv"][0])
    if "/" in name:
        return name
    for folder in launch["env"].get("PATH", "").split(":"):
        path = os.path.join(folder or ".", name)  # noqa: PTH118  (paths of another root)
        if os.access(path, os.X_OK):
            return path
    raise FileNotFoundError(f"there is no program {name} in the image")


def enter_namespaces(namespaces: Launch, launch: Launch) -> None:
    """For the children: processes and IPC of their own; with "net", a network of nothing but a loopback
    device. Without root, a user namespace first, in which the app's user number is ours."""
    if not namespaces:
        return
    flags = CLONE_NEWIPC | (CLONE_NEWPID if namespaces["pid"] else 0)
    flags |= CLONE_NEWNET if namespaces.get("net") else 0
    if not namespaces["user"]:
        call("unshare", flags)
        loopback_up(namespaces)
        return
    uid, gid = os.geteuid(), os.getegid()
    call("unshare", flags | CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{launch['uid']} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{launch['gid']} {gid} 1")
    loopback_up(namespaces)


def loopback_up(namespaces: Launch) -> None:
    if not namespaces.get("net"):
        return
    import fcntl
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        fcntl.ioctl(device, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def mount_root(launch: Launch, namespaces: Launch) -> None:
    """The image's files as a read-only root, with /tmp, /dev, /proc, volumes and secrets on top."""
    root = launch["root"]
    call("unshare", CLONE_NEWNS)  # only here: pivot_root would move the keeper's root as well
    mount("none", "/", "", MS_REC | MS_PRIVATE)
    mount(root, root, "", MS_BIND | MS_REC)
    if namespaces["pid"]:
        mount("proc", root + "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    else:
        mount("/proc", root + "/proc", "", MS_BIND | MS_REC)
    mount_devices(root + "/dev")
    size = f"size={launch['tmp_bytes']},mode=1777"
    mount("tmpfs", root + "/tmp", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, size)
    for source, target, writable in launch["binds"]:
        if target.startswith("/tmp/"):  # what the image has there is covered
            Path(root + target).mkdir(parents=True, exist_ok=True)
        mount(source, root + target, "", MS_BIND)
        if not writable:
            read_only(root + target)
    read_only(root)
    os.chdir(root)
    call("pivot_root", b".", b".")
    call("umount2", b".", MNT_DETACH)
    os.chdir("/")


def mount_devices(folder: str) -> None:
    mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NOEXEC, "size=64k,mode=755")
    for name in DEVICES:
        Path(folder, name).touch()
        mount(f"/dev/{name}", f"{folder}/{name}", "", MS_BIND)
    Path(folder, "shm").mkdir()
    mount("tmpfs", f"{folder}/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=64m,mode=1777")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        Path(folder, name).symlink_to(f"/proc/self/fd/{number}")
    Path(folder, "fd").symlink_to("/proc/self/fd")


def read_only(target: str) -> None:
    """A remount must keep the flags that the mount below has locked."""
    held = os.statvfs(target).f_flag
    kept = held & (MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME)
    kept |= MS_RELATIME if held & 4096 else 0
    mount("none", target, "", MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | kept)


def limit(launch: Launch) -> None:
    """Memory for each process; CPUs by the cores that it may use; processes where the user is its own."""
    for kind, value in launch["limits"]:
        number = getattr(resource, kind)
        _, hard = resource.getrlimit(number)
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (allowed, allowed))
    if not hasattr(os, "sched_setaffinity"):  # macOS
        return
    cores = sorted(os.sched_getaffinity(0))
    first = int.from_bytes(os.urandom(2), "big") % len(cores)  # not the same core for every app
    os.sched_setaffinity(0, (cores[first:] + cores[:first])[: max(1, launch["cores"])])


def drop_privileges(launch: Launch) -> None:
    """As root: the app's user, no group beside its own, no capability that could come back. Root that must
    stay root keeps few."""
    if launch["switch_user"]:
        forgo_capabilities(())
        os.setgroups([])
        os.setresgid(launch["gid"], launch["gid"], launch["gid"])
        os.setresuid(launch["uid"], launch["uid"], launch["uid"])
    elif os.geteuid() == 0 and sys.platform == "linux":
        forgo_capabilities(KEPT_CAPABILITIES)
        keep_capabilities(KEPT_CAPABILITIES)
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def forgo_capabilities(kept: Sequence[int]) -> None:
    """None but these can come back."""
    for capability in range(64):
        if capability not in kept:
            libc().prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def keep_capabilities(kept: Sequence[int]) -> None:
    """Of those that we have: capset(2), version 3."""
    lines = (PROC / "self/status").read_text().splitlines()
    permitted = next(int(line.split()[1], 16) for line in lines if line.startswith("CapPrm:"))
    mask = permitted & sum(1 << capability for capability in kept)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    sets = struct.pack("=6I", low, low, 0, high, high, 0)  # effective, permitted, inheritable
    if libc().capset(struct.pack("=Ii", CAPABILITIES_3, 0), sets) != 0:
        raise OSError(ctypes.get_errno(), "the kernel lets no capability be given up")


def copy_log(reader: int, path: Path, child: int) -> int:
    """Two files of at most 10 MB: the log, and the one before. Until the app has ended and its output is
    read; how it ended. No thread: after unshare(CLONE_NEWPID) none can be started."""
    log = path.open("ab", buffering=0)
    ended: int | None = None
    open_end = True
    while ended is None or open_end:
        readable = select.select([reader], [], [], 0.5)[0] if open_end else []
        piece = os.read(reader, 65536) if readable else b""
        open_end = open_end and (bool(piece) or (not readable and ended is None))
        if log.tell() + len(piece) > LOG_BYTES:
            log.close()
            path.replace(path.with_name(path.name + ".1"))
            log = path.open("ab", buffering=0)
        with suppress(OSError):  # a full disk must not stop the app
            log.write(piece)
        if ended is None:
            found, status = os.waitpid(child, os.WNOHANG if open_end else 0)
            ended = status if found else None
    return ended


def kill(process: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, number)


def kill_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def exit_code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def start_time(process: int, proc: Path = PROC) -> str:
    """With the number it names a process for ever, as numbers are used again; "" when there is none.
    Field 22 of proc(5)'s stat, and where there is no /proc, what ps says, to the second."""
    if not (proc / "self").exists():
        return said_by_ps(process, "lstart")
    fields = stat_fields(process, proc)
    return fields[19] if fields else ""


def is_running(process: int, proc: Path = PROC) -> bool:
    """Whether there is such a process, and it is no zombie."""
    if not (proc / "self").exists():
        state = said_by_ps(process, "stat")
    else:
        state = next(iter(stat_fields(process, proc)), "")
    return bool(state) and state[0] not in ("Z", "X")


def stat_fields(process: int, proc: Path = PROC) -> list[str]:
    """Those after the name, which may hold spaces: the third field of proc(5) is the first here."""
    try:
        stat = (proc / str(process) / "stat").read_text("utf-8", "replace")  # a name may be any bytes
        return stat.rpartition(")")[2].split()
    except OSError:
        return []


def said_by_ps(process: int, column: str) -> str:
    import subprocess

    if process < 1:  # on macOS 0 is the kernel
        return ""
    argv = ("ps", "-o", f"{column}=", "-p", str(process))
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    try:
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()


def write_json(path: Path, value: Launch) -> None:
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    unfinished.write_text(json.dumps(value))
    unfinished.replace(path)


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    call("mount", source.encode(), os.fsencode(target), kind.encode(), flags, options.encode())


def prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        return
    call("prctl", option, value, 0, 0, 0)


def call(name: str, *arguments: int | bytes) -> None:
    """A system call by libc; OSError when it fails."""
    converted = [ctypes.c_ulong(part) if isinstance(part, int) else part for part in arguments]
    if getattr(libc(), name)(*converted) == 0:
        return
    number = ctypes.get_errno()
    shown = ", ".join(part.decode() if isinstance(part, bytes) else hex(part) for part in arguments)
    raise OSError(number, f"{name}({shown}): {os.strerror(number)}")


def libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text())))
    except OSError as error:
        sys.exit(f"okamochi: {error}")
