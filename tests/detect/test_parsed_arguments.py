"""Modules that parse the command line while they are imported."""

import pytest

from okamochi.model.development import development_environment, web_argv
from tests.detect.plans import planned

APP = """import argparse
from flask import Flask
parser = argparse.ArgumentParser()
{arguments}
{parsing}
app = Flask(__name__)
if __name__ == "__main__":
    app.run()
"""
PARSING = "args = parser.parse_args()"


def told(arguments: str = "", parsing: str = PARSING, **files: str) -> list[tuple[str, str]]:
    code = APP.format(arguments=arguments, parsing=parsing)
    plan = planned({"app.py": code, "requirements.txt": "flask\n", **files})
    return [
        (one.summary, str(one.evidence[0]))
        for one in plan.decisions
        if one.field == "application" and "argument" in one.summary
    ]


def test_arguments_of_an_import_have_their_defaults_and_the_line_is_shown() -> None:
    ((summary, place),) = told("parser.add_argument('--port', type=int, default=5000)")
    assert summary.startswith("the app gets no command line")
    assert place.startswith("app.py:5")


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("parser.add_argument('model')", "model"),
        ("parser.add_argument('--key', required=True)", "--key"),
        ("parser.add_argument('model', nargs='?')", ""),
        ("parser.add_argument('--key', required=False)", ""),
    ],
)
def test_an_argument_without_a_default_is_warned_of(arguments: str, wanted: str) -> None:
    ((summary, _),) = told(arguments)
    assert summary.startswith(f"Warning: the app cannot be imported without the argument {wanted},") == bool(
        wanted
    )


@pytest.mark.parametrize(
    "parsing",
    [
        "def main():\n    args = parser.parse_args()",
        "if __name__ == '__main__':\n    args = parser.parse_args()",
        "args = parser.parse_args([])",
        "args = None",
    ],
)
def test_what_only_a_program_parses_or_what_is_no_command_line_is_not_told(parsing: str) -> None:
    assert told(parsing=parsing) == []


def test_in_a_branch_and_in_a_module_that_the_app_imports_it_counts_too() -> None:
    ((_, place),) = told(parsing="try:\n    args = parser.parse_args()\nexcept ValueError:\n    args = None")
    assert place.startswith("app.py:6")
    options = "import argparse\nargs = argparse.ArgumentParser().parse_args()\n"
    ((_, place),) = told(parsing="import options", **{"options.py": options})
    assert place.startswith("options.py:2")
    assert told(parsing="", **{"tool.py": options}) == []


def test_at_the_desk_the_kit_loads_such_an_app_so_that_it_parses_none_of_the_desks_arguments() -> None:
    code = APP.format(arguments="", parsing=PARSING)
    plan = planned({"app.py": code, "requirements.txt": "flask\n"})
    environment = development_environment(plan)
    assert environment["FLASK_APP"] == "/opt/okamochi/development/okamochi_object:application"
    assert environment["OKAMOCHI_OBJECT"] == "app:app"
    assert environment["PYTHONPATH"].split(":") == ["/app", "/opt/okamochi/development"]
    plain = planned({"app.py": code.replace(PARSING, ""), "requirements.txt": "flask\n"})
    assert "OKAMOCHI_OBJECT" not in development_environment(plain)


def test_so_does_uvicorn() -> None:
    api = "import argparse\nfrom fastapi import FastAPI\napp = FastAPI()\n"
    files = {"requirements.txt": "fastapi\nuvicorn\n"}
    parsing = f"{api}args = argparse.ArgumentParser().parse_args()\n"
    plans = [planned({"main.py": text, **files}) for text in (api, parsing)]
    served = [web_argv(plan, plan.web)[-1] for plan in plans]
    assert served == ["main:app", "okamochi_object:application"]
