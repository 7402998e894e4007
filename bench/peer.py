"""The peer: the Dockerfile that the web recommends, built by the Docker engine's BuildKit."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from measure import Finished, MeasurementError, run
from projects import Example, Project, copied
from workshop import LABEL, Workshop

BASE = "python:3.13-slim"
LISTS = "/etc/apt/sources.list"


@dataclass(frozen=True)
class Peer:
    """A project with a Dockerfile beside it."""

    workshop: Workshop
    project: Project

    @classmethod
    def of(
        cls, workshop: Workshop, example: Example, use: str, *, pinned: Sequence[str], packages: bool = False
    ) -> Peer:
        """`pinned` becomes the whole requirements.txt: the versions that our lock holds, without hashes."""
        project = copied(workshop.root, example, workshop.folder / f"{use}-peer")
        (project.folder / "requirements.txt").write_text("".join(f"{line}\n" for line in pinned))
        peer = cls(workshop, project)
        mirror = mirror_of_stand_in(workshop.root) if packages else ""
        if mirror:
            (project.folder / "sources.list").write_text(f"deb {mirror} trixie main\n")
        (project.folder / "Dockerfile").write_text(peer.dockerfile(packages=packages, sources=bool(mirror)))
        return peer

    @property
    def tag(self) -> str:
        return f"{self.workshop.name}-{self.project.folder.name}:latest"

    @property
    def container(self) -> str:
        return f"{self.workshop.name}-{self.project.folder.name}"

    def dockerfile(self, *, packages: bool, sources: bool) -> str:
        lines = [f"FROM {BASE}", *(f"ARG {name}" for name in self.workshop.indexes), "WORKDIR /app"]
        if packages:
            lines += [f"COPY sources.list {LISTS}"] if sources else []
            wanted = " ".join(self.project.example.debian_packages)
            lines.append(
                f"RUN apt-get update && apt-get install -y --no-install-recommends {wanted}"
                " && rm -rf /var/lib/apt/lists/*"
            )
        served = self.project.example.served
        lines += [
            "COPY requirements.txt .",
            "RUN pip install --no-cache-dir -r requirements.txt",
            "COPY . .",
            f'CMD ["gunicorn", "--bind", "0.0.0.0:8000", "{served}"]',
        ]
        return "\n".join(lines) + "\n"

    def build(self, *, cold: bool = False) -> Finished:
        """`cold` uses nothing of the builder's cache."""
        given = (("--build-arg", f"{n}={v}") for n, v in self.workshop.build_arguments.items())
        options = [*(word for pair in given for word in pair), *(["--no-cache"] if cold else [])]
        label = ("--label", f"{LABEL}={self.workshop.name}")
        argv = ("docker", "build", "--network", "host", *label, *options, "--tag", self.tag, ".")
        return run(argv, env=self.environment, cwd=self.project.folder)

    def image_id(self) -> str:
        return run(
            ("docker", "image", "inspect", "--format", "{{.Id}}", self.tag), env=self.environment
        ).stdout

    def start(self, port: int) -> Finished:
        label = ("--label", f"{LABEL}={self.workshop.name}")
        options = (
            "--name",
            self.container,
            "--publish",
            f"127.0.0.1:{port}:8000",
            "--env",
            f"SECRET_KEY={secrets.token_urlsafe(32)}",
        )
        return run(("docker", "run", "--detach", *label, *options, self.tag), env=self.environment)

    def remove(self) -> Finished:
        return run(("docker", "rm", "--force", self.container), env=self.environment)

    @property
    def environment(self) -> dict[str, str]:
        return {**self.workshop.environment, "DOCKER_BUILDKIT": "1"}


def ensure_base(root: Path) -> str:
    """How the base image came to be there, in words; MeasurementError when it cannot be had."""
    script = root / "tools/stand_in_base.py"
    done = subprocess.run(
        (sys.executable, os.fspath(script), "3.13"), capture_output=True, text=True, check=False, timeout=900
    )
    said = done.stderr.strip().splitlines()
    if done.returncode != 0:
        raise MeasurementError(f"{BASE} cannot be had: {' | '.join(said[-3:])}")
    return said[-1] if said else BASE


def mirror_of_stand_in(root: Path) -> str:
    """Where a stand-in, which has no package sources, gets packages from; empty for the real base."""
    sys.path.append(os.fspath(root / "tools"))
    from debian_root import debian_mirrors
    from stand_in_base import is_stand_in

    return debian_mirrors(os.environ)[0] if is_stand_in(BASE) else ""
