"""Connexion: the object that the server loads, and its interface, by the version that is asked for."""

import pytest

from okamochi.detect.planner import make_plan
from okamochi.model.plan import Framework, ServerInterface
from okamochi.model.settings_reader import read_settings
from okamochi.system.project_files import MemoryProject
from tests.detect.plans import planned, reference

APP = "import connexion\napp = connexion.FlaskApp(__name__)\napp.add_api('api.yaml')\n"
HELD = "import connexion\nconnex = connexion.App(__name__)\ndb = make(connex.app)\n"


@pytest.mark.parametrize("asked", ["connexion==2.14.2", "connexion[swagger-ui]<3", "connexion~=2.14.0"])
def test_before_the_third_version_flasks_object_inside_is_served(asked: str) -> None:
    plan = planned({"app.py": APP, "requirements.txt": f"{asked}\n"})
    assert plan.application.framework is Framework.FLASK
    assert plan.application.interface is ServerInterface.WSGI
    assert plan.application.object_reference == "app:app.app"


@pytest.mark.parametrize("asked", ["connexion", "connexion[flask]>=3.0", "connexion[flask,uvicorn]==3.1.0"])
def test_since_the_third_version_the_object_itself_is_served_by_workers_for_asgi(asked: str) -> None:
    plan = planned({"app.py": APP, "requirements.txt": f"{asked}\n"})
    assert plan.application.interface is ServerInterface.ASGI
    assert plan.web.argv[-1] == "app:app"
    assert any("uvicorn" in word.lower() for word in plan.web.argv)


def test_the_version_of_a_lock_counts() -> None:
    lock = '[[package]]\nname = "connexion"\nversion = "2.14.2"\noptional = false\n'
    lock += 'python-versions = "*"\nfiles = []\n'
    lock += '[metadata]\nlock-version = "2.0"\npython-versions = "*"\ncontent-hash = "x"\n'
    manifest = "[tool.poetry]\nname = 'a'\nversion = '1'\n[tool.poetry.dependencies]\nconnexion = '^2'\n"
    files = {"app.py": APP, "pyproject.toml": manifest, "poetry.lock": lock}
    assert planned(files).application.interface is ServerInterface.WSGI


def test_an_object_of_another_module_is_followed() -> None:
    files = {
        "requirements.txt": "connexion==2.14.2\n",
        "config.py": HELD,
        "app.py": "from config import connex\nif __name__ == '__main__':\n    connex.run()\n",
    }
    assert reference(files) == "app:connex.app"
    files["wsgi.py"] = "import config\napplication = config.connex.app\n"
    assert reference(files) == "wsgi:application"


def test_a_factory_of_one_is_called() -> None:
    factory = "import connexion\ndef create_app():\n    return connexion.App(__name__)\n"
    old = planned({"app.py": factory, "requirements.txt": "connexion==2.14.2\n"})
    new = planned({"app.py": factory, "requirements.txt": "connexion>=3\n"})
    assert old.web.argv[-1] == new.web.argv[-1] == "app:create_app()"
    assert (old.application.interface, new.application.interface) == (
        ServerInterface.WSGI,
        ServerInterface.ASGI,
    )


def test_its_objects_of_starlette_are_asgi() -> None:
    source = "from connexion import AsyncApp\napp = AsyncApp(__name__)\n"
    plan = planned({"app.py": source, "requirements.txt": "connexion>=3\n"})
    assert plan.application.framework is Framework.STARLETTE
    assert plan.application.interface is ServerInterface.ASGI


def test_an_object_that_failed_its_proof_is_not_tried_again() -> None:
    files = {
        "requirements.txt": "connexion==2.14.2\n",
        "config.py": HELD,
        "app.py": "from config import connex\n",
    }
    project = MemoryProject(files)
    plan = make_plan(project, read_settings(project), without=frozenset(["app:connex.app"]))
    assert plan.application.object_reference == "config:connex.app"
