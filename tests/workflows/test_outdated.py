"""What counts as outdated, and how one wheel is moved."""

import json
import re
from pathlib import Path

import click
import pytest
from msgspec.structs import replace

from okamochi.cli.lock import path_and_packages
from okamochi.model.lock import Lock, LockedDeb, LockedImage, LockedPlatform, LockedWheel
from okamochi.model.lock_codec import lock_to_json
from okamochi.pypi import advisories
from okamochi.pypi.advisories import Told, told_of
from okamochi.pypi.uv_program import ProjectIndexes
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows import outdated as outdating
from okamochi.workflows.outdated import image_moved, newer, outdated
from okamochi.workflows.relock import moved_debs
from tests.cli.program import Program
from tests.detect.plans import FLASK_APP
from tests.system.faulty_server import Served, serving

OLD = "0.0.1"


def deb(name: str, version: str, archive: str = "debian") -> LockedDeb:
    return LockedDeb(
        name=name,
        version=version,
        architecture="amd64",
        archive=archive,
        filename=f"pool/{name}.deb",
        size_bytes=1,
        sha256="0" * 64,
    )


def test_a_newer_package_of_the_security_archive_is_told_as_such() -> None:
    (one,) = newer("deb", (deb("a", "1"),), (deb("a", "1+deb13u1", "debian-security"),))
    assert (one.security, str(one)) == (True, "deb a 1 -> 1+deb13u1 (security)")


def test_what_is_the_same_or_new_is_not_outdated_and_what_went_is() -> None:
    found = newer("deb", (deb("a", "1"), deb("b", "1")), (deb("a", "1"), deb("c", "1")))
    assert [str(one) for one in found] == ["deb b 1 -> (no longer needed)"]


def test_a_base_image_is_outdated_when_its_name_stands_for_another_one_of_the_platform() -> None:
    old = LockedImage(name="python:3.12-slim", digest="sha256:" + "1" * 64, manifest="sha256:" + "2" * 64)
    (one,) = image_moved(old, replace(old, manifest="sha256:" + "3" * 64))
    assert str(one) == f"image python:3.12-slim {old.manifest} -> sha256:{'3' * 64}"
    assert image_moved(old, replace(old, digest="sha256:" + "4" * 64)) == ()  # other platforms moved
    assert image_moved(None, old) == image_moved(old, None) == ()


def aged(lock: Path, *names: str) -> None:
    """As if these wheels had been locked long ago."""
    text = lock.read_text()
    for name in names:
        text = re.sub(
            rf'"{name}", "version": "[^"]+", "filename": "{name}-[^-]+-', f'"{name}", "version": "{OLD}", '
            f'"filename": "{name}-{OLD}-', text
        )  # fmt: skip
    lock.write_text(text)


def wheels(lock: Path) -> dict[str, str]:
    (platform,) = json.loads(lock.read_bytes())["platforms"]
    return {wheel["name"]: wheel["version"] for wheel in platform["wheels"]}


@pytest.mark.network
def test_newer_versions_are_told_and_nothing_is_changed(minimal: Path, program: Program) -> None:
    lock = minimal / "okamochi.lock"
    newest = wheels(lock)["flask"]
    aged(lock, "flask")
    before = lock.read_bytes()
    answer = program("outdated", minimal, "--check")
    assert (answer.code, answer.stdout) == (1, f"wheel flask {OLD} -> {newest}\n")
    assert lock.read_bytes() == before


@pytest.mark.network
def test_one_wheel_is_moved_and_the_others_and_the_base_stay(minimal: Path, program: Program) -> None:
    lock = minimal / "okamochi.lock"
    program.ok("lock", minimal)
    text = lock.read_text()
    newest = wheels(lock)
    (minimal / "requirements.txt").write_text("flask<3.1\nitsdangerous<2.2\n")
    program.ok("lock", minimal)
    old = wheels(lock)
    (minimal / "requirements.txt").write_text("flask\nitsdangerous\n")
    program.ok("lock", minimal)
    assert wheels(lock) == old, "an older lock's versions stay where they are allowed"
    program.ok("lock", "--upgrade", minimal, "ItsDangerous")
    assert wheels(lock) == {**old, "itsdangerous": newest["itsdangerous"]}
    debs = [line for line in text.splitlines() if '"architecture"' in line]
    assert [line for line in lock.read_text().splitlines() if '"architecture"' in line] == debs


@pytest.mark.network
@pytest.mark.parametrize("option", ["--upgrade", "--upgrade-package"])
def test_what_is_no_package_of_the_lock_is_refused(minimal: Path, program: Program, option: str) -> None:
    answer = program("lock", minimal, option, "tzdata-deb")
    assert answer.code == 2
    assert "no wheel and no Debian package tzdata-deb" in answer.stderr


