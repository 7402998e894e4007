"""Names and imports of large projects are followed once, however many ways lead to them."""

import ast
from typing import Any

import pytest

from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.flask_values import Value
from okamochi.detect.source.names import ImportedNames
from okamochi.detect.source.sources import Sources
from okamochi.detect.variables import reading_functions
from okamochi.errors import AmbiguousError
from okamochi.model.backing_service import ServiceKind
from okamochi.system.project_files import MemoryProject
from tests.detect.plans import FLASK_APP, planned

PACKAGES = tuple(f"p{number}" for number in range(12))


def test_packages_that_take_each_others_names_are_looked_through_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = {
        f"{one}/__init__.py": "".join(f"from {other} import *\n" for other in PACKAGES if other != one)
        for one in PACKAGES
    }
    objects = FlaskObjects(Sources(MemoryProject(files | {"last/__init__.py": FLASK_APP})))
    for one in PACKAGES:
        objects.names(f"{one}/__init__.py")
    asked = 0
    resolve = FlaskObjects.resolve

    def counted(
        self: FlaskObjects, path: str, name: str, on_the_way: set[tuple[str, str]] | None = None
    ) -> Value | None:
        nonlocal asked
        asked += 1
        assert asked < 1000
        return resolve(self, path, name, on_the_way)

    monkeypatch.setattr(FlaskObjects, "resolve", counted)
    assert objects.resolve("p0/__init__.py", "app") is None
    files[f"{PACKAGES[-1]}/__init__.py"] = "from last import app\n"
    with_app = FlaskObjects(Sources(MemoryProject(files | {"last/__init__.py": FLASK_APP})))
    assert with_app.resolve("p0/__init__.py", "app") is not None


def test_functions_that_read_variables_are_looked_for_once_in_each_module(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    helper = "import os\ndef setting(name):\n    return os.environ[name]\n"
    users = {
        f"part{number:02}.py": f"from config import setting\nx = setting('VALUE_{number:02}')\n"
        for number in range(40)
    }
    main = "".join(f"import {path.removesuffix('.py')}\n" for path in users) + FLASK_APP
    looked_through = 0
    helpers = reading_functions.own_readers

    def counted(tree: ast.Module, names: ImportedNames) -> dict[str, Any]:
        nonlocal looked_through
        looked_through += 1
        return helpers(tree, names)

    monkeypatch.setattr(reading_functions, "own_readers", counted)
    plan = planned(users | {"config.py": helper, "app.py": main})
    assert len(plan.environment) == 40
    assert looked_through < 60


def test_what_many_apps_import_is_looked_up_once_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    imports = "import one\nimport two\n"
    apps = {f"app{number:02}.py": imports + FLASK_APP for number in range(40)}
    looked_up = 0
    find = Sources.find

    def counted(self: Sources, dotted: str, *, importer: str = "") -> str | None:
        nonlocal looked_up
        looked_up += 1
        return find(self, dotted, importer=importer)

    monkeypatch.setattr(Sources, "find", counted)
    with pytest.raises(AmbiguousError):
        planned(apps | {"one.py": "", "two.py": ""})
    assert looked_up < 40 * 40


@pytest.mark.parametrize(
    "name",
    [
        "f'shop.configs.{stage}_config'",
        "'shop.configs.{}_config'.format(stage)",
        "'shop.configs.%s_config' % stage",
    ],
)
def test_modules_of_one_pattern_are_those_that_the_code_may_load(name: str) -> None:
    loads = f"import importlib\nstage = 'live'\nimportlib.import_module({name})\n"
    files = {
        "app.py": f"{FLASK_APP}{loads}",
        "requirements.txt": "flask\nredis\n",
        "shop/configs/live_config.py": "import os\nURL = os.environ['REDIS_URL']\n",
        "shop/configs/other.py": "import os\nURL = os.environ['OTHER_URL']\n",
    }
    plan = planned(files)
    assert [one.name for one in plan.services[0].variables] == ["REDIS_URL"]


def test_a_configuration_that_a_variable_chooses_is_the_one_of_its_default() -> None:
    chosen = "import os\nchosen = os.getenv('S', 'shop.config.Development')\napp.config.from_object(chosen)\n"
    config = "class Development:\n    URI = 'postgresql://postgres:@localhost/shop'\n"
    files = {
        "app.py": f"{FLASK_APP}{chosen}",
        "requirements.txt": "flask\npsycopg2\n",
        "shop/config.py": config,
    }
    assert [one.database for one in planned(files).services] == ["shop"]


def test_the_configuration_that_celery_is_told_to_take_is_read() -> None:
    app = f"{FLASK_APP}from celery import Celery\ntasks = Celery()\ntasks.config_from_object('queues')\n"
    files = {
        "app.py": app,
        "requirements.txt": "flask\ncelery\nredis\n",
        "queues.py": "broker_url = 'redis://localhost:6379/1'\n",
    }
    assert [one.kind for one in planned(files).services] == [ServiceKind.REDIS]
