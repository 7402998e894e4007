"""A CPython that was built from source on this machine, laid out as the official images have it.

For tests and benchmarks: stand-ins for python:X.Y-slim. Standard library only.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

TARGET = "/usr/local"
BESIDE = b"$ORIGIN/../lib"
# As the official images leave them out, and what a minimal root has no libraries for.
NOT_LAID = ("__pycache__", "test", "tests", "idlelib", "turtledemo", "tkinter", "_tkinter*", "*.a", "_test*")
REWRITTEN_LIMIT_BYTES = 2_000_000


def find_source_python(version: str) -> Path | None:
    """The prefix of a Python X.Y with headers and a shared library, as pyenv installs them; else None."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")
    for prefix in sorted(root.glob(f"{version}.*"), reverse=True):
        library = prefix / "lib" / f"libpython{version}.so.1.0"
        if library.is_file() and (prefix / "include" / f"python{version}" / "Python.h").is_file():
            return prefix
    return None


def lay_python(prefix: Path, version: str, place: Path) -> None:
    """Interpreter, headers, libraries and pip below `place`, which becomes /usr/local."""
    library = f"lib/python{version}"
    for name in ("include", library):
        ignore = shutil.ignore_patterns(*NOT_LAID, "site-packages") if name == library else None
        shutil.copytree(prefix / name, place / name, symlinks=True, ignore=ignore)
    packages = place / library / "site-packages"
    packages.mkdir()
    for path in (prefix / library / "site-packages").glob("pip*"):
        shutil.copytree(path, packages / path.name, ignore=shutil.ignore_patterns("__pycache__"))
    (place / "bin").mkdir()
    for name in (f"python{version}", f"python{version}-config", f"pip{version}", f"pydoc{version}"):
        shutil.copy2(prefix / "bin" / name, place / "bin" / name)
    for path in (prefix / "lib").glob("libpython*.so*"):
        shutil.copy2(path, place / "lib" / path.name, follow_symlinks=False)
    for link, target in (
        ("python3", f"python{version}"),
        ("pip3", f"pip{version}"),
        ("pydoc3", f"pydoc{version}"),
        ("python3-config", f"python{version}-config"),
    ):
        (place / "bin" / link).symlink_to(target)
    rewrite(place, os.fspath(prefix))


def rewrite(place: Path, prefix: str) -> None:
    """Texts that name the old prefix: scripts, sysconfig's variables; and where the interpreter looks for its
    library, which the official one does beside itself."""
    for path in (place / "bin").glob("python3*"):
        content = path.read_bytes()
        old = f"{prefix}/lib".encode() + b"\0"
        if content.startswith(b"\x7fELF") and len(old) > len(BESIDE):
            path.write_bytes(content.replace(old, BESIDE.ljust(len(old), b"\0")))
    for path in place.rglob("*"):
        if path.is_symlink() or not path.is_file() or path.stat().st_size > REWRITTEN_LIMIT_BYTES:
            continue
        content = path.read_bytes()
        if prefix.encode() in content and b"\0" not in content:
            path.write_bytes(content.replace(prefix.encode(), TARGET.encode()))
