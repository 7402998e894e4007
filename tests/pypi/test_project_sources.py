"""What the project's [tool.uv] says about the index."""

from pathlib import Path

import pytest

from okamochi.model.plan import Dependencies, DependencyManager
from okamochi.pypi.uv_program import read_project_indexes

PYPROJECT = """\
[project]
name = "shop"
version = "1"
dependencies = ["flask"]

[tool.uv]
exclude-newer = "7 days"
prerelease = "allow"
"""
LOCK = """\
version = 1

[[package]]
name = "shop"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "flask" }]

[[package]]
name = "flask"
version = "3.1.3"
source = { registry = "https://index.example.org/simple" }
"""


@pytest.mark.parametrize("locked", [True, False])
def test_the_day_of_the_index_is_no_matter_of_what_a_lock_pins(tmp_path: Path, locked: bool) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "uv.lock").write_text(LOCK)
    lock = Dependencies(manager=DependencyManager.UV, lock_file="uv.lock", input_files=("uv.lock",))
    plain = Dependencies(manager=DependencyManager.PYPROJECT, inline=("flask",))
    found = read_project_indexes(tmp_path, lock if locked else plain).sources
    assert dict(found.settings) == {"prerelease": "allow", **({} if locked else {"exclude-newer": "7 days"})}
