"""Where the dependencies come from, and which Python."""

from collections.abc import Mapping

import pytest

from okamochi.detect.packages.requirement_files import requirement_files
from okamochi.errors import DetectionError, OkamochiError
from okamochi.model.plan import Dependencies
from okamochi.pypi.asked import asked_of
from okamochi.pypi.meaning import meaning
from okamochi.system.project_files import MemoryProject
from tests.detect.plans import FLASK_APP, decision, planned


def chosen(files: Mapping[str, str | bytes], **command_line: str) -> Dependencies:
    return planned({"app.py": FLASK_APP, **files}, **command_line).dependencies


def test_gunicorn_is_added_when_no_server_is_listed_and_the_plan_says_so() -> None:
    plan = planned({"app.py": FLASK_APP, "requirements.txt": "flask==3.1.3\nwaitress\n"})
    assert plan.dependencies.files == ("requirements.txt",)
    assert plan.dependencies.added == ("gunicorn>=26.1",)
    assert "waitress" in decision(plan, "dependencies.added").evidence[0].reason


def test_the_projects_own_gunicorn_is_used() -> None:
    plan = planned({"app.py": FLASK_APP, "requirements.txt": "flask\ngunicorn==20.1.0\n"})
    assert plan.dependencies.added == ()
    assert decision(plan, "dependencies.added").evidence[0].line == 2


def test_a_gunicorn_of_an_included_file_counts() -> None:
    files = {
        "requirements.txt": "-r requirements/heroku.txt\n",
        "requirements/heroku.txt": "-r common.txt\ngunicorn\n",
        "requirements/common.txt": "flask\n",
    }
    found = chosen(files)
    assert found.added == ()
    assert found.input_files == ("requirements.txt", "requirements/common.txt", "requirements/heroku.txt")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"requirements.txt": "flask", "requirements-dev.txt": "pytest"}, "requirements.txt"),
        (
            {"requirements.txt": "flask", "requirements-prod.txt": "-r requirements.txt\ngunicorn"},
            "requirements-prod.txt",
        ),
        ({"requirements.txt": "flask", "requirements-prod.txt": "gunicorn"}, "requirements.txt"),
        ({"requirements/base.txt": "flask", "requirements/prod.txt": "-r base.txt"}, "requirements/prod.txt"),
        ({"requirements/base.txt": "flask", "requirements/test.txt": "-r base.txt"}, "requirements/base.txt"),
        (
            {
                "requirements/a.txt": "flask",
                "requirements/b.txt": "flask",
                "Dockerfile": "RUN pip install -r requirements/b.txt",
            },
            "requirements/b.txt",
        ),
        ({"requirements.in": "flask", "requirements.txt": "flask==3.1.3"}, "requirements.txt"),
        ({"requirements.in": "flask"}, "requirements.in"),
    ],
)
def test_requirement_files_are_ranked(files: Mapping[str, str | bytes], expected: str) -> None:
    assert chosen(files).files == (expected,)


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("req.txt", {"notes.txt": "buy milk"}),
        ("docker/python.txt", {"Dockerfile": "RUN pip install -r docker/python.txt"}),
    ],
)
def test_a_file_of_another_name_counts_where_that_is_usual_or_the_dockerfile_installs_it(
    path: str, more: dict[str, str]
) -> None:
    found = requirement_files(MemoryProject({path: "flask", **more}))
    assert [one.value[1] for one in found] == [path]


def test_a_requirement_file_in_utf_16_is_read() -> None:
    content = "flask==3.1.3\r\ngunicorn\r\n".encode("utf-16")
    assert chosen({"requirements.txt": content}).added == ()


def test_pyproject_is_taken_when_there_is_no_requirement_file() -> None:
    found = chosen({"pyproject.toml": '[project]\nname = "x"\ndependencies = ["flask>=3", "gunicorn"]\n'})
    assert (found.inline, found.files, found.added) == (("flask>=3", "gunicorn"), (), ())
    assert found.input_files == ("pyproject.toml",)


def test_an_extra_that_brings_flask_is_installed() -> None:
    text = '[project]\nname = "x"\ndependencies = ["requests"]\n[project.optional-dependencies]\n'
    text += 'tests = ["flask", "pytest"]\ncli = ["click"]\napp = ["flask>=3", "humanize"]\n'
    assert chosen({"pyproject.toml": text}).inline == ("requests", "flask>=3", "humanize")


