"""Processes of the app and what they need; words of the twelve-factor app and of Kubernetes."""

from enum import StrEnum

import msgspec

from okamochi.system.patterns import regex

__all__ = [
    "CANNOT_GO_ON",
    "TMP_BYTES",
    "URL_PATH",
    "EnvironmentVariable",
    "HeartbeatProbe",
    "HttpProbe",
    "MovedFile",
    "Probe",
    "Process",
    "ProcessType",
    "Resources",
    "SecretFile",
    "SecurityContext",
    "TcpProbe",
    "TemporaryFolder",
    "VariableKind",
    "Volume",
    "host_of",
    "request_path",
]

TMP_BYTES = 64 * 1024 * 1024
"""Of /tmp and other folders that are in memory, where no setting says otherwise."""
URL_PATH = regex(r"/[!-~]*")
URL_CHARACTERS = "".join(map(chr, range(ord("!"), ord("~") + 1)))

# how the reason begins where code that is reached without a variable fails
CANNOT_GO_ON = "cannot go on without it"


class ProcessType(StrEnum):
    WEB = "web"
    WORKER = "worker"
    SCHEDULER = "scheduler"
    RELEASE = "release"


class HttpProbe(msgspec.Struct, frozen=True, kw_only=True, tag="http", tag_field="kind"):
    """GET `path` on the process's port answers below 400; `host`, when not empty, is the Host header."""

    path: str
    host: str = ""


class TcpProbe(msgspec.Struct, frozen=True, kw_only=True, tag="tcp", tag_field="kind"):
    """The process's port accepts a connection; `host` is the Host header of requests for its pages."""

    host: str = ""


class HeartbeatProbe(msgspec.Struct, frozen=True, kw_only=True, tag="heartbeat", tag_field="kind"):
    """The process, a worker, touches the file `path` (inside the container) at least every
    `maximum_age_seconds`."""

    path: str
    maximum_age_seconds: int = 60


Probe = HttpProbe | TcpProbe | HeartbeatProbe


def request_path(route: str) -> str:
    """A route as a request names it: what is no printable ASCII is percent-encoded, as browsers do."""
    if URL_PATH.fullmatch(route) is not None:
        return route
    from urllib.parse import quote

    return quote(route, safe=URL_CHARACTERS)


def host_of(probe: Probe | None) -> str:
    """The Host header that the app insists on; empty when any will do."""
    return probe.host if isinstance(probe, HttpProbe | TcpProbe) else ""


class Resources(msgspec.Struct, frozen=True, kw_only=True):
    memory_bytes: int = 512 * 1024 * 1024
    cpus: float = 1.0
    pids: int = 256


class SecurityContext(msgspec.Struct, frozen=True, kw_only=True):
    """Strictest by default; Kubernetes field names in snake_case."""

    run_as_user: int = 10001
    run_as_group: int = 10001
    run_as_non_root: bool = True
    read_only_root_filesystem: bool = True
    allow_privilege_escalation: bool = False
    drop_capabilities: tuple[str, ...] = ("ALL",)
    seccomp_profile: str = "RuntimeDefault"


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """One command of the app. `argv` is run as it stands, never by a shell; paths are inside the image.
    `environment` comes on top of the image's, sorted by name.

    `port` is 0 when the process listens on none. `stop_grace_seconds` is the time between the stop signal
    and SIGKILL; it is longer than the server's own graceful timeout.
    """

    name: str
    type: ProcessType
    argv: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    port: int = 0
    probe: Probe | None = None
    resources: Resources = Resources()
    stop_signal: str = "SIGTERM"
    stop_grace_seconds: int = 35


class VariableKind(StrEnum):
    """PLAIN: an ordinary setting. SECRET: must not be shown. GENERATED: a secret that okamochi may make up
    once (SECRET_KEY and its like); secrets of others (database, identity provider) it may not."""

    PLAIN = "plain"
    SECRET = "secret"
    GENERATED = "generated"


class EnvironmentVariable(msgspec.Struct, frozen=True, kw_only=True):
    """A variable that the code reads. `required` when it reads it without a default and no other default is
    known. A secret's text never enters the plan: `default` is empty for secrets. `as_file` is true of one
    that the code reads from the file of that name below /run/secrets; `holds_path` of one whose value is the
    path of a file, which is the secret: outside, one of the machine that starts the app; inside, the file of
    that name below /run/secrets."""

    name: str
    kind: VariableKind = VariableKind.PLAIN
    required: bool = False
    default: str | None = None
    as_file: bool = False
    holds_path: bool = False


class Volume(msgspec.Struct, frozen=True, kw_only=True):
    """A folder that the app writes and that outlives containers: absolute path inside the image."""

    name: str
    path: str


class SecretFile(msgspec.Struct, frozen=True, kw_only=True):
    """A key file that the code opens by a path of its own: in the image `path`, absolute, is a link to the
    file of the secret `name` below /run/secrets."""

    path: str
    name: str


class MovedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that the app writes between its code, which is read-only: in the image `path` is a link to
    `target`, which lies in a volume. Both are absolute paths inside the image."""

    path: str
    target: str


class TemporaryFolder(msgspec.Struct, frozen=True, kw_only=True):
    """A folder that the app writes and that a restart may empty: absolute path in the image, in memory."""

    path: str
    size_bytes: int = TMP_BYTES
