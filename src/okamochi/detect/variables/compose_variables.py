"""Variables in a compose file of the project's own: what containers get from where, and blanks that win."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from okamochi.detect.files.compose_files import taken_by_compose
from okamochi.model.evidence import Evidence
from okamochi.model.finding import Finding, Severity
from okamochi.model.process import VariableKind
from okamochi.model.rendered_mark import text_by_people
from okamochi.model.variable_names import kind_of
from okamochi.system.project_files import ProjectFiles

__all__ = ["ENTRY", "compose_variables"]

ENTRY = re.compile(
    r"""\s*+-?\s*+["']?(?P<name>[A-Za-z_]\w*+)["']?\s*+[:=]\s*+["']?\$\{?(?P<from>[A-Za-z_]\w*)(?P<rest>[^}"'\s]*)\}?"""
)
REFERENCE = re.compile(r"(?<!\$)\$\{?([A-Za-z_]\w*)")
BLOCK = re.compile(r"(?P<indent>\s*)(?P<key>environment|env_file)\s*:")


@dataclass(frozen=True)
class ComposeVariables:
    """`given` are (variable, the one that it is taken from, place); `referred` are all that it names."""

    given: tuple[tuple[str, str, str], ...] = ()
    referred: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()


def compose_variables(project: ProjectFiles) -> ComposeVariables:
    """Of the file that Compose would take; nothing where okamochi wrote all of them."""
    path = taken_by_compose(project)
    text = text_by_people(project, path) if path else None
    if text is None:
        return ComposeVariables()
    entries = tuple(entries_of(text))
    given = tuple((name, source, f"{path}:{line}") for name, source, _, line in entries if name != source)
    return ComposeVariables(given, frozenset(REFERENCE.findall(text)), tuple(blanks(path, text, entries)))


Entry = tuple[str, str, str, int]


def entries_of(text: str) -> Iterator[Entry]:
    """(variable, the one it is taken from, what follows: a default or a guard, line) below `environment`."""
    inside = -1
    for number, line in enumerate(text.splitlines(), 1):
        indent = len(line) - len(line.lstrip())
        if inside >= 0 and line.strip() and indent <= inside and not line.lstrip().startswith(("-", "#")):
            inside = -1
        block = BLOCK.match(line)
        if block is not None:
            inside = len(block["indent"]) if block["key"] == "environment" else -1
            continue
        found = ENTRY.match(line) if inside >= 0 else None
        if found is not None:
            yield found["name"], found["from"], found["rest"], number


def blanks(path: str, text: str, entries: tuple[Entry, ...]) -> Iterator[Finding]:
    """`NAME=${NAME}` passes an empty text when the shell and .env do not set it, and that beats env_file."""
    has_file = re.search(r"^\s*env_file\s*:", text, re.MULTILINE) is not None
    for name, source, rest, line in entries:
        if rest.startswith((":-", "-", ":?", "?")) or name != source:
            continue
        if not has_file and kind_of(name) is VariableKind.PLAIN:
            continue
        beaten = ", which beats the env_file beside it" if has_file else ""
        message = f"{name} becomes an empty text when neither the shell nor .env sets it{beaten}"
        yield Finding(
            rule="compose/blank",
            severity=Severity.WARNING if has_file else Severity.NOTE,
            message=message,
            hint=f"write a bare {name}, or ${{{name}:?set it}} when it is needed",
            evidence=(Evidence(path=path, line=line, reason=message),),
        )