def test_the_setting_names_the_files() -> None:
    files: Mapping[str, str | bytes] = {"requirements.txt": "flask", "deploy/all.txt": "flask\ngunicorn"}
    assert chosen(files, requirements="deploy/all.txt").files == ("deploy/all.txt",)


@pytest.mark.parametrize("path", ["Pipfile.lock", "Pipfile", "environment.yml"])
def test_damaged_files_of_other_managers_are_named(path: str) -> None:
    with pytest.raises(DetectionError) as caught:
        planned({"app.py": FLASK_APP, path: "install_requires = [}: *x\n"})
    assert caught.value.where.startswith(path)
    assert caught.value.exit_code == 3


def test_the_dockerfiles_list_is_taken_when_nothing_else_lists_anything() -> None:
    files: Mapping[str, str | bytes] = {
        "app.py": "import os, requests\n" + FLASK_APP,
        "pyproject.toml": "[tool.black]\n",
        "Dockerfile": "FROM python\nRUN pip install \\\n  flask==3.1.3 'requests>=2' && rm -r x\n",
    }
    assert chosen(files).inline == ("flask==3.1.3", "requests>=2")


@pytest.mark.parametrize(
    "options",
    ["--group main", "--progress-bar off", "--upgrade-strategy eager", "-t libs", "--no-binary lxml"],
)
def test_what_an_option_of_pip_is_given_is_no_package(options: str) -> None:
    install = f"FROM python\nRUN pip install {options} flask==3.1.3\n"
    files: Mapping[str, str | bytes] = {"pyproject.toml": "[tool.black]\n", "Dockerfile": install}
    assert chosen(files).inline == ("flask==3.1.3",)


def test_a_package_behind_an_option_is_told_to_be_left_out() -> None:
    plan = planned(
        {"requirements.txt": "--find-links=https://wheels.example.org GDAL\nflask\n", "app.py": FLASK_APP}
    )
    told = [one for one in plan.decisions if "GDAL is not installed" in one.summary]
    assert [(one.evidence[0].path, one.evidence[0].line) for one in told] == [("requirements.txt", 1)]


GROUPS = """\
[dependency-groups]
main = ["flask==3.1.3", {include-group = "tasks"}]
tasks = ["celery==5.6.2"]
dev = ["pytest", "django-stubs"]
docs-build = ["sphinx"]
"""


def test_a_pyproject_that_is_nothing_but_groups_lists_those_of_the_app() -> None:
    files: Mapping[str, str | bytes] = {
        "app.py": FLASK_APP,
        "pyproject.toml": GROUPS,
        "Dockerfile": "FROM python\nRUN pip install --group main --group dev\n",
    }
    assert chosen(files).inline == ("flask==3.1.3", "celery==5.6.2")
    whole = {
        **files,
        "pyproject.toml": f'{GROUPS}[project]\nname = "x"\nversion = "1"\ndependencies = ["flask"]\n',
    }
    assert chosen(whole).inline == ("flask",)
    tools = {**files, "pyproject.toml": '[dependency-groups]\nmain = ["ruff"]\n', "Dockerfile": ""}
    assert chosen(tools).inline == ("flask",)  # as its code imports


def test_without_any_list_the_imports_are_installed_with_a_warning() -> None:
    plan = planned(
        {"app.py": "import os, yaml, helpers\n" + FLASK_APP, "helpers.py": "", "lists nothing": ""}
    )
    assert plan.dependencies.inline == ("flask", "pyyaml")
    assert "Warning" in decision(plan, "dependencies.inline").summary


@pytest.mark.parametrize(
    ("module", "asked"), [("strawberry", "strawberry-graphql"), ("graphql", "graphql-core")]
)
def test_what_is_imported_by_another_name_is_asked_for_by_its_own(module: str, asked: str) -> None:
    plan = planned({"app.py": f"import {module}\n{FLASK_APP}", "lists nothing": ""})
    assert plan.dependencies.inline == ("flask", asked)


def test_a_broken_pyproject_is_no_traceback() -> None:
    with pytest.raises(OkamochiError):
        planned({"app.py": FLASK_APP, "pyproject.toml": "[project\n"})


