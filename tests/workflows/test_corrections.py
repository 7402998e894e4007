"""A build that its own proof mends."""

from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.pypi.wheel_making import make_wheel, package_index

FLASK = b"class Flask:\n    def __init__(self, name): ...\n    def __call__(self, environ, start): ...\n"


@pytest.mark.network
@pytest.mark.namespaces
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
        (root / "requirements.txt").write_text("# the app\n\nflask  # web\n")
        again = program.ok("build", root, "--to", f"layout:{tmp_path / 'layout'}", "--locked")
    lock = (root / "okamochi.lock").read_text()
    assert '"value": "brings"' in lock
    assert '"value": "/app/my_data"' in lock
    assert "entry point proved" in first.stderr
    assert first.stdout == again.stdout


ROUTED = b"""\
class Rule:
    rule, methods = "/healthz", {"GET"}
class Map:
    def iter_rules(self): return [Rule]
class Flask:
    url_map = Map()
    def __init__(self, name): ...
    def __call__(self, environ, start):
        start("200 OK", [])
        return [b"well"]
"""


@pytest.mark.network
@pytest.mark.namespaces
def test_an_entry_point_that_fails_is_followed_by_the_next_and_its_health_route_is_taken(
    okamochi_cache: Path, tmp_path: Path
) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "wsgi.py").write_text(
        "from flask import Flask\napplication = Flask(__name__)\nraise OSError('old')\n"
    )
    (root / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n")
    (root / "requirements.txt").write_text("flask\n")
    wheels = [
        make_wheel(tmp_path / "wheels", "flask", "99.1", files={"flask.py": ROUTED}),
        make_wheel(tmp_path / "wheels", "gunicorn", "99.0"),
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
        told = program.ok("plan", root)
        (root / "app.py").write_text("import os\nfrom flask import Flask\napp = Flask(__name__)\n1 / 0\n")
        (root / "okamochi.lock").unlink()
        refused = program.ok("build", root, "--to", f"layout:{tmp_path / 'layout'}")
    assert "wsgi:application does not load: the app raises OSError: old" in first.stderr
    assert "trying app:app" in first.stderr and "entry point proved: app:app" in first.stderr
    assert first.stdout == again.stdout
    assert "app:app, since wsgi:application failed" in told.stdout
    assert "health: GET /healthz" in told.stdout
    # none is better: what the evidence puts first stays, and is what the error is about
    assert "entry point wsgi:application could not be proved: the app raises" in refused.stderr
    assert "passed-over" not in (root / "okamochi.lock").read_text()
