"""Key files that the code opens are secrets of the plan, given as files."""

import pytest
from pathspec import GitIgnoreSpec

from okamochi.model.plan import Plan
from okamochi.model.process import EnvironmentVariable, SecretFile, VariableKind
from tests.detect.plans import FLASK_APP, decision, planned, variable

GOOGLE = "from google.oauth2.service_account import Credentials\nimport os\n"
OPENS = "Credentials.from_service_account_file"


def app(*lines: str, head: str = GOOGLE) -> Plan:
    return planned({"app.py": f"{head}{FLASK_APP}" + "".join(f"{line}\n" for line in lines)})


def keys(plan: Plan) -> dict[str, bool]:
    """Whether each is required."""
    return {one.name: one.required for one in plan.environment if one.holds_path}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((f"c = {OPENS}(os.environ['GOOGLE_KEY'])",), {"GOOGLE_KEY": True}),
        (("PATH = os.environ['KEY_PATH']", f"c = {OPENS}(PATH)"), {"KEY_PATH": True}),
        ((f"def client():\n    return {OPENS}(os.environ.get('KEY_PATH'))",), {"KEY_PATH": False}),
        (("key = open(os.environ['JWT_PRIVATE_KEY_PATH']).read()",), {"JWT_PRIVATE_KEY_PATH": True}),
        (("rows = open(os.environ['ROWS_PATH']).read()",), {}),
        (("key = open(os.environ.get('JWT_KEY', 'keys/jwt.pem')).read()",), {"JWT_KEY": True}),
    ],
)
def test_a_variable_whose_value_is_opened_as_a_key_holds_the_path_of_one(
    lines: tuple[str, ...], expected: dict[str, bool]
) -> None:
    plan = app(*lines, head="import os\n" if "open(" in lines[0] else GOOGLE)
    assert keys(plan) == expected
    for name in expected:
        assert variable(plan, name).kind is VariableKind.SECRET and variable(plan, name).default is None


def test_the_decision_says_where_it_is_opened_and_what_to_give() -> None:
    plan = app(f"c = {OPENS}(os.environ['GOOGLE_KEY'])")
    found = decision(plan, "environment.GOOGLE_KEY")
    assert "the path of the file on this machine" in found.summary
    assert (found.evidence[0].path, found.evidence[0].line) == ("app.py", 6)
    assert sum(one.field == "environment.GOOGLE_KEY" for one in plan.decisions) == 1


def test_a_path_of_the_codes_own_is_a_link_to_a_secret_and_the_file_stays_out() -> None:
    plan = planned(
        {
            "app.py": f"{GOOGLE}{FLASK_APP}HERE = os.path.dirname(__file__)\n"
            f"c = {OPENS}(os.path.join(HERE, 'keys', 'my-key.json'))\n",
            "keys/my-key.json": "{}",
            "keys/other.json": "{}",
        }
    )
    assert plan.secret_files == (SecretFile(path="/app/keys/my-key.json", name="MY_KEY_JSON"),)
    assert variable(plan, "MY_KEY_JSON") == EnvironmentVariable(
        name="MY_KEY_JSON", kind=VariableKind.SECRET, required=True, as_file=True, holds_path=True
    )
    out = GitIgnoreSpec.from_lines(plan.source.exclude)
    assert out.match_file("keys/my-key.json") and not out.match_file("keys/other.json")


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("os.environ['GOOGLE_APPLICATION_CREDENTIALS'] = 'gcp.json'", "/app/gcp.json"),
        ("os.environ.setdefault('GOOGLE_APPLICATION_CREDENTIALS', 'gcp.json')", "/app/gcp.json"),
        ("key = open('keys/private.pem').read()", "/app/keys/private.pem"),
        ("from pathlib import Path\nkey = Path('jwt.key').read_text()", "/app/jwt.key"),
        ("import gspread\nsheets = gspread.service_account(filename='sheet.json')", "/app/sheet.json"),
        (
            "from firebase_admin import credentials\nc = credentials.Certificate('fire.json')",
            "/app/fire.json",
        ),
        ("def sign():\n    return open('private.pem').read()", "/app/private.pem"),
    ],
)
def test_the_ways_to_open_one(line: str, path: str) -> None:
    plan = app(line)
    assert [one.path for one in plan.secret_files] == [path]
    assert list(keys(plan).values()) == [not line.startswith("def")]


@pytest.mark.parametrize(
    "line",
    [
        "key = open('keys/private.pem', 'w')",
        "key = open('keys/public.pem').read()",
        "key = open('notes.txt').read()",
        "key = open('/etc/ssl/private.pem').read()",
        "c = Credentials.from_service_account_info({'private_key': 'x'})",
        "from other import Certificate\nc = Certificate('fire.json')",
    ],
)
def test_other_files_are_left_alone(line: str) -> None:
    plan = app(line, head="import os\nfrom google.oauth2.service_account import Credentials\n")
    assert plan.secret_files == () and keys(plan) == {}


def test_a_library_of_google_may_be_given_one() -> None:
    head = "from google.cloud import storage\n"
    assert keys(app("client = storage.Client()", head=head)) == {"GOOGLE_APPLICATION_CREDENTIALS": False}
    assert keys(app("auth.default()", head="from google import auth\n")) == {
        "GOOGLE_APPLICATION_CREDENTIALS": False
    }
    assert keys(app("firebase_admin = 'vertexai'", head="")) == {}
    assert keys(app(head="")) == {}


def test_a_key_that_is_asked_for_first_need_not_be_given() -> None:
    whole = "def key():\n    return open('jwt.key').read()\nkey()"
    asked = "def key():\n    if os.path.exists('jwt.key'):\n        return open('jwt.key').read()\nkey()"
    read = "return open('jwt.key').read()"
    tried = f"def key():\n    try:\n        {read}\n    except OSError:\n        return ''\nkey()"
    head = "import os\n"
    assert keys(app(whole, head=head)) == {"JWT_KEY": True}
    assert keys(app(asked, head=head)) == {"JWT_KEY": False}
    assert keys(app(tried, head=head)) == {"JWT_KEY": False}


@pytest.mark.parametrize(
    "made",
    [
        "open(place, 'w').write('new')",
        "open(place, mode='wb').write(b'new')",
        "place.write_text('new')",
        "place.open('x').write('new')",
    ],
)
def test_a_key_that_the_app_makes_itself_is_no_secret_of_somebody(made: str) -> None:
    read = "from pathlib import Path\nplace = Path('jwt.key')\nkey = open(place).read()\n"
    assert keys(app(read, head="")) == {"JWT_KEY": True}
    assert keys(app(f"{read}{made}\n", head="")) == {}
    other = f"{read}other = Path('other.txt')\n{made.replace('place', 'other')}\n"
    assert keys(app(other, head="")) == {"JWT_KEY": True}


def test_a_public_key_that_a_variable_leads_to_is_given_as_a_file_too() -> None:
    plan = app("key = open(os.environ.get('PUB_KEY_PATH'), 'r').read()", head="import os\n")
    assert variable(plan, "PUB_KEY_PATH").holds_path and keys(plan) == {"PUB_KEY_PATH": True}


def test_a_key_below_the_home_is_no_file_of_the_image() -> None:
    here = "PLACE = os.path.join(os.path.expanduser('~'), '.shop')"
    assert app(here, f"c = {OPENS}(os.path.join(PLACE, 'key.json'))").secret_files == ()
