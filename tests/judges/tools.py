"""Independent judges in an environment of their own, installed when a test first asks for one."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / ".judges"
INSTALL_SECONDS = 900
UV = Path(sys.executable).with_name("uv")


@dataclass(frozen=True)
class Verdict:
    code: int
    text: str


def python_judge(program: str, *packages: str) -> Path:
    """The program of packages from the package index; the test is skipped where they cannot be had."""
    folder = PLACE / packages[0]
    found = folder / "bin" / program
    PLACE.mkdir(exist_ok=True)
    with FileLock(PLACE / f"{packages[0]}.lock"):
        if found.exists():
            return found
        done = installed(folder, packages)
        if done.returncode != 0 or not found.exists():
            shutil.rmtree(folder)
            pytest.skip(f"{packages[0]} cannot be installed here: {done.stderr.decode()[-200:]}")
    return found


def installed(folder: Path, packages: tuple[str, ...]) -> subprocess.CompletedProcess[bytes]:
    """By uv, which takes a tenth of the time; by pip where uv does not know the way to the index."""
    by_uv = (UV, "pip", "install", "--quiet", "--python", folder / "bin/python", *packages)
    by_pip = (folder / "bin/python", "-m", "pip", "install", "--quiet", *packages)
    subprocess.run((UV, "venv", "--quiet", "--seed", "--python", sys.executable, folder), check=True)
    done = subprocess.run(by_uv, capture_output=True, timeout=INSTALL_SECONDS, check=False)
    if done.returncode == 0:
        return done
    return subprocess.run(by_pip, capture_output=True, timeout=INSTALL_SECONDS, check=False)


def node_judge(program: str, package: str) -> Path:
    """A program of npm, without running anything that its packages would run when installed."""
    if shutil.which("npm") is None:
        pytest.skip("there is no npm here")
    folder = PLACE / package.replace("/", "+")
    found = folder / "node_modules/.bin" / program
    PLACE.mkdir(exist_ok=True)
    with FileLock(PLACE / f"{folder.name}.lock"):
        if found.exists():
            return found
        folder.mkdir(exist_ok=True)
        install = ("npm", "install", "--silent", "--ignore-scripts", "--prefix", folder, package)
        done = subprocess.run(install, capture_output=True, timeout=INSTALL_SECONDS, check=False)
        if done.returncode != 0:
            shutil.rmtree(folder)
            pytest.skip(f"{package} cannot be installed here: {done.stderr.decode()[-200:]}")
    return found


def judged(program: Path | str, *arguments: Path | str, cwd: Path | None = None, **environ: str) -> Verdict:
    import os

    done = subprocess.run(
        (program, *arguments),
        capture_output=True,
        cwd=cwd,
        env={**os.environ, **environ},
        timeout=300,
        check=False,
    )
    text = (done.stdout + done.stderr).decode("utf-8", "replace")
    return Verdict(done.returncode, text)


def json_of(verdict: Verdict) -> object:
    start = min(found for found in (verdict.text.find("["), verdict.text.find("{")) if found >= 0)
    return json.JSONDecoder().raw_decode(verdict.text[start:])[0]
