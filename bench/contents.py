"""What the Flask + gunicorn image weighs, and what its bytecode is worth."""

from __future__ import annotations

import json
from collections.abc import Iterator

from measure import MeasurementError, Row, Samples, run, verdict_of
from ours import Ours, bytecode_census, parts_of
from projects import EXAMPLES
from workshop import LABEL, Workshop

GROUP = "Flask + gunicorn image (flask-minimal)"
SIZE_AT_MOST = 21_000_000
BYTECODE_AT_LEAST = 3.0

# Runs inside the container; nothing of the host takes part in what is timed.
TIMER = """
import json, subprocess, sys, time
app = "import sys, app; sys.exit(app.app.test_client().get('/').status_code != 200)"
sides = {"with": [], "without": []}
options = {"with": [], "without": ["-X", "pycache_prefix=/nonexistent"]}
for side in [*options, *(list(options) * int(sys.argv[1]))]:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *options[side], "-c", app], check=True)
    sides[side].append(time.perf_counter() - begun)
print(json.dumps({side: spent[1:] for side, spent in sides.items()}))
"""


def contents(workshop: Workshop, *, rounds: int) -> Iterator[Row]:
    ours = Ours.of(workshop, EXAMPLES["flask-minimal"], "contents")
    ours.build()
    yield from size_rows(ours)
    yield census_row(ours)
    yield speed_row(ours, rounds)


def size_rows(ours: Ours) -> Iterator[Row]:
    parts = parts_of(ours.layout)
    total = sum(part.size_bytes for part in parts)
    yield Row(
        group=GROUP,
        name="compressed size of all layers",
        measured=total,
        result=f"{total / 1e6:.2f} MB",
        target=f"at most {SIZE_AT_MOST / 1e6:g} MB",
        verdict=verdict_of(total, at_most=SIZE_AT_MOST),
    )
    for part in parts:
        size = f"{part.size_bytes:,} bytes"
        yield Row(group=GROUP, name=f"  {part.title}", measured=part.size_bytes, result=size)


def census_row(ours: Ours) -> Row:
    """Modules of the standard library and site-packages."""
    count, missing = bytecode_census(ours.layout)
    return Row(
        group=GROUP,
        name="modules with bytecode",
        measured=count - len(missing),
        result=f"{count - len(missing)} of {count}",
        target="all",
        verdict=verdict_of(len(missing), at_most=0 if count else -1),
        note=f"without: {', '.join(missing[:10])}" if missing else "",
    )


def speed_row(ours: Ours, rounds: int) -> Row:
    """Start of Python, import of the app and one request, timed from start to end of the process."""
    tag = f"{ours.name}:contents"
    ours.load(tag)
    label = ("--label", f"{LABEL}={ours.workshop.name}")
    options = ("--network", "none", "--read-only", "--entrypoint", "/opt/venv/bin/python")
    argv = ("docker", "run", "--rm", *label, *options, tag, "-c", TIMER, str(rounds))
    said = run(argv, env=ours.workshop.environment).stdout
    try:
        spent = json.loads(said.splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise MeasurementError(f"the container answered {said[:200]!r}") from error
    compiled, bare = Samples(tuple(spent["with"])), Samples(tuple(spent["without"]))
    ratio = bare.median / compiled.median
    return Row(
        group=GROUP,
        name="import and first request; peer: the same image, bytecode ignored",
        ours=compiled,
        peer=bare,
        measured=ratio,
        result=f"{ratio:.2f} times as fast",
        target=f"at least {BYTECODE_AT_LEAST:g} times",
        verdict=verdict_of(ratio, at_least=BYTECODE_AT_LEAST),
    )
