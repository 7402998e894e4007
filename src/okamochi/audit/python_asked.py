"""Which Python a project asks for, in each place that says so."""

import posixpath
import re
from collections.abc import Iterator

import msgspec

from okamochi.audit.setup import Dockerfile, Setup
from okamochi.system.data_text import NoDataError, json_of, toml_of
from okamochi.system.patterns import regex

__all__ = ["python_asked"]

ONE_VERSION = regex(r"(?:cpython-|python-?)?(\d\.\d{1,2})(?:\.\d+)?(?:\s.*)?")


class Asked(msgspec.Struct, frozen=True):
    """`text` is how it is said; `specifier` as PEP 440 has it, `example` the lowest minor version of it."""

    path: str
    line: int
    text: str
    specifier: str

    def allows(self, version: str) -> bool:
        """Whether any patch release of a minor version does."""
        from packaging.specifiers import InvalidSpecifier, SpecifierSet

        try:
            allowed = SpecifierSet(self.specifier)
        except InvalidSpecifier:
            return True
        return any(allowed.contains(f"{version}.{patch}", prereleases=True) for patch in range(40))

    @property
    def example(self) -> str:
        return next((one for one in (f"3.{minor}" for minor in range(6, 30)) if self.allows(one)), "3")


def python_asked(setup: Setup, file: Dockerfile) -> Iterator[Asked]:
    """Of the folder of a Dockerfile, else of the project's; nothing where both have such files."""
    own = posixpath.dirname(file.path)
    found = tuple(of_folder(setup, own)) if own else ()
    yield from found or of_folder(setup, "")


def of_folder(setup: Setup, folder: str) -> Iterator[Asked]:
    project = setup.project
    for name in (".python-version", "pyproject.toml", "Pipfile", "Pipfile.lock"):
        path = posixpath.join(folder, name)
        text = project.read_text(path)
        if text is not None:
            yield from of_text(path, name, text)


def of_text(path: str, name: str, text: str) -> Iterator[Asked]:
    if name == ".python-version":
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        versions = [found[1] for line in lines if (found := ONE_VERSION.fullmatch(line))]
        if len(lines) == 1 and versions:
            yield Asked(path, 1, lines[0], f"=={versions[0]}.*")
        return
    for keys, said in stated(name, text):
        specifier = as_specifier(said, name)
        if specifier:
            yield Asked(path, line_of(text, keys[-1], said), f"{keys[-1]} {said}", specifier)


def stated(name: str, text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    places = {
        "pyproject.toml": (("project", "requires-python"), ("tool", "poetry", "dependencies", "python")),
        "Pipfile": (("requires", "python_version"), ("requires", "python_full_version")),
        "Pipfile.lock": (),
    }
    try:
        table = toml_of(text) if name != "Pipfile.lock" else json_of(text)
    except NoDataError:
        return
    for keys in places[name]:
        found: object = table
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, str):
            yield keys, found


def as_specifier(said: str, name: str) -> str:
    """Poetry's caret and tilde as PEP 440 says them; "" for what is neither."""
    text = said.strip()
    if name == "Pipfile":
        found = ONE_VERSION.fullmatch(text)
        return f"=={found[1]}.*" if found else ""
    if "||" in text or text == "*":
        return ""
    parts = []
    for part in text.split(","):
        caret = re.fullmatch(r"\s*\^\s*(\d+)(?:\.(\d+))?(?:\.\d+)?\s*", part)
        tilde = re.fullmatch(r"\s*~\s*(\d+)\.(\d+)(?:\.\d+)?\s*", part)
        bare = re.fullmatch(r"\s*(\d+\.\d+)(?:\.\d+)?\s*", part)
        if caret:
            parts.append(f">={caret[1]}.{caret[2] or 0},<{int(caret[1]) + 1}")
        elif tilde or bare:
            parts.append(f"=={tilde[1]}.{tilde[2]}.*" if tilde else f"=={bare[1]}.*" if bare else "")
        else:
            parts.append(part.strip())
    return ",".join(part for part in parts if part)


def line_of(text: str, key: str, said: str) -> int:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip().startswith((key, f'"{key}')) and said in line:
            return number
    return 1
