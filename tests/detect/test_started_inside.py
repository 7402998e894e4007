"""The working directory of an app in a folder of the project whose files lie beside its modules."""

import pytest

from okamochi.build.configuration import image_configuration
from okamochi.oci.platform import LINUX_AMD64
from tests.detect.plans import FLASK_APP, decision, planned

MODEL = f"{FLASK_APP}model = open('model.pkl')\n"
FILES = {"requirements.txt": "flask\n", "web/app.py": MODEL, "web/model.pkl": "1"}


def test_it_is_started_beside_the_files_that_it_names() -> None:
    plan = planned(FILES)
    assert plan.application.working_directory == "/app/web"
    assert image_configuration(plan, LINUX_AMD64, created="").working_dir == "/app/web"
    (place,) = decision(plan, "application.starts_inside").evidence
    assert (place.path, place.reason) == ("web/app.py", "names model.pkl, which is web/model.pkl")


@pytest.mark.parametrize(
    "files",
    [
        {**FILES, "model.pkl": "1"},
        {**FILES, "web/model.pkl/readme.txt": "", "web/app.py": FLASK_APP},
        {"requirements.txt": "flask\n", "web/app.py": MODEL},
        {"requirements.txt": "flask\n", "app.py": MODEL, "model.pkl": "1"},
        {**FILES, "web/app.py": f"{MODEL}import sqlite3\ndb = sqlite3.connect('shop.db')\n"},
        {**FILES, "Procfile": "worker: python web/jobs.py\n", "web/jobs.py": ""},
        {**FILES, "web/app.py": f"{FLASK_APP}page = 'start.html'\n", "web/start.html": ""},
    ],
)
def test_where_the_names_do_not_say_so_or_others_count_on_the_folder_it_is_the_project_s(
    files: dict[str, str],
) -> None:
    assert planned(files).application.working_directory == "/app"
