"""bench/: targets are judged as measured, nothing missed is hidden, and both sides get the same."""

import importlib
import io
import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"
MODULES = (
    "contents",
    "dependencies",
    "machine",
    "measure",
    "ours",
    "peer",
    "projects",
    "report",
    "repositories",
    "run",
    "scenarios",
    "stacks",
    "workshop",
)


@pytest.fixture(scope="module")
def bench() -> Iterator[SimpleNamespace]:
    """Its modules, which find each other as scripts do, in the folder; forgotten afterwards."""
    before = {path.stem: sys.modules.pop(path.stem, None) for path in BENCH.glob("*.py")}
    sys.path.insert(0, str(BENCH))
    try:
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in MODULES})
    finally:
        sys.path.remove(str(BENCH))
        for name, module in before.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module


@pytest.fixture
def report(bench: SimpleNamespace) -> object:
    faster = bench.scenarios.faster
    return bench.measure.Report(
        started="2026-01-31T10:00:00+00:00",
        seconds=61.0,
        complete=True,
        machine={"CPU": "two cores"},
        base="python:3.13-slim: pulled",
        rows=(
            faster("Image", "app: cold", [1.0, 2.0, 9.0], [8.0], at_least=4),
            faster("Image", "app: cached", [0.5], [0.6], at_least=2),
        ),
    )


def test_the_ratio_is_that_of_the_medians_and_is_judged_before_rounding(bench: SimpleNamespace) -> None:
    met = bench.scenarios.faster("g", "n", [1.0, 2.0, 9.0], [8.0, 8.0, 1.0], at_least=4)
    assert (met.measured, met.verdict.value) == (4.0, "met")
    missed = bench.scenarios.faster("g", "n", [2.0], [7.999], at_least=4)
    assert (missed.result, missed.verdict.value) == ("4.00 times as fast", "MISSED")


def test_new_blobs_are_judged_by_the_largest(bench: SimpleNamespace) -> None:
    row = bench.scenarios.at_most_bytes("g", "n", [100, 20_001, 5], 20_000)
    assert (row.measured, row.verdict.value) == (20_001, "MISSED")


def test_a_missed_target_is_in_the_page_and_in_the_exit_code(bench: SimpleNamespace, report: object) -> None:
    assert "| app: cached | 0.5 s (n=1) | 0.6 s (n=1) | 1.20 times as fast | at least 2 times | MISSED |" in (
        bench.report.as_markdown(report)
    )
    assert bench.run.code_of(report) == 1


def test_what_could_not_be_measured_is_a_row_of_its_own(
    bench: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(workshop: object, counts: object) -> Iterator[object]:
        yield bench.scenarios.at_most_bytes("g", "first", [0], 0)
        raise bench.measure.MeasurementError("docker build: exit code 1")

    monkeypatch.setitem(bench.scenarios.SCENARIOS, "version", fails)
    rows: list[object] = []
    bench.run.measure("version", SimpleNamespace(is_late=False), None, rows)
    assert [(row.name, row.verdict.value) for row in rows] == [("first", "met"), ("version", "FAILED")]  # type: ignore[attr-defined]


def test_the_report_comes_back_from_its_json(bench: SimpleNamespace, report: object, tmp_path: Path) -> None:
    bench.report.write(report, tmp_path / "new" / "r.json")
    assert bench.report.read(tmp_path / "new" / "r.json") == report


def test_only_what_lies_between_the_marks_of_the_page_is_replaced(bench: SimpleNamespace) -> None:
    marks = bench.report
    page = f"above\n{marks.BEGIN}\nold\n{marks.END}\nbelow\n"
    once = marks.with_generated_part(page, "new\n")
    assert once == f"above\n{marks.BEGIN}\n\nnew\n\n{marks.END}\nbelow\n"
    assert marks.with_generated_part(once, "new\n") == once
    with pytest.raises(ValueError, match="lacks the marks"):
        marks.with_generated_part("no marks", "new\n")


def test_the_page_has_its_marks(bench: SimpleNamespace) -> None:
    page = (BENCH.parent / "docs/benchmarks.md").read_text("utf-8")
    assert "x" in bench.report.with_generated_part(page, "x")


def test_a_changed_line_is_new_each_time_and_stays_one_line(bench: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("app = 1\n")
    project = bench.projects.Project(bench.projects.EXAMPLES["flask-minimal"], tmp_path)
    texts = []
    for _ in range(3):
        project.change_a_line(0)
        texts.append((tmp_path / "app.py").read_text())
    assert len(set(texts)) == 3
    assert {len(text.splitlines()) for text in texts} == {2}


def test_package_folders_of_this_host_are_hidden_and_network_indexes_are_for_both(
    bench: SimpleNamespace, tmp_path: Path
) -> None:
    host = {
        "HOME": str(tmp_path),
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_FIND_LINKS": str(tmp_path),
        "PIP_INDEX_URL": "https://index.test/simple",
        "PIP_EXTRA_INDEX_URL": f"file://{tmp_path} https://more.test/simple",
        "UV_FIND_LINKS": str(tmp_path),
        "OKAMOCHI_SUITE": "trixie",
        "PYTHONDONTWRITEBYTECODE": "1",
        "http_proxy": "http://proxy.test:3128",
    }
    environment, indexes = bench.workshop.surroundings(host)
    assert indexes == {
        "PIP_INDEX_URL": "https://index.test/simple",
        "PIP_EXTRA_INDEX_URL": "https://more.test/simple",
    }
    assert not {"PIP_FIND_LINKS", "UV_FIND_LINKS", "OKAMOCHI_SUITE", "PYTHONDONTWRITEBYTECODE"} & set(
        environment
    )
    assert environment.items() >= {**indexes, "http_proxy": "http://proxy.test:3128"}.items()


def test_build_cache_of_before_the_run_is_not_ours(bench: SimpleNamespace) -> None:
    from datetime import UTC, datetime

    since = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
    assert bench.workshop.made_after("2026-01-31 10:00:00.5 +0000 UTC", since)
    assert not bench.workshop.made_after("2026-01-31 09:59:59.9 +0000 UTC", since)
    assert not bench.workshop.made_after("", since)


def test_the_census_names_modules_without_bytecode(bench: SimpleNamespace, tmp_path: Path) -> None:
    names = ("json/a.py", "json/__pycache__/a.cpython-313.pyc", "b.py", "c.txt")
    layout_of(tmp_path, [f"usr/lib/python3.13/{name}" for name in names] + ["app/x.py"])
    assert bench.ours.bytecode_census(tmp_path) == (2, ("usr/lib/python3.13/b.py",))
    (part,) = bench.ours.parts_of(tmp_path)
    assert (part.title, part.size_bytes) == ("base", (tmp_path / "blobs/sha256/layer").stat().st_size)


def layout_of(folder: Path, files: list[str]) -> None:
    """As much of an image layout as the bench reads."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)
    with tarfile.open(blobs / "layer", "w:gz") as tar:
        for name in files:
            tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    layer = {"digest": "sha256:layer", "size": (blobs / "layer").stat().st_size}
    (blobs / "config").write_text(json.dumps({"history": [{"comment": "base"}]}))
    (blobs / "manifest").write_text(json.dumps({"config": {"digest": "sha256:config"}, "layers": [layer]}))
    (folder / "index.json").write_text(json.dumps({"manifests": [{"digest": "sha256:manifest"}]}))
