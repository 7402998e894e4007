"""The names by which an app finds its own servers, as the containers of a stack find one another."""

from dataclasses import dataclass
from pathlib import Path

from okamochi.run.host.records import Records, read_json, read_spec
from okamochi.run.host.shim import library_folders
from okamochi.run.spec import SERVICE_LABEL, RunSpec
from okamochi.system.patterns import regex

__all__ = ["HOSTS", "NO_NAMES", "Names", "loads_in", "names_for", "names_library"]

HOSTS = Path("/etc/hosts")
LIBRARY = "libnss_wrapper.so"
VERSION = regex(rb"GLIBC_2\.[0-9.]+(?=\0)")


@dataclass(frozen=True)
class Names:
    """`addresses` by name. `library`, of Debian's packages, answers by a file of them in the place of the
    machine's own: https://cwrap.org/nss_wrapper.html. None where there is none."""

    addresses: tuple[tuple[str, str], ...] = ()
    library: Path | None = None

    def lines(self) -> str:
        """As hosts(5) has them."""
        return "".join(f"{address} {name}\n" for name, address in self.addresses)

    def with_machines(self) -> str:
        """For a root of its own: after them all that this machine's file has."""
        return self.lines() + (HOSTS.read_text("utf-8", "replace") if HOSTS.is_file() else "")


NO_NAMES = Names()


def names_for(spec: RunSpec, records: Records) -> Names:
    """Of the servers that were started for the container's app; a server itself looks for nobody."""
    if SERVICE_LABEL in dict(spec.labels):
        return NO_NAMES
    folders = {folder: read_spec(folder) for folder in records.folders(spec.app)}
    servers = {folder: one for folder, one in folders.items() if SERVICE_LABEL in dict(one.labels)}
    roots = (Path(str(read_json(folder / "launch.json").get("root", ""))) for folder in servers)
    addresses = ((dict(one.labels)[SERVICE_LABEL], one.bind_address) for one in servers.values())
    return Names(tuple(sorted(addresses)), next(map(names_library, roots), None))


def names_library(root: Path) -> Path | None:
    """That of the packages in `root`."""
    return next((path for one in library_folders(root) if (path := one / LIBRARY).is_file()), None)


def loads_in(library: Path, root: Path) -> bool:
    """Whether the C library of an image's root has all versions of its interface that `library`, of Debian's
    packages, asks for: in an older one no program starts beside it, nor in one of another kind."""
    folders = (folder / "libc.so.6" for folder in library_folders(root))
    libc = next((path for path in folders if path.is_file()), None)
    if libc is None:
        return False
    return set(VERSION.findall(library.read_bytes())) <= set(VERSION.findall(libc.read_bytes()))
