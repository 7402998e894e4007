"""Builds a wheel from a source distribution (PEP 517); runs inside the isolation, standard library only.

    python wheel_driver.py requires|wheel SDIST FOLDER

All that is written lies in FOLDER: `source`, `dist`, `log`, `answer.json`. What the sdist does is limited by
the isolation, not by this program.
"""

# ruff: noqa: PTH100, PTH103, PTH112, PTH118, PTH123, PTH208  (of Python 3.9, and beside hostile code)
import importlib
import json
import os
import sys
import tarfile
import traceback
import zipfile
from typing import Any, List  # noqa: UP035

SIZE_LIMIT_BYTES = 4_000_000_000
LEGACY = "setuptools.build_meta:__legacy__"


def main(verb: str, sdist: str, folder: str) -> int:
    log = os.open(os.path.join(folder, "log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for number in (1, 2):
        os.dup2(log, number)
    try:
        os.chdir(unpacked(sdist, os.path.join(folder, "source")))
        answer = asked(verb, os.path.join(folder, "dist"))
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    with open(os.path.join(folder, "answer.json"), "w") as stream:
        json.dump(answer, stream)
    return 0


def unpacked(sdist: str, folder: str) -> str:
    """The only folder of the archive, unpacked anew: what an earlier try left there does not count."""
    os.makedirs(folder)
    if sdist.endswith(".zip"):
        with zipfile.ZipFile(sdist) as archive:
            refuse_large(sum(member.file_size for member in archive.infolist()))
            archive.extractall(folder)
    else:
        with tarfile.open(sdist) as packed:
            members = packed.getmembers()
            refuse_large(sum(member.size for member in members))
            filtered = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            packed.extractall(folder, members, **filtered)  # type: ignore[arg-type]
    names = [name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name))]
    if len(names) != 1:
        raise ValueError(f"the source has not one folder, but {len(names)}")
    return os.path.join(folder, names[0])


def refuse_large(size_bytes: int) -> None:
    if size_bytes > SIZE_LIMIT_BYTES:
        raise ValueError("the source unpacks to an absurd size")


def asked(verb: str, dist: str) -> Any:
    backend = loaded_backend()
    if verb == "requires":
        hook = getattr(backend, "get_requires_for_build_wheel", None)
        return list(hook({})) if hook is not None else []
    os.makedirs(dist)
    return backend.build_wheel(dist, {})


def loaded_backend() -> Any:
    """As PEP 517 has it: with the backend's own path first, where the project brings it."""
    table = build_system()
    name = table.get("build-backend", LEGACY)
    sys.path[:0] = [os.path.abspath(path) for path in table.get("backend-path", [])]
    module, _, attributes = name.partition(":")
    found = importlib.import_module(module)
    for attribute in [part for part in attributes.split(".") if part]:
        found = getattr(found, attribute)
    return found


def build_system() -> Any:
    try:
        with open("pyproject.toml", "rb") as stream:
            content = stream.read()
    except FileNotFoundError:
        return {}
    if b"build-system" not in content:
        return {}
    return toml_reader().loads(content.decode("utf-8")).get("build-system", {})


def toml_reader() -> Any:
    """Python has one since 3.11; before, the build environment brings `tomli`."""
    return importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")


def arguments() -> List[str]:  # noqa: UP006
    return sys.argv[1:4]


if __name__ == "__main__":
    sys.path.pop(0)
    sys.exit(main(*arguments()))
