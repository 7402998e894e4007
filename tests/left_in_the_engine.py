"""What tests leave in an engine until the whole run ends, since other workers may use it or be hurt.

Images: two workers that build one example get the same image under the same name, so none of them may remove
it while others still start it. A Swarm: an engine that leaves one forgets the names of all containers, those
on other networks too (libnetwork, cleanupServiceDiscovery), and no stack finds its database from then on.
"""

import os
import subprocess
import tempfile
from pathlib import Path


def remember_loaded_image(engine: str, reference: str) -> None:
    remember(engine, "image", "rm", reference)


def remember_swarm() -> None:
    """One that a test is about to make."""
    remember("docker", "swarm", "leave", "--force")


def remember(*command: str) -> None:
    with record().open("a", encoding="utf-8") as file:
        file.write(" ".join(command) + "\n")


def remove_what_is_left() -> None:
    """Does nothing in a worker: others may go on."""
    if "PYTEST_XDIST_WORKER" in os.environ or not record().exists():
        return
    for line in sorted(set(record().read_text("utf-8").splitlines())):
        subprocess.run(line.split(), capture_output=True, check=False)
    record().unlink()


def record() -> Path:
    """One file for a run, named after the process that controls it."""
    run = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    return Path(tempfile.gettempdir(), f"okamochi-tests-{run}-left")
