"""When the project counts as an installed package."""

from okamochi.model.plan import LocalPackage
from tests.detect.plans import FLASK_APP, decision, planned

TABLE = '[project]\nname = "shop"\nversion = "1.5"\ndependencies = ["flask"]\n'
SYSTEM = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
OWN = (LocalPackage(name="shop", path="", editable=True),)


def test_a_project_with_a_build_system_counts_as_installed() -> None:
    plan = planned({"shop/__init__.py": "", "shop/app.py": FLASK_APP, "pyproject.toml": SYSTEM + TABLE})
    assert plan.dependencies.local == OWN
    assert "shop 1.5 counts as installed" in decision(plan, "dependencies.local").summary


def test_a_folder_of_modules_does_not() -> None:
    assert planned({"app.py": FLASK_APP, "pyproject.toml": TABLE}).dependencies.local == ()


def test_code_that_asks_for_its_own_metadata_makes_it_so() -> None:
    asks = f"from importlib.metadata import version\nVERSION = version('shop')\n{FLASK_APP}"
    plan = planned({"app.py": asks, "pyproject.toml": TABLE})
    assert plan.dependencies.local == OWN
    assert "app.py:2" in str(decision(plan, "dependencies.local").evidence[-1])


def test_code_that_asks_for_anothers_metadata_does_not() -> None:
    asks = f"from importlib.metadata import version\nVERSION = version('flask')\n{FLASK_APP}"
    assert planned({"app.py": asks, "pyproject.toml": TABLE}).dependencies.local == ()


def test_a_version_that_no_file_tells_is_said() -> None:
    dynamic = TABLE.replace('version = "1.5"', 'dynamic = ["version"]')
    plan = planned({"app.py": FLASK_APP, "pyproject.toml": SYSTEM + dynamic})
    assert "no file tells its version: 0 is taken" in decision(plan, "dependencies.local").summary


def test_a_version_that_tags_tell_is_announced() -> None:
    dynamic = TABLE.replace('version = "1.5"', 'dynamic = ["version"]')
    system = SYSTEM.replace("requires = [", 'requires = ["hatch-vcs", ')
    assert system != SYSTEM
    plan = planned({"app.py": FLASK_APP, "pyproject.toml": system + dynamic})
    assert "its version is what git's tags tell" in decision(plan, "dependencies.local").summary
