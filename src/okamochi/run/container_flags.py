"""Flags of docker's and podman's `run`, from what is to run."""

from okamochi.model.kit_programs import SECRETS_MOUNT
from okamochi.run.spec import RunSpec
from okamochi.system.words import word_tuple

__all__ = ["bind_flags", "environment_flags", "port_flags", "secrets_flags", "security_flags", "trial_folder"]

OWN_VARIABLES = word_tuple("DOCKER_ CONTAINER PODMAN_ BUILDAH_ STORAGE_ XDG_ SSL_CERT_ LD_ REGISTRY_")
OWN_NAMES = ("PATH", "HOME", "USER", "TMPDIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def security_flags(spec: RunSpec) -> tuple[str, ...]:
    security = spec.security
    flags = ["--user", f"{security.run_as_user}:{security.run_as_group}"]
    for capability in security.drop_capabilities:
        flags += ["--cap-drop", capability]
    if not security.allow_privilege_escalation:
        flags += ["--security-opt", "no-new-privileges"]
    if security.read_only_root_filesystem:
        flags += ["--read-only"]
    # noexec is also docker's own default for a tmpfs: what the app downloads to /tmp cannot be run
    options = f"rw,noexec,nosuid,nodev,size={spec.tmp_bytes},mode=1777"
    flags += ["--tmpfs", f"/tmp:{options}"]
    for folder in spec.temporary_folders:
        flags += ["--tmpfs", f"{folder.path}:rw,noexec,nosuid,nodev,size={folder.size_bytes},mode=1777"]
    return tuple(flags)


def trial_folder(path: str) -> tuple[str, str]:
    """A volume takes over the owner of what the image has there; of secrets it has nothing."""
    if path == SECRETS_MOUNT:
        return ("--tmpfs", f"{path}:rw,noexec,nosuid,nodev,size=1048576,mode=1777")
    return ("--volume", path)


def port_flags(spec: RunSpec) -> tuple[str, ...]:
    if not spec.published_port or not spec.process.port:
        return ()
    further = (f"127.0.0.1:{outside}:{inside}" for outside, inside in spec.further_ports)
    web = f"{spec.bind_address}:{spec.published_port}:{spec.process.port}"
    return tuple(part for one in (web, *further) for part in ("--publish", one))


def bind_flags(spec: RunSpec) -> tuple[str, ...]:
    return tuple(part for source, target in spec.binds for part in mount_flag(source, target))


def secrets_flags(spec: RunSpec) -> tuple[str, ...]:
    if not spec.secret_names:
        return ()
    return mount_flag(spec.secrets_folder, SECRETS_MOUNT, "readonly")


def mount_flag(source: str, target: str, *options: str) -> tuple[str, str]:
    """--mount: a source that is missing is an error, where --volume would make a folder of root's. Its value
    is a line of CSV, where --volume knows no path with a colon."""
    fields = ("type=bind", f"source={source}", f"target={target}", *options)
    return "--mount", ",".join(map(csv_field, fields))


def csv_field(text: str) -> str:
    if "," not in text and '"' not in text:
        return text
    return '"' + text.replace('"', '""') + '"'


def environment_flags(variables: tuple[tuple[str, str], ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Flags, and the variables that the engine's program must have: values given so do not show in `ps`.

    Names that would change what the program itself does (PATH, DOCKER_HOST, proxies) are written out.
    """
    flags: list[str] = []
    passed: dict[str, str] = {}
    for name, value in variables:
        if name.upper() in OWN_NAMES or name.upper().startswith(OWN_VARIABLES):
            flags += ["--env", f"{name}={value}"]
            continue
        flags += ["--env", name]
        passed[name] = value
    return tuple(flags), passed