def test_a_file_that_the_chosen_one_includes_is_not_told_as_left_out() -> None:
    files = {
        "app.py": FLASK_APP,
        "requirements.txt": "-r requirements/prod.txt\n",
        "requirements/prod.txt": "flask\n",
        "requirements/base.txt": "requests\n",
    }
    plan = planned(files)
    told = {one.path for one in decision(plan, "dependencies.files").evidence}
    assert told == {"requirements.txt", "requirements/base.txt"}


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    from urlparse import urljoin\nexcept ImportError:\n    from urllib.parse import urljoin\n",
        "try:\n    import simplejson as json\nexcept ImportError:\n    import json\n",
        "import urllib2\n",
    ],
)
def test_imports_that_the_code_does_without_are_not_taken_for_dependencies(source: str) -> None:
    plan = planned({"app.py": f"{source}{FLASK_APP}", "lists nothing": ""})
    assert plan.dependencies.inline == ("flask",)


def test_an_import_without_which_the_code_ends_is_a_dependency() -> None:
    source = "import sys\ntry:\n    import redis\nexcept ImportError:\n    sys.exit('install redis')\n"
    plan = planned({"app.py": f"{source}{FLASK_APP}", "lists nothing": ""})
    assert plan.dependencies.inline == ("flask", "redis")


def test_what_python_has_itself_is_left_out_and_told() -> None:
    text = "flask\nwsgiref==0.1.2\nuuid==1.30\ndataclasses==0.8\ncgi\nos\n"
    plan = planned({"app.py": FLASK_APP, "requirements.txt": text})
    (told,) = [one for one in plan.decisions if one.summary.startswith("left out, since Python")]
    assert told.summary.endswith(": wsgiref, uuid, dataclasses, os")
    assert [one.line for one in told.evidence] == [2, 3, 4, 6]


EXAMPLE = f"import shop_tools\n{FLASK_APP}"
LIBRARY = '[project]\nname = "Shop-Tools"\nversion = "1"\ndependencies = ["flask"]\n'


@pytest.mark.parametrize(
    "place", ["../src/shop_tools/__init__.py", "../shop_tools/__init__.py", "../shop_tools.py"]
)
def test_an_example_is_served_with_the_library_whose_checkout_it_lies_in(place: str) -> None:
    plan = planned({"app.py": EXAMPLE, "lists nothing": "", "../pyproject.toml": LIBRARY, place: ""})
    assert "Shop-Tools @ file:.." in plan.dependencies.inline
    assert [(one.name, one.path) for one in plan.dependencies.local] == [("shop-tools", "..")]
    assert "../pyproject.toml" in plan.dependencies.input_files


@pytest.mark.parametrize(
    "above",
    [
        {"../pyproject.toml": LIBRARY.replace("Shop-Tools", "other"), "../shop_tools/__init__.py": ""},
        {"../pyproject.toml": LIBRARY},
        {"../shop_tools/__init__.py": ""},
    ],
)
def test_a_folder_above_that_does_not_say_whose_the_module_is_is_not_built(above: dict[str, str]) -> None:
    plan = planned({"app.py": EXAMPLE, "lists nothing": "", **above})
    assert plan.dependencies.local == ()


def test_a_change_of_the_library_around_an_example_asks_for_another_lock() -> None:
    files = {"app.py": EXAMPLE, "lists nothing": "", "../pyproject.toml": LIBRARY, "../shop_tools.py": ""}
    plan = planned(files)
    changed = {**files, "../pyproject.toml": LIBRARY.replace('"flask"', '"flask", "redis"')}
    assert meaning(MemoryProject(files), plan.dependencies) != meaning(
        MemoryProject(changed), plan.dependencies
    )


@pytest.mark.parametrize("line", ["pkg-resources==0.0.0", "pkg_resources == 0.0.0"])
def test_what_debians_pip_freeze_prints_is_left_out_and_told(line: str) -> None:
    plan = planned({"app.py": FLASK_APP, "requirements.txt": f"flask\n{line}\n"})
    told = [one.summary for one in plan.decisions if one.field == "dependencies"]
    assert any("pkg-resources is left out" in one for one in told)
    lines = asked_of(MemoryProject({"requirements.txt": f"flask\n{line}\n"}), plan.dependencies).lines
    assert [one.name for one in lines] == ["flask"]


