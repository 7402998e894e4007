"""What the app's own code tells about libraries and programs beside Python's."""

from okamochi.model.native import NativeNeed, NeedKind
from tests.detect.plans import FLASK_APP, planned

CALLS = """
import shutil
import subprocess
from flask import Flask
import numpy.fft
from PIL import Image, ImageFont
import own_module

INSTALLED = ["flask.json", "elsewhere.module", "numpy.linalg"]
app = Flask(__name__)

@app.route("/")
def page():
    return subprocess.run(["ffmpeg", "-version"], check=True).stdout
"""


def needs(files: dict[str, str | bytes]) -> tuple[NativeNeed, ...]:
    return planned(files).native.needs


def test_programs_that_the_apps_code_starts_with_their_place() -> None:
    (need,) = needs({"app.py": CALLS, "own_module.py": "x = 1\n"})
    assert need == NativeNeed(
        kind=NeedKind.PROGRAM, names=("ffmpeg",), path="app.py", line=14, reason="starts ffmpeg"
    )


def test_what_the_app_does_not_import_does_not_count() -> None:
    script = "import subprocess\nsubprocess.run(['docker', 'build'])\n"
    assert needs({"app.py": FLASK_APP, "release.py": script, "scripts/x.py": script}) == ()
    main = FLASK_APP + "import os\nif __name__ == '__main__':\n    os.system('clear')\n"
    assert needs({"app.py": main}) == ()


def test_pythons_own_programs_are_there() -> None:
    assert needs({"app.py": FLASK_APP + "import subprocess\nsubprocess.run(['python3', '-V'])\n"}) == ()


def test_a_shell_line_needs_a_shell() -> None:
    found = needs({"app.py": FLASK_APP + "import os\nos.system('pg_dump shop > x')\n"})
    assert [(need.names, need.reason) for need in found] == [
        (("sh",), "runs a shell line"),
        (("pg_dump",), "starts pg_dump"),
    ]


def test_modules_of_packages_that_the_app_imports_or_names() -> None:
    modules = planned({"app.py": CALLS, "own_module.py": "x = 1\n"}).native.modules
    assert {"flask", "flask.json", "numpy.fft", "numpy.linalg", "PIL"} <= set(modules)
    assert not {"shutil", "own_module", "elsewhere.module", "PIL.Image.Image"} & set(modules)
