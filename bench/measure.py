"""What a measurement is: samples, rows, the whole report; and how a command is timed."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import msgspec

COMMAND_SECONDS = 600


class MeasurementError(Exception):
    """A measurement could not be made; the text says why."""


class Verdict(Enum):
    MET = "met"
    MISSED = "MISSED"
    NO_TARGET = "-"
    FAILED = "FAILED"


class Samples(msgspec.Struct, frozen=True):
    """Every measured value, in the order in which it was measured; never empty."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def least(self) -> float:
        return min(self.values)

    @property
    def most(self) -> float:
        return max(self.values)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the tables. `ours` and `peer` are seconds; `result` says what was found."""

    group: str
    name: str
    result: str
    target: str = ""
    verdict: Verdict = Verdict.NO_TARGET
    measured: float | None = None
    ours: Samples | None = None
    peer: Samples | None = None
    note: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run; `machine` holds what describes the machine, in the order in which it is shown."""

    schema_version: int = 1
    started: str
    seconds: float
    complete: bool
    machine: dict[str, str]
    base: str
    notes: tuple[str, ...] = ()
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Finished:
    seconds: float
    stdout: str


def run(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path | None = None, seconds: float = COMMAND_SECONDS
) -> Finished:
    """The command's wall time, from before it starts until it has ended, and what it wrote to stdout.

    MeasurementError with its last words when it fails or outlives its time.
    """
    started = time.perf_counter()
    try:
        done = subprocess.run(
            tuple(argv),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise MeasurementError(f"{' '.join(argv[:3])}: no end within {seconds:.0f} s") from error
    except FileNotFoundError as error:
        raise MeasurementError(f"there is no program {argv[0]}") from error
    spent = time.perf_counter() - started
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise MeasurementError(f"{' '.join(argv[:3])}: exit code {done.returncode}: {' | '.join(said[-6:])}")
    return Finished(spent, done.stdout.decode(errors="replace"))


def settle() -> None:
    """What was written or removed before is on the disk: nobody's build waits for it."""
    os.sync()


def verdict_of(measured: float, *, at_least: float | None = None, at_most: float | None = None) -> Verdict:
    """Judged on the value as measured, before it is rounded for people."""
    if at_least is None and at_most is None:
        return Verdict.NO_TARGET
    low = at_least is None or measured >= at_least
    high = at_most is None or measured <= at_most
    return Verdict.MET if low and high else Verdict.MISSED


def at_most_bytes(group: str, name: str, sizes: list[int], limit: int) -> Row:
    """Judged by the largest."""
    return Row(
        group=group,
        name=name,
        measured=max(sizes),
        result=f"{max(sizes):,} bytes",
        target=f"at most {limit:,} bytes",
        verdict=verdict_of(max(sizes), at_most=limit),
    )
