"""The secrets of a stack: made up once, kept, given; and what is never done with them."""

import stat
from pathlib import Path

import pytest

from okamochi.kit.secret_files import load
from okamochi.kit.stack_secrets import SecretsError, keep

ENTRIES = ["db/DB_PASSWORD", "app/DATABASE_URL=postgresql://app:{DB_PASSWORD}@db/{shop}", "app/SECRET_KEY"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("app", "db", "given"):
        (tmp_path / name).mkdir()
    return tmp_path


def run(root: Path, entries: list[str] = ENTRIES, **environ: str) -> list[str]:
    return keep(str(root), entries, environ)


def test_each_is_made_up_once_and_lies_only_where_it_is_needed(root: Path) -> None:
    told = run(root)
    password, key = (root / "db/DB_PASSWORD").read_text(), (root / "app/SECRET_KEY").read_text()
    assert len(password) >= 32 and len(key) >= 32 and password != key
    assert (root / "app/DATABASE_URL").read_text() == f"postgresql://app:{password}@db/{{shop}}"
    assert sorted(path.name for path in (root / "app").iterdir()) == ["DATABASE_URL", "SECRET_KEY"]
    assert told == ["DATABASE_URL: put together", "DB_PASSWORD: made up", "SECRET_KEY: made up"]
    assert run(root)[1:] == ["DB_PASSWORD: kept", "SECRET_KEY: kept"]
    assert (root / "db/DB_PASSWORD").read_text() == password


def test_a_value_that_ends_in_a_line_break_reaches_the_app_with_it(root: Path) -> None:
    pem = "-----BEGIN\nabc\n-----END\n"
    (root / "given/SECRET_KEY").write_text(pem + "\n")  # as okamochi keeps it: readers take one away
    run(root)
    run(root)
    environ = {"OKAMOCHI_SECRET_FILES": "SECRET_KEY", "SECRET_KEY_FILE": str(root / "app/SECRET_KEY")}
    load(environ)
    assert environ["SECRET_KEY"] == pem


def test_every_user_of_the_volume_can_read_it_and_nobody_writes_it(root: Path) -> None:
    run(root)
    assert stat.S_IMODE((root / "app/SECRET_KEY").stat().st_mode) == 0o444


def test_a_file_that_is_given_wins_over_a_variable_and_both_over_what_is_kept(root: Path) -> None:
    run(root)
    assert "SECRET_KEY: given" in run(root, SECRET_KEY="from the environment")
    assert (root / "app/SECRET_KEY").read_text() == "from the environment"
    (root / "given/SECRET_KEY").write_text("from a file\n")
    run(root, SECRET_KEY="from the environment")
    assert (root / "app/SECRET_KEY").read_text() == "from a file"


def test_a_given_password_is_quoted_in_the_address_and_nowhere_else(root: Path) -> None:
    (root / "given/DB_PASSWORD").write_text("p@ss/{SECRET_KEY}")
    run(root, [*ENTRIES, "app/PGPASSWORD={DB_PASSWORD}"])
    assert "app:p%40ss%2F%7BSECRET_KEY%7D@db" in (root / "app/DATABASE_URL").read_text()
    assert (root / "app/PGPASSWORD").read_text() == "p@ss/{SECRET_KEY}"


def test_what_only_a_person_knows_is_asked_for_all_at_once_and_nothing_is_written(root: Path) -> None:
    with pytest.raises(SecretsError, match="no value for MAIL_TOKEN, PARTNER_KEY") as caught:
        run(root, ["app/PARTNER_KEY?", "app/SECRET_KEY", "app/MAIL_TOKEN?"], MAIL_TOKEN="  ")
    assert ".env" in str(caught.value)
    assert not list((root / "app").iterdir())
    run(root, ["app/PARTNER_KEY?"], PARTNER_KEY="k")
    assert run(root, ["app/PARTNER_KEY?"]) == ["PARTNER_KEY: kept"]


def test_what_may_be_given_is_left_out_where_it_is_not(root: Path) -> None:
    entries = ["app/SECRET_KEY", "app/GCP_KEY??"]
    assert run(root, entries)[0] == "GCP_KEY: not given"
    assert not (root / "app/GCP_KEY").exists()
    (root / "given/GCP_KEY").write_text('{"a": 1}')
    assert run(root, entries)[0] == "GCP_KEY: given"
    assert (root / "app/GCP_KEY").read_text() == '{"a": 1}'


def test_a_placeholder_is_refused_and_values_are_never_told(root: Path) -> None:
    with pytest.raises(SecretsError, match="SECRET_KEY is a placeholder") as caught:
        run(root, SECRET_KEY="changeme")
    assert "changeme" not in str(caught.value)
    assert "hunter2" not in "".join(run(root, SECRET_KEY="hunter2"))


@pytest.mark.parametrize("entry", ["SECRET_KEY", "app/../x", "/X"])
def test_what_names_no_secret_is_refused(root: Path, entry: str) -> None:
    with pytest.raises(SecretsError, match="no FOLDER/NAME"):
        run(root, [entry])


def test_a_volume_that_is_not_there_is_named(root: Path) -> None:
    with pytest.raises(SecretsError, match=r"cache/TOKEN cannot be written"):
        run(root, ["cache/TOKEN"])


def test_a_file_in_small_letters_is_there_with_dashes_too(root: Path) -> None:
    run(root, ["app/db_password", "app/SECRET_KEY", "app/token"])
    assert sorted(path.name for path in (root / "app").iterdir()) == [
        "SECRET_KEY",
        "db-password",
        "db_password",
        "token",
    ]
    assert (root / "app/db-password").read_text() == (root / "app/db_password").read_text()
    run(root, ["app/db_password"], db_password="another")
    assert (root / "app/db-password").read_text() == "another"
