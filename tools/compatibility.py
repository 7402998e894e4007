#!/usr/bin/env python3
"""Tries public apps: each is brought up in its hardened container and asked for one page.

    tools/compatibility.py APPS.json CHECKOUTS [--results FILE] [ID]...
    tools/compatibility.py APPS.json CHECKOUTS --results FILE --page docs/compatibility.md

APPS.json is a list of {"id", "repo", "commit", "folder", "framework", "env", "setup", "health": {"path",
"status", "phrase", "host_header"}}; CHECKOUTS holds a checkout of each under its id. Their code never
enters this repository. Containers are taken down again.

With --results, each app's last result is kept there with okamochi's commit: apps can be tried one by one,
by several runs at once. Without IDs all are tried. --page tries none, and writes the page anew: the row of an
app without a result in the file stays as it is, with its commit, as do rows of apps that
APPS.json does not name, and what stands below the table.

stderr: one line an app, with the end of the log when it fails.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / ".venv/bin/okamochi"
UP_SECONDS = 900
HEAD = """# Public apps, unmodified
Made by `tools/compatibility.py`: each app is a fresh checkout at the commit named; `okamochi up` on Docker
with no configuration but the values and set-up commands in the column "given", then
one request to the page named. The last column is the commit of okamochi that was tried. Images of services
are stand-ins from Debian packages where they cannot be pulled.

| app | commit | framework | given | page | result | with |
|---|---|---|---|---|---|---|
"""
COLUMNS = ("app", "commit", "framework", "given", "page", "result", "with")
COUNT = " serve their page.\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("apps", type=Path)
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--results", type=Path, help="a file that keeps each app's last result")
    parser.add_argument("--page", type=Path, help="the page to write anew from the results; nothing is tried")
    wanted = parser.parse_intermixed_args()
    apps = json.loads(wanted.apps.read_text())
    results = Results(wanted.results)
    if wanted.page is not None:
        wanted.page.write_text(page_of(apps, results.all(), wanted.page.read_text()))
        return 0
    for app in apps:
        if wanted.ids and app["id"] not in wanted.ids:
            continue
        began = time.monotonic()
        result = tried(app, wanted.checkouts / app["id"] / app.get("folder", "."))
        print(f"{app['id']}: {result} ({time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)
        results.keep(app["id"], result)
    return 0


def page_of(apps: list[dict[str, Any]], known: dict[str, tuple[str, str]], before: str) -> str:
    """`before` is the page as it was; an app that neither it nor `known` has gets no row, and rows of apps
    that the list does not name stay where they are. An app has one row, its last: two lists may name it."""
    rows = {cells[0]: (cells, *outcome) for cells, outcome in rows_of(before)}
    for app in apps:
        if app["id"] in known:
            cells = cells_of(app)
            rows[cells[0]] = (cells, *known[app["id"]])
    served = sum(result == "served" for _, result, _ in rows.values())
    below = before.partition(COUNT)[2]
    lines = "".join(line_of(*row) for row in rows.values())
    return f"{HEAD}{lines}\n{served} of {len(rows)}{COUNT}{below}"


def rows_of(page: str) -> Iterator[tuple[tuple[str, ...], tuple[str, str]]]:
    """What names the app, and its result with the commit."""
    for line in page.splitlines():
        cells = tuple(cell.strip() for cell in line[1:-1].split(" | ")) if line.startswith("| ") else ()
        if len(cells) == len(COLUMNS) and cells != COLUMNS:
            yield cells[:-2], (cells[-2], cells[-1])


class Results:
    """(result, commit of okamochi) by app: lines of JSON in a file, the last one of an app counts."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.lines = path.read_text().splitlines() if path is not None and path.exists() else []

    def keep(self, name: str, result: str) -> None:
        line = json.dumps({"id": name, "result": result, "with": own_commit()})
        self.lines.append(line)
        if self.path is not None:
            with self.path.open("a") as stream:  # several runs may write at once
                stream.write(line + "\n")

    def all(self) -> dict[str, tuple[str, str]]:
        found = (json.loads(line) for line in self.lines)
        return {one["id"]: (one["result"], one["with"]) for one in found}


def own_commit() -> str:
    asked = ("git", "-C", os.fspath(ROOT), "describe", "--always", "--dirty", "--abbrev=7")
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def line_of(cells: tuple[str, ...], result: str, code: str) -> str:
    return "| " + " | ".join((*cells, result.replace("|", "/"), code)) + " |\n"


def cells_of(app: dict[str, Any]) -> tuple[str, ...]:
    folder = app.get("folder", ".")
    name = app["repo"] if folder == "." else f"{app['repo']}: {folder}"
    given = ", ".join((*sorted(app.get("env", {})), *(f"set-up: {one}" for one in app.get("setup", ()))))
    cells = (name, app["commit"][:10], app["framework"], given, app["health"]["path"])
    return tuple(str(cell).replace("|", "/") for cell in cells)


def tried(app: dict[str, Any], folder: Path) -> str:
    """ "served", or the error in one line."""
    with tempfile.TemporaryDirectory() as place:
        given = Path(place, "given.env")
        given.write_text("".join(f"{name}={value}\n" for name, value in app.get("env", {}).items()))
        flags = ["--env-file", os.fspath(given)] if app.get("env") else []
        flags += [flag for command in app.get("setup", ()) for flag in ("--setup", command)]
        try:
            done = okamochi("up", os.fspath(folder), "--engine", "docker", *flags)
            log = Path(os.environ.get("COMPATIBILITY_LOGS", place), f"{app['id']}.log")
            log.write_text(done.stderr)
            if done.returncode != 0:
                return reason(done.stderr, done.returncode)
            return asked(done.stdout.strip().splitlines()[-1], app["health"])
        except subprocess.TimeoutExpired:
            return f"not up after {UP_SECONDS} s"
        finally:
            okamochi("down", os.fspath(folder), "--volumes")
            (folder / "okamochi.lock").unlink(missing_ok=True)


def okamochi(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (os.fspath(PROGRAM), *arguments), capture_output=True, text=True, timeout=UP_SECONDS, check=False
    )


def reason(text: str, code: int) -> str:
    errors = [line for line in text.splitlines() if line.startswith("error: ")]
    return f"exit {code}: {errors[-1].removeprefix('error: ')[:300]}" if errors else f"exit {code}"


def asked(url: str, health: dict[str, Any]) -> str:
    headers = {"Host": health["host_header"]} if health.get("host_header") else {}
    request = urllib.request.Request(url.rstrip("/") + health["path"], headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            status, body = answer.status, answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        status, body = error.code, error.read().decode("utf-8", "replace")
    except OSError as error:
        return f"up, but {health['path']} does not answer: {error}"
    if status != health["status"] or health["phrase"] not in body:
        return f"up, but {health['path']} answered {status} without the expected text"
    return "served"


if __name__ == "__main__":
    sys.exit(main())
