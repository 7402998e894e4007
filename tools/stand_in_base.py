#!/usr/bin/env python3
"""Makes sure that `python:X.Y-slim` is there: present, pulled, or a local stand-in made from Debian packages.

stdout: the tag alone; stderr: which of the three it is. Stand-ins carry the label io.okamochi.stand-in=true.
Where no suite of Debian has the Python, one that this machine has from source serves, laid in /usr/local as
the official image has it. It exists so that tests and benchmarks run on machines that reach a Debian mirror
but no image registry. Standard library only.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from debian_root import CA_BUNDLE, RootError, cache_folder, host_ca_bundle, root_archive
from source_python import find_source_python, lay_python

SUITES = {"3.11": "bookworm", "3.13": "trixie"}
PACKAGES = ("ca-certificates", "python3", "python3-pip", "python3-venv")
# The official image's own suite, and what its Python is linked with.
SOURCE_SUITE = "trixie"
# fmt: off
SOURCE_PACKAGES = (
    "ca-certificates", "libbz2-1.0", "libcrypt1", "libexpat1", "libffi8", "libgdbm6t64", "liblzma5",
    "libncursesw6", "libnsl2", "libreadline8t64", "libsqlite3-0", "libssl3t64", "libtirpc3t64", "libuuid1",
    "netbase", "tzdata", "zlib1g",
)
# fmt: on
# Of which the official image has a name without the 3.
LINKED = ("pip3", "pydoc3", "python3", "python3-config")
LABEL = "io.okamochi.stand-in"
PULL_SECONDS = 60
# As the official image has them.
CHANGES = (
    "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
    "ENV LANG=C.UTF-8",
    "ENV PIP_ROOT_USER_ACTION=ignore",
    'CMD ["python3"]',
    f"LABEL {LABEL}=true",
)


def tag_of(python: str) -> str:
    return f"python:{python}-slim"


def docker(*arguments: str, seconds: int = 600) -> subprocess.CompletedProcess[str]:
    """The finished command; one that outlives its time counts as failed."""
    command = ("docker", *arguments)
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"no answer within {seconds} seconds")


def is_present(tag: str) -> bool:
    return docker("image", "inspect", tag).returncode == 0


@contextmanager
def alone(tag: str) -> Iterator[None]:
    """One process at a time looks for an image and makes it: who imports it a second time takes its name away
    from the one that containers of the first are of."""
    folder = cache_folder(os.environ)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"image-{tag.replace('/', '-').replace(':', '-')}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_stand_in(tag: str) -> bool:
    """True for an image that this script made."""
    label = docker("image", "inspect", "--format", f'{{{{ index .Config.Labels "{LABEL}" }}}}', tag)
    return label.stdout.strip() == "true"


def import_stand_in(python: str) -> None:
    """Raises RootError when the root cannot be made or the engine does not take it."""
    suite = SUITES.get(python)
    if suite is None:
        import_source_stand_in(python)
        return
    archive = root_archive(suite, PACKAGES, os.environ)
    with tempfile.TemporaryDirectory() as folder:
        dressed = Path(folder, "root.tar")
        with tarfile.open(archive) as plain, tarfile.open(dressed, "w") as tar:
            dress(plain, tar, python)
        changes = (text for change in CHANGES for text in ("--change", change))
        finished = docker("import", *changes, os.fspath(dressed), tag_of(python))
    if finished.returncode != 0:
        raise RootError(f"docker import failed: {finished.stderr.strip()}")


def import_source_stand_in(python: str) -> None:
    """A Python that was built from source on this machine, on Debian's libraries."""
    prefix = find_source_python(python)
    if prefix is None:
        raise RootError(
            f"no Debian suite has Python {python}, nor has this machine one from source; "
            f"stand-ins exist for {', '.join(sorted(SUITES))}"
        )
    archive = root_archive(SOURCE_SUITE, SOURCE_PACKAGES, os.environ)
    root = f"{LABEL}/debian:{SOURCE_SUITE}-slim"
    finished = docker("import", os.fspath(archive), root)
    if finished.returncode == 0:
        with tempfile.TemporaryDirectory() as folder:
            lay_python(prefix, python, Path(folder, "local"))
            lines = (f"FROM {root}", *source_lines(prefix))
            Path(folder, "Dockerfile").write_text("\n".join(lines) + "\n")
            finished = docker("build", "--quiet", "--network", "none", "--tag", tag_of(python), folder)
    if finished.returncode != 0:
        raise RootError(f"docker could not make {tag_of(python)}: {finished.stderr.strip()}")


