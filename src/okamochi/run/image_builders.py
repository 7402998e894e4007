"""Programs that build a Dockerfile, and the image they made, as files: docker (BuildKit) and buildah."""

import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from okamochi.errors import BuildError, EngineError
from okamochi.system.process import Completed, Runner
from okamochi.system.world import World

__all__ = ["BUILDERS", "BuildahBuilder", "BuiltStage", "ImageBuilder", "builder_named"]

BUILDERS = ("docker", "buildah")
UNSEALED = "sealing memfd copy"
"""buildah starts a copy of itself, which the kernel of a busy machine refuses now and then (EBUSY)."""
BUILD_SECONDS = 3600
SHOWN = 15
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True)
class BuiltStage:
    """`config` is the image's configuration as image-spec has it (with Docker's own fields, which are
    "Healthcheck" and its like); `layers` are files, lowest first, with their diff IDs."""

    config: Mapping[str, Any]
    layers: tuple[tuple[str, Path], ...]


class ImageBuilder(Protocol):
    @property
    def name(self) -> str: ...

    def build(self, context: Path, target: str, into: Path) -> BuiltStage:
        """Builds one stage of the folder's Dockerfile; what was made lies in the empty folder `into`.
        BuildError with the end of the log, EngineError when the program is not there or fails itself."""
        ...


def builder_named(name: str, world: World) -> ImageBuilder:
    if name == "docker":
        return DockerBuilder(world.runner, world.environ)
    return BuildahBuilder(world.runner, world.environ)


@dataclass(frozen=True)
class DockerBuilder:
    """With the network of the host, as a proxy or mirror on it may be all that there is. Images are known by
    their ids and not named: nothing of the user's is replaced."""

    runner: Runner
    environ: Mapping[str, str]

    name = "docker"

    def build(self, context: Path, target: str, into: Path) -> BuiltStage:
        environ = {**self.environ, "DOCKER_BUILDKIT": "1"}
        done = self.runner.run(
            (
                *("docker", "build", "--network", "host", "--target", target),
                *proxy_arguments(self.environ),
                *("--iidfile", str(into / "id"), str(context)),
            ),
            env=environ,
            timeout_seconds=BUILD_SECONDS,
            merge_stderr=True,
        )
        require_built(done, target)
        image_id = (into / "id").read_text("ascii").strip()
        archive = into / "image.tar"
        saved = self.runner.run(
            ("docker", "save", "--output", str(archive), image_id), env=self.environ, timeout_seconds=1800
        )
        if not saved.ok:
            raise EngineError(
                "docker does not give the image away", where="docker save", hint=saved.error_text[-300:]
            )
        return stage_of_archive(archive, into)


def stage_of_archive(archive: Path, into: Path) -> BuiltStage:
    """`docker save` writes manifest.json beside configuration and layers."""
    with tarfile.open(archive) as packed:
        packed.extractall(into / "saved", filter="data")
    archive.unlink()
    root = into / "saved"
    (manifest,) = json.loads((root / "manifest.json").read_bytes())
    config = json.loads((root / manifest["Config"]).read_bytes())
    files = [(root / name).resolve() for name in manifest["Layers"]]
    return BuiltStage(config, tuple(zip(config["rootfs"]["diff_ids"], files, strict=True)))


@dataclass(frozen=True)
class BuildahBuilder:
    """In Docker's image format: OCI's has no place for a health check. BUILDAH_ISOLATION and STORAGE_DRIVER
    of the environment count, so that it also builds inside a container (chroot, vfs)."""

    runner: Runner
    environ: Mapping[str, str]

    name = "buildah"

    def build(self, context: Path, target: str, into: Path) -> BuiltStage:
        name = "localhost/okamochi-proof"
        done = self._built(target, f"{name}:{target}", context)
        if not done.ok and UNSEALED in done.text:
            done = self._built(target, f"{name}:{target}", context)  # from where it broke off
        require_built(done, target)
        pushed = self.runner.run(
            ("buildah", "push", "--format", "v2s2", f"{name}:{target}", f"dir:{into}/image"),
            env=self.environ,
            timeout_seconds=1800,
        )
        self.runner.run(("buildah", "rmi", f"{name}:{target}"), env=self.environ)
        if not pushed.ok:
            raise EngineError(
                "buildah does not give the image away", where="buildah push", hint=pushed.error_text[-300:]
            )
        return stage_of_folder(into / "image")

    def _built(self, target: str, name: str, context: Path) -> Completed:
        words = ("buildah", "build", "--format", "docker", "--layers", "--network", "host")
        return self.runner.run(
            (*words, "--target", target, "--tag", name, str(context)),
            env=self.environ,
            timeout_seconds=BUILD_SECONDS,
            merge_stderr=True,
        )


def stage_of_folder(folder: Path) -> BuiltStage:
    """containers/image's "dir": manifest.json, and blobs by the hexadecimal digits of their digests."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    config = json.loads((folder / hexadecimal(manifest["config"]["digest"])).read_bytes())
    files = [folder / hexadecimal(layer["digest"]) for layer in manifest["layers"]]
    return BuiltStage(config, tuple(zip(config["rootfs"]["diff_ids"], files, strict=True)))


def hexadecimal(digest: str) -> str:
    return digest.rpartition(":")[2]


def proxy_arguments(environ: Mapping[str, str]) -> list[str]:
    """BuildKit knows these arguments by itself and keeps them out of the image's history."""
    return [text for name in PROXIES if environ.get(name) for text in ("--build-arg", name)]


def require_built(done: Completed, target: str) -> None:
    if done.ok:
        return
    lines = [line for line in done.text.splitlines() if line.strip()]
    raise BuildError(
        f"the stage {target} of the Dockerfile cannot be built",
        where=" ".join(done.argv[:2]),
        hint="the lines above are the builder's own; without an edit of yours this is a bug of okamochi",
        details=tuple(line[:200] for line in lines[-SHOWN:]),
    )
