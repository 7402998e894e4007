"""The script that a Dockerfile starts may do more than start the server: that it is not run is told."""

import pytest

from tests.detect.plans import FLASK_APP, planned

LAUNCHER = "import subprocess\nopen('key.pem', 'w').write('x')\nsubprocess.Popen(['gunicorn', 'app:app'])\n"


def told(command: str, launcher: str = LAUNCHER, **more: str) -> list[tuple[str, int | None]]:
    files = {"app.py": FLASK_APP, "entry.py": launcher, "Dockerfile": f"FROM python\n{command}\n", **more}
    found = [one for one in planned(files).decisions if "is not run, for okamochi starts" in one.summary]
    return [(evidence.reason, evidence.line) for one in found for evidence in one.evidence]


@pytest.mark.parametrize(
    "command",
    ['CMD ["python", "entry.py"]', "CMD python ./entry.py", 'ENTRYPOINT ["python", "/app/entry.py"]'],
)
def test_a_script_that_starts_the_server_is_told(command: str) -> None:
    assert told(command) == [("starts entry.py, which starts gunicorn", 2)]


@pytest.mark.parametrize(
    ("command", "launcher"),
    [
        ('CMD ["gunicorn", "app:app"]', LAUNCHER),
        ('CMD ["python", "app.py"]', LAUNCHER),
        ('CMD ["python", "entry.py"]', "from app import app\napp.run()\n"),
        ('CMD ["python", "entry.py"]', "import subprocess\nsubprocess.run(['ls'])\n"),
        ('CMD ["python", "elsewhere.py"]', LAUNCHER),
    ],
)
def test_what_only_serves_is_not(command: str, launcher: str) -> None:
    assert told(command, launcher) == []
