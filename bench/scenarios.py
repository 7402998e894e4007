"""What is measured. Each function is one name for --only; the two sides take turns within it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from contents import contents
from dependencies import one_more, platforms, streamlit
from measure import MeasurementError, Row, Samples, at_most_bytes, run, settle, verdict_of
from ours import Ours
from peer import Peer
from projects import EXAMPLES, Example, Project
from repositories import planning
from serving import free_port, seconds_until_served
from sizing import sizing_rows
from stacks import stack
from workshop import Workshop

IMAGE = "Image only: okamochi to a layout, docker build into its engine"
STARTED = "To a started container that answers 200: okamochi up, docker build and docker run"
START_UP = "The program"

COLD_AT_LEAST = 4.0
WARM_AT_LEAST = 2.0
EDIT_BYTES_AT_MOST = 20_000
VERSION_AT_MOST = 3.0


@dataclass(frozen=True)
class Counts:
    """How often: cold builds, cached builds, starts of the program, started containers."""

    cold: int
    warm: int
    version: int
    started: int


def faster(group: str, name: str, ours: list[float], peer: list[float], *, at_least: float | None) -> Row:
    """The ratio of the medians."""
    mine, theirs = Samples(tuple(ours)), Samples(tuple(peer))
    ratio = theirs.median / mine.median
    return Row(
        group=group,
        name=name,
        ours=mine,
        peer=theirs,
        measured=ratio,
        result=f"{ratio:.2f} times as fast",
        target=f"at least {at_least:g} times" if at_least else "",
        verdict=verdict_of(ratio, at_least=at_least),
    )


def image(example: Example) -> Callable[[Workshop, Counts], Iterator[Row]]:
    def measured(workshop: Workshop, counts: Counts) -> Iterator[Row]:
        ours = Ours.of(workshop, example, f"image-{example.name}")
        yield from cold_rows(ours, counts)
        peer = Peer.of(workshop, example, f"warm-{example.name}", pinned=ours.pinned())
        yield from warm_rows(ours, peer, counts)

    return measured


def cold_rows(ours: Ours, counts: Counts) -> Iterator[Row]:
    workshop, example = ours.workshop, ours.project.example
    first: list[float] = []
    locked: list[float] = []
    theirs: list[float] = []
    for number in workshop.rounds(counts.cold):
        ours.forget(lock=True)
        settle()
        first.append(ours.build().seconds)
        peer = Peer.of(workshop, example, f"cold-{example.name}-{number}", pinned=ours.pinned())
        settle()
        theirs.append(peer.build(cold=True).seconds)
        ours.forget(lock=False)
        settle()
        locked.append(ours.build().seconds)
    yield faster(IMAGE, f"{example.name}: cold", first, theirs, at_least=COLD_AT_LEAST)
    yield faster(IMAGE, f"{example.name}: cold, okamochi.lock there", locked, theirs, at_least=None)


# What is built again, and what is done to both projects before.
EDITS: dict[str, Callable[[Project, int], None] | None] = {
    "nothing changed": None,
    "one line of code changed": Project.change_a_line,
    "one view more": Project.add_a_view,
    "one line of code changed that is planned anew": Project.change_a_name,
    "one sentence in code changed": Project.change_a_sentence,
    "one line of a template changed": Project.change_a_template,
}


def warm_rows(ours: Ours, peer: Peer, counts: Counts) -> Iterator[Row]:
    ours.build()
    peer.build()
    example = ours.project.example
    unstyled = () if example.styled else (Project.change_a_template,)
    turns = {what: Turns(ours, peer) for what, edit in EDITS.items() if edit not in unstyled}
    for number in ours.workshop.rounds(counts.warm):
        for what, turn in turns.items():
            edit = EDITS[what]
            if edit is not None:
                edit(ours.project, number)
                edit(peer.project, number)
            turn.take()
    for what, turn in turns.items():
        if EDITS[what] is not None:
            turn.check_every_image_is_new()
        name = f"{example.name}: cached, {what}"
        yield faster(IMAGE, name, turn.ours_seconds, turn.peer_seconds, at_least=WARM_AT_LEAST)
    same, edited = turns["nothing changed"], turns["one line of code changed"]
    name = f"{example.name}: new blobs"
    yield at_most_bytes(IMAGE, f"{name}, nothing changed", same.new_bytes, 0)
    yield at_most_bytes(IMAGE, f"{name}, one line changed", edited.new_bytes, EDIT_BYTES_AT_MOST)


class Turns:
    """Ours, then the peer, again and again, with what each turn left."""

    def __init__(self, ours: Ours, peer: Peer) -> None:
        self.ours, self.peer = ours, peer
        self.ours_seconds: list[float] = []
        self.peer_seconds: list[float] = []
        self.new_bytes: list[int] = []
        self.images: list[tuple[str, str]] = []

    def take(self) -> None:
        before = self.ours.blobs()
        built = self.ours.build()
        self.ours_seconds.append(built.seconds)
        self.peer_seconds.append(self.peer.build().seconds)
        after = self.ours.blobs()
        self.new_bytes.append(sum(size for digest, size in after.items() if digest not in before))
        self.images.append((built.stdout.strip(), self.peer.image_id().strip()))

    def check_every_image_is_new(self) -> None:
        """MeasurementError when a side did not notice a change: its time would mean nothing."""
        for side in zip(*self.images, strict=True):
            if len(set(side)) != len(self.images):
                raise MeasurementError(f"a changed line gave no new image: {side}")


def image_with_apt(workshop: Workshop, counts: Counts) -> Iterator[Row]:
    """The Dockerfile that a WeasyPrint app really needs; once, for it is slow."""
    example = EXAMPLES["invoice"]
    ours = Ours.of(workshop, example, "apt")
    first = ours.build().seconds
    peer = Peer.of(workshop, example, "apt", pinned=ours.pinned(), packages=True)
    theirs = peer.build(cold=True).seconds
    yield faster(IMAGE, "invoice: cold, the peer with its Debian packages", [first], [theirs], at_least=None)


def started(example: Example) -> Callable[[Workshop, Counts], Iterator[Row]]:
    def measured(workshop: Workshop, counts: Counts) -> Iterator[Row]:
        ours_port, peer_port = free_port(), free_port()
        cold_ours: list[float] = []
        cold_peer: list[float] = []
        for number in workshop.rounds(counts.started):
            ours = Ours.of(workshop, example, f"started-{number}-{example.name}").fresh_in_the_engine(number)
            cold_ours.append(up(ours, ours_port))
            use = f"started-{number}-{example.name}"
            peer = Peer.of(
                workshop, example, use, pinned=ours.pinned(), packages=bool(example.debian_packages)
            )
            cold_peer.append(built_and_started(peer, peer_port, cold=True))
            if number + 1 < counts.started and not workshop.is_late:
                ours.down()
                peer.remove()
        yield faster(STARTED, f"{example.name}: cold", cold_ours, cold_peer, at_least=None)
        yield from restarted(ours, peer, (ours_port, peer_port), counts)
        ours.down()
        peer.remove()

    return measured


def restarted(ours: Ours, peer: Peer, ports: tuple[int, int], counts: Counts) -> Iterator[Row]:
    """A line changes; the container that runs is replaced."""
    mine: list[float] = []
    theirs: list[float] = []
    for number in ours.workshop.rounds(max(3, counts.warm // 2)):
        ours.project.change_a_line(number)
        peer.project.change_a_line(number)
        mine.append(up(ours, ports[0]))
        theirs.append(built_and_started(peer, ports[1], cold=False))
    name = f"{ours.project.example.name}: one line changed, container replaced"
    yield faster(STARTED, name, mine, theirs, at_least=None)


def up(ours: Ours, port: int) -> float:
    begun = time.perf_counter()
    ours.up(port)
    seconds_until_served(port, "the container of okamochi up")
    return time.perf_counter() - begun


def built_and_started(peer: Peer, port: int, *, cold: bool) -> float:
    begun = time.perf_counter()
    peer.build(cold=cold)
    if not cold:
        peer.remove()
    peer.start(port)
    seconds_until_served(port, "the container of docker run")
    return time.perf_counter() - begun


def version(workshop: Workshop, counts: Counts) -> Iterator[Row]:
    folder = workshop.root / ".venv/bin"
    program = (os.fspath(folder / "okamochi"), "--version")
    bare = (os.fspath(folder / "python"), "-c", "pass")
    mine: list[float] = []
    theirs: list[float] = []
    for argv in (program, bare):
        run(argv, env=workshop.environment)
    for _ in workshop.rounds(counts.version):
        mine.append(run(program, env=workshop.environment).seconds)
        theirs.append(run(bare, env=workshop.environment).seconds)
    ours, peer = Samples(tuple(mine)), Samples(tuple(theirs))
    ratio = ours.median / peer.median
    yield Row(
        group=START_UP,
        name="okamochi --version; peer: python -c pass",
        ours=ours,
        peer=peer,
        measured=ratio,
        result=f"{ratio:.2f} times as long",
        target=f"at most {VERSION_AT_MOST:g} times",
        verdict=verdict_of(ratio, at_most=VERSION_AT_MOST),
    )


def inside(workshop: Workshop, counts: Counts) -> Iterable[Row]:
    return contents(workshop, rounds=max(5, counts.warm))


def sizing(workshop: Workshop, counts: Counts) -> Iterable[Row]:
    return sizing_rows(workshop, rounds=counts.started)


SCENARIOS: dict[str, Callable[[Workshop, Counts], Iterable[Row]]] = {
    "version": version,
    "contents": inside,
    "image-invoice": image(EXAMPLES["invoice"]),
    "image-flask-minimal": image(EXAMPLES["flask-minimal"]),
    "started-flask-minimal": started(EXAMPLES["flask-minimal"]),
    "started-invoice": started(EXAMPLES["invoice"]),
    "image-invoice-apt": image_with_apt,
    "stack-flask-uploads": stack,
    "sizing": sizing,
    "planning": planning,
    "one-dependency-more": one_more,
    "platforms": platforms,
    "streamlit": streamlit,
}
