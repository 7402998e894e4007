"""What is to run, and what came of it; the same words for every engine."""

from enum import StrEnum

import msgspec

from okamochi.model.kit_programs import SECRETS_MOUNT
from okamochi.model.process import TMP_BYTES, Process, Resources, SecurityContext, TemporaryFolder, Volume

__all__ = [
    "APP_LABEL",
    "SERVICE_LABEL",
    "ContainerState",
    "EngineFacts",
    "RunSpec",
    "Running",
    "Trial",
    "aside_name",
    "data_volume",
    "project_name",
]

APP_LABEL = "io.okamochi.app"
SERVICE_LABEL = "io.okamochi.service"


class ContainerState(StrEnum):
    """CREATED: not started yet. RESTARTING: it ended and the engine starts it again."""

    CREATED = "created"
    RUNNING = "running"
    RESTARTING = "restarting"
    EXITED = "exited"
    ABSENT = "absent"


class EngineFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What answers. `detail` is for people ("20.10.24"), never compared. `missing` says, a sentence each,
    which limits or isolation this engine cannot give; `unlimited` is what it refuses to limit ("memory",
    "cpu", "pids"). `labels_files`: containers may not read files of the host, unless that is switched off;
    `rootless`: numbers of users inside are others outside. `opens_folders`: stacks can write there, though
    their root is read-only. `restart`: the policy by which containers come back, after the machine's restart,
    too."""

    name: str
    detail: str = ""
    missing: tuple[str, ...] = ()
    unlimited: tuple[str, ...] = ()
    labels_files: bool = False
    rootless: bool = False
    opens_folders: tuple[str, ...] = ()
    restart: str = "unless-stopped"


class RunSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One container to start.

    `app` is the app's identity, from which volumes are named as Compose names those of its stack: an app that
    gains a database, or loses its last worker, keeps its data. `environment` comes on top of the image's own.
    `secret_names` are files of that name in the host folder `secrets_folder`; the
    container sees them below /run/secrets and the kit's loader turns them into variables, but for
    `secret_paths` of them, whose variables hold the path. `healthcheck` is an
    argument list to run inside. `published_port` is the port on the host's `bind_address`.

    `binds` are folders or files of the host and where they are seen inside, to be written as well: the source
    at the desk. `further_ports` are published on the loopback interface: (the host's, the container's).
    `front_page` is false where the app is known to have none at /.
    """

    name: str
    app: str
    image_reference: str
    process: Process
    environment: tuple[tuple[str, str], ...] = ()
    secrets_folder: str = ""
    secret_names: tuple[str, ...] = ()
    secret_paths: tuple[str, ...] = ()
    volumes: tuple[Volume, ...] = ()
    temporary_folders: tuple[TemporaryFolder, ...] = ()
    security: SecurityContext = SecurityContext()
    published_port: int = 0
    bind_address: str = "127.0.0.1"
    labels: tuple[tuple[str, str], ...] = ()
    healthcheck: tuple[str, ...] = ()
    tmp_bytes: int = TMP_BYTES
    binds: tuple[tuple[str, str], ...] = ()
    further_ports: tuple[tuple[int, int], ...] = ()
    front_page: bool = True

    def volume_name(self, volume: Volume) -> str:
        return f"{project_name(self.app)}_{volume.name}"

    @property
    def full_environment(self) -> tuple[tuple[str, str], ...]:
        """`environment` and what tells the kit where the secrets lie; sorted by name."""
        variables = dict(self.environment)
        variables |= {name: f"{SECRETS_MOUNT}/{name}" for name in self.secret_paths}
        loaded = set(self.secret_names).difference(self.secret_paths)
        for name in loaded:
            variables[f"{name}_FILE"] = f"{SECRETS_MOUNT}/{name}"
        if loaded:
            listed = variables.get("OKAMOCHI_SECRET_FILES", "")
            names = {name for name in listed.split(",") if name} | loaded
            variables["OKAMOCHI_SECRET_FILES"] = ",".join(sorted(names))
        return tuple(sorted(variables.items()))

    @property
    def all_labels(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted({**dict(self.labels), APP_LABEL: self.app}.items()))


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One command to run in an image and forget: without network, as the runtime user, nothing published.

    `environment` comes on top of the image's own; `writable` are folders that are empty (or as the image has
    them) and gone afterwards, beside /tmp. `stdin` is given to it whole.
    """

    image_reference: str
    argv: tuple[str, ...]
    stdin: bytes = b""
    environment: tuple[tuple[str, str], ...] = ()
    writable: tuple[str, ...] = ()
    security: SecurityContext = SecurityContext()
    resources: Resources = Resources()
    timeout_seconds: float = 60
    tmp_bytes: int = TMP_BYTES


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A container as the engine sees it now. `health` is the engine's own word ("healthy", "starting"), empty
    when it checks nothing. `exit_code` counts only when it is not running. `container_id` tells one from its
    successor of the same name."""

    name: str
    app: str
    state: ContainerState
    health: str = ""
    exit_code: int = 0
    out_of_memory: bool = False
    restarts: int = 0
    image_reference: str = ""
    address: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    container_id: str = ""

    @property
    def is_server(self) -> bool:
        """Of a backing service, where no Compose starts it."""
        return SERVICE_LABEL in dict(self.labels)

    @property
    def failed(self) -> bool:
        """It ended, or it ended and was started again."""
        return self.restarts > 0 or self.state in (ContainerState.EXITED, ContainerState.RESTARTING)


def project_name(app: str) -> str:
    """What Compose calls an app's stack, and puts before the names of its volumes."""
    return f"okamochi-{app}".replace(".", "-")


def data_volume(project: str, service: str) -> str:
    """The volume of a stack in which a database or the like keeps its data."""
    return f"{project}_{service}-data"


def aside_name(name: str) -> str:
    """What a container is called while its successor starts."""
    return f"{name}-previous"
