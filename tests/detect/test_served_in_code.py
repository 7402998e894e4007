"""Servers that a script starts with a text."""

import pytest

from tests.detect.plans import planned

SERVER = "from fastapi import FastAPI\n{}\napp = FastAPI()\n"
GUARD = 'import uvicorn\n\nif __name__ == "__main__":\n    {}\n'


@pytest.mark.parametrize(
    "call",
    [
        'uvicorn.run("services.server:app", port=1)',
        'uvicorn.Server(uvicorn.Config(app="services.server:app")).run()',
        'uvicorn.run("services.server:app", app_dir="src")',
    ],
)
def test_names_count_from_the_scripts_own_folder(call: str) -> None:
    files = {
        "src/__init__.py": "",
        "src/app.py": GUARD.format(call),
        "src/services/__init__.py": "",
        "src/services/server.py": SERVER.format("from routes import x"),
        "src/routes.py": "x = 1\n",
        "requirements.txt": "fastapi\nuvicorn\n",
        "Procfile": "web: python src/app.py\n",
    }
    plan = planned(files)
    assert plan.application.object_reference == "services.server:app"
    assert plan.application.import_root == "src"


def test_a_script_chooses_between_apps_and_a_name_that_is_not_there_chooses_nothing() -> None:
    files = {
        "one.py": SERVER.format(""),
        "two.py": SERVER.format(""),
        "serve.py": GUARD.format('uvicorn.run("two:app")'),
        "requirements.txt": "fastapi\nuvicorn\n",
    }
    assert planned(files).application.object_reference == "two:app"
    del files["one.py"]
    files["serve.py"] = GUARD.format('uvicorn.run("three:app")')
    assert planned(files).application.object_reference == "two:app"


def test_a_factory_is_called() -> None:
    files = {
        "main.py": "from fastapi import FastAPI\n\ndef build() -> FastAPI:\n    return FastAPI()\n",
        "run.py": GUARD.format('uvicorn.run("main:build", factory=True)'),
        "requirements.txt": "fastapi\nuvicorn\n",
    }
    assert planned(files).application.object_reference == "main:build()"
