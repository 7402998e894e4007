"""A build that its own proof mends."""

from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.pypi.wheel_making import make_wheel, package_index

FLASK = b"class Flask:\n    def __init__(self, name): ...\n    def __call__(self, environ, start): ...\n"


@pytest.mark.network
def test_what_the_proof_misses_is_added_and_kept_in_the_lock(okamochi_cache: Path, tmp_path: Path) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "app.py").write_text(
        "from flask import Flask\nimport brings\napp = Flask(__name__)\nbrings.write(__file__)\n"
    )
    (root / "requirements.txt").write_text("flask\n")
    writer = b"import pathlib\ndef write(f): (pathlib.Path(f).parent / 'my_data').mkdir(exist_ok=True)\n"
    wheels = [
        make_wheel(tmp_path / "wheels", "flask", "99.0", files={"flask.py": FLASK}),
        make_wheel(tmp_path / "wheels", "gunicorn", "99.0"),
        make_wheel(tmp_path / "wheels", "brings", "1.0", files={"brings.py": writer}),
    ]
    with package_index(tmp_path / "index", *wheels) as (port, _):
        program = Program(
            {
                "OKAMOCHI_CACHE_DIR": str(okamochi_cache),
                "HOME": str(tmp_path),
                "PIP_INDEX_URL": f"http://127.0.0.1:{port}/simple/",
                "PIP_FIND_LINKS": "",
                "PIP_CONFIG_FILE": "/dev/null",
            }
        )
        first = program.ok("build", root, "--to", f"layout:{tmp_path / 'layout'}")
        again = program.ok("build", root, "--to", f"layout:{tmp_path / 'layout'}", "--locked")
    lock = (root / "okamochi.lock").read_text()
    assert '"value": "brings"' in lock
    assert '"value": "/app/my_data"' in lock
    assert "entry point proved" in first.stderr
    assert first.stdout == again.stdout
