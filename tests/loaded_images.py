"""Images that tests load into an engine. Two workers that build one example get the same image under the same
name, so none of them may remove it while others still start it: all of them go when the whole run ends."""

import os
import subprocess
import tempfile
from pathlib import Path

__all__ = ["remember_loaded_image", "remove_loaded_images"]


def remember_loaded_image(engine: str, reference: str) -> None:
    with record().open("a", encoding="utf-8") as file:
        file.write(f"{engine} {reference}\n")


def remove_loaded_images() -> None:
    """Does nothing in a worker: others may go on."""
    if "PYTEST_XDIST_WORKER" in os.environ or not record().exists():
        return
    for line in sorted(set(record().read_text("utf-8").splitlines())):
        engine, _, reference = line.partition(" ")
        subprocess.run((engine, "image", "rm", reference), capture_output=True, check=False)
    record().unlink()


def record() -> Path:
    """One file for a run, named after the process that controls it."""
    run = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    return Path(tempfile.gettempdir(), f"okamochi-tests-{run}-images")