def test_a_pkg_resources_of_another_version_is_somebodys_own() -> None:
    files = {"requirements.txt": "flask\npkg-resources==1.0\n"}
    plan = planned({"app.py": FLASK_APP, **files})
    assert len(asked_of(MemoryProject(files), plan.dependencies).lines) == 2


IN_BACKEND = {
    "backend/__init__.py": "",
    "backend/app.py": FLASK_APP,
    "backend/requirements.txt": "flask\nredis\n",
}
TOOLS = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["ruff"]\n'


@pytest.mark.parametrize(
    "files",
    [
        {"requirements.txt": "black\n", "main.py": "from backend.app import app\n"},
        {"main.py": "from backend.app import app\n", "lists nothing": ""},
        {"requirements.txt": "requests\n", "tool.py": "import requests\nprint(requests)\n"},
        {"pyproject.toml": TOOLS, "main.py": "from backend.app import app\n"},
    ],
)
def test_where_the_folder_lists_no_web_framework_the_list_beside_the_app_rules(files: dict[str, str]) -> None:
    plan = planned({**IN_BACKEND, **files})
    assert plan.dependencies.files == ("backend/requirements.txt",)
    shown = decision(plan, "dependencies.files").evidence[0]
    assert shown.path == "backend/requirements.txt"
    assert "lists a web framework" in shown.reason


def test_the_list_of_a_package_that_names_itself_whole_is_the_apps_in_a_project_that_lists_nothing() -> None:
    files = {
        "src/__init__.py": "",
        "src/requirements.txt": "flask==3.0.0\nredis\n",
        "src/app/__init__.py": "from src.app.factory import create_app\napplication = create_app()\n",
        "src/app/factory.py": "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n",
        "lists nothing": "",
    }
    assert planned(files).dependencies.files == ("src/requirements.txt",)


@pytest.mark.parametrize("name", ["production", "base"])
def test_the_list_beside_the_app_may_lie_in_a_folder_of_lists(name: str) -> None:
    files = {key: text for key, text in IN_BACKEND.items() if not key.endswith(".txt")}
    lists = {"requirements.txt": "black\n", f"backend/requirements/{name}.txt": "flask\n"}
    plan = planned({**files, **lists, "main.py": "from backend.app import app\n"})
    assert plan.dependencies.files == (f"backend/requirements/{name}.txt",)


def test_modules_beside_a_folder_of_the_importer_are_the_projects_own() -> None:
    """They are imported where the program is run, in server/; an index has packages of these names."""
    plan = planned(
        {
            "server/run.py": "import uvicorn\nuvicorn.run('core.app:app')\n",
            "server/core/app.py": (
                "import flask\nfrom api.router import routes\nimport tools\napp = flask.Flask(__name__)\n"
            ),
            "server/api/router.py": "from core.config import x\nimport redis\nroutes = []\n",
            "server/core/config.py": "x = 1\n",
            "server/tools.py": "",
            "lists nothing": "",
        }
    )
    assert set(plan.dependencies.inline) == {"flask", "redis", "uvicorn"}


@pytest.mark.parametrize(
    ("files", "taken"),
    [
        ({"requirements.txt": "flask\n", "main.py": "from backend.app import app\n"}, "requirements.txt"),
        ({"requirements.txt": "black\n", "backend/requirements.txt": "redis\n"}, "requirements.txt"),
        ({"requirements.txt": "black\n", "app.py": FLASK_APP, "main.py": FLASK_APP}, "requirements.txt"),
    ],
)
def test_the_list_of_a_folder_of_which_nothing_is_loaded_or_that_is_not_needed_is_left_alone(
    files: dict[str, str], taken: str
) -> None:
    wanted = {"entrypoint": "app:app"} if "app.py" in files else {}
    assert planned({**IN_BACKEND, **files}, **wanted).dependencies.files == (taken,)


def test_of_several_folders_with_lists_none_is_taken_by_itself() -> None:
    with pytest.raises(DetectionError, match="nothing lists") as caught:
        planned({**IN_BACKEND, "tool.py": "print(1)\n", "lists nothing": ""})
    assert "okamochi up backend" in caught.value.hint


