"""A build that its own proof mends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.pypi.wheel_making import make_wheel, package_index

FLASK = b"class Flask:\n    def __init__(self, name): ...\n    def __call__(self, environ, start): ...\n"


@contextmanager
def served(cache: Path, folder: Path, *wheels: Path) -> Iterator[Program]:
    """The program, whose index has these wheels and nothing else."""
    with package_index(folder / "index", *wheels) as (port, _):
        environ = {
            "OKAMOCHI_CACHE_DIR": str(cache),
            "HOME": str(folder),
            "PIP_INDEX_URL": f"http://127.0.0.1:{port}/simple/",
            "PIP_FIND_LINKS": "",
            "PIP_CONFIG_FILE": "/dev/null",
        }
        yield Program(environ)


@pytest.mark.network
@pytest.mark.namespaces
def test_what_the_proof_misses_is_added_and_kept_in_the_lock(okamochi_cache: Path, tmp_path: Path) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "README.md").write_text("    pip install brings\n")
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
    with served(okamochi_cache, tmp_path, *wheels) as program:
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
    with served(okamochi_cache, tmp_path, *wheels) as program:
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


SHOWS = b"""\
class AppTest:
    exception = []
    @classmethod
    def from_file(cls, path, default_timeout): return cls()
    def run(self):
        import sys
        if "breaks" in open("/app/app.py").read() and __import__("importlib").util.find_spec("spoils"):
            raise ValueError("spoiled")
        return self
"""


@pytest.mark.network
@pytest.mark.namespaces
@pytest.mark.parametrize("first_page", ["", "# breaks"])
def test_what_another_page_lacks_is_added_unless_the_first_page_fails_with_it(
    okamochi_cache: Path, tmp_path: Path, first_page: str
) -> None:
    root = tmp_path / "shop"
    (root / "pages").mkdir(parents=True)
    (root / "app.py").write_text(f"import streamlit as st\nst.title('x')\n{first_page}\n")
    (root / "pages/2_Two.py").write_text("import spoils\nimport nowhere_to_be_had\n")
    (root / "README.md").write_text("    pip install streamlit spoils\n")
    (root / "requirements.txt").write_text("streamlit\n")
    package = {"streamlit/__init__.py": b"", "streamlit/testing/__init__.py": b""}
    wheels = [
        make_wheel(
            tmp_path / "wheels", "streamlit", "99.0", files={**package, "streamlit/testing/v1.py": SHOWS}
        ),
        make_wheel(tmp_path / "wheels", "spoils", "1.0", files={"spoils.py": b""}),
    ]
    with served(okamochi_cache, tmp_path, *wheels) as program:
        done = program.ok("build", root, "--to", f"layout:{tmp_path / 'layout'}")
    assert "trying requirement spoils" in done.stderr
    assert ('"value": "spoils"' in (root / "okamochi.lock").read_text()) is not bool(first_page)
    absent = "spoils" if first_page else "nowhere_to_be_had"
    assert f"the page pages/2_Two.py cannot be shown: ModuleNotFoundError: No module named '{absent}'" in (
        done.stderr
    )
