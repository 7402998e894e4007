"""Modules that Python cannot parse."""

from collections.abc import Mapping

import pytest

from okamochi.errors import DetectionError
from okamochi.model.plan import Plan
from tests.detect.plans import FLASK_APP, planned

BROKEN = "import os\nKEY = os.environ['KEY']\ndef x(:\n"


def refused(files: Mapping[str, str | bytes]) -> DetectionError:
    with pytest.raises(DetectionError) as caught:
        planned(files)
    return caught.value


def warnings_of(plan: Plan) -> list[str]:
    return [one.summary for one in plan.decisions if one.summary.startswith("Warning: ")]


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": f"import settings\n{FLASK_APP}", "settings.py": BROKEN},
        {"app.py": f"{FLASK_APP}app.config.from_object('settings.Production')\n", "settings.py": BROKEN},
        {"app.py": f"from a import b\n{FLASK_APP}", "a.py": "import settings\n", "settings.py": BROKEN},
        {
            "shop/__init__.py": "from flask import Flask\ndef create_app():\n"
            "    from shop import settings\n    return Flask(__name__)\n",
            "shop/settings.py": BROKEN,
        },
    ],
)
def test_a_broken_module_that_the_app_loads_is_an_error(files: Mapping[str, str | bytes]) -> None:
    error = refused(files)
    assert error.where in ("settings.py:3", "shop/settings.py:3")
    assert "exclude" in error.hint


def test_a_broken_module_that_nothing_loads_is_a_warning() -> None:
    plan = planned({"app.py": FLASK_APP, "old.py": f"import flask\n{BROKEN}"})
    assert [one.split(" could")[0] for one in warnings_of(plan)] == ["Warning: old.py"]


def test_a_broken_module_that_stays_out_of_the_image_is_neither() -> None:
    files = {
        "app.py": f"try:\n    import settings\nexcept Exception:\n    pass\n{FLASK_APP}",
        "settings.py": BROKEN,
        "okamochi.toml": 'exclude = ["/settings.py"]\n',
    }
    assert warnings_of(planned(files)) == []


def test_a_loaded_module_that_is_only_too_large_for_us_is_a_warning() -> None:
    files = {"app.py": f"import table\n{FLASK_APP}", "table.py": "ROWS = '" + "x" * 2_000_000 + "'\n"}
    assert [one.split(" could")[0] for one in warnings_of(planned(files))] == ["Warning: table.py"]


@pytest.mark.parametrize(
    "statement", ["print 'hello'", "exec 'x'", "raise ValueError, 'x'", "mode = 0755", "size = 10L"]
)
def test_python_2_is_called_by_its_name(statement: str) -> None:
    error = refused({"app.py": f"{FLASK_APP}\n{statement}\n"})
    assert "this is Python 2" in error.hint and error.where.startswith("app.py:")


@pytest.mark.parametrize("name", ["cherrypy", "tornado", "pyramid"])
def test_python_2_is_told_whatever_the_framework(name: str) -> None:
    assert "this is Python 2" in refused({"run.py": f"import {name}\nprint 'hello'\n"}).hint


def test_what_is_simply_wrong_is_not_called_python_2() -> None:
    assert "Python 2" not in refused({"app.py": f"{FLASK_APP}\nx = (\n"}).hint


@pytest.mark.parametrize(
    "line",
    [
        "title = f'{os.environ['A_KEY']} and {'more'}' + os.environ['API_HOST']",
        "title = f\"{'\\n'.join([])}\" + os.environ['API_HOST']",
    ],
)
def test_formatted_strings_of_newer_pythons_hide_nothing_but_themselves(line: str) -> None:
    plan = planned({"app.py": f"import os\n{line}\nZ = os.environ['Z_NAME']\n{FLASK_APP}"})
    assert plan.application.object_reference == "app:app"
    assert "Z_NAME" in {one.name for one in plan.environment}


def test_where_nothing_is_found_a_module_that_is_too_large_is_named() -> None:
    with pytest.raises(DetectionError) as caught:
        planned({"app.py": FLASK_APP + "# a\n" * 400_000})
    assert any("app.py" in line and "1.5 MB" in line for line in caught.value.details)