@pytest.mark.parametrize(
    ("imports", "address", "needed"),
    [
        ("celery", "redis://localhost:6379/0", "redis"),
        ("flask_limiter", "rediss://cache:6379", "redis"),
        ("flask_sqlalchemy", "mysql+pymysql://me@db/shop", "pymysql"),
        ("sqlalchemy", "postgresql+psycopg2://me@db/shop", "psycopg2-binary"),
        ("sqlalchemy", "postgresql://me@db/shop", "psycopg[binary]"),
        ("requests", "redis://localhost:6379/0", ""),
        ("celery", "mysql+pymysql://me@db/shop", ""),
        ("sqlalchemy", "sqlite:///shop.db", ""),
        ("sqlalchemy", "https://example.org", ""),
    ],
)
def test_an_address_in_the_code_tells_of_a_driver_that_nothing_imports(
    imports: str, address: str, needed: str
) -> None:
    plan = planned({"app.py": f"import {imports}\n{FLASK_APP}ADDRESS = {address!r}\n", "lists nothing": ""})
    known = {"flask", imports.replace("_", "-")}
    assert set(plan.dependencies.inline) == known | ({needed} if needed else set())


WITH_CLASS = """\
def create_app(config_class=Config):
    app = Flask(__name__)
    app.config.from_object(config_class)
    return app
"""


@pytest.mark.parametrize(
    "factory",
    [
        WITH_CLASS,
        "app = Flask(__name__)\napp.config.from_object(Config['live'])\n",
        "app = Flask(__name__)\napp.config.from_object('config.Config')\n",
        "app = Flask(__name__)\napp.config.from_object('config')\n",
    ],
)
def test_a_configuration_that_is_not_there_is_not_looked_for_in_the_index(factory: str) -> None:
    files = {
        "shop/__init__.py": f"from flask import Flask\nfrom config import Config\n{factory}",
        "lists nothing": "",
    }
    with pytest.raises(DetectionError, match="the module config, from which the app takes its configuration"):
        planned(files)
    assert planned({**files, "config.py": "class Config: ...\n"}).dependencies.inline == ("flask",)


@pytest.mark.parametrize(
    ("beside", "told"),
    [
        ("config.py.tpl", "copy config.py.tpl to config.py and fill it in"),
        ("config_sample.py", "copy config_sample.py to config.py and fill it in"),
        ("notes.tpl", "put config.py into the folder"),
    ],
)
def test_an_example_of_the_configuration_that_is_not_there_is_named(beside: str, told: str) -> None:
    source = f"{FLASK_APP}app.config.from_object('config')\n"
    with pytest.raises(DetectionError) as caught:
        planned({"app.py": source, "lists nothing": "", beside: ""})
    assert caught.value.hint.startswith(f"{told} (")


FROZEN = "amqp==5.3.1\nflask==3.1.0\nredis==5.2.0\n"


@pytest.mark.parametrize(
    ("name", "content", "taken"),
    [
        ("requirements-lock.txt", FROZEN, True),
        ("requirements.frozen.txt", FROZEN, True),
        ("requirements-freeze.txt", FROZEN, True),
        ("requirements-extra.txt", FROZEN, False),
        ("requirements-lock.txt", FROZEN.replace("redis==5.2.0", "redis>=5"), False),
        ("requirements-lock.txt", FROZEN.replace("redis==5.2.0\n", ""), False),
        ("requirements-lock.txt", FROZEN.replace("flask==3.1.0", "flask==2.3.0"), False),
        ("requirements-lock.txt", FROZEN.replace("5.3.1", "5.*"), False),
        ("docs/requirements-lock.txt", FROZEN, False),
    ],
)
def test_what_pip_froze_beside_a_requirement_file_are_constraints(
    name: str, content: str, taken: bool
) -> None:
    files = {"app.py": FLASK_APP, "requirements.txt": "flask==3.1.0\nredis\n", name: content}
    plan = planned(files)
    assert plan.dependencies.files == ("requirements.txt",)
    assert plan.dependencies.constraint_files == ((name,) if taken else ())
    assert (name in plan.dependencies.input_files) is taken


