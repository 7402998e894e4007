import multiprocessing

from flask_migrate import check, downgrade, upgrade
from invoice import create_app
from invoice.schema import is_current, upgrade_at_first_start


def test_liveness_needs_no_database(unmigrated):
    unmigrated.config["DATA_DIR"].chmod(0o500)
    assert unmigrated.test_client().get("/healthz").json == {"status": "ok"}


def test_readiness_waits_for_the_migrations(unmigrated):
    client = unmigrated.test_client()
    response = client.get("/readyz")
    assert (response.status_code, response.json["migrations"]) == (503, "pending")
    upgrade_at_first_start(unmigrated)
    response = client.get("/readyz")
    assert (response.status_code, response.json["migrations"]) == (200, "current")


def test_readiness_fails_when_the_database_cannot_be_reached(make_app, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/no/such/folder/db.sqlite3")
    app = make_app(tmp_path)
    response = app.test_client().get("/readyz")
    assert (response.status_code, response.json["database"]) == (503, "unreachable")


def test_a_fresh_database_can_be_left_to_the_operator(make_app, tmp_path, monkeypatch):
    monkeypatch.setenv("INVOICE_AUTO_MIGRATE", "false")
    app = make_app(tmp_path)
    upgrade_at_first_start(app)
    assert app.test_client().get("/readyz").status_code == 503


def test_the_migrations_make_exactly_the_tables_of_the_models(app):
    with app.app_context():
        check()


def test_migrations_can_be_undone_and_done_again(app):
    with app.app_context():
        downgrade(revision="base")
        assert not is_current()
        upgrade()
        assert is_current()


def _start(folder: str) -> None:
    app = create_app(DATA_DIR=folder, TESTING=True)
    upgrade_at_first_start(app)
    assert app.test_client().get("/readyz").status_code == 200


def test_workers_that_start_at_once_migrate_once(tmp_path):
    workers = [
        multiprocessing.get_context("fork").Process(target=_start, args=(str(tmp_path),)) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]


def test_readiness_fails_when_redis_does_not_answer(make_app, tmp_path, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    app = make_app(tmp_path)
    upgrade_at_first_start(app)
    response = app.test_client().get("/readyz")
    assert (response.status_code, response.json["redis"]) == (503, "unreachable")
    assert app.test_client().get("/healthz").status_code == 200


def test_a_database_that_is_away_is_told_as_such(make_app, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/no/such/folder/db.sqlite3")
    response = make_app(tmp_path).test_client().get("/?lang=en")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "Nothing was lost" in response.get_data(as_text=True)
