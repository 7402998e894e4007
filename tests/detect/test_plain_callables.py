"""Applications of no framework: functions of the form of WSGI or ASGI."""

import pytest

from okamochi.errors import DetectionError
from okamochi.model.plan import Framework, ServerInterface
from tests.detect.plans import decision, planned

WSGI = "def application(environ, start_response):\n    return []\n"
ASGI = "async def app(scope, receive, send):\n    await send({})\n"


@pytest.mark.parametrize(
    ("source", "interface", "reference"),
    [(WSGI, ServerInterface.WSGI, "shop:application"), (ASGI, ServerInterface.ASGI, "shop:app")],
)
def test_a_function_of_the_form_is_served(source: str, interface: ServerInterface, reference: str) -> None:
    plan = planned({"requirements.txt": "", "shop/__init__.py": source})
    application = plan.application
    assert (application.framework, application.interface) == (Framework.OTHER, interface)
    assert application.object_reference == reference
    assert "no framework that is known" in decision(plan, "application.framework").summary


@pytest.mark.parametrize(
    "source",
    [
        "def middleware(environ, start_response):\n    return []\n",
        "def application(request, response):\n    return []\n",
        "class App:\n    def application(self, environ, start_response):\n        return []\n",
        "async def app(request):\n    return []\n",
    ],
)
def test_other_functions_are_no_applications(source: str) -> None:
    with pytest.raises(DetectionError):
        planned({"requirements.txt": "", "shop/__init__.py": f"{source}# start_response, receive\n"})


def test_an_application_of_a_framework_goes_before() -> None:
    files = {"app.py": "from flask import Flask\napp = Flask(__name__)\n", "shop/__init__.py": WSGI}
    assert planned({"requirements.txt": "flask\n", **files}).application.object_reference == "app:app"


def test_what_wsgi_py_has_under_the_usual_name_goes_before_a_function_of_another_module() -> None:
    """As Masonite's projects have it, whose container makes the application."""
    made = "from bootstrap.start import app\napplication = container().make('WSGI')\n"
    plan = planned({"requirements.txt": "masonite\n", "wsgi.py": made, "bootstrap/start.py": WSGI})
    assert plan.application.object_reference == "wsgi:application"
    plan = planned({"requirements.txt": "", "shop/asgi.py": "app = made()\n"})
    assert plan.application.interface is ServerInterface.ASGI
    with pytest.raises(DetectionError):
        planned({"requirements.txt": "", "wsgi.py": "def main():\n    application = made()\n"})
