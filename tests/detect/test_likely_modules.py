"""Only modules that can hold an application are parsed."""

from okamochi.detect.source.likely_modules import likely_modules
from okamochi.detect.source.sources import Sources
from okamochi.system.project_files import MemoryProject
from tests.detect.plans import FLASK_APP, reference

UNRELATED = "import os\n\n\ndef work():\n    return os.getpid()\n"


def test_modules_that_neither_name_flask_nor_import_such_a_module_are_left_alone() -> None:
    files = {
        "core/__init__.py": "",
        "core/web.py": FLASK_APP,
        "core/entry.py": "from . import (\n    web,\n    other,\n)\nserver = web.app\n",
        "start.py": "from core.entry import server as app\n",
        "core/other.py": UNRELATED,
        "tools.py": UNRELATED,
    }
    assert likely_modules(Sources(MemoryProject(files))) == ("core/entry.py", "core/web.py", "start.py")


def test_a_name_imported_from_the_package_itself_is_followed() -> None:
    files = {"core/__init__.py": FLASK_APP, "core/wsgi.py": "from . import app as application\n"}
    assert likely_modules(Sources(MemoryProject(files))) == ("core/__init__.py", "core/wsgi.py")
    assert reference(files) == "core.wsgi:application"


def test_a_module_beside_a_package_of_its_name_is_never_loaded() -> None:
    factory = "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n"
    script = "from app import create_app\napp = create_app()\n"
    assert reference({"app/__init__.py": factory, "app.py": script}) == "app:create_app()"
    flask_app = {"app/__init__.py": factory, "app.py": script, ".flaskenv": "FLASK_APP=app.py\n"}
    assert reference(flask_app) == "app:create_app()"


def test_a_file_that_no_name_of_a_module_leads_to_is_a_script_and_no_app() -> None:
    files = {"bin/migrate_1.3.py": FLASK_APP, "shop.py": FLASK_APP}
    assert likely_modules(Sources(MemoryProject(files))) == ("shop.py",)
    assert reference(files) == "shop:app"
