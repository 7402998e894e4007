"""A backing service as Compose runs it, and the pieces that all services of a compose file share."""

import posixpath

from okamochi.model.backing_service import BackingService
from okamochi.model.kit_programs import SECRETS_MOUNT
from okamochi.render.rendering import Language
from okamochi.render.service_containers import container_of, password_name
from okamochi.render.yaml_text import Commented, Node, Yaml

__all__ = [
    "LOG",
    "backing_service",
    "check",
    "health_of",
    "host_mount",
    "initial_places",
    "limits",
    "literal",
    "resources",
    "secrets_volume",
    "started_as",
]


LOG: Node = {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}
CAPABILITIES = (
    "what the image's entry point needs to drop to its own user",
    "専用ユーザに切り替えるための最小権限",
)


def literal(text: str) -> str:
    """The text itself for Compose, which takes $ for the beginning of a variable."""
    return text.replace("$", "$$")


def host_mount(source: str, target: str, *, read_only: bool = True) -> Node:
    """A file or folder of this machine. The short form ends a path at its first colon, and has the engine
    make a folder of root's where there is none."""
    return {
        "type": "bind",
        "source": source,
        "target": target,
        **({"read_only": True} if read_only else {}),
        "bind": {"create_host_path": False},
    }


def check(argv: tuple[str, ...], *, start: str, every: str = "10s", timeout: str = "5s") -> Node:
    return {
        "test": ["CMD", *map(literal, argv)],
        "interval": every,
        "timeout": timeout,
        "retries": 3,
        "start_period": start,
    }


def limits(memory_bytes: int, cpus: float, pids: int) -> Node:
    return {"deploy": resources(memory_bytes, cpus, pids)}


def resources(memory_bytes: int, cpus: float, pids: int) -> Node:
    return {
        "resources": {
            "limits": {"cpus": f"{cpus:g}", "memory": f"{memory_bytes // 1024**2}M", "pids": pids},
            "reservations": {"memory": f"{memory_bytes // 2 // 1024**2}M"},
        }
    }


def secrets_volume(name: str) -> str:
    """The volume with the secrets of the app's processes or of one service, and with no others."""
    return f"{name}-secrets"


def backing_service(service: BackingService, language: Language, maker: str) -> Node:
    """`maker` is the service that makes the secrets, which a service with a password waits for."""
    container = container_of(service)
    capabilities: list[Yaml] = list(container.capabilities)
    why = CAPABILITIES[language is Language.JAPANESE]
    volumes: list[Yaml] = [f"{service.name}-data:{service.volume_path}"] if service.volume_path else []
    volumes += [host_mount(literal(f"./{path}"), literal(place)) for path, place in initial_places(service)]
    if container.password_variable:
        volumes.append(f"{secrets_volume(service.name)}:{SECRETS_MOUNT}:ro")
    return {
        **started_as(service),
        **(after(maker) if container.password_variable else {}),
        **health_of(service),
        "restart": "unless-stopped",
        **loopback_port(service),
        "networks": ["data", "exposed"] if service.published_port else ["data"],
        **({"read_only": True} if container.read_only else {}),
        "tmpfs": list(container.tmpfs),
        **({"volumes": volumes} if volumes else {}),
        "cap_drop": ["ALL"],
        **({"cap_add": Commented(why, capabilities)} if capabilities else {}),
        "security_opt": ["no-new-privileges:true"],
        "shm_size": "128m",
        "stop_grace_period": "35s",
        **limits(container.memory_bytes, 1.0, 256),
        "logging": LOG,
    }


def started_as(service: BackingService) -> Node:
    """The image, what it runs and is told; its password is in the file of its secret."""
    container = container_of(service)
    environment: Node = {name: value for name, value in container.variables if value}
    if container.password_variable:
        environment[container.password_variable] = f"{SECRETS_MOUNT}/{password_name(service)}"
    return {
        "image": service.image,
        **({"entrypoint": [literal(one) for one in container.entrypoint]} if container.entrypoint else {}),
        **({"command": [literal(one) for one in container.command]} if container.command else {}),
        **({"environment": environment} if environment else {}),
    }


def health_of(service: BackingService) -> Node:
    container = container_of(service)
    every = f"{container.check_seconds}s"
    # a first start makes the data: 50 s for PostgreSQL on two busy processors, and a success counts at once
    checked = check(container.healthcheck, start="180s", every=every, timeout=every)
    return {"healthcheck": checked} if container.healthcheck else {}


def initial_places(service: BackingService) -> tuple[tuple[str, str], ...]:
    """Each file that the service begins with, and where its image looks for it. The image runs them by name:
    the number keeps their order, and two of one name apart."""
    return tuple(
        (path, f"/docker-entrypoint-initdb.d/{number:02}-{posixpath.basename(path)}")
        for number, path in enumerate(service.initial_files, start=1)
    )


def after(maker: str) -> Node:
    return {"depends_on": {maker: {"condition": "service_completed_successfully"}}}


def loopback_port(service: BackingService) -> Node:
    if not service.published_port:
        return {}
    return {"ports": [f"127.0.0.1:{service.published_port}:{service.port}"]}