def source_lines(prefix: Path) -> tuple[str, ...]:
    """The official Dockerfile's layers in their order: what Debian's image lacks, Python itself, its short
    names; and the variables that it leaves in the image."""
    links = " && ".join(f"ln -sT {name} /usr/local/bin/{name.replace('3', '')}" for name in LINKED)
    return (
        "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
        "ENV LANG=C.UTF-8",
        "RUN echo Etc/UTC > /etc/timezone && rm -rf /var/cache/apt /var/lib/apt/lists",
        "ENV GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305",
        f"ENV PYTHON_VERSION={prefix.name}",
        f"ENV PYTHON_SHA256={'0' * 64}",
        "COPY local /usr/local",
        "RUN ldconfig",
        f"RUN {links}",
        'CMD ["python3"]',
        f"LABEL {LABEL}=true",
    )


def dress(plain: tarfile.TarFile, tar: tarfile.TarFile, python: str) -> None:
    """Copies Debian's root with what the official image has and has not.

    Added: /usr/local/bin/python, this host's certificates. Left out: the mark that keeps pip from installing.
    """
    for member in plain:
        path = PurePosixPath(member.name)
        if path.name == "EXTERNALLY-MANAGED":
            continue
        content = plain.extractfile(member) if member.isreg() else None
        if path == PurePosixPath(CA_BUNDLE) and content is not None:
            add_file(tar, member, content.read() + host_certificates())
        else:
            tar.addfile(member, content)
    for link in ("python", "python3"):
        added = tarfile.TarInfo(f"./usr/local/bin/{link}")
        added.type, added.linkname, added.mode = tarfile.SYMTYPE, f"/usr/bin/python{python}", 0o777
        tar.addfile(added)


def add_file(tar: tarfile.TarFile, member: tarfile.TarInfo, content: bytes) -> None:
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def host_certificates() -> bytes:
    """What this host trusts, so that pip in a build reaches the index through the host's proxy."""
    bundle = host_ca_bundle(os.environ)
    return b"" if bundle is None else b"\n" + bundle.read_bytes()


def ensure(python: str) -> str:
    """How the image came to be there: present, stand-in, pulled, or made; raises RootError."""
    with alone(tag_of(python)):
        return found_or_made(python)


def found_or_made(python: str) -> str:
    tag = tag_of(python)
    if is_present(tag):
        return "a stand-in made earlier" if is_stand_in(tag) else "already present"
    if docker("pull", "--quiet", tag, seconds=PULL_SECONDS).returncode == 0:
        return "pulled"
    import_stand_in(python)
    made_from = f"Debian {SUITES[python]}" if python in SUITES else "this machine's Python from source"
    return f"a stand-in from {made_from}, since it cannot be pulled here"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "python", nargs="?", default="3.13", help="X.Y of python:X.Y-slim (default: %(default)s)"
    )
    python = parser.parse_args().python
    try:
        how = ensure(python)
    except RootError as error:
        print(f"error: {error}", file=sys.stderr)
        return 7
    except FileNotFoundError:
        print("error: there is no docker command\nhint: ./run engine", file=sys.stderr)
        return 7
    print(f"{tag_of(python)}: {how}", file=sys.stderr)
    print(tag_of(python))
    return 0


if __name__ == "__main__":
    sys.exit(main())
