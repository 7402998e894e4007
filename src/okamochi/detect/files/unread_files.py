"""Files for other tools that would be evidence, and cannot be read: a warning in the plan."""

from collections.abc import Callable, Iterator

from okamochi.containerfiles.compose_forms import COMPOSE_NAMES
from okamochi.containerfiles.yaml_files import yaml_of
from okamochi.detect.files.platform_files import RENDER
from okamochi.errors import DetectionError
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.rendered_mark import text_by_people
from okamochi.system.data_text import NoDataError, json_of, toml_of, yaml_data
from okamochi.system.project_files import ProjectFiles, text_if_there

__all__ = ["unread_files"]

OTHERS = ("fly.toml", "railway.toml", "nixpacks.toml", "railway.json", "railpack.json", "app.json", "apt.yml")


def unread_files(project: ProjectFiles) -> tuple[Decision, ...]:
    """The warning about them; none, no decision."""
    evidence = tuple(one for path in (*COMPOSE_NAMES, *RENDER, *OTHERS) for one in _problems(project, path))
    if not evidence:
        return ()
    names = ", ".join(one.path for one in evidence)
    summary = f"Warning: {names} cannot be read; what it says of the app does not count"
    return (Decision.detected("source", summary, evidence),)


def _problems(project: ProjectFiles, path: str) -> Iterator[Evidence]:
    try:
        text = text_if_there(project, path)
        if text.strip() and text_by_people(project, path) is not None:
            found = _reader(path)(text)
            if found is not None and not isinstance(found, dict):
                yield Evidence(path=path, reason="it is no table of settings")
    except NoDataError as problem:
        yield Evidence(path=path, line=problem.line, reason=str(problem))
    except DetectionError as problem:
        yield Evidence(path=path, reason=problem.message)


def _reader(path: str) -> Callable[[str], object]:
    if path.endswith(".toml"):
        return toml_of
    return json_of if path.endswith(".json") else _yaml


def _yaml(text: str) -> object:
    found = yaml_of(text)  # which detectors have asked for, and which is not read twice
    return found if found is not None else yaml_data(text)