def test_words_are_the_project_or_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path)
    here, shop = Path(), Path("shop")
    assert path_and_packages((), upgrade=True) == (here, ())
    assert path_and_packages(("shop",), upgrade=True) == (shop, ())
    assert path_and_packages(("flask", "jinja2"), upgrade=True) == (here, ("flask", "jinja2"))
    assert path_and_packages(("shop", "flask"), upgrade=True) == (shop, ("flask",))
    assert path_and_packages(("./flask",), upgrade=True) == (Path("flask"), ())
    # without --upgrade a word that is no folder is a project that is not there, told as that
    assert path_and_packages(("flask",), upgrade=False) == (Path("flask"), ())
    with pytest.raises(click.UsageError, match="several projects: shop flask"):
        path_and_packages(("shop", "flask"), upgrade=False)


def test_the_only_app_below_is_the_one_to_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "checkout/web").mkdir(parents=True)
    (tmp_path / "checkout/web/app.py").write_text(FLASK_APP)
    (tmp_path / "checkout/web/requirements.txt").write_text("flask\n")
    monkeypatch.chdir(tmp_path)
    web = Path("checkout/web")
    assert path_and_packages(("checkout", "flask"), upgrade=True) == (web, ("flask",))
    monkeypatch.chdir("checkout")
    assert path_and_packages((), upgrade=False) == (Path("web"), ())


def test_a_debian_package_is_moved_with_those_of_its_source_and_no_other() -> None:
    old = (deb("libssl", "3.0-1"), deb("openssl", "3.0-1"), deb("zlib", "1.2"))
    newest = (deb("libssl", "3.0-2"), deb("openssl", "3.0-2"), deb("zlib", "1.3"), deb("new", "1"))
    found = {one.name: one.version for one in moved_debs(old, newest, frozenset({"libssl"}))}
    assert found == {"libssl": "3.0-2", "openssl": "3.0-2", "zlib": "1.2", "new": "1"}


def wheel(name: str, version: str) -> LockedWheel:
    filename = f"{name}-{version}-py3-none-any.whl"
    return LockedWheel(name=name, version=version, filename=filename, sha256="0" * 64)


def test_what_the_index_knows_of_a_release_is_told(tmp_path: Path) -> None:
    release = {
        "vulnerabilities": [
            {"id": "GHSA-1", "aliases": ["CVE-2024-1"], "fixed_in": ["3.1.4"]},
            {"id": "PYSEC-2", "aliases": [], "fixed_in": [], "withdrawn": "2024-01-01T00:00:00Z"},
        ]
    }
    simple = {"files": [{"filename": "jinja2-3.1.2-py3-none-any.whl", "yanked": "broken\x1b[31m"}]}
    content = {
        "pypi/jinja2/3.1.2/json": json.dumps(release).encode(),
        "simple/jinja2/": json.dumps(simple).encode(),
    }
    with serving(Served(content)) as served:
        environ = {"UV_DEFAULT_INDEX": f"{served.url}/simple", "PATH": "/usr/bin:/bin"}
        world = World.real(environ, SilentReporter(), cache_root=tmp_path / "cache")
        told = told_of(world, ProjectIndexes(), (wheel("jinja2", "3.1.2"), wheel("other", "1")))
    assert told["jinja2"] == Told(("CVE-2024-1 (fixed in 3.1.4)",), "broken [31m")
    assert told["other"] == Told()


def test_what_is_insecure_or_withdrawn_is_told_also_without_a_newer_version_and_security_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app.py").write_text(FLASK_APP)
    (tmp_path / "requirements.txt").write_text("flask\n")
    old = LockedPlatform(
        platform="linux/amd64",
        debs=(deb("base", "1"), deb("ssl", "1")),
        wheels=tuple(wheel(name, "1") for name in ("bad", "gone", "good", "late")),
    )
    lock = Lock(
        base_inputs="0" * 64,
        wheel_inputs="0" * 64,
        python_version="3.13",
        suite="trixie",
        snapshot="2026-11-30T00:00:00Z",
        platforms=(old,),
    )
    (tmp_path / "okamochi.lock").write_bytes(lock_to_json(lock))
    debs = (deb("base", "2"), deb("ssl", "2", "debian-security"))
    now = tuple(wheel(name, "2" if name == "late" else "1") for name in ("bad", "gone", "good", "late"))
    monkeypatch.setattr(outdating, "both_halves", lambda session: (debs, "", now))
    told = {"bad": Told(advisories=("CVE-2026-1 (fixed in 2)",)), "gone": Told(yanked="broken")}
    monkeypatch.setattr(advisories, "told_of", lambda world, indexes, wheels: told)
    world = World.real({}, SilentReporter(), cache_root=tmp_path / "cache")
    assert [str(one) for one in outdated(tmp_path, world, platform="linux/amd64")] == [
        "deb ssl 1 -> 2 (security)",
        "wheel bad 1 -> 1 (security) [CVE-2026-1 (fixed in 2)]",
        "deb base 1 -> 2",
        "wheel gone 1 -> 1 (withdrawn from the index: broken)",
        "wheel late 1 -> 2",
    ]
