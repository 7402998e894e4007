"""environment.yml: its pip part, and the conda packages that an index may have under the same name."""

import re
from dataclasses import dataclass
from typing import Any

from packaging.version import Version

from okamochi.errors import DetectionError
from okamochi.system.data_text import NoDataError, yaml_data
from okamochi.system.project_files import ProjectFiles, text_if_there

__all__ = ["read_conda_environment"]

MOST_BYTES = 200_000
SPECIFIER = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(?:(=|==|>=|<=|>|<|~=)\s*([\w.*]+))?(?:=[\w.]+)?")
# what conda needs for itself, or what is no Python package anywhere
NOT_PYTHON = frozenset(
    re.findall(
        r"[\w.-]+",
        "python pip setuptools wheel conda mamba ca-certificates openssl libgcc-ng libstdcxx-ng zlib xz tk "
        "readline ncurses sqlite libffi bzip2 nodejs git gcc gxx make cmake compilers cudatoolkit mkl blas",
    )
)


@dataclass(frozen=True, slots=True)
class CondaEnvironment:
    """`pip` are dependency specifiers; `conda` those of conda's own list, likewise; `left` are those
    that are no Python packages; `python` is the version that it names, "" for none."""

    pip: tuple[str, ...] = ()
    conda: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    python: str = ""


def read_conda_environment(project: ProjectFiles, path: str) -> CondaEnvironment:
    """DetectionError when the file is no YAML; aliases are refused, since they can grow without bound."""
    listed = dependencies_of(text_if_there(project, path), path)
    pip: list[str] = []
    conda: list[str] = []
    left: list[str] = []
    python = ""
    for one in listed:
        if isinstance(one, dict):
            lines = one.get("pip")
            listed_lines = lines if isinstance(lines, list) else ()
            pip += [str(line) for line in listed_lines if not str(line).startswith("-")]
            continue
        found = SPECIFIER.match(str(one).rpartition("::")[2].strip())
        if found is None:
            continue
        name, comparison, version = found.groups()
        if name == "python":
            python = ".".join((version or "").split(".")[:2])
        elif name.lower() in NOT_PYTHON or name.startswith(("lib", "_")) or not is_version(version or "0"):
            left.append(name)
        else:
            conda.append(specifier(name, comparison or "", version or ""))
    return CondaEnvironment(tuple(pip), tuple(conda), tuple(left), python)


def is_version(text: str) -> bool:
    """As Python packages have them: jpeg 9e and tzdata 2022g are none."""
    try:
        Version(text.rstrip(".*") or "0")
    except ValueError:
        return False
    return True


def specifier(name: str, comparison: str, version: str) -> str:
    """conda's `=` takes every version that begins so."""
    if not version:
        return name
    if comparison == "=":
        stem = version.rstrip(".*")
        return f"{name}=={stem}" if re.search("[a-z]", stem) else f"{name}=={stem}.*"
    return f"{name}{comparison}{version}"


def dependencies_of(text: str, path: str) -> list[Any]:
    if len(text) > MOST_BYTES or re.search(r"^[^#\n]*[:\-\[,]\s*\*\w", text, re.MULTILINE):
        raise damaged(path, "it is too large, or uses aliases")
    try:
        found = yaml_data(text)
    except NoDataError as error:
        raise damaged(path, str(error), error.line) from error
    listed = found.get("dependencies") if isinstance(found, dict) else None
    return listed if isinstance(listed, list) else []


def damaged(path: str, reason: str, line: int = 0) -> DetectionError:
    return DetectionError(
        f"{path} cannot be read: {reason}",
        where=f"{path}:{line}" if line else path,
        hint="correct it, or write a requirements.txt",
    )
