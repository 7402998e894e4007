"""What `okamochi render` says beside the names of what it wrote."""

from pathlib import Path

from tests.cli.program import Program


def test_values_that_cannot_be_meant_are_no_error_of_what_was_written(tmp_path: Path) -> None:
    app = "import os\n"
    app += "from flask import Flask\n\napp = Flask(__name__)\napp.secret_key = os.environ['SECRET_KEY']\n"
    (tmp_path / "app.py").write_text(app)
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / ".env").write_text("SECRET_KEY=changeme\n")
    answer = Program()("render", "env-sample", str(tmp_path))
    assert answer.code == 0
    assert "warning: .env:1: SECRET_KEY holds the word of an example" in answer.stderr
    assert "error:" not in answer.stderr
