"""The plans of examples/ as they are written down in tests/golden.

OKAMOCHI_UPDATE_GOLDEN=1 writes them anew; read the difference before it is kept.
"""

import os
from pathlib import Path

import pytest

from okamochi.detect.planner import make_plan
from okamochi.model.codec import plan_to_json
from okamochi.model.settings_reader import read_settings
from okamochi.system.project_files import DiskProject

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = sorted(path.name for path in (REPOSITORY / "examples").iterdir() if path.is_dir())


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_plan_of_an_example_is_the_golden_one(example: str) -> None:
    project = DiskProject.open(REPOSITORY / "examples" / example)
    content = plan_to_json(make_plan(project, read_settings(project)))
    golden = REPOSITORY / "tests" / "golden" / f"plan-{example}.json"
    if os.environ.get("OKAMOCHI_UPDATE_GOLDEN") == "1":
        golden.write_bytes(content)
    assert golden.is_file(), "OKAMOCHI_UPDATE_GOLDEN=1 writes it"
    assert content.decode() == golden.read_text(encoding="utf-8")


def test_an_example_s_plan_is_the_same_from_another_folder(tmp_path: Path) -> None:
    source = REPOSITORY / "examples" / "flask-minimal"
    copy = tmp_path / "flask-minimal"
    copy.mkdir()
    for path in DiskProject.open(source).files():
        target = copy / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((source / path).read_bytes())
    plans = [
        make_plan(DiskProject.open(root), read_settings(DiskProject.open(root))) for root in (source, copy)
    ]
    assert plan_to_json(plans[0]) == plan_to_json(plans[1])
