"""Names in a project that would become lines or commands of their own in what is rendered."""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from okamochi.detect.planner import make_plan
from okamochi.errors import PlanError
from okamochi.model.settings_reader import read_settings
from okamochi.render.renderers import RENDERERS
from okamochi.render.rendering import Language
from okamochi.system.project_files import DiskProject
from tests.detect.plans import FLASK_APP, planned

WRITES = "def keep():\n    open({path!r}, 'w')\n"


def rendered(plan: object) -> dict[str, str]:
    renderings = [one.render(plan, Language.ENGLISH) for one in RENDERERS]  # type: ignore[arg-type]
    return {file.path: file.content.decode() for one in renderings for file in one.files}


def test_folders_that_the_app_writes_are_words_of_the_shell_and_no_commands() -> None:
    app = FLASK_APP + WRITES.format(path="my files $(evil)/x.txt") + WRITES.format(path="/srv/a:b $c/x.txt")
    files = rendered(planned({"app.py": app}))
    folders = "'/app/my files $(evil)' '/srv/a:b $c'"
    assert f"RUN mkdir -p {folders} && chown -R 10001:10001 {folders}" in files["Dockerfile"]
    assert f"RUN mkdir -p {folders} && chown ${{USER_ID}} {folders}" in files["Dockerfile"]
    place = json.dumps(r"/srv/a:b \$c")
    assert f"COPY --from=source [{place}, {place}]\n" in files["Dockerfile"]
    for path in ("compose.yaml", "swarm/stack.yaml"):
        mounts = YAML(typ="safe").load(files[path])["services"]["web"]["volumes"]
        assert "my-files-evil:/app/my files $$(evil)" in mounts
        assert {"type": "volume", "source": "a-b-c", "target": "/srv/a:b $$c"} in mounts
    assert "mkdir -p 'my files $(evil)'" in files["compose.dev.yaml"]


def test_a_path_with_a_line_break_is_no_folder_of_the_app() -> None:
    app = FLASK_APP + WRITES.format(path="data\nRUN evil\nevil: true/x.txt")
    assert not [path for path, text in rendered(planned({"app.py": app})).items() if "evil" in text]


def test_a_setting_cannot_name_such_a_folder() -> None:
    settings = '[tool.okamochi]\nvolumes = ["data\\nRUN evil"]\n[project]\nname="x"\ndependencies=["flask"]\n'
    with pytest.raises(PlanError) as caught:
        planned({"app.py": FLASK_APP, "pyproject.toml": settings})
    assert "\n" not in caught.value.message
    assert r"/app/data\nRUN evil" in caught.value.message


def test_a_file_name_makes_no_line_of_a_rendered_file(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(FLASK_APP)
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "x\nEVIL=1\nevil: true").mkdir()
    (tmp_path / "x\nEVIL=1\nevil: true/read.py").write_text("import os\nos.environ['OTHER']\n")
    project = DiskProject.open(tmp_path)
    files = rendered(make_plan(project, read_settings(project), command_line={}))
    assert not [path for path, text in files.items() if "EVIL" in text]


def test_the_names_of_requirement_files_are_words_in_pipelines_and_for_the_desk() -> None:
    name = "requirements $(evil) #: x.txt"
    files = {"app.py": FLASK_APP, name: "flask\n", "okamochi.toml": f"requirements = [{json.dumps(name)}]\n"}
    found = rendered(planned(files))
    install = f"pip install -r '{name}' && pip install pytest"
    workflow = YAML(typ="safe").load(found[".github/workflows/image.yml"])
    assert install in [one.get("run") for one in workflow["jobs"]["test"]["steps"]]
    assert install in YAML(typ="safe").load(found[".gitlab-ci.yml"])["test"]["script"]
    assert f"pip install -r '{name}'" in found[".devcontainer/devcontainer.json"]
