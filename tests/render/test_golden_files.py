"""The rendered files of the examples as they are kept: in examples/invoice itself, else in tests/golden.

OKAMOCHI_UPDATE_GOLDEN=1 writes them anew, those of the invoice app by okamochi itself (which asks the package
index). What hangs on a lock is compared in the long matrix only.
"""

import os
import re
import shutil
from pathlib import Path

import pytest

from okamochi.render.rendering import Language
from tests.cli.program import Program
from tests.judges.files import EXAMPLES, EXAMPLES_FOLDER, rendered_files

GOLDEN = Path(__file__).parents[1] / "golden" / "rendered"
OWN = "invoice"
CASES = [(example, Language.ENGLISH) for example in EXAMPLES if example != OWN]
CASES.append(("flask-uploads", Language.JAPANESE))
# packages of the base come with the lock; so do pins, and the record of what was written
APT = re.compile(r"(?:# [^\n]*\n)*RUN apt-get update \\\n(?:    [^\n]*\n)+")


LOCKED = (".okamochi/requirements.lock", ".okamochi/requirements-dev.txt")
UPDATE = os.environ.get("OKAMOCHI_UPDATE_GOLDEN") == "1"


def kept(files: dict[str, str]) -> dict[str, str]:
    """Without the programs, which are in src/okamochi/kit, and what a lock decides."""
    return {path: text for path, text in files.items() if not path.startswith(".okamochi/")}


@pytest.mark.parametrize(("example", "language"), CASES, ids=lambda one: str(getattr(one, "value", one)))
def test_the_rendered_files_of_an_example_are_the_golden_ones(example: str, language: Language) -> None:
    folder = GOLDEN / (example if language is Language.ENGLISH else f"{example}-{language.value}")
    files = kept(rendered_files(example, language))
    if UPDATE:
        shutil.rmtree(folder, ignore_errors=True)
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    assert folder.is_dir(), "OKAMOCHI_UPDATE_GOLDEN=1 writes it"
    there = {
        str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()
    }
    assert there == files


def of_the_invoice_app() -> list[str]:
    """Its CI is this repository's; what a lock decides is left to the long matrix."""
    return sorted(path for path in rendered_files(OWN) if not path.startswith(".git") and path not in LOCKED)


@pytest.fixture(scope="module")
def invoice(okamochi_cache: Path) -> Path:
    folder = EXAMPLES_FOLDER / OWN
    if UPDATE:
        program = Program({"OKAMOCHI_CACHE_DIR": str(okamochi_cache)})
        program.ok("render", "devcontainer", folder)
        program.ok("render", "env-sample", folder)
        program.ok("render", "kubernetes", folder)
        program.ok("render", "swarm", folder)
        program.ok("render", "ecs", folder)
        (folder / "okamochi.lock").unlink()
    return folder


@pytest.mark.parametrize("path", of_the_invoice_app())
def test_the_invoice_app_carries_its_rendered_files(path: str, invoice: Path) -> None:
    there = (invoice / path).read_text("utf-8")
    fresh = rendered_files(OWN)[path]
    if path == "Dockerfile":
        there, fresh = APT.sub("", there), APT.sub("", fresh)
    assert there == fresh, "OKAMOCHI_UPDATE_GOLDEN=1 writes it"


@pytest.mark.network
@pytest.mark.matrix
def test_the_invoice_app_s_files_are_what_its_lock_gives(tmp_path: Path, okamochi_cache: Path) -> None:
    folder = shutil.copytree(EXAMPLES_FOLDER / OWN, tmp_path / OWN)
    program = Program({"OKAMOCHI_CACHE_DIR": str(okamochi_cache)})
    program.ok("lock", folder)
    program.ok("render", "all", folder, "--check")


def test_the_japanese_comments_are_complete() -> None:
    """Whatever comment differs in no language was forgotten, but for commands and names."""
    english, japanese = (kept(rendered_files("flask-uploads", language)) for language in Language)
    for path, text in english.items():
        comments = [line.strip() for line in text.splitlines() if line.strip().startswith(("#", "//"))]
        known = japanese[path].splitlines()
        words = (line for line in comments if re.search(r"[a-z]{3} [a-z]{3}", line))
        told = [line for line in words if line in known and not re.match(r"# [A-Z_]+=", line)]
        assert not told, (path, told)
