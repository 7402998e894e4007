"""Applications that classes hold or are."""

import pytest

from okamochi.errors import DetectionError
from tests.detect.plans import FLASK_APP, planned, reference

HOLDER = """\
from flask import Flask


class Server:
    def __init__(self, name):
        web = Flask(name)
        self.web = web

    def wsgi(self):
        return self.web
"""
SUBCLASS = """\
from flask import Flask


class Shop(Flask):
    def __init__(self, debug=False):
        super().__init__(__name__)
"""


@pytest.mark.parametrize(
    "last",
    [
        "app = Server('x').web\n",
        "server = Server('x')\napp = server.web\n",
        "server = Server('x')\napp = server.wsgi()\n",
        "def create_app():\n    return Server('x').web\n",
        "def create_app():\n    return Server('x').wsgi()\n",
    ],
)
def test_an_application_in_an_attribute_is_followed(last: str) -> None:
    expected = "service:create_app()" if "create_app" in last else "service:app"
    assert reference({"service.py": HOLDER + last}) == expected


def test_the_holder_may_live_in_another_module() -> None:
    files = {
        "core/__init__.py": "",
        "core/service.py": HOLDER,
        "wsgi.py": "from core.service import Server\n",
    }
    files["wsgi.py"] += "app = Server(__name__).web\n"
    assert reference(files) == "wsgi:app"


def test_an_attribute_of_the_class_itself_is_followed() -> None:
    source = "from flask import Flask\nclass Services:\n    web = Flask(__name__)\napp = Services.web\n"
    assert reference({"main.py": source}) == "main:app"


def test_a_subclass_that_needs_no_arguments_is_called_by_the_server_when_nothing_else_is_there() -> None:
    guard = "\nif __name__ == '__main__':\n    Shop().run()\n"
    assert reference({"main.py": SUBCLASS + guard}) == "main:Shop()"
    assert reference({"main.py": SUBCLASS + "app = Shop()\n"}) == "main:app"
    assert reference({"shop.py": SUBCLASS, "app.py": FLASK_APP}) == "app:app"


def test_an_application_that_no_module_holds_is_told_with_its_place() -> None:
    guard = "\nif __name__ == '__main__':\n    Server('x').web.run()\n"
    with pytest.raises(DetectionError) as caught:
        planned({"main.py": HOLDER + guard})
    assert caught.value.where == "main.py:6"
    assert "app = ... in wsgi.py" in caught.value.hint


def test_an_attribute_that_refers_to_itself_ends() -> None:
    source = "from flask import Flask\nclass A:\n    def __init__(self):\n        self.app = wrap(self.app)\n"
    with pytest.raises(DetectionError):
        planned({"main.py": source + "app = A().app\n"})
