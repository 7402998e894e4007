""".env.sample, made from what the code reads."""

from okamochi.model.env_file import parse_env_file
from okamochi.render.env_sample import EnvSampleRenderer
from okamochi.render.rendering import Language
from tests.detect.plans import planned

APP = """\
import os
from flask import Flask

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
url = os.environ["DATABASE_URL"]
partner = os.environ["PARTNER_ADDRESS"]
size = os.environ.get("PAGE_SIZE", "10")
token = os.environ.get("STRIPE_TOKEN", "not-a-real-one")
"""


def sample(language: Language = Language.ENGLISH) -> str:
    plan = planned({"requirements.txt": "flask\npsycopg\n", "app.py": APP})
    (file,) = EnvSampleRenderer().render(plan, language).files
    assert file.path == ".env.sample"
    return file.content.decode()


def test_only_what_nobody_else_gives_is_left_to_fill_in() -> None:
    parsed = parse_env_file(sample(), where=".env.sample")
    assert dict(parsed.values) == {"PARTNER_ADDRESS": ""}


def test_everything_that_the_code_reads_is_named_with_its_place() -> None:
    lines = sample().splitlines()
    assert "# okamochi up sets it: the address of db" in lines[2].replace("required, ", "")
    assert "# optional (app.py:8)" in lines
    assert "# PAGE_SIZE=10" in lines
    assert {line.lstrip("# ").partition("=")[0] for line in lines if "=" in line} == {
        *("DATABASE_URL", "PAGE_SIZE", "PARTNER_ADDRESS", "SECRET_KEY", "STRIPE_TOKEN")
    }


def test_what_only_one_page_cannot_do_without_is_no_option() -> None:
    app = APP + '@app.get("/login")\ndef login():\n    return os.environ["CALLBACK_ADDRESS"]\n'
    plan = planned({"requirements.txt": "flask\npsycopg\n", "app.py": app})
    text = EnvSampleRenderer().render(plan, Language.ENGLISH).files[0].content.decode()
    assert "# not needed to start, but where it is read (app.py:12)\n# CALLBACK_ADDRESS=" in text


def test_no_default_of_a_secret_is_written_down() -> None:
    assert "not-a-real-one" not in sample()
    assert "# STRIPE_TOKEN=" in sample(Language.JAPANESE).splitlines()
