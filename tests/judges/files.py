"""What is rendered for an example, from its plan alone: no lock, no network."""

from functools import cache
from pathlib import Path

from okamochi.detect.planner import make_plan
from okamochi.model.plan import Plan
from okamochi.model.settings_reader import read_settings
from okamochi.render.renderers import RENDERERS
from okamochi.render.rendering import Language
from okamochi.system.project_files import DiskProject

EXAMPLES_FOLDER = Path(__file__).resolve().parents[2] / "examples"
EXAMPLES = sorted(path.name for path in EXAMPLES_FOLDER.iterdir() if path.is_dir())


@cache
def plan_of(example: str) -> Plan:
    project = DiskProject.open(EXAMPLES_FOLDER / example)
    return make_plan(project, read_settings(project))


def rendered_files(example: str, language: Language = Language.ENGLISH) -> dict[str, str]:
    return {
        file.path: file.content.decode()
        for renderer in RENDERERS
        for file in renderer.render(plan_of(example), language).files
    }


def write(example: str, folder: Path, language: Language = Language.ENGLISH) -> Path:
    for path, text in rendered_files(example, language).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return folder
