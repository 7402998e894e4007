"""Planning large repositories: `okamochi plan`, as a user runs it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from measure import Row, Samples, run, verdict_of

if TYPE_CHECKING:
    from scenarios import Counts
    from workshop import Workshop

GROUP = "Planning a repository of 5,000 files: okamochi plan"
FILES = 5_000
MODULES = (500, 2_000)
COLD_SECONDS = 1.0
WARM_SECONDS = 0.3

APPLICATION = """from flask import Flask

from shop.part0 import part0


def create_app():
    app = Flask(__name__)
    app.add_url_rule("/", view_func=part0)
    return app


app = create_app()
"""
MODULE = '''"""Part {number} of the shop."""

import logging
from dataclasses import dataclass

from shop.part{next} import Item{next}

log = logging.getLogger(__name__)


@dataclass
class Item{number}:
    name: str
    amount: int = {number}

    def total(self, price: int) -> int:
        if price < 0:
            raise ValueError("a price below zero")
        return self.amount * price


def part{number}(limit: int = 10) -> list[int]:
    found = []
    for number in range(limit):
        item = Item{number}(f"item {{number}}", number)
        log.debug("%s of %s", item.name, Item{next}.__name__)
        found.append(item.total(number + {number}))
    return found
'''


def planning(workshop: Workshop, counts: Counts) -> Iterator[Row]:
    """Without anything remembered, and again after that; all modules are reached from the app."""
    for modules in MODULES:
        folder = workshop.folder / f"repository-{modules}"
        make_repository(folder, modules)
        cold: list[float] = []
        warm: list[float] = []
        for _ in workshop.rounds(max(counts.cold, 3)):
            shutil.rmtree(workshop.folder / "repository-cache", ignore_errors=True)
            cold.append(planned(workshop, folder))
            warm.append(planned(workshop, folder))
        yield at_most_seconds(f"{modules:,} of them Python: cold", cold, COLD_SECONDS)
        yield at_most_seconds(f"{modules:,} of them Python: nothing changed", warm, WARM_SECONDS)


def planned(workshop: Workshop, folder: Path) -> float:
    program = os.fspath(workshop.root / ".venv/bin/okamochi")
    cache = {"OKAMOCHI_CACHE_DIR": os.fspath(workshop.folder / "repository-cache")}
    return run((program, "plan", os.fspath(folder)), env={**workshop.environment, **cache}).seconds


def make_repository(folder: Path, modules: int) -> None:
    (folder / "shop/static").mkdir(parents=True)
    (folder / "requirements.txt").write_text("flask\n")
    (folder / "wsgi.py").write_text(APPLICATION)
    (folder / "shop/__init__.py").write_text("")
    for number in range(modules - 2):
        text = MODULE.format(number=number, next=(number + 1) % (modules - 2))
        (folder / f"shop/part{number}.py").write_text(text)
    for number in range(FILES - modules - 1):
        place = folder / f"shop/static/{number // 200}"
        place.mkdir(exist_ok=True)
        (place / f"{number}.js").write_text(f"export const number = {number};\n")


def at_most_seconds(name: str, seconds: list[float], limit: float, *, group: str = GROUP) -> Row:
    """Judged by the median."""
    samples = Samples(tuple(seconds))
    return Row(
        group=group,
        name=name,
        ours=samples,
        measured=samples.median,
        result=f"{samples.median:.2f} s",
        target=f"at most {limit:g} s",
        verdict=verdict_of(samples.median, at_most=limit),
    )
