"""A project's folder that is itself a package."""

import pytest

from okamochi.detect.source.root_package import root_package
from okamochi.detect.source.sources import Sources
from okamochi.model.plan import Plan
from okamochi.system.project_files import MemoryProject
from tests.detect.plans import FLASK_APP, decision, planned, reference, volume_paths

FACTORY = """\
from flask import Flask
from shop.models import Item

def create_app():
    return Flask(__name__)
"""
NAMED = {"__init__.py": FACTORY, "models.py": "class Item: pass\n"}
RELATIVE = {
    "__init__.py": "from flask import Flask\napp = Flask(__name__)\nfrom . import views\n",
    "views.py": "from . import app\n",
}


def name(files: dict[str, str]) -> str:
    found = root_package(Sources(MemoryProject(files)))
    return found.name if found is not None else ""


def python_path(plan: Plan) -> str:
    return dict(plan.image_environment).get("PYTHONPATH", "")


def test_the_name_is_the_one_that_its_modules_import_themselves_by() -> None:
    plan = planned(NAMED)
    assert plan.application.package == "shop"
    assert plan.application.object_reference == "shop:create_app()"
    assert python_path(plan) == "/app:/opt/okamochi/packages"
    assert dict(plan.image_environment)["FLASK_APP"] == "/opt/okamochi/packages/shop:create_app()"
    place = decision(plan, "application.package").evidence[0]
    assert (place.path, place.line) == ("__init__.py", 2)


def test_relative_imports_alone_make_it_a_package_under_a_name_of_ours() -> None:
    assert planned(RELATIVE).application.object_reference == "app:app"
    assert reference({**RELATIVE, "app.py": "x = 1\n"}) == "application:app"


def test_a_module_below_is_a_part_of_the_package() -> None:
    files = {
        **RELATIVE,
        "__init__.py": "",
        "views.py": "x = 1\n",
        "main.py": f"from .views import x\n{FLASK_APP}",
    }
    assert reference(files) == "app.main:app"
    deeper = {"__init__.py": "", "config.py": "x = 1\n", "web/__init__.py": "", "main.py": FLASK_APP}
    assert reference({**deeper, "web/site.py": "from ..config import x\n"}) == "app.main:app"


def test_modules_that_only_use_its_name_are_loaded_as_they_are_written() -> None:
    files = {**NAMED, "wsgi.py": "from shop import create_app\napp = create_app()\n"}
    plan = planned(files)
    assert plan.application.object_reference == "wsgi:app"
    assert plan.application.package == "shop"


def test_what_a_procfile_says_of_it_is_understood() -> None:
    plan = planned({**NAMED, "Procfile": "web: gunicorn 'shop:create_app()'\n"})
    assert plan.application.object_reference == "shop:create_app()"
    assert any(one.path == "Procfile" for one in decision(plan, "application.object_reference").evidence)


def test_its_own_name_is_no_requirement() -> None:
    plan = planned({**NAMED, "lists nothing": ""})
    assert [one.partition("<")[0] for one in plan.dependencies.inline] == ["flask"]


def test_flask_keeps_its_instance_folder_beside_the_package() -> None:
    config = 'app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///" + app.instance_path + "/shop.db"\n'
    files = {"__init__.py": f"{FLASK_APP}from . import views\n{config}", "views.py": ""}
    assert volume_paths(planned(files)) == ("/instance",)
    assert volume_paths(planned({"main.py": FLASK_APP + config})) == ("/app/instance",)


@pytest.mark.parametrize(
    "files",
    [
        {"__init__.py": "", "app.py": f"import models\n{FLASK_APP}", "models.py": ""},
        {"app.py": "from .models import db\n", "models.py": "db = 1\n"},
        # of Flask, not of the project
        {
            "__init__.py": "from flask import Flask\n",
            "app.py": "from flask.views import View\n",
            "views.py": "View = 1",
        },
        # a package beside the modules has the name
        {
            "__init__.py": "",
            "shop/__init__.py": "",
            "app.py": "from shop.models import a\n",
            "models.py": "a = 1",
        },
        # not all that is imported from it is here
        {
            "__init__.py": "",
            "app.py": "from lib.models import a\nfrom lib.b import c\n",
            "models.py": "a = 1",
        },
        # a library may have a module of that name, too
        {"__init__.py": "", "app.py": "from lib import models\n", "models.py": ""},
        {"__init__.py": "", "app.py": "from json.models import a\n", "models.py": "a = 1"},
        # no module takes something from itself
        {"__init__.py": "", "app.py": FLASK_APP, "models.py": "from lib.models import a\nprint(a)\n"},
        {"__init__.py": "", "app.py": FLASK_APP, "b/__init__.py": "from lib.b import a\nprint(a)\n"},
    ],
)
def test_an_init_file_that_nothing_relies_on_makes_no_package(files: dict[str, str]) -> None:
    assert name(files) == ""


def test_the_flask_command_finds_the_modules_beside_an_init_file() -> None:
    beside = {"__init__.py": "", "app.py": FLASK_APP}
    assert python_path(planned(beside)) == "/app"
    assert dict(planned(beside).image_environment)["FLASK_APP"] == "app:app"
    assert python_path(planned({"app.py": FLASK_APP})) == ""


def test_two_names_tell_nothing() -> None:
    files = {**NAMED, "views.py": "from store.models import Item\n"}
    assert name(files) == ""
    assert name(NAMED) == "shop"
