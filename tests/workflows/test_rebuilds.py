"""What a second build costs in new blobs, and what the lock is for."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.workflows.conftest import Build, Built, closed_proxy, strange_start

pytestmark = pytest.mark.network

MOST_NEW_BYTES = 20_000


def test_a_build_in_which_nothing_changed_makes_no_blob(minimal: Path, build: Build) -> None:
    first = build(minimal)
    before = first.blobs()
    again = build(minimal)
    assert again.digest == first.digest
    assert again.report == first.report
    assert again.blobs() == before


def test_one_changed_line_makes_few_and_small_blobs(minimal: Path, build: Build) -> None:
    before = build(minimal).blobs()
    app = minimal / "app.py"
    app.write_text(app.read_text().replace("Your order has arrived", "Your order is on its way"))
    changed = build(minimal)
    new = {name: size for name, size in changed.blobs().items() if name not in before}
    assert len(new) == 3, "one layer, the configuration, the manifest"
    assert sum(new.values()) <= MOST_NEW_BYTES
    assert b"is on its way" in (changed.members["app/app.py"].content or b"")


def test_a_change_of_the_same_size_and_time_stamp_is_seen(minimal: Path, build: Build) -> None:
    first = build(minimal)
    app = minimal / "app.py"
    facts = app.stat()
    app.write_text(app.read_text().replace("毎度あり", "毎日あり"))
    os.utime(app, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert app.stat().st_size == facts.st_size
    assert build(minimal).digest != first.digest
    app.write_text(app.read_text().replace("毎日あり", "毎度あり"))
    assert build(minimal).digest == first.digest


def test_files_that_come_and_go_are_seen(minimal: Path, build: Build) -> None:
    first = build(minimal)
    (minimal / "static").mkdir()
    (minimal / "static/logo.svg").write_text("<svg/>")
    assert "app/static/logo.svg" in build(minimal).members
    (minimal / "static/logo.svg").rename(minimal / "static/mark.svg")
    assert {"app/static/mark.svg"} == {path for path in build(minimal).members if path.endswith(".svg")}
    (minimal / "static/mark.svg").unlink()
    (minimal / "static").rmdir()
    assert build(minimal).digest == first.digest


def test_settings_and_ignore_files_are_seen(minimal: Path, build: Build) -> None:
    first = build(minimal)
    (minimal / ".dockerignore").write_text("README.md\n")
    assert "app/README.md" not in build(minimal).members
    (minimal / ".dockerignore").unlink()
    (minimal / "okamochi.toml").write_text("port = 9000\n")
    assert "PORT=9000" in build(minimal).config["config"]["Env"]
    (minimal / "okamochi.toml").unlink()
    assert build(minimal).digest == first.digest


def test_one_more_dependency_replaces_only_its_own_layer(minimal: Path, build: Build) -> None:
    before = build(minimal)
    lock = (minimal / "okamochi.lock").read_bytes()
    (minimal / "requirements.txt").write_text("flask\nitsdangerous\npackaging==25.0\n")
    after = build(minimal, layout="after")
    replaced = {comment for comment, digest in after.layers.items() if digest not in before.layers.values()}
    wheels = {comment for comment in replaced if comment.startswith("wheel")}
    assert [comment.count("packaging 25.0") for comment in wheels] == [1]
    assert replaced == wheels
    assert versions(after) == versions(before) | {("packaging", "25.0")}
    (minimal / "requirements.txt").write_text("flask\n")
    assert build(minimal, layout="restored").layers["base"] == before.layers["base"]
    assert versions(before) == {tuple(wheel) for wheel in wheels_in(lock)}


def versions(built: Built) -> set[tuple[str, str]]:
    components = built.report["components"]
    return {(each["name"], each["version"]) for each in components if each["kind"] == "wheel"}


def wheels_in(lock: bytes) -> list[tuple[str, str]]:
    (platform,) = json.loads(lock)["platforms"]
    return [(wheel["name"], wheel["version"]) for wheel in platform["wheels"]]


def test_the_lock_is_kept_and_names_no_mirror_and_no_index(minimal: Path, build: Build) -> None:
    lock = (minimal / "okamochi.lock").read_bytes()
    build(minimal)
    assert (minimal / "okamochi.lock").read_bytes() == lock
    assert b"://" not in lock
    assert b"/tmp" not in lock


def test_locked_needs_neither_network_nor_uv(minimal: Path, build: Build, program: Program) -> None:
    expected = build(minimal).digest
    alone = Program(
        {**program.environ, **closed_proxy()},
        strange_start("import uv", "uv.find_uv_bin = lambda: sys.exit('uv was asked for')"),
    )
    (minimal.parent / "elsewhere").mkdir()
    moved = minimal.rename(minimal.parent / "elsewhere" / minimal.name)
    assert build(moved, "--locked", "--tag", "shop:1", using=alone, layout="locked").digest == expected
    assert build(moved, "--locked", "--offline", using=alone, layout="offline").digest == expected


def test_locked_and_offline_builds_every_layer_anew_from_the_downloads(
    minimal: Path, build: Build, program: Program, fresh_cache: Path
) -> None:
    expected = build(minimal).digest
    alone = program.with_environ(OKAMOCHI_CACHE_DIR=str(fresh_cache), **closed_proxy())
    assert build(minimal, "--locked", "--offline", using=alone, layout="offline").digest == expected


def test_an_old_version_is_kept_until_the_lock_is_upgraded(
    tmp_path: Path, build: Build, program: Program
) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "app.py").write_text("from flask import Flask\n\napp = Flask(__name__)\n")
    (root / "requirements.txt").write_text("flask==3.1.0\n")
    assert "wheel flask + 3.1.0" in program.ok("lock", root).stdout
    (root / "requirements.txt").write_text("flask>=3\n")
    assert program.ok("lock", root).stdout == "okamochi.lock: nothing changed\n"
    upgraded = program.ok("lock", root, "--upgrade").stdout
    assert "wheel flask 3.1.0 -> 3." in upgraded
    assert program.ok("lock", root, "--upgrade").stdout == "okamochi.lock: nothing changed\n"


def test_a_layout_is_never_written_into_a_folder_of_other_things(
    minimal: Path, program: Program, tmp_path: Path
) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/thesis.txt").write_text("42")
    answer = program("build", minimal, "--to", f"layout:{tmp_path / 'precious'}")
    assert (answer.code, answer.stdout) == (5, "")
    assert [path.name for path in (tmp_path / "precious").iterdir()] == ["thesis.txt"]
