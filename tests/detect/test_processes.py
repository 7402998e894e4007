"""Workers, schedulers and migrations beside the web process."""

from okamochi.model.plan import Plan
from okamochi.model.process import ProcessType
from tests.detect.plans import FLASK_APP, planned

CELERY = "from celery import Celery\ncelery = Celery('x', broker='redis://queue')\n"


def commands(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {process.name: process.argv for process in plan.processes if process.type is not ProcessType.WEB}


def with_procfile(lines: str) -> Plan:
    return planned({"app.py": FLASK_APP, "Procfile": lines})


def test_a_worker_of_the_procfile_is_a_process_of_the_image_s_own_programs() -> None:
    plan = with_procfile("web: gunicorn app:app\nworker: rq worker high low\nclock: python clock.py\n")
    assert commands(plan) == {
        "worker": ("/opt/venv/bin/rq", "worker", "high", "low"),
        "clock": ("/opt/venv/bin/python", "clock.py"),
    }
    assert {one.name: one.type for one in plan.processes}["clock"] is ProcessType.SCHEDULER


def test_what_needs_a_shell_is_told_and_not_run() -> None:
    plan = with_procfile("web: gunicorn app:app\nworker: a && rq worker $QUEUES\n")
    assert commands(plan) == {}
    assert any("not run: worker" in one.summary for one in plan.decisions)


def test_a_release_line_that_makes_tables_anew_is_told_and_not_run() -> None:
    plan = with_procfile("web: gunicorn app:app\nrelease: flask init-db\n")
    assert commands(plan) == {}
    told = next(one for one in plan.decisions if one.field == "processes")
    assert "run it once yourself" in told.evidence[0].reason


def test_a_celery_application_has_a_worker_and_its_schedule_a_beat() -> None:
    schedule = "celery.conf.beat_schedule = {}\n"
    plan = planned({"app.py": FLASK_APP, "jobs/__init__.py": "", "jobs/queue.py": CELERY + schedule})
    found = commands(plan)
    assert found["worker"][:4] == ("/opt/venv/bin/celery", "-A", "jobs.queue:celery", "worker")
    assert found["beat"][3] == "beat" and "--schedule=/tmp/celerybeat-schedule" in found["beat"]


def test_migrations_of_flask_migrate_and_of_alembic_are_release_processes() -> None:
    app = "from flask import Flask\nfrom flask_migrate import Migrate\napp = Flask(__name__)\nMigrate(app)\n"
    files = {"requirements.txt": "flask\nflask-migrate\n", "app.py": app, "migrations/env.py": ""}
    assert commands(planned(files)) == {"release": ("/opt/venv/bin/flask", "db", "upgrade")}
    files = {"app.py": FLASK_APP, "alembic.ini": "[alembic]\n"}
    assert commands(planned(files)) == {"release": ("/opt/venv/bin/alembic", "upgrade", "head")}


def test_a_plan_without_any_of_it_has_the_web_process_alone() -> None:
    assert len(planned({"app.py": FLASK_APP}).processes) == 1
