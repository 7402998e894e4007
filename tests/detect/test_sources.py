"""Which Python files count as the project's."""

import pytest

from okamochi.detect.source import sources
from okamochi.detect.source.sources import Sources
from okamochi.errors import DetectionError
from okamochi.system.project_files import MemoryProject


def test_a_folder_of_more_modules_than_an_app_has_is_refused_by_their_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sources, "MOST_MODULES", 3)
    beside = {"app.py": "", "lib/a.py": "", "lib/b.py": ""}
    installed = {f"env/lib/python3.13/site-packages/{name}.py": "" for name in "abc"}
    assert len(Sources(MemoryProject({**beside, **installed})).all_paths) == 3
    with pytest.raises(DetectionError, match="4 Python files") as raised:
        _ = Sources(MemoryProject({**beside, "lib/c.py": ""})).all_paths
    assert raised.value.where == "lib/: 3 of them"
