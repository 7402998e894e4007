"""Stand-ins for the images of backing services, built from Debian packages where a pull is impossible.

They bear the names that compose files use, and the label io.okamochi.stand-in=true; nothing else knows them.
Run as a program: python -m tests.images.stand_ins postgres:17 redis:7
"""

import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from debian_root import CA_BUNDLE, root_archive  # noqa: E402
from stand_in_base import (  # noqa: E402
    LABEL,
    add_file,
    alone,
    docker,
    host_certificates,
    is_present,
    is_stand_in,
)

PULL_SECONDS = 60
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


@dataclass(frozen=True)
class StandIn:
    """`links` are made in /usr/local/bin, under another name where "=NAME" follows; `data` is the image's
    volume, "" for none. `modules` are Python packages, beside Debian's own; `variables` the image's own."""

    packages: tuple[str, ...]
    entrypoint: str
    links: tuple[str, ...]
    data: str
    modules: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()


POSTGRES = StandIn(
    ("postgresql-17",),
    "postgres-entrypoint.sh",
    tuple(
        f"/usr/lib/postgresql/17/bin/{name}"
        for name in (
            "initdb",
            "pg_ctl",
            "postgres",
            "pg_isready",
            "createdb",
            "psql",
            "pg_dump",
            "pg_restore",
        )
    ),
    "/var/lib/postgresql/data",
)
REDIS = StandIn(("redis-server",), "redis-entrypoint.sh", (), "/data")
CADDY = StandIn(("caddy",), "", (), "/data")
VALKEY = StandIn(("valkey-server", "valkey-tools"), "redis-entrypoint.sh", (), "/data")
# MariaDB for both: Debian has no MySQL
MYSQL = StandIn(
    ("mariadb-server", "mariadb-client-compat"),
    "mysql-entrypoint.sh",
    tuple(
        f"/usr/local/bin/mysql-entrypoint.sh={name}" for name in ("healthcheck.sh", "docker-entrypoint.sh")
    ),
    "/var/lib/mysql",
)
# its scripts themselves, as in the official image: Debian's wrappers choose a user and hide the log
RABBITMQ = StandIn(
    ("rabbitmq-server",),
    "rabbitmq-entrypoint.sh",
    ("/usr/local/bin/rabbitmq-entrypoint.sh=docker-entrypoint.sh",),
    "/var/lib/rabbitmq",
    variables=("HOME=/var/lib/rabbitmq", "LANG=C.UTF-8", f"PATH=/usr/lib/rabbitmq/bin:{PATH}"),
)
# Python programs in the place of single static ones, which nobody packages
VERSITYGW = StandIn(
    ("python3", "wget"),
    "versitygw.py",
    ("/usr/local/bin/versitygw.py=versitygw",),
    "",
    modules=("localbucket==1.2.1",),
)
MAILPIT = StandIn(
    ("python3",), "mailpit.py", ("/usr/local/bin/mailpit.py=/mailpit",), "", modules=("aiosmtpd==1.4.6",)
)
# with this host's certificates: pip in a builder stage reaches the index through the host's proxy
DEBIAN = StandIn(("ca-certificates",), "", (), "")


def recipe(tag: str) -> StandIn:
    name = tag.partition(":")[0]
    return {
        "debian": DEBIAN,
        "postgres": POSTGRES,
        "redis": REDIS,
        "valkey/valkey": VALKEY,
        "caddy": CADDY,
        "rabbitmq": RABBITMQ,
        "mysql": MYSQL,
        "mariadb": MYSQL,
        "versity/versitygw": VERSITYGW,
        "axllent/mailpit": MAILPIT,
    }[name]


def ensure(tag: str) -> str:
    """How the image came to be there: present, pulled, or a stand-in."""
    with alone(tag):
        return found_or_made(tag)


