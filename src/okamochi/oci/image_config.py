"""The image configuration (image-spec, config.md): what a container of the image runs, and as whom."""

from collections.abc import Sequence

import msgspec

from okamochi.errors import BuildError
from okamochi.oci.canonical_json import JsonObject, canonical_json, json_object
from okamochi.oci.layer import Layer
from okamochi.oci.platform import Platform

__all__ = ["Healthcheck", "ImageConfig"]

NANOSECONDS = 10**9
Pairs = tuple[tuple[str, str], ...]


class Healthcheck(msgspec.Struct, frozen=True, kw_only=True):
    """Docker's addition to the configuration; podman and Kubernetes do not read it from OCI images.

    `argv` is run as it is, without a shell.
    """

    argv: tuple[str, ...]
    interval_seconds: float = 30
    timeout_seconds: float = 5
    start_period_seconds: float = 0
    retries: int = 3

    def to_json(self) -> JsonObject:
        return {
            "Test": ["CMD", *self.argv],
            "Interval": round(self.interval_seconds * NANOSECONDS),
            "Timeout": round(self.timeout_seconds * NANOSECONDS),
            "StartPeriod": round(self.start_period_seconds * NANOSECONDS),
            "Retries": self.retries,
        }

    @classmethod
    def read(cls, value: object) -> "Healthcheck | None":
        """None for one that okamochi would not write: a shell line, NONE, or nothing."""
        if not isinstance(value, dict) or (value.get("Test") or [""])[0] != "CMD":
            return None
        return cls(
            argv=tuple(value["Test"][1:]),
            interval_seconds=value.get("Interval", 0) / NANOSECONDS,
            timeout_seconds=value.get("Timeout", 0) / NANOSECONDS,
            start_period_seconds=value.get("StartPeriod", 0) / NANOSECONDS,
            retries=value.get("Retries", 0),
        )


class ImageConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`user` is numeric, "10001:10001". The names in `env` are unique; its order is kept.

    `exposed_ports` are "8000/tcp"; `volumes` absolute paths; `created` RFC 3339 in UTC.
    """

    platform: Platform
    created: str
    user: str = ""
    env: Pairs = ()
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    working_dir: str = ""
    exposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    labels: Pairs = ()
    stop_signal: str = ""
    healthcheck: Healthcheck | None = None

    def to_bytes(self, layers: Sequence[Layer]) -> bytes:
        """The exact JSON for an image of these layers: diff IDs, and one history entry for each.

        The entries say what a layer holds and nothing that is the same for all: this JSON is sent again with
        every changed line, and with 40 layers the optional members would be a fifth of it.
        """
        history = [{"comment": layer.comment} for layer in layers]
        return canonical_json(
            {
                "created": self.created,
                "os": self.platform.os,
                "architecture": self.platform.architecture,
                "config": self.run_parameters(),
                "rootfs": {"type": "layers", "diff_ids": [str(layer.diff_id) for layer in layers]},
                "history": history,
            }
        )

    def run_parameters(self) -> JsonObject:
        """Only what is set: an empty member would differ from engine to engine."""
        names = [name for name, _ in self.env]
        if len(set(names)) != len(names):
            raise ValueError(f"environment variables given twice: {names}")
        fields: dict[str, object] = {
            "User": self.user,
            "Env": [f"{name}={value}" for name, value in self.env],
            "Entrypoint": list(self.entrypoint),
            "Cmd": list(self.cmd),
            "WorkingDir": self.working_dir,
            "ExposedPorts": {port: {} for port in self.exposed_ports},
            "Volumes": {path: {} for path in self.volumes},
            "Labels": dict(self.labels),
            "StopSignal": self.stop_signal,
            "Healthcheck": self.healthcheck.to_json() if self.healthcheck is not None else None,
        }
        return {name: value for name, value in fields.items() if value}

    @classmethod
    def read(cls, content: bytes, *, where: str) -> "ImageConfig":
        """What okamochi knows of a configuration that others may have written. BuildError when malformed."""
        whole = json_object(content, where=where)
        try:
            return cls.from_json(whole)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise BuildError(
                f"an image configuration that breaks the specification: {error!r}",
                where=where,
                hint="build the image again, or report it to who made it",
            ) from error

    @classmethod
    def from_json(cls, whole: dict[str, object]) -> "ImageConfig":
        run = whole.get("config") or {}
        if not isinstance(run, dict):
            raise TypeError("config is not an object")
        env = (variable.partition("=") for variable in run.get("Env") or ())
        return cls(
            platform=Platform(str(whole["os"]), str(whole["architecture"])),
            created=str(whole.get("created", "")),
            user=run.get("User", ""),
            env=tuple((name, value) for name, _, value in env),
            entrypoint=tuple(run.get("Entrypoint") or ()),
            cmd=tuple(run.get("Cmd") or ()),
            working_dir=run.get("WorkingDir", ""),
            exposed_ports=tuple(sorted(run.get("ExposedPorts") or {})),
            volumes=tuple(sorted(run.get("Volumes") or {})),
            labels=tuple(sorted((run.get("Labels") or {}).items())),
            stop_signal=run.get("StopSignal", ""),
            healthcheck=Healthcheck.read(run.get("Healthcheck")),
        )
