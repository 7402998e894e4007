"""Short ways to write a project down and to plan it."""

from collections.abc import Mapping

from okamochi.detect.planner import make_plan
from okamochi.model.evidence import Decision
from okamochi.model.plan import Plan
from okamochi.model.process import EnvironmentVariable
from okamochi.model.settings_reader import read_settings
from okamochi.system.project_files import MemoryProject

FLASK_APP = """\
from flask import Flask

app = Flask(__name__)
"""


def planned(files: Mapping[str, str | bytes], **command_line: str) -> Plan:
    """The plan of a project; requirements.txt asks for Flask unless the project says something itself, be it
    only by a file called `lists nothing`."""
    sources = (
        "requirements.txt",
        "pyproject.toml",
        "lists nothing",
        "Pipfile",
        "Pipfile.lock",
        "pdm.lock",
        "pylock.toml",
        "setup.cfg",
        "uv.lock",
        "poetry.lock",
        "setup.py",
        "environment.yml",
    )
    listed = any(path in sources or path.startswith("requirements") for path in files)
    content = files if listed else {"requirements.txt": "flask\n", **files}
    project = MemoryProject(content)
    return make_plan(project, read_settings(project), command_line=command_line)


def reference(files: Mapping[str, str | bytes], **command_line: str) -> str:
    return planned(files, **command_line).application.object_reference


def decision(plan: Plan, field: str) -> Decision:
    return next(one for one in plan.decisions if one.field == field)


def variable(plan: Plan, name: str) -> EnvironmentVariable:
    return next(one for one in plan.environment if one.name == name)


def volume_paths(plan: Plan) -> tuple[str, ...]:
    return tuple(volume.path for volume in plan.volumes)
