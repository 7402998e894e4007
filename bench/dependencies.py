"""What dependencies cost: one more of them, two platforms, and packages of hundreds of megabytes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from measure import MeasurementError, Row, Samples, at_most_bytes, settle, verdict_of
from ours import Ours, parts_of
from peer import Peer
from projects import EXAMPLES, Example
from repositories import at_most_seconds

if TYPE_CHECKING:
    from scenarios import Counts
    from workshop import Workshop

GROUP = "Dependencies: okamochi to a layout, docker build into its engine"
BESIDE_BYTES = 20_000
PLATFORMS_AT_MOST = 1.5
PACKED_SECONDS = 6.0
# One that is big enough for a layer of its own, and one that shares a layer with its neighbours.
ADDED = ("pillow", "python-dotenv")
STREAMLIT = Example(name="streamlit-pipenv", served="", edited="streamlit_app.py")
# What a build remembers of what it packed; unpacked and compiled packages stay.
PACKED = ("oci-layers", "oci-parts", "foundation", "last-build")


def one_more(workshop: Workshop, counts: Counts) -> Iterator[Row]:
    """A second build after one more requirement; new blobs are what a push would send."""
    for name in ADDED:
        mine: list[float] = []
        theirs: list[float] = []
        beside: list[int] = []
        # once: what the engine installed, it takes from its own cache the second time
        for number in workshop.rounds(1):
            ours = Ours.of(workshop, EXAMPLES["flask-minimal"], f"one-more-{name}-{number}")
            ours.build()
            use = f"one-more-{name}-{number}"
            peer = Peer.of(workshop, EXAMPLES["flask-minimal"], use, pinned=ours.pinned())
            peer.build()
            before = ours.blobs()
            shutil.rmtree(ours.layout)  # the next one holds the new image alone
            add_requirement(ours, name)
            mine.append(ours.build().seconds)
            beside.append(bytes_beside(ours, before, name))
            write_requirements(peer, ours.pinned())
            theirs.append(peer.build().seconds)
        first, second = Samples(tuple(mine)), Samples(tuple(theirs))
        ratio = second.median / first.median
        yield Row(
            group=GROUP,
            name=f"flask-minimal: {name} added",
            ours=first,
            peer=second,
            measured=ratio,
            result=f"{ratio:.2f} times as fast",
        )
        told = f"flask-minimal: {name} added, new blobs beside its own layer"
        yield at_most_bytes(GROUP, told, beside, BESIDE_BYTES)


def add_requirement(ours: Ours, name: str) -> None:
    path = ours.project.folder / "requirements.txt"
    path.write_text(f"{path.read_text('utf-8').rstrip()}\n{name}\n", "utf-8")


def write_requirements(peer: Peer, pinned: tuple[str, ...]) -> None:
    (peer.project.folder / "requirements.txt").write_text("".join(f"{line}\n" for line in pinned))


def bytes_beside(ours: Ours, before: dict[str, int], name: str) -> int:
    """Of all new blobs but the layer that holds this wheel, and no other: 0 of it where it shares one."""
    own = [
        part for part in parts_of(ours.layout) if f" {name} " in f"{part.title} " and "," not in part.title
    ]
    new = {digest: size for digest, size in ours.blobs().items() if digest not in before}
    if not new:
        raise MeasurementError(f"{name} gave no new image")
    return sum(new.values()) - sum(new.get(part.blob.name, 0) for part in own)


def platforms(workshop: Workshop, counts: Counts) -> Iterator[Row]:
    """Both platforms in one image index against this machine's alone; cold."""
    ours = Ours.of(workshop, EXAMPLES["flask-minimal"], "platforms")
    both: list[float] = []
    one: list[float] = []
    for _ in workshop.rounds(counts.cold):
        ours.forget(lock=True)
        settle()
        one.append(ours.build().seconds)
        ours.forget(lock=True)
        settle()
        both.append(ours.build("--platform", "linux/amd64,linux/arm64").seconds)
    first, second = Samples(tuple(both)), Samples(tuple(one))
    ratio = first.median / second.median
    yield Row(
        group=GROUP,
        name="flask-minimal: linux/amd64 and linux/arm64, cold; peer: okamochi for one",
        ours=first,
        peer=second,
        measured=ratio,
        result=f"{ratio:.2f} times as long",
        target=f"at most {PLATFORMS_AT_MOST:g} times",
        verdict=verdict_of(ratio, at_most=PLATFORMS_AT_MOST),
    )


def streamlit(workshop: Workshop, counts: Counts) -> Iterator[Row]:
    """Hundreds of megabytes of site-packages: packed once, and not again for a changed line."""
    ours = Ours.of(workshop, STREAMLIT, "streamlit")
    cold = Samples((ours.build().seconds,))
    yield Row(group=GROUP, name="streamlit-pipenv: cold", ours=cold, result=f"{cold.median:.1f} s")
    packed: list[float] = []
    for _ in workshop.rounds(counts.cold):
        forget_packed(ours)
        packed.append(ours.build().seconds)
    yield at_most_seconds("streamlit-pipenv: all layers packed anew", packed, PACKED_SECONDS, group=GROUP)
    before = ours.blobs()
    ours.project.change_a_line(1)
    ours.build()
    new = sum(size for digest, size in ours.blobs().items() if digest not in before)
    yield at_most_bytes(GROUP, "streamlit-pipenv: new blobs, one line changed", [new], BESIDE_BYTES)


def forget_packed(ours: Ours) -> None:
    for kind in PACKED:
        shutil.rmtree(ours.folder / "cache/records" / kind, ignore_errors=True)
    shutil.rmtree(ours.layout, ignore_errors=True)
