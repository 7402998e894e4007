"""What is wrong with an environment file, by the plan of the app that is to get it: each with its line."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from okamochi.model.env_file import EnvFile, parse_env_file
from okamochi.model.evidence import Evidence
from okamochi.model.finding import Finding, Severity
from okamochi.model.placeholders import is_placeholder
from okamochi.model.plan import Plan
from okamochi.model.process import EnvironmentVariable, VariableKind
from okamochi.model.variable_names import is_outside, kind_of

__all__ = ["as_it_is_read", "lint_env_file"]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})
SERVICE_HOST = re.compile(
    r"(\w*_)?(DB|DATABASE|POSTGRES|POSTGRESQL|PG|MYSQL|MARIADB|REDIS|VALKEY|MONGO|MONGODB|RABBITMQ|AMQP|BROKER|CACHE"
    r"|MEMCACHED|ELASTICSEARCH|SMTP|MAIL)_?(HOST|HOSTNAME|SERVER|ADDRESS)"
)
SERVICE_SCHEME = re.compile(
    r"(postgres|postgresql|mysql|mariadb|redis|rediss|valkey|mongodb|amqps?|memcached)\b.*"
)
# unless the project's own code reads it
INERT = {"FLASK_ENV": "Flask dropped it in 2.3, and nothing reads it since: FLASK_DEBUG, at the desk only"}


@dataclass(frozen=True)
class FileLint:
    """One file, read for one plan. `composed` are the variables that a compose file of the project gives its
    containers from others: (variable, the other, place); `referred` are those that it names as ${NAME}."""

    plan: Plan
    where: str
    file: EnvFile
    composed: tuple[tuple[str, str, str], ...] = ()
    referred: frozenset[str] = frozenset()

    def findings(self) -> tuple[Finding, ...]:
        found = [*self.repeated()]
        for name, value in self.file.values:
            found += self.about(name, value)
        return tuple(found)

    def repeated(self) -> Iterator[Finding]:
        for name, first, last in self.file.repeated:
            yield self.finding(
                "env/repeated",
                Severity.WARNING,
                f"{name} is set in line {first} already; line {last} counts",
                "keep one of them; values for another place belong in a file of their own (.env.prod)",
                last,
            )

    def about(self, name: str, value: str) -> Iterator[Finding]:
        line = self.line_of(name)
        known = self.known.get(name)
        kind = known.kind if known is not None else kind_of(name)
        if kind is not VariableKind.PLAIN and is_placeholder(
            name, value, signs=kind is VariableKind.GENERATED
        ):
            hint = (
                "leave it out: okamochi makes one up and keeps it" if kind is VariableKind.GENERATED else ""
            )
            yield self.finding(
                "env/placeholder",
                Severity.ERROR,
                f"{name} holds the word of an example, no secret",
                hint or f"write the real value, or leave {name} out",
                line,
            )
        yield from self.blank(name, value, known, line)
        yield from self.loopback(name, value, line)
        yield from self.unread(name, line)

    def blank(self, name: str, value: str, known: EnvironmentVariable | None, line: int) -> Iterator[Finding]:
        if value.strip() or known is None or known.required or known.kind is not VariableKind.PLAIN:
            return
        default = f"the code's own default ({known.default}) no longer counts" if known.default else ""
        yield self.finding(
            "env/blank",
            Severity.WARNING,
            f"{name} is set to nothing: {default or 'the app gets an empty text, not an absent variable'}",
            f"remove the line, or write # before {name}",
            line,
        )

    def loopback(self, name: str, value: str, line: int) -> Iterator[Finding]:
        host = host_of(name, value)
        if host not in LOOPBACK:
            return
        service = next(
            (one.name for one in self.plan.services if name in {v.name for v in one.variables}), ""
        )
        hint = (
            f"leave {name} out: okamochi starts {service} and sets it"
            if service
            else ("use the service's name (db), or host.docker.internal for what runs on this machine")
        )
        yield self.finding(
            "env/loopback",
            Severity.ERROR if service else Severity.WARNING,
            f"{name} names {host}, which inside a container is the container itself",
            hint,
            line,
        )

    def unread(self, name: str, line: int) -> Iterator[Finding]:
        if name in INERT and name not in self.known:
            yield self.finding("env/inert", Severity.NOTE, f"{name} has no effect", INERT[name], line)
            return
        taken = next((one for one in self.composed if one[0] == name), None)
        if taken is not None and name not in self.referred:
            message = f"{name} is not what the container gets: {taken[2]} sets it from {taken[1]}"
            yield self.finding("env/overruled", Severity.WARNING, message, f"keep {taken[1]} alone", line)
            return
        served = {one.name for service in self.plan.services for one in service.variables}
        if as_it_is_read(self.plan, name) != name:
            return
        if name in self.known or name in served or name in self.referred or is_outside(name):
            return
        yield self.finding(
            "env/unread",
            Severity.NOTE,
            f"{name} is read by nothing in the project",
            "remove it, unless a library reads it",
            line,
        )

    @property
    def known(self) -> Mapping[str, EnvironmentVariable]:
        return {one.name: one for one in self.plan.environment}

    def line_of(self, name: str) -> int:
        return dict(self.file.lines).get(name, 0)

    def finding(self, rule: str, severity: Severity, message: str, hint: str, line: int) -> Finding:
        """`field` names the variable, the first word of every message."""
        return Finding(
            rule=rule,
            severity=severity,
            message=message,
            hint=hint,
            field=f"environment.{message.partition(' ')[0]}",
            evidence=(Evidence(path=self.where, line=line, reason=message),),
        )


def lint_env_file(
    plan: Plan,
    text: str,
    *,
    where: str,
    composed: tuple[tuple[str, str, str], ...] = (),
    referred: frozenset[str] = frozenset(),
) -> tuple[Finding, ...]:
    """In the order of the lines. No value is in any of them. UsageError when it is no environment file."""
    return FileLint(plan, where, parse_env_file(text, where=where), composed, referred).findings()


def as_it_is_read(plan: Plan, name: str) -> str:
    """In capitals where only that is a variable of the app: settings of pydantic take either, and many
    write db_host in the file."""
    known = {one.name for one in plan.environment}
    return name.upper() if name not in known and name.upper() in known else name


def host_of(name: str, value: str) -> str:
    """The host that a value of a service's address names; "" for what is none."""
    text = value.strip()
    scheme, separator, _ = text.partition("://")
    if separator:
        try:
            return (urlsplit(text).hostname or "") if SERVICE_SCHEME.fullmatch(scheme) else ""
        except ValueError:
            return ""
    if SERVICE_HOST.fullmatch(name.upper()) is None:
        return ""
    return text if text == "::1" else text.partition(":")[0]
