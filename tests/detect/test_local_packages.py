"""Folders of source that dependencies name: of the project, of a workspace, of the checkout."""

from okamochi.model.plan import LocalPackage
from tests.detect.plans import FLASK_APP, decision, planned, variable

COMMON = '[build-system]\nrequires = ["hatchling"]\n[project]\nname = "common"\nversion = "1"\n'
SHARED = {"libs/common/pyproject.toml": COMMON, "libs/common/src/common/__init__.py": ""}


def test_what_a_package_of_the_project_reads_is_asked_for() -> None:
    files = {
        "requirements.txt": "flask\n-e ./packages/store\n",
        "app.py": f"from store.settings import HOST\n{FLASK_APP}",
        "packages/store/pyproject.toml": '[project]\nname = "store"\nversion = "1"\n',
        "packages/store/src/store/__init__.py": "",
        "packages/store/src/store/settings.py": "import os\nHOST = os.environ['STORE_HOST']\n",
    }
    assert variable(planned(files), "STORE_HOST").required
    flat = {path.replace("/src/", "/"): text for path, text in files.items()}
    assert variable(planned(flat), "STORE_HOST").required


def test_a_folder_that_is_asked_for_stays_where_it_lies() -> None:
    plan = planned({"app.py": FLASK_APP, "requirements.txt": "flask\n-e ./libs/common\n", **SHARED})
    assert plan.dependencies.local == (LocalPackage(name="common", path="libs/common", editable=True),)
    assert "libs/common/pyproject.toml" in plan.dependencies.input_files
    assert "stays where it lies" in decision(plan, "dependencies.local.common").summary


def test_one_that_compiles_or_generates_is_built() -> None:
    files = {**SHARED, "libs/common/setup.py": "setup(ext_modules=[...])"}
    plan = planned({"app.py": FLASK_APP, "requirements.txt": "flask\n./libs/common\n", **files})
    assert plan.dependencies.local == (LocalPackage(name="common", path="libs/common"),)


def test_what_a_folder_brings_counts_as_asked_for() -> None:
    common = COMMON + 'dependencies = ["flask", "gunicorn"]\n'
    files = {**SHARED, "libs/common/pyproject.toml": common}
    plan = planned({"app.py": FLASK_APP, "requirements.txt": "./libs/common\n", **files})
    assert plan.dependencies.files == ("requirements.txt",)
    assert plan.dependencies.added == ()


def test_folders_that_a_folder_names_are_found_in_turn() -> None:
    common = COMMON + 'dependencies = ["deep"]\n[tool.uv.sources]\ndeep = { path = "../deep" }\n'
    deep = COMMON.replace("common", "deep")
    files = {
        **SHARED,
        "libs/common/pyproject.toml": common,
        "libs/deep/pyproject.toml": deep,
        "libs/deep/deep.py": "",
    }
    plan = planned({"app.py": FLASK_APP, "requirements.txt": "flask\n./libs/common\n", **files})
    assert [one.path for one in plan.dependencies.local] == ["libs/common", "libs/deep"]
    assert plan.dependencies.inline == ("deep @ file:libs/deep",)


def test_sources_of_uv_and_poetry_are_never_looked_for_in_an_index() -> None:
    table = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask", "common>=1", "tool"]\n'
    sources = (
        '[tool.uv.sources]\ncommon = { path = "libs/common" }\n'
        'tool = { git = "https://forge.example/tool", tag = "v1" }\n'
    )
    plan = planned({"app.py": FLASK_APP, "pyproject.toml": table + sources, **SHARED})
    assert plan.dependencies.inline == (
        "flask",
        "common @ file:libs/common",
        "tool @ git+https://forge.example/tool@v1",
    )
    poetry = (
        '[tool.poetry]\nname = "shop"\npackage-mode = false\n[tool.poetry.dependencies]\npython = "^3.12"\n'
        'flask = "*"\ncommon = { path = "./libs/common", develop = true }\n'
    )
    plan = planned({"app.py": FLASK_APP, "pyproject.toml": poetry, **SHARED})
    assert "common @ file:libs/common" in plan.dependencies.inline


WORKSPACE = """
version = 1
[manifest]
members = ["api", "common", "mono"]
[[package]]
name = "mono"
version = "0"
source = { virtual = "." }
[[package]]
name = "api"
version = "1"
source = { virtual = "services/api" }
dependencies = [{ name = "flask" }, { name = "common" }]
[[package]]
name = "common"
version = "1"
source = { editable = "libs/common" }
[[package]]
name = "flask"
version = "3.1.3"
source = { registry = "https://index.example/simple" }
wheels = [{ url = "https://index.example/flask-3.1.3-py3-none-any.whl", hash = "sha256:HASH" }]
""".replace("HASH", "a" * 64)


def test_a_member_of_a_workspace_is_locked_by_the_lock_above_it() -> None:
    plan = planned(
        {
            "app.py": FLASK_APP,
            "pyproject.toml": '[project]\nname = "api"\nversion = "1"\ndependencies = ["flask", "common"]\n'
            "[tool.uv.sources]\ncommon = { workspace = true }\n",
            "../../pyproject.toml": '[project]\nname = "mono"\n[tool.uv.workspace]\nmembers = ["libs/*"]\n',
            "../../uv.lock": WORKSPACE,
            "../../libs/common/pyproject.toml": COMMON,
            "../../libs/common/src/common/__init__.py": "",
        }
    )
    assert plan.dependencies.lock_file == "../../uv.lock"
    assert plan.dependencies.local == (LocalPackage(name="common", path="../../libs/common"),)
