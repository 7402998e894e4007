"""What a stack's containers are told."""

from pathlib import Path

from okamochi.model.process import EnvironmentVariable, VariableKind
from okamochi.run.state import AppState
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.starting.coded_passwords import keep_coded_passwords
from okamochi.workflows.starting.env_values import Values
from okamochi.workflows.starting.stack_services import with_given_secrets, with_service_values
from tests.detect.plans import planned

SECRET = VariableKind.SECRET


def test_a_password_outlives_down_though_the_code_reads_it_by_its_own_name(tmp_path: Path) -> None:
    """The database keeps the password of its first start."""
    source = (
        "import os\nfrom flask import Flask\napp = Flask(__name__)\nhost = os.environ['DB_HOST']\n"
        "password = os.environ['DB_PASSWORD']\nurl = os.environ.get('DATABASE_URL', '')\n"
    )
    plan = planned({"app.py": source, "requirements.txt": "flask\npsycopg\n"})
    world = World.real({}, SilentReporter(), offline=True, cache_root=tmp_path / "cache")
    state = AppState(tmp_path / "shop")
    before = with_service_values(plan, Values((), ()), state, world)
    assert {"DB_PASSWORD", "DATABASE_URL"} <= set(before.secret_names)
    password = state.secrets()["DB_PASSWORD"]
    assert password in state.secrets()["DATABASE_URL"]
    state.forget_given_secrets()  # as `down` does
    assert with_service_values(plan, Values((), ()), state, world) == before
    assert state.secrets()["DB_PASSWORD"] == password
    assert password in state.secrets()["DATABASE_URL"]


def test_optional_secrets_that_were_given_reach_the_stack_and_the_others_do_not() -> None:
    plain = EnvironmentVariable(name="PLAIN")
    given = EnvironmentVariable(name="CLIENT_SECRET", kind=SECRET)
    absent = EnvironmentVariable(name="METRICS_TOKEN", kind=SECRET)
    values = Values(plain=(), secret_names=("CLIENT_SECRET", "OF_A_LIBRARY_TOKEN"))
    assert with_given_secrets((plain, given, absent), values) == (
        plain,
        EnvironmentVariable(name="CLIENT_SECRET", kind=SECRET, required=True),
        absent,
        EnvironmentVariable(name="OF_A_LIBRARY_TOKEN", kind=SECRET, required=True),
    )


def test_the_password_in_the_code_is_the_database_s_at_every_start_unless_one_is_given(
    tmp_path: Path,
) -> None:
    source = "from flask import Flask\napp = Flask(__name__)\nuri = 'postgresql://me:{}@localhost/shop'\n"
    project = tmp_path / "project"
    project.mkdir()
    world = World.real({}, SilentReporter(), offline=True, cache_root=tmp_path / "cache")
    state = AppState(tmp_path / "shop")
    for word in ("n00dles", "Two Bowls!"):  # the latter looks like a sentence, which a plan never sees
        plan = planned({"app.py": source.format(word), "requirements.txt": "flask\npsycopg\n"})
        (project / "app.py").write_text(source.format(word))
        keep_coded_passwords(plan.services, Values((), ()), project, state, world)
        values = with_service_values(plan, Values((), ()), state, world)
        assert values.secret_names == ("DB_PASSWORD",)
        assert state.secrets()["DB_PASSWORD"] == word
        state.forget_given_secrets()  # as `down` does
    state.keep_secret("DB_PASSWORD", "given")
    keep_coded_passwords(plan.services, Values((), ("DB_PASSWORD",)), project, state, world)
    assert state.secrets()["DB_PASSWORD"] == "given"
