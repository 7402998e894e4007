"""Docker, by its command line; features are asked for, versions never compared."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from okamochi.errors import EngineError
from okamochi.run.command_line import CommandLineEngine
from okamochi.run.compose_program import DockerCompose
from okamochi.run.no_answer import absence
from okamochi.run.spec import EngineFacts, RunSpec
from okamochi.system.process import ProgramTimeout

if TYPE_CHECKING:
    from okamochi.oci.digest import Digest
    from okamochi.oci.image import Image
    from okamochi.oci.reference import Reference

__all__ = ["DockerEngine"]

ROTATING_LOGS = ("json-file", "local")
LIMITS = (
    ("MemoryLimit", "memory limits are off: the kernel or the control groups do not offer them"),
    ("CpuCfsQuota", "CPU limits are off: the kernel or the control groups do not offer them"),
    ("PidsLimit", "process limits are off: the kernel or the control groups do not offer them"),
)


@dataclass(frozen=True)
class DockerEngine(CommandLineEngine):
    name = "docker"
    composes = True

    def compose(self) -> DockerCompose:
        return DockerCompose(self.environ)

    def facts(self) -> EngineFacts:
        missing = tuple(text for field, text in LIMITS if not self._info.get(field))
        return EngineFacts(name=self.name, detail=str(self._info.get("ServerVersion", "")), missing=missing)

    def load(self, image: "Image", reference: "Reference") -> None:
        present = self._present_layers(image, reference)
        if present is None:
            self._must(
                self._run("tag", str(image.image_id), str(reference.tagged)),
                f"docker could not name {reference}",
            )
            return
        if present:
            try:
                self._load(image, reference, present)
                return
            except EngineError:
                pass  # somebody removed those layers meanwhile, or this storage wants them all
        self._load(image, reference, frozenset())

    @property
    def is_rootless(self) -> bool:
        """Then root inside is the user outside, and every other number somebody else."""
        return "name=rootless" in (self._info.get("SecurityOptions") or ())

    def limit_flags(self, spec: RunSpec) -> tuple[str, ...]:
        resources, info = spec.process.resources, self._info
        flags: list[str] = []
        if info.get("MemoryLimit"):
            flags += ["--memory", str(resources.memory_bytes)]
        if info.get("MemoryLimit") and info.get("SwapLimit"):
            flags += ["--memory-swap", str(resources.memory_bytes)]
        if info.get("CpuCfsQuota"):
            flags += ["--cpus", f"{min(resources.cpus, float(info.get('NCPU') or 1)):g}"]
        if info.get("PidsLimit"):
            flags += ["--pids-limit", str(resources.pids)]
        if info.get("LoggingDriver") in ROTATING_LOGS:
            flags += ["--log-opt", "max-size=10m", "--log-opt", "max-file=3"]
        return tuple(flags)

    def special_flags(self, spec: RunSpec) -> tuple[str, ...]:
        # The health check comes from the image's configuration: --health-cmd would run it by a shell.
        return ()

    @cached_property
    def _info(self) -> dict[str, Any]:
        completed = self.runner.run(
            ("docker", "info", "--format", "{{json .}}"), env=self.environ, timeout_seconds=20
        )
        try:
            info = json.loads(completed.stdout or b"{}")
        except ValueError:
            info = {}
        if not isinstance(info, dict) or not info.get("ServerVersion"):
            raise refusal(completed.error_text, info if isinstance(info, dict) else {})
        return info

    def _load(self, image: "Image", reference: "Reference", skip: frozenset["Digest"]) -> None:
        from okamochi.oci.archive import write_archive

        self._must(
            self.runner.feed(
                ("docker", "load", "--quiet"),
                lambda stream: write_archive(image, stream, reference=reference, skip=skip),
                env=self.environ,
                timeout_seconds=1800,
            ),
            f"docker did not take the image {reference}",
        )

    def _present_layers(self, image: "Image", reference: "Reference") -> "frozenset[Digest] | None":
        """Blobs that need not be sent, since the classic storage has their chain from the lowest layer on;
        None when it has the whole image."""
        if self._containerd_storage:
            return frozenset()
        from msgspec.structs import replace

        from okamochi.oci.archive import known_layers

        # an earlier image of this name has nearly all of them: the others are many, and slow to tell
        for named in ((str(replace(reference, tag="", digest=None)),), ()):
            held = self._held(*named)
            if str(image.image_id) in held:
                return None
            known = known_layers(image, self._chains(held))
            if known:
                return known
        return frozenset()

    @property
    def _containerd_storage(self) -> bool:
        status = self._info.get("DriverStatus") or []
        return any("io.containerd.snapshotter" in str(part) for row in status for part in row)

    def _held(self, *named: str) -> tuple[str, ...]:
        """All images, or those of a name. None where docker is too busy to tell: everything is sent then."""
        try:
            listed = self._run("image", "ls", "--quiet", "--no-trunc", *named)
        except ProgramTimeout:
            return ()
        return tuple(sorted(set(listed.text.split())))[:500]

    def _chains(self, images: tuple[str, ...]) -> tuple[list[str], ...]:
        if not images:
            return ()
        try:
            completed = self._run("image", "inspect", "--format", "{{json .RootFS.Layers}}", *images)
        except ProgramTimeout:
            return ()
        return tuple(json.loads(line) or [] for line in completed.text.splitlines() if line.startswith("["))


def refusal(stderr: str, info: dict[str, Any]) -> EngineError:
    errors = info.get("ServerErrors") or []
    if "host" in info:
        return EngineError(
            "the program called docker is podman's stand-in", where="docker info", hint="use --engine podman"
        )
    instead = "go without: --engine podman or --engine host, for a build --to podman or --to layout:DIR"
    return absence("docker", " ".join([*map(str, errors), stderr]).strip(), instead=instead)
