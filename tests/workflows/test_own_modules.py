"""What is the project's own is never looked for in an index."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from okamochi.run.proof.answer import Outcome, Verdict
from okamochi.system.project_files import MemoryProject
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.mends.packages.missing import mend
from okamochi.workflows.plan import PlannedProject

APP = "from flask import Flask\napp = Flask(__name__)\napp.config.from_object('config.Live')\n"


@pytest.mark.parametrize(
    ("module", "wanted"),
    [
        ("main.setup_db", ""),  # the folder's own name, as the author imports it from above
        ("shop", ""),
        ("stall.models", ""),  # the package that the project's folder is
        ("prices.vat", ""),
        ("config", ""),  # the app's configuration, which was never published
        ("requests", "requests"),
    ],
)
def test_a_module_of_the_project_is_no_requirement(module: str, wanted: str) -> None:
    application = SimpleNamespace(import_root="", package="stall")
    planned = SimpleNamespace(
        root=Path("/home/me/shop/main"),
        project=MemoryProject({"shop.py": "", "prices/vat.py": "", "app.py": APP}),
        plan=SimpleNamespace(application=application),
    )
    verdict = Verdict(outcome=Outcome.MISSING_MODULE, subject=module)
    found = mend(Failed(verdict, None, cast(PlannedProject, planned)))
    assert found is not None and [one.value for one in found] == [wanted] * bool(wanted)


def test_a_module_of_which_the_project_has_an_example_is_no_requirement(tmp_path: Path) -> None:
    (tmp_path / "settings_sample.py").touch()
    plan = SimpleNamespace(application=SimpleNamespace(import_root="", package=""))
    of = SimpleNamespace(root=tmp_path, project=MemoryProject({"app.py": APP}), plan=plan)
    for module, values in (("settings", []), ("prices", ["prices"])):
        verdict = Verdict(outcome=Outcome.MISSING_MODULE, subject=module)
        found = mend(Failed(verdict, None, cast(PlannedProject, of)))
        assert found is not None and [one.value for one in found] == values
