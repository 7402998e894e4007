"""The plan: its JSON, its schema, its invariants, its explanations."""

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest

from okamochi.detect.chosen_settings import settings_from_environ
from okamochi.detect.planner import make_plan
from okamochi.errors import PlanError, UsageError
from okamochi.model.check import checked, problems_of
from okamochi.model.codec import plan_from_json, plan_schema, plan_to_builtins, plan_to_json
from okamochi.model.evidence import Decision, Origin
from okamochi.model.explain import PlanValues, explain, value_of
from okamochi.model.plan import Plan
from okamochi.model.process import EnvironmentVariable, VariableKind, Volume
from okamochi.model.settings_reader import read_settings
from okamochi.system.project_files import MemoryProject

SOURCE = """\
import os
from flask import Flask

app = Flask(__name__)
os.makedirs(app.instance_path, exist_ok=True)
app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
region = os.getenv("REGION", "tokyo")


@app.get("/healthz")
def healthz():
    return "ok"
"""
FILES = {
    "app.py": SOURCE,
    "requirements.txt": "flask==3.1.3\n",
    "Procfile": "web: gunicorn app:app\nrelease: flask db upgrade\n",
    "okamochi.toml": 'packages = ["libpango-1.0-0"]\nmemory = "1G"\n[env]\nMODE = "live"\n',
}


def plan_of(files: dict[str, str] | None = None, **command_line: str) -> Plan:
    project = MemoryProject(files or FILES)
    return make_plan(project, read_settings(project), command_line=command_line)


def test_the_json_gives_the_same_plan_back() -> None:
    plan = plan_of()
    assert plan_from_json(plan_to_json(plan)) == plan
    assert plan_to_json(plan).endswith(b"}\n")


def test_the_same_project_gives_the_same_bytes() -> None:
    assert plan_to_json(plan_of()) == plan_to_json(plan_of(dict(reversed(FILES.items()))))


def test_what_is_no_plan_is_refused() -> None:
    with pytest.raises(UsageError):
        plan_from_json(b'{"schema_version": 2}')


def test_the_schema_is_valid_and_the_plan_fits_it() -> None:
    schema = plan_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(plan_to_builtins(plan_of()), schema)


def test_every_decision_names_a_field_of_the_plan() -> None:
    plan = plan_of()
    for decision in plan.decisions:
        value_of(plan, decision.field)
        assert decision.summary
        assert decision.evidence


def test_every_field_that_is_decided_has_a_decision() -> None:
    plan = plan_of()
    fields = [
        "name",
        "python_version",
        "application.framework",
        "application.object_reference",
        "application.import_root",
        "dependencies.files",
        "dependencies.added",
        "base.suite",
        "base.packages",
        "source.exclude",
        "processes.web.argv",
        "processes.web.port",
        "processes.web.probe",
        "processes.web.resources.memory_bytes",
        "environment.SECRET_KEY",
        "environment.REGION",
        "image_environment.MODE",
        "image_environment.PATH",
        "volumes./app/instance",
    ]
    for field in fields:
        assert explain(plan, field), field


def test_a_part_is_explained_by_its_whole_and_a_whole_by_its_parts() -> None:
    plan = plan_of()
    assert [one.field for one in explain(plan, "image_environment.PATH")] == ["image_environment"]
    assert {one.field for one in explain(plan, "environment")} == {
        "environment.REGION",
        "environment.SECRET_KEY",
    }
    assert explain(plan, "processes.web.probe.path")[0].field == "processes.web.probe"


def test_an_unknown_field_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        explain(plan_of(), "python-version")
    assert "python_version" in caught.value.hint


def test_a_sound_plan_has_no_problems() -> None:
    assert problems_of(plan_of()) == ()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": "No Good"}, "name"),
        ({"python_version": "3"}, "python_version"),
        ({"processes": ()}, "exactly one"),
        ({"volumes": (Volume(name="a", path="/app"),)}, "own code"),
        ({"volumes": (Volume(name="a", path="/opt/venv/x"),)}, "belongs to the image"),
        ({"volumes": (Volume(name="a", path="data"),)}, "absolute"),
        ({"volumes": (Volume(name="a", path="/d"), Volume(name="a", path="/e"))}, "2 times"),
        ({"image_environment": (("B", "1"), ("A", "1"))}, "sorted"),
        (
            {"environment": (EnvironmentVariable(name="K", kind=VariableKind.SECRET, default="x"),)},
            "no default",
        ),
        (
            {"decisions": (Decision(field="nothing.here", summary="x", origin=Origin.DEFAULT),)},
            "names no field",
        ),
    ],
)
def test_a_broken_invariant_is_found(change: dict[str, object], problem: str) -> None:
    plan = msgspec.structs.replace(plan_of(), **change)
    assert any(problem in found for found in problems_of(plan))


def test_all_problems_are_told_at_once() -> None:
    plan = msgspec.structs.replace(plan_of(), name="A B", python_version="x")
    with pytest.raises(PlanError) as caught:
        checked(plan)
    assert len(caught.value.details) == 2


def test_the_only_problem_is_told_once() -> None:
    with pytest.raises(PlanError) as caught:
        checked(msgspec.structs.replace(plan_of(), name="A B"))
    assert "name" in caught.value.message
    assert caught.value.details == ()


def test_the_command_line_overrules_the_environment_and_that_the_file() -> None:
    project = MemoryProject({**FILES, "okamochi.toml": "port = 7000\n"})
    overrides = settings_from_environ(
        {"OKAMOCHI_PORT": "7001", "OKAMOCHI_PACKAGES": "b, a", "OKAMOCHI_CACHE_DIR": "/x"}
    )
    table = read_settings(project)
    plan = make_plan(project, table, environ_overrides=overrides, command_line={"port": "7002"})
    assert plan.web.port == 7002
    assert dict(plan.image_environment)["PORT"] == "7002"
    assert plan.base.packages == ("a", "b")
    assert explain(plan, "processes.web.port")[0].origin is Origin.COMMAND_LINE
    assert make_plan(project, table, environ_overrides=overrides).web.port == 7001


def test_settings_change_the_plan() -> None:
    plan = plan_of()
    assert plan.web.resources.memory_bytes == 1024**3
    assert dict(plan.image_environment)["MODE"] == "live"
    assert plan.base.packages == ("libpango-1.0-0",)


def test_a_size_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError):
        plan_of(memory="lots")


def test_a_name_that_begins_as_another_is_found() -> None:
    values = {"volumes": [{"path": "/app/rows"}, {"path": "/app/rows.json", "name": "x"}]}
    assert PlanValues(values).at("volumes./app/rows.json.name") == "x"
    assert PlanValues(values).at("volumes./app/rows.json") == {"path": "/app/rows.json", "name": "x"}
