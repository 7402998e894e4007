"""What okamochi writes itself is what its rules ask for: nothing but notes is found in any rendered file."""

import pytest

from okamochi.audit.audit import audit
from okamochi.audit.reading import read_setup
from okamochi.audit.rules import RULES
from okamochi.model.finding import Severity
from okamochi.system.project_files import MemoryProject
from tests.audit.cases import TODAY
from tests.judges.files import EXAMPLES, EXAMPLES_FOLDER, plan_of, rendered_files


@pytest.mark.parametrize("example", EXAMPLES)
def test_rendered_files_of_an_example_are_found_in_order(example: str) -> None:
    folder = EXAMPLES_FOLDER / example
    source = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    rendered = rendered_files(example)
    project = MemoryProject({**source, **rendered})
    found = audit(read_setup(project, plan_of(example), TODAY), RULES).findings
    told = [
        f"{one.found.path}:{one.found.line} {one.rule}" for one in found if one.severity is not Severity.NOTE
    ]
    assert [one for one in told if one.partition(":")[0] in rendered] == []