def ensure_in_podman(tag: str) -> str:
    """As `ensure`, and then the same image in podman, under the full name that Compose asks for."""
    how = ensure(tag)
    full = f"docker.io/{tag if '/' in tag else f'library/{tag}'}"
    with alone(tag), tempfile.NamedTemporaryFile() as archive:
        if subprocess.run(("podman", "image", "exists", full), check=False).returncode:
            docker("save", "--output", archive.name, tag)
            subprocess.run(("podman", "load", "--quiet", "--input", archive.name), check=True)
            subprocess.run(("podman", "tag", f"localhost/{tag}", full), check=True)
            subprocess.run(("podman", "untag", f"localhost/{tag}", f"localhost/{tag}"), check=True)
    return how


def found_or_made(tag: str) -> str:
    if is_present(tag):
        return "a stand-in made earlier" if is_stand_in(tag) else "already present"
    if docker("pull", "--quiet", tag, seconds=PULL_SECONDS).returncode == 0:
        return "pulled"
    make(tag, recipe(tag))
    return "a stand-in from Debian packages, since it cannot be pulled here"


def make(tag: str, stand_in: StandIn) -> None:
    archive = root_archive("trixie", stand_in.packages, os.environ)
    changes = (
        *([f'ENTRYPOINT ["/usr/local/bin/{stand_in.entrypoint}"]'] if stand_in.entrypoint else []),
        *command_of(stand_in),
        f"ENV PATH={PATH}",
        *(f"ENV {one}" for one in stand_in.variables),
        *([f"VOLUME {stand_in.data}"] if stand_in.data else []),
        f"LABEL {LABEL}=true",
    )
    with tempfile.TemporaryDirectory() as folder:
        dressed = Path(folder, "root.tar")
        with tarfile.open(archive) as plain, tarfile.open(dressed, "w") as tar:
            for member in plain:
                if stand_in.data and member.name.startswith(f".{stand_in.data}/"):
                    continue  # what a package made at its installation is no first start
                content = plain.extractfile(member) if member.isreg() else None
                if (
                    stand_in is DEBIAN
                    and PurePosixPath(member.name) == PurePosixPath(CA_BUNDLE)
                    and content is not None
                ):
                    add_file(tar, member, content.read() + host_certificates())
                else:
                    tar.addfile(member, content)
            dress(tar, stand_in)
            add_modules(tar, stand_in, Path(folder, "modules"))
        flags = (text for change in changes for text in ("--change", change))
        done = docker("import", *flags, os.fspath(dressed), tag)
    if done.returncode != 0:
        raise subprocess.SubprocessError(f"docker import {tag}: {done.stderr}")


def command_of(stand_in: StandIn) -> tuple[str, ...]:
    if stand_in is DEBIAN:
        return ('CMD ["bash"]',)
    if stand_in.modules:
        return ()
    return (f'CMD ["{stand_in.packages[0] if stand_in is not POSTGRES else "postgres"}"]',)


def add_modules(tar: tarfile.TarFile, stand_in: StandIn, folder: Path) -> None:
    if not stand_in.modules:
        return
    words = ("-m", "uv", "pip", "install", "--quiet", "--target", os.fspath(folder))
    subprocess.run((sys.executable, *words, *stand_in.modules), check=True)
    for path in sorted(folder.iterdir()):
        tar.add(path, f"./usr/lib/python3/dist-packages/{path.name}", filter=as_root)


def as_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid, member.gid, member.uname, member.gname = 0, 0, "", ""
    return member


def dress(tar: tarfile.TarFile, stand_in: StandIn) -> None:
    if not stand_in.entrypoint:
        return
    script = Path(__file__).with_name(stand_in.entrypoint)
    member = tar.gettarinfo(script, f"./usr/local/bin/{stand_in.entrypoint}")
    member.mode, member.uid, member.gid, member.uname, member.gname = 0o755, 0, 0, "", ""
    with script.open("rb") as stream:
        tar.addfile(member, stream)
    for written in stand_in.links:
        target, _, name = written.partition("=")
        place = name if name.startswith("/") else f"/usr/local/bin/{name or Path(target).name}"
        link = tarfile.TarInfo(f".{place}")
        link.type, link.linkname = tarfile.SYMTYPE, target
        tar.addfile(link)


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        print(f"{wanted}: {ensure(wanted)}", file=sys.stderr)
