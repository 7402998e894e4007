"""What every test shares: its own cache and state folders, and what the markers demand of the machine."""

import hashlib
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.lacks import lacking, require_namespaces
from tests.left_in_the_engine import remove_what_is_left

OFFLINE = "OKAMOCHI_TEST_OFFLINE"
# What brings up apps and services takes longest. By --no-loadscope-reorder (./run test) these files go first,
# so that no worker is left alone with one of them at the end.
LONG_FIRST = ("tests/examples/", "tests/workflows/", "tests/run/test_engines_for_real.py", "tests/kit/")

# How long an example takes says how busy the machine is, and nothing of okamochi.
settings.register_profile(
    "beside-others", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("beside-others")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the long matrices too")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Half as many again as there are cores, and two at least: about half of all time is waiting, for engines
    and servers."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return None if os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS") else cores + max(2, cores // 2)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long matrices run with --all only: ./run test --all gives it."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG_FIRST))
    if config.getoption("--all"):
        return
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("matrix")])
    items[:] = [item for item in items if not item.get_closest_marker("matrix")]


def pytest_sessionfinish() -> None:
    remove_what_is_left()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("network") and os.environ.get(OFFLINE) == "1":
        pytest.skip(f"{OFFLINE}=1: this test reaches the package registries")
    if item.get_closest_marker("engine") and (absence := why_no_engine()):
        lacking(f"no container engine: {absence}; ./run engine installs one")
    if item.get_closest_marker("namespaces"):
        require_namespaces()
    for program in (name for marker in item.iter_markers("needs") for name in marker.args):
        if shutil.which(program) is None:
            lacking(f"there is no program {program}")


@cache
def why_no_engine() -> str:
    """Why the engine tests cannot run; "" when docker answers."""
    if shutil.which("docker") is None:
        return "there is no docker program"
    try:
        asked = subprocess.run(("docker", "info"), capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"docker info failed: {error}"
    return (
        ""
        if asked.returncode == 0
        else "docker info: " + asked.stderr.decode(errors="replace").strip()[-200:]
    )


@pytest.fixture(autouse=True)
def _own_folders(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The user's real cache and state are never touched; each test has its own, made when it is used."""
    name = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]
    base = tmp_path_factory.getbasetemp() / f"own-{name}"
    monkeypatch.setenv("OKAMOCHI_CACHE_DIR", str(base / "cache"))
    monkeypatch.setenv("OKAMOCHI_STATE_DIR", str(base / "state"))


@pytest.fixture(scope="session")
def okamochi_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache folder for all network tests of a session, and of all when OKAMOCHI_TEST_CACHE names one."""
    chosen = os.environ.get("OKAMOCHI_TEST_CACHE", "")
    if chosen:
        return Path(chosen)
    base = tmp_path_factory.getbasetemp()
    # the workers of pytest-xdist have folders side by side below one of the session
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    return shared / "okamochi-cache"
