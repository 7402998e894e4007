"""Of the kit, an image has what something in it starts, and what that loads."""

import re

import pytest
from tests.detect.plans import FLASK_APP, planned
from tests.judges.files import EXAMPLES, rendered_files

from okamochi.kit import KIT_FILES, PROGRAM_FILES, kit_files
from okamochi.model.development import development_plan
from okamochi.model.kit_programs import DESK_PROGRAM, programs_of

LOADED = re.compile(r'sibling\("(\w+)"\)|join\([^()]*"(\w+)\.py"\)')
KIT = ".okamochi/kit/"
NAMED = re.compile(r"/opt/okamochi/([\w.]+\.py)")
MIGRATED = {
    "app.py": f"{FLASK_APP}from flask_migrate import Migrate\nMigrate(app, None)\n",
    "requirements.txt": "flask\nflask-migrate\n",
    "migrations/env.py": "",
    "migrations/alembic.ini": "",
    "migrations/versions/1_first.py": "revision = '1'\n",
}


@pytest.mark.parametrize("program", sorted(PROGRAM_FILES))
def test_what_a_program_loads_comes_with_it(program: str) -> None:
    there = dict(kit_files((program,)))
    own = [there[name].decode() for name, _ in PROGRAM_FILES[program]]
    loaded = {one or other for text in own for one, other in LOADED.findall(text)}
    assert {f"{one}.py" for one in loaded} <= there.keys()
    assert program in there


def test_all_images_have_the_health_check_and_what_loads_secrets() -> None:
    # the health check starts migrate.py where a migration is known, whose command that is then
    assert kit_files(()) == tuple(
        (name, content) for name, content in kit_files() if (name, name) in KIT_FILES
    )


def test_an_image_without_migrations_workers_and_data_has_nothing_for_them() -> None:
    assert programs_of(planned({"app.py": FLASK_APP, "requirements.txt": "flask\n"})) == ("gunicorn.conf.py",)
    assert "migrate.py" in programs_of(planned(MIGRATED))


def test_an_image_has_what_saves_its_object_store() -> None:
    code = "import os\nimport boto3\nboto3.client('s3', endpoint_url=os.environ['S3_ENDPOINT'])\n"
    plan = planned({"app.py": FLASK_APP + code, "requirements.txt": "flask\nboto3\n"})
    assert [one.kind for one in plan.services] == ["s3"] and not plan.volumes
    assert "volume_files.py" in programs_of(plan)


def test_an_image_of_the_desk_has_what_starts_its_commands() -> None:
    plan = planned(MIGRATED)
    desk = programs_of(development_plan(plan, user=1000, group=1000))
    assert DESK_PROGRAM in desk and DESK_PROGRAM not in programs_of(plan)
    assert "migrate.py" in desk


@pytest.mark.parametrize("example", EXAMPLES)
def test_rendered_files_start_what_the_image_has(example: str) -> None:
    files = rendered_files(example)
    kit = {path.removeprefix(KIT) for path in files if path.startswith(KIT)}
    told = {name for path, text in files.items() if not path.startswith(KIT) for name in NAMED.findall(text)}
    assert "healthcheck.py" in told
    assert told <= kit
