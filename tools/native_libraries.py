"""The matrix of packages with native parts, and its page: docs/native-libraries.md.

    .venv/bin/python tools/native_libraries.py [--cache DIR] [--kept FILE] [NAME ... | --all | --page]

Runs the named packages of tests/native/cases.toml one after the other and keeps each one's outcome in
tools/native_libraries.json; --page writes the page from all that are kept.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.native.cases import Case, cases  # noqa: E402
from tests.native.matrix import Outcome, real_world, tried  # noqa: E402

KEPT = ROOT / "tools/native_libraries.json"
PAGE = ROOT / "docs/native-libraries.md"
HEAD = """# Native libraries: what was found

Which Debian packages okamochi found for packages of the index with native parts, by the rules of
[ADR 12](adr/0012-native-libraries-by-evidence.md), and whether one real call works in the hardened root:
no network, an unprivileged user, nothing to write but /tmp. Where the proof of an app that imports the
package corrects the plan (another Python, a folder in memory), the row is that of the corrected plan. Then
every added package was taken away, with what only it brings: the call must fail. Rows are each package's
last run; `tools/native_libraries.py` runs them and writes this page.

| package | Python | call | added to the base | packages, size | told only |
|---|---|---|---|---|---|
"""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/okamochi")
    parser.add_argument("--kept", type=Path, default=KEPT, help="where outcomes are kept")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--page", action="store_true")
    options = parser.parse_args()
    known = {case.name: case for case in cases()}
    chosen = list(known) if options.all else options.names
    for name in chosen if not options.page else ():
        keep(options.kept, run(known[name], options.cache))
    if options.page:
        PAGE.write_text(page(kept(options.kept)), encoding="utf-8")
    return 0


def run(case: Case, cache: Path) -> dict[str, Any]:
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="native-") as folder:
        Path(folder).chmod(0o755)
        try:
            outcome = tried(case, real_world(cache), Path(folder))
        except Exception as error:
            outcome = Outcome(case.requirement, problem=f"{type(error).__name__}: {error}")
    row = row_of(outcome)
    verdict = "works" if outcome.works else f"fails: {outcome.problem[-300:]}"
    print(f"{case.requirement}: {verdict}; {', '.join(outcome.added)} {outcome.superfluous or ''} "
          f"{time.monotonic() - start:.0f} s", flush=True)  # fmt: skip
    return row


def row_of(outcome: Outcome) -> dict[str, Any]:
    return {
        "requirement": outcome.requirement,
        "python": outcome.python,
        "works": outcome.works,
        "problem": (outcome.problem.strip().splitlines() or [""])[-1][:200],
        "superfluous": outcome.superfluous,
        "corrections": outcome.corrections,
        "debs": outcome.debs,
        "size_bytes": outcome.size_bytes,
        "added": {one.name: one.needs[0].reason for one in outcome.native if one.name},
        "told": sorted({need.names[0] for one in outcome.native if not one.name for need in one.needs}),
    }


def kept(path: Path) -> dict[str, dict[str, Any]]:
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def keep(path: Path, row: dict[str, Any]) -> None:
    rows = {**kept(path), row["requirement"]: row}
    path.write_text(json.dumps(rows, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def page(rows: dict[str, dict[str, Any]]) -> str:
    shown = [rows[case.requirement] for case in cases() if case.requirement in rows]
    works = sum(1 for row in shown if row["works"])
    exact = sum(1 for row in shown if row["works"] and not row["superfluous"])
    end = (
        f"\n{len(shown)} packages; the call works for {works}; nothing is superfluous for {exact} of them.\n"
    )
    return HEAD + "".join(line_of(row) for row in shown) + end


def line_of(row: dict[str, Any]) -> str:
    call = "works" if row["works"] else f"fails: {row['problem']}"
    if row["superfluous"]:
        call += f" (also without {', '.join(row['superfluous'])})"
    if row.get("corrections"):
        call += f"; the proof corrects: {', '.join(row['corrections'])}"
    added = "<br>".join(f"{name}: {reason}" for name, reason in row["added"].items()) or "nothing"
    size = f"{row['debs']}, {row['size_bytes'] / 1e6:.1f} MB" if row["debs"] else "–"
    told = ", ".join(row["told"]) or "–"
    return f"| {row['requirement']} | {row['python']} | {call} | {added} | {size} | {told} |\n".replace(
        "||", "|"
    )


if __name__ == "__main__":
    sys.exit(main())
