"""Entries and images that several tests of the OCI floor share."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from okamochi.oci.entry import Entry, EntryKind, directory, file, symlink
from okamochi.oci.image import Image
from okamochi.oci.image_config import Healthcheck, ImageConfig
from okamochi.oci.packing import LayerRequest, Part, pack_layers
from okamochi.oci.platform import LINUX_AMD64
from okamochi.system.cache import Cache

EPOCH_SECONDS = 1_700_000_000
LONG = "opt/" + "/".join(["a-rather-long-folder-name"] * 12)


def sample_entries() -> tuple[Entry, ...]:
    """One of everything: order is deliberately wrong."""
    return (
        file("usr/bin/tool", "deb:tool", b"#!/bin/true\n", mode=0o755),
        directory("usr/bin", "deb:tool"),
        directory("usr", "deb:tool"),
        symlink("bin", "base", "usr/bin"),
        directory("tmp", "base", mode=0o1777),
        Entry("usr/bin/a-hard-link", EntryKind.HARDLINK, 0o755, "deb:tool", target="usr/bin/tool"),
        file("srv/日本語/請求書.txt", "app", "合計\n".encode(), uid=10001, gid=10001),
        file(f"{LONG}/module.py", "wheel:long", b"x = 1\n" * 5000),
        symlink("etc/far", "base", "/" + LONG + "/module.py"),
        file("empty", "app", b""),
        file("large", "app", bytes(range(256)) * 20_000),
    )


def sample_layers() -> tuple[LayerRequest, ...]:
    return (
        LayerRequest(parts=(Part.of(sample_entries()),), comment="base"),
        LayerRequest(
            parts=(
                Part.of([directory("w", "wheel:one"), file("w/one.py", "wheel:one", b"1\n" * 9000)]),
                Part.of([directory("w", "wheel:two"), file("w/two.py", "wheel:two", b"2\n" * 9000)]),
            ),
            comment="wheels: one, two",
        ),
    )


def sample_config() -> ImageConfig:
    return ImageConfig(
        platform=LINUX_AMD64,
        created="2023-11-14T22:13:20Z",
        user="10001:10001",
        env=(("PATH", "/usr/bin"), ("GREETING", "今日は=ok")),
        entrypoint=("/usr/bin/tool",),
        cmd=("--serve",),
        working_dir="/srv",
        exposed_ports=("8000/tcp",),
        volumes=("/srv/data",),
        labels=(("io.okamochi.app", "sample"),),
        stop_signal="SIGTERM",
        healthcheck=Healthcheck(argv=("/usr/bin/tool", "--probe"), start_period_seconds=1.5),
    )


def sample_image(folder: Path) -> Image:
    cache = Cache.open(folder)
    layers = pack_layers(cache, sample_layers(), epoch_seconds=EPOCH_SECONDS)
    return Image(sample_config(), layers, (("org.opencontainers.image.revision", "abc"),))


def one_layer(folder: Path, entries: tuple[Entry, ...]) -> Image:
    layers = pack_layers(
        Cache.open(folder), [LayerRequest(parts=(Part.of(entries),), comment="one")], epoch_seconds=0
    )
    return Image(sample_config(), layers)


def compressing(threads: int = 2) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads)
