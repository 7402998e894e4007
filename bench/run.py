"""Measures okamochi side by side with the usual Dockerfile; see docs/benchmarks.md. Called by `./run bench`.

Exit codes: 0 every target met; 1 a target missed; 2 wrong usage; 7 something could not be measured; 130
interrupted, with what was measured until then written.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import machine
import report as reports
from measure import MeasurementError, Report, Row, Verdict, run
from peer import ensure_base
from scenarios import SCENARIOS, Counts
from workshop import Workshop, opened, say

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/benchmarks.md"
RESULTS = ROOT / "bench/results"
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    options = parsed(arguments)
    if options.docs:
        return write_docs(options.json or newest())
    signal.signal(signal.SIGTERM, interrupt)
    report, code = measured(options)
    path = options.json or RESULTS / f"{report.started[:19].replace(':', '')}.json"
    reports.write(report, path)
    reports.print_table(report)
    say(f"written: {path}")
    return code or code_of(report)


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=positive, metavar="N", help="cached builds of each kind (default: 10)")
    parser.add_argument("--quick", action="store_true", help="few repetitions: a look, not a result")
    parser.add_argument(
        "--only", type=names, metavar="NAMES", help=f"with commas, of: {', '.join(SCENARIOS)}"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the JSON goes (bench/results/...)")
    parser.add_argument("--minutes", type=float, default=22, help="start no repetition after this many")
    parser.add_argument("--keep", action="store_true", help="leave the temporary folder for a look")
    parser.add_argument(
        "--docs", action="store_true", help="measure nothing: write docs/benchmarks.md from the JSON"
    )
    return parser.parse_args(arguments)


def positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def names(text: str) -> tuple[str, ...]:
    wanted = tuple(part.strip() for part in text.split(",") if part.strip())
    unknown = [name for name in wanted if name not in SCENARIOS]
    if unknown or not wanted:
        raise argparse.ArgumentTypeError(
            f"no such measurement: {', '.join(unknown)}; there are {', '.join(SCENARIOS)}"
        )
    return wanted


def counts_of(options: argparse.Namespace) -> Counts:
    if options.quick:
        return Counts(cold=1, warm=options.runs or 3, version=7, started=1)
    return Counts(cold=3, warm=options.runs or 10, version=20, started=2)


def measured(options: argparse.Namespace) -> tuple[Report, int]:
    """The report and 130 when it was interrupted, else 0."""
    begun, started = time.monotonic(), datetime.now(UTC).isoformat(timespec="seconds")
    facts, rows = machine.described(), list[Row]()
    chosen = options.only or tuple(SCENARIOS)
    base, code = "not made ready", 0
    try:
        with opened(ROOT, minutes=options.minutes, kept=options.keep) as workshop:
            try:
                base = ensure_base(ROOT)
            except MeasurementError as error:
                base = str(error)
            say(base)
            compile_the_program(workshop)
            for name in chosen:
                measure(name, workshop, counts_of(options), rows)
    except KeyboardInterrupt:
        say("interrupted")
        code = INTERRUPTED
    report = Report(
        started=started,
        seconds=round(time.monotonic() - begun, 1),
        complete=not code and chosen == tuple(SCENARIOS),
        machine=facts,
        base=base,
        notes=notes_of(options),
        rows=tuple(rows),
    )
    return report, code


def compile_the_program(workshop: Workshop) -> None:
    """As an installation does: a checkout that was just edited has no bytecode of its own."""
    python = os.fspath(ROOT / ".venv/bin/python")
    run((python, "-m", "compileall", "-q", os.fspath(ROOT / "src/okamochi")), env=workshop.environment)


def measure(name: str, workshop: Workshop, counts: Counts, rows: list[Row]) -> None:
    """Adds the rows of one name as they come; what cannot be measured is a row as well."""
    if workshop.is_late:
        rows.append(failed(name, "not begun: the time was over (--minutes)"))
        return
    begun = time.monotonic()
    say(f"measuring {name}")
    try:
        for row in SCENARIOS[name](workshop, counts):
            rows.append(row)
            say(f"  {row.name.strip()}: {row.result} {row.verdict.value}")
    except MeasurementError as error:
        say(f"  {error}")
        rows.append(failed(name, str(error)))
    say(f"  {time.monotonic() - begun:.0f} s")


def failed(name: str, why: str) -> Row:
    return Row(group="Not measured", name=name, result="", verdict=Verdict.FAILED, note=why)


def notes_of(options: argparse.Namespace) -> tuple[str, ...]:
    notes = []
    if options.quick:
        notes.append("Made with --quick: few repetitions, no result to quote.")
    if options.only:
        notes.append(f"Only {', '.join(options.only)}.")
    return tuple(notes)


def code_of(report: Report) -> int:
    verdicts = {row.verdict for row in report.rows}
    if Verdict.FAILED in verdicts:
        return 7
    return 1 if Verdict.MISSED in verdicts else 0


def interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def newest() -> Path:
    return max(RESULTS.glob("*.json"), default=RESULTS / "none.json")


def write_docs(path: Path) -> int:
    try:
        generated = reports.as_markdown(reports.read(path))
        PAGE.write_text(reports.with_generated_part(PAGE.read_text("utf-8"), generated), "utf-8")
    except (OSError, ValueError) as error:
        say(f"error: {error}\nhint: ./run bench first, or name a JSON file of it with --json")
        return 2
    say(f"written: {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