PIPENV = {
    "Pipfile": '[packages]\nflask = "*"\n',
    "Pipfile.lock": '{"_meta": {"hash": {"sha256": "0"}}, "default": {"flask": {"version": "==3.0.0"}}}',
    "requirements.txt": "flask==3.1.3\ngunicorn\n",
}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "render.yaml",
            "services:\n- type: web\n  buildCommand: pip install -r requirements.txt && flask db upgrade\n",
        ),
        ("railway.json", '{"build": {"buildCommand": "pip install -r requirements.txt"}}'),
        ("railway.toml", '[build]\nbuildCommand = "pip install -r ./requirements.txt"\n'),
    ],
)
def test_what_the_authors_platform_installs_rules_over_a_lock_that_it_does_not_know(
    path: str, text: str
) -> None:
    assert chosen(PIPENV).lock_file == "Pipfile.lock"
    found = planned({"app.py": FLASK_APP, **PIPENV, path: text})
    assert found.dependencies.files == ("requirements.txt",)
    told = [one.reason for one in decision(found, "dependencies.files").evidence]
    assert f"not taken: {path} installs requirements.txt, and knows no pipenv" in told


@pytest.mark.parametrize(
    "text",
    [
        "services:\n- type: web\n  buildCommand: pip install pipenv && pipenv install --system\n",
        "services:\n- type: web\n  buildCommand: pip install -r other.txt\n",
        "services:\n- type: worker\n  buildCommand: pip install -r requirements.txt\n",
        "services: [\n",
    ],
)
def test_a_platform_that_says_nothing_else_leaves_the_lock(text: str) -> None:
    assert chosen({**PIPENV, "render.yaml": text}).lock_file == "Pipfile.lock"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"requirments.txt": "flask\nrequests\n"}, "requirments.txt"),
        ({"requestments.txt": "Flask==3.1.3  # web\n\ngunicorn[gevent] >= 20 ; python_version > '3'\n"}, ""),
        ({"dependencies.txt": "flask==3.1.3\nrequests\n"}, "dependencies.txt"),
        ({"requirments.txt": "flask\n", "requirements.txt": "flask\n"}, "requirements.txt"),
    ],
)
def test_a_list_of_requirements_under_another_name_is_one(files: dict[str, str], expected: str) -> None:
    found = requirement_files(MemoryProject(files))
    assert [path for _, path in (one.value for one in found)] == [expected or next(iter(files))]


@pytest.mark.parametrize(
    "files",
    [
        {"words.txt": "flask\nbottle\nglass\n"},
        {"dependencies.txt": "To run this, install:\nflask==3.1.3\n"},
        {"libs.txt": "numpy==2.0\n"},
        {"dev-libs.txt": "flask==3.1.3\n"},
    ],
)
def test_another_text_is_no_list_of_requirements(files: dict[str, str]) -> None:
    assert requirement_files(MemoryProject(files)) == ()


def test_an_example_whose_list_leaves_its_own_library_out_is_served_with_it_as_well() -> None:
    around = {"../pyproject.toml": LIBRARY, "../shop_tools.py": ""}
    plan = planned({"app.py": EXAMPLE, "requirements.txt": "flask\n", **around})
    assert [(one.name, one.path) for one in plan.dependencies.local] == [("shop-tools", "..")]
    assert decision(plan, "dependencies.local.shop-tools").evidence[0].reason == "imports shop_tools"
    listed = planned({"app.py": EXAMPLE, "requirements.txt": "flask\nShop_Tools==1\n", **around})
    assert listed.dependencies.local == ()
    other = planned({"app.py": FLASK_APP, "requirements.txt": "flask\n", **around})
    assert other.dependencies.local == ()


def test_what_a_module_takes_from_the_main_one_is_no_package() -> None:
    models = "from __main__ import db\n"
    plan = planned({"app.py": f"{FLASK_APP}import models\n", "models.py": models, "lists nothing": ""})
    assert plan.dependencies.inline == ("flask",)


@pytest.mark.parametrize(
    ("line", "package"),
    [
        ("from google.oauth2 import id_token", "google-auth"),
        ("from google import genai", "google-genai"),
        ("import google.generativeai as genai", "google-generativeai"),
        ("from google.cloud import storage", "google-cloud-storage"),
        ("from google.cloud.storage import Client", "google-cloud-storage"),
        ("import paho.mqtt.client as mqtt", "paho-mqtt"),
        ("import google", ""),
    ],
)
def test_of_names_that_many_share_the_next_part_tells_the_package(line: str, package: str) -> None:
    files = {
        "app.py": f"{FLASK_APP}import shop.google\n",
        "lists nothing": "",
        "shop/__init__.py": "",
        "shop/google.py": f"{line}\n",
    }
    assert [one for one in planned(files).dependencies.inline if one != "flask"] == [package][: bool(package)]
