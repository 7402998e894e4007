"""Real builds through the program, and what they left in a layout."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from okamochi.oci.image import Image
from okamochi.oci.layer import Layer
from tests.cli.program import Program
from tests.oci.validate import read_images

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
NOT_COPIED = shutil.ignore_patterns(
    "okamochi.lock", "instance", "__pycache__", ".hypothesis", ".pytest_cache"
)

# What a cache remembers beside downloads and unpacked packages: with these gone, every layer is made again.
MADE_BY_BUILDS = ("records", "folders/bytecode", "tmp", "locks")


@dataclass(frozen=True)
class Member:
    """One path of an image; `content` is None for what is no regular file."""

    facts: tarfile.TarInfo
    content: bytes | None


@dataclass(frozen=True)
class Built:
    """A layout with one image, and what `build --format json` said about it."""

    layout: Path
    report: dict[str, Any]
    stderr: str

    @property
    def digest(self) -> str:
        return str(self.report["digest"])

    @cached_property
    def image(self) -> Image:
        (found,) = [image for image in read_images(self.layout) if str(image.digest) == self.digest]
        return found

    @cached_property
    def config(self) -> dict[str, Any]:
        return dict(json.loads(self.image.config_bytes))

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return dict(json.loads(self.image.manifest_bytes))

    @cached_property
    def members(self) -> dict[str, Member]:
        found: dict[str, Member] = {}
        for layer in self.image.layers:
            found |= dict(members_of(layer))
        return found

    @property
    def layers(self) -> dict[str, str]:
        """Digests by comment."""
        return {layer["comment"]: layer["digest"] for layer in self.report["layers"]}

    def blobs(self) -> dict[str, int]:
        return {path.name: path.stat().st_size for path in (self.layout / "blobs/sha256").iterdir()}


def members_of(layer: Layer) -> Iterator[tuple[str, Member]]:
    with tarfile.open(layer.path, "r:gz") as archive:
        for facts in archive:
            stream = archive.extractfile(facts) if facts.isreg() else None
            yield facts.name, Member(facts, stream.read() if stream else None)


Build = Callable[..., Built]


@pytest.fixture
def program(okamochi_cache: Path) -> Program:
    return Program({"OKAMOCHI_CACHE_DIR": str(okamochi_cache), "CI": "1"})


@pytest.fixture
def build(program: Program, tmp_path: Path) -> Build:
    return building(program, tmp_path)


def building(program: Program, scratch: Path) -> Build:
    def run(project: Path, *options: str, layout: str = "layout", using: Program = program) -> Built:
        folder = scratch / layout
        answer = using.ok("build", project, "--to", f"layout:{folder}", "--format", "json", *options)
        return Built(folder, json.loads(answer.stdout), answer.stderr)

    return run


def copied(example: str, to: Path) -> Path:
    shutil.copytree(EXAMPLES / example, to, ignore=NOT_COPIED)
    return to


@pytest.fixture(scope="module")
def locked_minimal(okamochi_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """examples/flask-minimal with a lock, so that all builds of a module are of the same packages."""
    root = copied("flask-minimal", tmp_path_factory.mktemp("locked") / "shop")
    Program({"OKAMOCHI_CACHE_DIR": str(okamochi_cache)}).ok(
        "build", root, "--to", f"layout:{root.parent}/layout"
    )
    assert (root / "okamochi.lock").is_file()
    return root


@pytest.fixture
def minimal(locked_minimal: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(locked_minimal, tmp_path / "shop"))


@pytest.fixture
def fresh_cache(okamochi_cache: Path, locked_minimal: Path, tmp_path: Path) -> Path:
    """A cache that has all downloads of the session's, and none of its layers, bytecode and memories."""
    return cache_copy(okamochi_cache, tmp_path / "fresh-cache")


def cache_copy(cache: Path, to: Path) -> Path:
    # hard links: what lies in a cache never changes; others may be writing, so a file may be gone again
    subprocess.run(("cp", "-al", cache, to), stderr=subprocess.DEVNULL, check=False)
    for name in MADE_BY_BUILDS:
        shutil.rmtree(to / name, ignore_errors=True)
    return to


def strange_start(*statements: str) -> tuple[str, ...]:
    """The program, after some statements in its process."""
    code = "\n".join(
        ("import os, sys", *statements, "from okamochi.__main__ import main", "sys.exit(main())")
    )
    return (sys.executable, "-c", code)


def closed_proxy() -> dict[str, str]:
    """An environment in which everything that goes out fails at once."""
    lost = "http://127.0.0.1:9"
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    taken = {name: "" for name in os.environ if name.upper() == "NO_PROXY"}
    return {**taken, **{name: lost for each in names for name in (each, each.lower())}}
