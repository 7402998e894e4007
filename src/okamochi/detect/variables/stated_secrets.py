"""Secrets of the project's own compose file that its code reads as files: /run/secrets/NAME.

Each becomes a variable of the plan whose value lies in that file, as the values of all secrets do. Where a
service of the plan has it as its password, it is that password.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from okamochi.detect.files.compose_files import (
    Composed,
    composed,
    composed_services,
    environment_given,
    own_services,
    top_level,
)
from okamochi.detect.source.sources import Sources
from okamochi.model.backing_service import BackingService, ServiceKind, ServiceVariable
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.kit_programs import SECRETS_MOUNT
from okamochi.model.process import EnvironmentVariable, VariableKind
from okamochi.model.variable_names import kind_of
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import items_of, table_of

__all__ = ["ComposedSecret", "composed_secrets", "stated_secrets"]

WORD = SECRETS_MOUNT.removeprefix("/")
NAME = regex(r"[A-Za-z_]\w*|[a-z][a-z0-9]*(-[a-z0-9]+)+")
PASSWORD = regex(r"\w*PASSWORD_FILE")


class ComposedSecret(msgspec.Struct, frozen=True):
    """A file below /run/secrets of a service that is built from the project. `source` is what the file calls
    it, `file` and `variable` where its text comes from, "" where it does not; `named_by` are variables that
    hold the file's path. `name` is that of a variable: `db_password`, where the file may be db-password."""

    name: str
    filename: str
    source: str
    file: str
    variable: str
    named_by: tuple[str, ...]
    evidence: Evidence


class StatedSecrets(msgspec.Struct, frozen=True):
    environment: tuple[EnvironmentVariable, ...]
    services: tuple[BackingService, ...]
    decisions: tuple[Decision, ...] = ()


def composed_secrets(project: ProjectFiles) -> tuple[ComposedSecret, ...]:
    """Sorted by name; of the file that Compose would take."""
    texts = top_level(project, "secrets")
    found: dict[str, ComposedSecret] = {}
    for one in own_services(project):
        variables = environment_given(one)
        for source, filename in mounted(one):
            settings = table_of(texts, source)
            path = f"{SECRETS_MOUNT}/{filename}"
            name = filename.replace("-", "_")
            found.setdefault(
                name,
                ComposedSecret(
                    name=name,
                    filename=filename,
                    source=source,
                    file=beside(one.path, str(settings.get("file") or "")),
                    variable=str(settings.get("environment") or ""),
                    named_by=tuple(sorted(key for key, value in variables.items() if value == path)),
                    evidence=Evidence(
                        path=one.path,
                        line=one.line_of(f"{source}:") or one.line_of(source),
                        reason=f"service {one.name} gets the secret {source} as {path}",
                    ),
                ),
            )
    return tuple(found[name] for name in sorted(found))


def beside(path: str, file: str) -> str:
    """A file that is named from the folder of another, from the project's."""
    folder = posixpath.dirname(path)
    return posixpath.join(folder, file.removeprefix("./")) if file and folder else file


def mounted(one: Composed) -> Iterator[tuple[str, str]]:
    """(name of the secret, name of its file) of a service: `- name`, or `- source:` with `target:`."""
    for entry in items_of(one.settings.get("secrets")):
        settings: Mapping[str, Any] = entry if isinstance(entry, dict) else {"source": entry}
        source = str(settings.get("source") or "")
        target = str(settings.get("target") or source)
        folder, name = posixpath.split(target)
        if source and folder in ("", SECRETS_MOUNT) and NAME.fullmatch(name):
            yield source, name


def stated_secrets(
    project: ProjectFiles,
    sources: Sources,
    environment: tuple[EnvironmentVariable, ...],
    services: tuple[BackingService, ...],
) -> StatedSecrets:
    """The variables and services with what the code reads as files."""
    known = {one.name for one in environment}
    wanted = [
        one for one in composed_secrets(project) if one.name not in known and is_read(one, sources, known)
    ]
    if not wanted:
        return StatedSecrets(environment, services)
    passwords: dict[str, set[ServiceKind]] = {}
    for source, kind_of_service in password_sources(project):
        passwords.setdefault(source, set()).add(kind_of_service)
    added, decisions = [], []
    for one in wanted:
        kinds = passwords.get(one.source, ())
        owner = next((service for service in services if service.kind in kinds), None)
        kind = kind_of(one.name)
        kind = kind if kind is VariableKind.GENERATED and owner is None else VariableKind.SECRET
        added.append(EnvironmentVariable(name=one.name, kind=kind, required=True, as_file=True))
        if owner is not None:
            variable = ServiceVariable(name=one.name, template="{password}")
            services = tuple(
                with_variable(other, variable) if other is owner else other for other in services
            )
        decisions.append(decision(one, owner, kind))
    every = sorted((*environment, *added), key=lambda variable: variable.name)
    return StatedSecrets(tuple(every), services, tuple(decisions))


def is_read(one: ComposedSecret, sources: Sources, known: Iterable[str]) -> bool:
    """By a variable that the code reads and that holds the path; or by its name, where the code knows the
    folder."""
    if set(known).intersection(one.named_by):
        return True
    if not any(WORD in sources.text(path) for path in sources.paths):
        return False
    whole = re.compile(rf"(?<![\w-]){re.escape(one.filename)}(?![\w-])")
    return any(whole.search(sources.text(path)) for path in sources.paths)


def password_sources(project: ProjectFiles) -> Iterator[tuple[str, ServiceKind]]:
    """(secret, kind) where a service of a known kind takes its password from the secret's file."""
    kinds = {one.name: one.facts.kind for one in composed_services(project)}
    for one in composed(project):
        variables = environment_given(one) if one.name in kinds else {}
        paths = {text for key, text in variables.items() if PASSWORD.fullmatch(key)}
        for source, name in mounted(one) if paths else ():
            if f"{SECRETS_MOUNT}/{name}" in paths:
                yield source, kinds[one.name]


def with_variable(service: BackingService, variable: ServiceVariable) -> BackingService:
    every = sorted((*service.variables, variable), key=lambda one: one.name)
    return msgspec.structs.replace(service, variables=tuple(every))


def decision(one: ComposedSecret, owner: BackingService | None, kind: VariableKind) -> Decision:
    whose = {
        VariableKind.SECRET: "a secret that the app needs",
        VariableKind.GENERATED: "a secret that is made up once when nobody gives it",
    }[kind]
    whose = f"the password of {owner.name}" if owner is not None else whose
    return Decision.detected(
        f"environment.{one.name}",
        f"{one.name} is {whose}, in the file {SECRETS_MOUNT}/{one.filename}",
        (one.evidence,),
    )
