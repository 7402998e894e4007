"""Podman, by its command line; rootless or not; features are asked for, versions never compared."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from okamochi.errors import EngineError
from okamochi.model.process import SecurityContext
from okamochi.run.command_line import CommandLineEngine
from okamochi.run.compose_program import PodmanCompose, compose_beside_podman
from okamochi.run.spec import EngineFacts, RunSpec

__all__ = ["PodmanEngine"]

LIMITS = (("memory", "memory"), ("cpu", "CPU"), ("pids", "process"))
ROTATING_LOGS = ("k8s-file", "json-file")


@dataclass(frozen=True)
class PodmanEngine(CommandLineEngine):
    save_flags = ("--format", "docker-archive")
    # to podman both policies are one, but what starts containers with the machine looks for this word
    restart = "always"

    name = "podman"

    @property
    def composes(self) -> bool:
        return isinstance(self._compose, PodmanCompose)

    def compose(self) -> PodmanCompose:
        if isinstance(self._compose, EngineError):
            raise self._compose
        return self._compose

    def facts(self) -> EngineFacts:
        """EngineError for a podman that answers, and whose containers know too few users for our images."""
        self._require_our_user()
        version = (self._info.get("version") or {}).get("Version", "")
        missing = tuple(
            f"{word} limits are off: this user's control group has no {controller} controller"
            for controller, word in LIMITS
            if controller not in self._controllers
        )
        return EngineFacts(
            name=self.name,
            detail=str(version),
            missing=missing,
            unlimited=tuple(one for one, _ in LIMITS if one not in self._controllers),
            labels_files=bool(self._security.get("selinuxEnabled")),
            rootless=bool(self._security.get("rootless")),
            # its service, by which Compose talks to it, knows no --read-only-tmpfs=false
            opens_folders=("/run", "/var/tmp"),
            restart=self.restart,
        )

    def limit_flags(self, spec: RunSpec) -> tuple[str, ...]:
        resources = spec.process.resources
        flags: list[str] = []
        if "memory" in self._controllers:
            memory = str(resources.memory_bytes)
            flags += ["--memory", memory, "--memory-swap", memory]
        if "cpu" in self._controllers:
            flags += ["--cpus", f"{min(resources.cpus, float(self._host.get('cpus') or 1)):g}"]
        # without the controller podman's own default of 2048 would fail as well
        flags += ["--pids-limit", str(resources.pids) if "pids" in self._controllers else "0"]
        if self._host.get("logDriver") in ROTATING_LOGS:
            flags += ["--log-opt", "max-size=10mb"]
        return tuple(flags)

    def special_flags(self, spec: RunSpec) -> tuple[str, ...]:
        flags: list[str] = []
        if spec.security.read_only_root_filesystem:
            flags += ["--read-only-tmpfs=false"]  # else /run and /var/tmp are writable
        if spec.healthcheck:
            # podman drops the image's health check; an array is run as it is, anything else by a shell
            flags += ["--health-cmd", json.dumps(spec.healthcheck), "--health-interval", "30s"]
            flags += ["--health-timeout", "5s", "--health-start-period", "30s", "--health-retries", "3"]
        if spec.binds:
            # SELinux keeps containers from the user's files; relabelling those would change them for others
            flags += ["--security-opt", "label=disable"]
        if spec.binds and self._security.get("rootless"):
            flags += ["--userns", "keep-id"]  # else the user's own number means somebody else inside
        return tuple(flags)

    def _require_our_user(self) -> None:
        """Rootless, the numbers inside are those that /etc/subuid and /etc/subgid lend to this user: without
        them there is none but 0, and files of 10001 cannot even be unpacked."""
        maps = self._host.get("idMappings") or {}
        security = SecurityContext()
        wanted = (("uidmap", security.run_as_user), ("gidmap", security.run_as_group))
        lacking = [number for kind, number in wanted if not covers(maps.get(kind) or (), number)]
        if lacking:
            raise EngineError(
                f"podman's containers have no user {lacking[0]} here: this account lacks subordinate users",
                where="podman info",
                hint="as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ACCOUNT; then "
                "podman system migrate; or use --engine docker or --engine host",
            )

    @cached_property
    def _compose(self) -> PodmanCompose | EngineError:
        if self._host.get("serviceIsRemote"):
            return EngineError(
                "podman is the client of another machine here, on which Compose does not reach it",
                where="podman info",
                hint="run okamochi on that machine, or use --engine docker",
            )
        try:
            return compose_beside_podman(self.runner, self.environ)
        except EngineError as error:
            return error

    @cached_property
    def _info(self) -> dict[str, Any]:
        completed = self.runner.run(
            ("podman", "info", "--format", "json"), env=self.environ, timeout_seconds=30
        )
        try:
            info = json.loads(completed.stdout or b"{}")
        except ValueError:
            info = {}
        if not completed.ok or not isinstance(info, dict) or "host" not in info:
            raise EngineError(
                "podman does not answer",
                where="podman info",
                hint="see what `podman info` says, or use --engine docker or --engine host",
                details=tuple(completed.error_text.splitlines()[-3:]),
            )
        return info

    @property
    def _host(self) -> dict[str, Any]:
        host: dict[str, Any] = self._info["host"]
        return host

    @property
    def _security(self) -> dict[str, Any]:
        return self._host.get("security") or {}

    @property
    def _controllers(self) -> tuple[str, ...]:
        """Rootless on control groups v1, podman can set no limit, whatever it lists."""
        if self._security.get("rootless") and self._host.get("cgroupVersion") == "v1":
            return ()
        return tuple(self._host.get("cgroupControllers") or ())


def covers(rows: Sequence[Mapping[str, int]], number: int) -> bool:
    """Whether a map of users has a number; one that is not told has all."""
    return not rows or any(row["container_id"] <= number < row["container_id"] + row["size"] for row in rows)
