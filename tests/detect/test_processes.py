"""Workers, schedulers and migrations beside the web process."""

import pytest

from okamochi.errors import UsageError
from okamochi.model.plan import Plan
from okamochi.model.process import HeartbeatProbe, Process, ProcessType
from tests.detect.plans import FLASK_APP, decision, planned

FEW = "--concurrency=2"
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


@pytest.mark.parametrize(
    "command",
    [
        "rq worker --burst mails",
        "rq worker -b mails",
        "flask --app app db init",
        "alembic upgrade head",
        "python manage.py createsuperuser --noinput",
        "python manage.py db migrate",
        "python manage.py rqworker default --burst",
    ],
)
def test_a_line_whose_command_ends_is_told_and_no_worker(command: str) -> None:
    plan = with_procfile(f"web: gunicorn app:app\nonce: {command}\n")
    assert commands(plan) == {}
    told = next(one for one in plan.decisions if one.summary == "not run: once of the Procfile")
    assert told.evidence[0].reason.endswith(f"run it when it is due: okamochi exec -- {command}")


@pytest.mark.parametrize(
    "command", ["rq worker mails", "python manage.py qcluster", "flask worker", "python jobs.py"]
)
def test_a_line_whose_command_may_stay_is_a_worker(command: str) -> None:
    plan = with_procfile(f"web: gunicorn app:app\nonce: {command}\n")
    assert " ".join(commands(plan)["once"]) == f"/opt/venv/bin/{command}"


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


SENDING = (
    FLASK_APP + "from jobs import celery\n@app.route('/add')\ndef add():\n    celery.send_task('tasks.add')\n"
)


@pytest.mark.parametrize(
    ("more", "runs"),
    [
        ("", False),
        ("# @celery.task\n# def add(): ...\n", False),
        ("@celery.task\ndef add(): ...\n", True),
        ("@celery.task(bind=True)\ndef add(self): ...\n", True),
        ("celery.conf.imports = ('shop_tasks',)\n", True),
        ("celery.autodiscover_tasks(['shop'])\n", True),
        ("class Add(celery.Task): ...\n", True),
    ],
)
def test_tasks_that_another_project_defines_have_no_worker_here_which_would_drop_them(
    more: str, runs: bool
) -> None:
    plan = planned({"app.py": SENDING, "jobs.py": CELERY + more})
    assert ("worker" in commands(plan)) is runs
    told = [one for one in plan.decisions if one.field == "processes" and "defines no task" in one.summary]
    assert [one.evidence[0].path for one in told] == ([] if runs else ["app.py"])
    stated = planned(
        {"app.py": SENDING, "jobs.py": CELERY + more, "Procfile": "worker: celery -A jobs worker\n"}
    )
    assert "worker" in commands(stated)


JOBS = "from celery import Celery\n{}\ncelery = Celery('x', broker='redis://queue')\n"


@pytest.mark.parametrize(
    ("path", "imports", "named"),
    [
        ("src/core/jobs.py", "import core.x", "core.jobs:celery"),
        ("src/core/jobs.py", "from src.core import x", "src.core.jobs:celery"),
        ("core/jobs.py", "import os", "core.jobs:celery"),
        ("jobs.py", "import os", "jobs:celery"),
    ],
)
def test_a_worker_s_module_is_named_from_where_python_looks_with_or_without_packages(
    path: str, imports: str, named: str
) -> None:
    files = {"src/main.py" if path.startswith("src") else "main.py": FLASK_APP, path: JOBS.format(imports)}
    assert commands(planned(files))["worker"][2] == named


def history(folder: str) -> dict[str, str]:
    return {f"{folder}/env.py": "", f"{folder}/versions/a.py": ""}


def test_migrations_beside_an_app_that_lies_in_a_folder_are_found() -> None:
    app = (
        "from flask import Flask\nfrom flask_migrate import Migrate\napp = Flask(__name__)\nMigrate(app{})\n"
    )
    asked = {"requirements.txt": "flask\nflask-migrate\nalembic\n"}
    beside = {**asked, "server/app.py": app.format(""), **history("server/migrations")}
    flask = ("/opt/venv/bin/flask", "db", "upgrade")
    assert commands(planned(beside))["release"] == (*flask, "--directory", "server/migrations")
    named = {**asked, "app.py": app.format(", directory='db/steps'"), **history("db/steps")}
    assert commands(planned(named))["release"] == flask
    elsewhere = {**asked, "server/app.py": app.format(""), **history("other/migrations")}
    assert "release" not in commands(planned(elsewhere))


@pytest.mark.parametrize("place", ["%(here)s/steps", "api/steps"])
def test_alembic_beside_an_app_that_lies_in_a_folder_is_told_its_file(place: str) -> None:
    ini = f"[alembic]\nscript_location = {place}\n"
    files = {"api/main.py": FLASK_APP, "api/alembic.ini": ini, "api/steps/env.py": ""}
    told = ("/opt/venv/bin/alembic", "--config", "api/alembic.ini", "upgrade", "head")
    assert commands(planned(files))["release"] == told


def test_alembic_whose_scripts_count_from_its_own_folder_is_run_there() -> None:
    ini = "[alembic]\nscript_location = steps\n"
    files = {"api/main.py": FLASK_APP, "api/alembic.ini": ini, "api/steps/env.py": ""}
    argv = commands(planned(files))["release"]
    assert argv[:2] == ("/opt/venv/bin/python", "-c") and "os.chdir('api')" in argv[2]


@pytest.mark.parametrize(
    ("place", "begins"),
    [
        ("steps", "os.chdir('app/database')"),
        ("app/database/steps", "app/database/alembic.ini"),
        ("%(here)s/steps", "app/database/alembic.ini"),
        ("elsewhere", ""),
    ],
)
def test_the_only_alembic_of_a_project_is_run_wherever_it_lies(place: str, begins: str) -> None:
    ini = f"[alembic]\nscript_location = {place}\n"
    files = {"main.py": FLASK_APP, "app/database/alembic.ini": ini, "app/database/steps/env.py": ""}
    assert begins in " ".join(commands(planned(files)).get("release", ()))
    assert bool(begins) is ("release" in commands(planned(files)))
    two = {f"other/{path}": text for path, text in files.items() if path != "main.py"}
    assert "release" not in commands(planned({**files, **two, "other/app/database/alembic.ini": ini}))


TOML = "[project]\nname = 'x'\nversion = '1'\n[tool.aerich]\ntortoise_orm = 'main.ORM'\n"
INI = "[aerich]\ntortoise_orm = main.ORM\nlocation = ./steps\n"


@pytest.mark.parametrize(
    ("files", "argv"),
    [
        ({"pyproject.toml": TOML, "migrations/models/0_2024_init.py": ""}, ("upgrade",)),
        (
            {"pyproject.toml": f"{TOML}location = 'src/steps'\n", "src/steps/models/0_2024_init.py": ""},
            ("upgrade",),
        ),
        ({"aerich.ini": INI, "steps/models/0_2021_init.sql": ""}, ("--config", "aerich.ini", "upgrade")),
        ({"pyproject.toml": TOML, "migrations/models/old.txt": ""}, ()),
        ({"pyproject.toml": "[project]\nname = 'x'\nversion = '1'\n"}, ()),
    ],
)
def test_migrations_of_aerich_are_a_release_process(files: dict[str, str], argv: tuple[str, ...]) -> None:
    app = "from fastapi import FastAPI\nfrom tortoise import Tortoise\napp = FastAPI()\n"
    asked = {"requirements.txt": "fastapi\ntortoise-orm\naerich\n", **files}
    found = commands(planned({**asked, "main.py": app})).get("release", ())
    assert found == (("/opt/venv/bin/aerich", *argv) if argv else ())
    itself = planned({**asked, "main.py": f"{app}register_tortoise(app, generate_schemas=True)\n"})
    assert "release" not in commands(itself)
    told = [one.summary for one in itself.decisions if "aerich" in one.summary and one.field == "processes"]
    assert told == (["not run: aerich upgrade; the app makes its tables itself"] if argv else [])


def test_a_folder_of_migrations_without_a_revision_makes_no_tables() -> None:
    app = (
        "from flask import Flask\nfrom flask_migrate import Migrate\n"
        "from flask_sqlalchemy import SQLAlchemy\n"
        "app = Flask(__name__)\ndb = SQLAlchemy(app)\nMigrate(app, db)\n"
        "class User(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n"
    )
    files = {"requirements.txt": "flask\nflask-migrate\nflask-sqlalchemy\n", "app.py": app}
    files |= {"migrations/env.py": "", "migrations/alembic.ini": "# version_locations = there\n"}
    plan = planned(files)
    assert "db.create_all()" in commands(plan)["release"][2]
    assert "migrations holds no revision" in decision(plan, "processes").summary
    upgrade = {"release": ("/opt/venv/bin/flask", "db", "upgrade")}
    revision = {"migrations/versions/1.py": "revision = '1'\ndown_revision = None\n"}
    assert commands(planned(files | revision)) == upgrade
    elsewhere = {"migrations/alembic.ini": "[alembic]\nversion_locations = there\n"}
    assert commands(planned(files | elsewhere)) == upgrade


def test_migrations_of_flask_migrate_and_of_alembic_are_release_processes() -> None:
    app = "from flask import Flask\nfrom flask_migrate import Migrate\napp = Flask(__name__)\nMigrate(app)\n"
    files = {"requirements.txt": "flask\nflask-migrate\n", "app.py": app, **history("migrations")}
    assert commands(planned(files)) == {"release": ("/opt/venv/bin/flask", "db", "upgrade")}
    files = {"app.py": FLASK_APP, "alembic.ini": "[alembic]\n"}
    assert commands(planned(files)) == {"release": ("/opt/venv/bin/alembic", "upgrade", "head")}


MIGRATED = """
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
db = SQLAlchemy()
"""
REVISIONS = {
    "migrations/env.py": "",
    "migrations/versions/a.py": "revision = 'a'\ndown_revision = None\n",
    "migrations/versions/b.py": "revision: str = 'b'\ndown_revision: Union[str, None] = 'a'\n",
}
WITH_MIGRATE = {"requirements.txt": "flask\nflask-migrate\nflask-sqlalchemy\n", **REVISIONS}


def test_migrations_without_a_revision_are_not_run() -> None:
    """git keeps no empty folder, and the command fails without it."""
    app = "from flask import Flask\nfrom flask_migrate import Migrate\napp = Flask(__name__)\nMigrate(app)\n"
    files = {"requirements.txt": "flask\nflask-migrate\n", "app.py": app, "migrations/env.py": ""}
    plan = planned(files)
    assert commands(plan) == {}
    assert any("migrations holds no revision" in one.summary for one in plan.decisions)


def test_migrations_of_an_app_that_makes_its_tables_when_it_is_loaded_are_not_run() -> None:
    made = "app = Flask('x')\nMigrate(app, db)\nwith app.app_context():\n    try:\n        db.create_all()\n"
    handled = "    except Exception:\n        pass\n"
    plan = planned({**WITH_MIGRATE, "app.py": f"{MIGRATED}{made}{handled}"})
    assert commands(plan) == {}
    told = next(one for one in plan.decisions if one.field == "processes")
    assert "makes its tables itself" in told.summary and told.evidence[0].line == 10
    tables = "def tables():\n    db.create_all()\n\n"
    factory = "def create_app():\n    app = Flask('x')\n    Migrate(app, db)\n    tables()\n    return app\n"
    plan = planned({**WITH_MIGRATE, "app.py": f"{MIGRATED}{tables}{factory}"})
    assert commands(plan) == {}


def test_tables_made_on_a_condition_or_by_hand_leave_the_migrations_alone() -> None:
    head = f"{MIGRATED}app = Flask(__name__)\nMigrate(app, db)\n"
    for rest in (
        "if app.testing:\n    db.create_all()\n",
        "@app.cli.command()\ndef init():\n    db.create_all()\n",
    ):
        plan = planned({**WITH_MIGRATE, "app.py": head + rest})
        assert commands(plan) == {"release": ("/opt/venv/bin/flask", "db", "upgrade")}


def test_a_history_with_two_heads_is_told_and_not_run() -> None:
    app = f"{MIGRATED}app = Flask(__name__)\nMigrate(app, db)\n"
    other = {"migrations/versions/c.py": "revision = 'c'\ndown_revision = 'a'\n"}
    plan = planned({**WITH_MIGRATE, **other, "app.py": app})
    assert commands(plan) == {}
    told = next(one for one in plan.decisions if one.field == "processes")
    assert told.summary.startswith("Warning: flask db upgrade is not run: the history has 2 heads")
    assert [one.path for one in told.evidence] == ["migrations/versions/b.py", "migrations/versions/c.py"]
    joined = {"migrations/versions/d.py": "revision = 'd'\ndown_revision = (\n    'b',\n    'c',\n)\n"}
    assert commands(planned({**WITH_MIGRATE, **other, **joined, "app.py": app})) != {}


def test_a_history_that_changes_a_table_nobody_makes_is_told_and_not_run() -> None:
    app = f"{MIGRATED}app = Flask(__name__)\nMigrate(app, db)\n"
    head = "revision = 'a'\ndown_revision = None\n\n\ndef upgrade():\n"
    add = "    op.add_column('queries', sa.Column('draft', sa.Boolean()))\n"
    down = "\n\ndef downgrade():\n    op.create_table('queries')\n"
    files = {**WITH_MIGRATE, "app.py": app, "migrations/versions/a.py": head + add + down}
    plan = planned(files)
    assert commands(plan) == {}
    told = next(one for one in plan.decisions if one.field == "processes")
    assert "lacks a table" in told.summary and told.evidence[0].line == 6
    assert "queries" in told.evidence[0].reason
    for made in (
        "    op.create_table(\n        'Queries',\n    )\n",
        "    op.create_table(NAME)\n",
        "    op.execute('CREATE TABLE queries (id int)')\n",
        "    op.rename_table('old', 'queries')\n",
    ):
        files["migrations/versions/a.py"] = head + made + add + down
        assert commands(planned(files)) != {}, made


def test_alembic_says_where_its_history_is() -> None:
    ini = "[alembic]\nscript_location = %(here)s/db/history\n"
    files = {"app.py": FLASK_APP, "alembic.ini": ini}
    for name in ("one", "two"):
        files[f"db/history/versions/{name}.py"] = f"revision = '{name}'\ndown_revision = None\n"
    assert commands(planned(files)) == {}


def test_a_plan_without_any_of_it_has_the_web_process_alone() -> None:
    assert len(planned({"app.py": FLASK_APP}).processes) == 1


def worker_of(requirements: str, **files: str) -> tuple[Process, Plan]:
    plan = planned({"requirements.txt": f"flask\n{requirements}\n", "app.py": FLASK_APP, **files})
    return next(one for one in plan.processes if one.type is not ProcessType.WEB), plan


def test_queues_of_rq_have_a_worker_that_finds_the_apps_redis() -> None:
    app = FLASK_APP + (
        "import os\nfrom redis import Redis\nfrom rq import Queue\n"
        "queue = Queue('mails', connection=Redis.from_url(os.environ['REDIS_URL']))\n"
    )
    looked_at = planned({"requirements.txt": "flask\nrq\nredis\n", "app.py": f"{app}print(queue.jobs)\n"})
    assert commands(looked_at) == {}  # as a dashboard does
    app += "queue.enqueue(print, 'hello')\n"
    worker, plan = worker_of("rq\nredis", **{"app.py": app})
    assert worker.argv == ("/opt/venv/bin/rq", "worker", "mails")
    assert ("OKAMOCHI_SAME", "RQ_REDIS_URL=REDIS_URL") in worker.environment
    assert isinstance(worker.probe, HeartbeatProbe)
    assert any(one.field == "processes.worker.argv" and one.evidence[0].line for one in plan.decisions)


RQ_COMMAND = """\
import redis
from flask.cli import FlaskGroup
from rq import Worker
from app import app

cli = FlaskGroup(create_app=lambda: app)

{decorator}
def run_worker():
    Worker(["default"], connection=redis.from_url("redis://redis")).work()


if __name__ == "__main__":
    {called}()
"""


@pytest.mark.parametrize(
    ("decorator", "called", "argv"),
    [
        ('@cli.command("work")', "cli", ("/opt/venv/bin/python", "manage.py", "work")),
        ("@cli.command()", "cli", ("/opt/venv/bin/python", "manage.py", "run-worker")),
        ("@cli.command", "cli", ("/opt/venv/bin/python", "manage.py", "run-worker")),
        ('@app.cli.command("work")', "cli", ("/opt/venv/bin/flask", "work")),
        ("", "run_worker", ("/opt/venv/bin/python", "manage.py")),
    ],
)
def test_a_command_that_works_for_rq_is_called_by_its_name(
    decorator: str, called: str, argv: tuple[str, ...]
) -> None:
    script = RQ_COMMAND.format(decorator=decorator, called=called)
    worker, _ = worker_of("rq", **{"manage.py": script})
    assert worker.argv == argv


def test_a_function_that_only_others_call_is_no_script() -> None:
    script = RQ_COMMAND.format(decorator="", called="cli")
    plan = planned({"requirements.txt": "flask\nrq\n", "app.py": FLASK_APP, "manage.py": script})
    assert commands(plan) == {}


QUEUE = "from redis import Redis\nfrom rq import Queue\nq = Queue('m', connection=Redis(host='redis'))\n"
RQ_COMPOSE = """\
services:
  worker:
    build: .
    command: {}
  redis:
    image: redis:7
"""


@pytest.mark.parametrize(
    "command",
    ["rq worker --url redis://redis:6379 mails", '["rq", "worker", "-u", "redis://x", "mails"]'],
)
def test_a_worker_of_rq_is_told_the_address_that_the_compose_file_gives_it(command: str) -> None:
    files = {"app.py": f"{FLASK_APP}\n{QUEUE}", "docker-compose.yml": RQ_COMPOSE.format(command)}
    worker, _ = worker_of("rq\nredis", **files)
    assert (worker.argv[:2], worker.argv[-1]) == (("/opt/venv/bin/rq", "worker"), "mails")


@pytest.mark.parametrize("command", ["sh -c 'rq worker mails'", "rq worker $QUEUES", "rq info"])
def test_what_else_a_service_starts_is_no_worker_of_rq(command: str) -> None:
    files = {"app.py": f"{FLASK_APP}\n{QUEUE}", "docker-compose.yml": RQ_COMPOSE.format(command)}
    assert commands(planned({"requirements.txt": "flask\nrq\nredis\n", **files})) == {}


def test_a_script_that_works_for_rq_comes_before_rqs_own_program() -> None:
    script = (
        "from redis import Redis\nfrom rq import Worker\nWorker(['default'], connection=Redis()).work()\n"
    )
    worker, _ = worker_of("rq", **{"worker.py": script})
    assert worker.argv == ("/opt/venv/bin/python", "worker.py")
    assert isinstance(worker.probe, HeartbeatProbe)


def test_dramatiq_gets_all_modules_with_actors_and_the_broker_first() -> None:
    files = {
        "jobs/__init__.py": "",
        "jobs/a.py": "import dramatiq\n@dramatiq.actor\ndef one(): pass\n",
        "jobs/broker.py": "import dramatiq\ndramatiq.set_broker(None)\n",
    }
    worker, _ = worker_of("dramatiq", **files)
    assert worker.argv[:3] == ("/opt/venv/bin/dramatiq", "jobs.broker", "jobs.a")


def test_actors_count_where_a_module_of_the_project_hands_dramatiq_on() -> None:
    files = {
        "actors/__init__.py": "import dramatiq\ndramatiq.set_broker(None)\n",
        "actors/mail.py": "from actors import dramatiq\n@dramatiq.actor\ndef one(): pass\n",
    }
    worker, _ = worker_of("dramatiq", **files)
    assert worker.argv[:3] == ("/opt/venv/bin/dramatiq", "actors", "actors.mail")


def test_huey_s_consumer_gets_the_module_that_defines_the_tasks() -> None:
    files = {
        "config.py": "from huey import RedisHuey\nhuey = RedisHuey('x')\n",
        "tasks.py": "from config import huey\n@huey.task()\ndef one(): pass\n",
    }
    worker, _ = worker_of("huey", **files)
    assert worker.argv[:2] == ("/opt/venv/bin/huey_consumer", "tasks.huey")


TASK = "@huey.task()\ndef one(): pass\n"


@pytest.mark.parametrize(
    "made",
    [
        "from huey import RedisHuey\ndef make():\n    return RedisHuey('x')\nhuey = make()\n",
        "from huey import RedisHuey\ndef make():\n    one = RedisHuey('x')\n    return one\nhuey = make()\n",
        "from huey import RedisHuey\nclass Own(RedisHuey): pass\nhuey = Own('x')\n",
        "from maker import make\nhuey = make()\n",
    ],
)
def test_huey_s_instance_may_be_made_by_the_project_s_own_function(made: str) -> None:
    maker = "import huey\ndef make():\n    return huey.SqliteHuey('x')\n"
    worker, _ = worker_of("huey", **{"tasks.py": made + TASK, "maker.py": maker})
    assert worker.argv[:2] == ("/opt/venv/bin/huey_consumer", "tasks.huey")


@pytest.mark.parametrize(
    "made",
    [
        "from huey import MiniHuey\nhuey = MiniHuey()\n",
        "from huey import RedisHuey\ndef make():\n    RedisHuey('x')\n    return 1\nhuey = make()\n",
    ],
)
def test_what_has_no_consumer_or_is_no_huey_is_no_worker(made: str) -> None:
    files = {"requirements.txt": "flask\nhuey\n", "app.py": FLASK_APP, "tasks.py": made + TASK}
    assert [one.name for one in planned(files).processes] == ["web"]


def test_a_script_that_blocks_on_its_schedule_is_a_scheduler() -> None:
    script = (
        "from apscheduler.schedulers.blocking import BlockingScheduler\n"
        "clock = BlockingScheduler()\nclock.start()\n"
    )
    scheduler, _ = worker_of("apscheduler", **{"clock.py": script})
    assert (scheduler.type, scheduler.argv[1]) == (ProcessType.SCHEDULER, "clock.py")
    assert isinstance(scheduler.probe, HeartbeatProbe)


ARQ = (
    "from arq.connections import RedisSettings\n"
    "class {}:\n    {} = []\n    redis_settings = RedisSettings()\n"
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (ARQ.format("WorkerSettings", "functions"), "WorkerSettings"),
        (ARQ.format("MailWorkerSettings", "cron_jobs"), "MailWorkerSettings"),
        (ARQ.format("Queue", "functions") + ARQ.format("WorkerSettings", "functions"), "WorkerSettings"),
        (ARQ.format("Queue", "functions"), "Queue"),
    ],
)
def test_arq_takes_the_class_that_lists_what_it_runs(text: str, name: str) -> None:
    worker, _ = worker_of("arq", **{"jobs/__init__.py": "", "jobs/settings.py": text})
    assert worker.argv == ("/opt/venv/bin/arq", f"jobs.settings.{name}")


def test_settings_of_another_library_are_no_worker_of_arq() -> None:
    text = (
        "from pydantic_settings import BaseSettings\nclass WorkerSettings(BaseSettings):\n    url: str = ''\n"
    )
    plan = planned({"requirements.txt": "flask\narq\n", "app.py": FLASK_APP, "settings.py": text})
    assert commands(plan) == {}


TASKIQ = "from taskiq import InMemoryBroker\nfrom taskiq_redis import {} as Made\n"


@pytest.mark.parametrize(
    "made",
    [
        "broker = Made('redis://queue')\n",
        "broker = Made('redis://queue').with_result_backend(None)\n",
        "import os\nbroker = InMemoryBroker() if os.environ.get('CI') else Made('redis://queue')\n",
    ],
)
def test_taskiq_gets_its_broker_and_the_modules_with_tasks(made: str) -> None:
    files = {
        "queue_of/__init__.py": "",
        "queue_of/broker.py": TASKIQ.format("ListQueueBroker") + made,
        "queue_of/mails.py": "from queue_of.broker import broker\n@broker.task\ndef one(): pass\n",
    }
    worker, _ = worker_of("taskiq\ntaskiq-redis", **files)
    assert worker.argv[:4] == ("/opt/venv/bin/taskiq", "worker", "queue_of.broker:broker", "queue_of.mails")


def test_taskiq_in_memory_has_no_worker() -> None:
    made = {"broker.py": "from taskiq import InMemoryBroker\nbroker = InMemoryBroker()\n"}
    assert commands(planned({"requirements.txt": "flask\ntaskiq\n", "app.py": FLASK_APP, **made})) == {}


def test_a_package_that_nothing_uses_starts_nothing() -> None:
    plan = planned({"requirements.txt": "flask\nrq\ndramatiq\nhuey\narq\napscheduler\n", "app.py": FLASK_APP})
    assert len(plan.processes) == 1


SUPERVISED = """[supervisord]
nodaemon=true
[program:web]
command=gunicorn app:app
[program:nginx]
command=/usr/sbin/nginx -g "daemon off;"
[program:serving]
command=/opt/venv/bin/python -m gunicorn app:app
[program:server]
command=python3 run.py --processor server
[program:tester]
command=python3 /srv/shop/run.py --processor tester  ; tests what came
[program:mails]
command = /usr/local/bin/celery -A jobs:celery worker
[program:later]
command=python3 run.py --processor later
autostart=false
[program:piped]
command=bash -c "python3 run.py | tee out"
"""
OF_SUPERVISOR = {"app.py": FLASK_APP, "run.py": "", "supervisord.conf": SUPERVISED}


def test_programs_of_supervisor_beside_the_web_are_workers() -> None:
    plan = planned(OF_SUPERVISOR)
    assert commands(plan) == {
        "mails": ("/opt/venv/bin/celery", "-A", "jobs:celery", "worker", "--concurrency=2"),
        "tester": ("/opt/venv/bin/python", "run.py", "--processor", "tester"),
    }
    told = [one.summary for one in plan.decisions if one.field == "processes"]
    assert told == ["not run: piped of supervisord.conf"]


def test_of_several_files_of_supervisor_the_one_of_the_dockerfile_counts() -> None:
    other = SUPERVISED.replace("tester", "fetcher")
    files = {**OF_SUPERVISOR, "deploy/supervisor-prod.conf": other}
    assert "tester" in commands(planned(files)) and "fetcher" not in commands(planned(files))
    started = {**files, "Dockerfile": 'FROM x\nCMD ["supervisord", "-c", "deploy/supervisor-prod.conf"]\n'}
    assert "fetcher" in commands(planned(started)) and "tester" not in commands(planned(started))


MAKO = {"script.py.mako": "", "env.py": "from flask import current_app\n", "versions/a.py": ""}


def test_the_only_migrations_of_flask_migrate_are_found_wherever_they_lie() -> None:
    app = "from flask import Flask\nfrom flask_migrate import Migrate\napp = Flask(__name__)\n"
    app += "Migrate(app, directory=os.path.join(app.root_path, 'migrations'))\n"
    asked = {"requirements.txt": "flask\nflask-migrate\n", "shop/__init__.py": app}
    inside = {f"shop/data/migrations/{name}": text for name, text in MAKO.items()}
    argv = commands(planned({**asked, **inside}))["release"]
    assert argv == ("/opt/venv/bin/flask", "db", "upgrade", "--directory", "shop/data/migrations")
    second = {f"other/migrations/{name}": text for name, text in MAKO.items()}
    assert "release" not in commands(planned({**asked, **inside, **second}))
    shown = {f"examples/migrations/{name}": text for name, text in MAKO.items()}
    assert commands(planned({**asked, **inside, **shown}))["release"] == argv
    assert "release" not in commands(planned({**asked, **shown}))
    of_alembic = {**asked, **inside, "shop/data/migrations/env.py": "from alembic import context\n"}
    assert "release" not in commands(planned(of_alembic))


SCRIPT = (
    "from flask_script import Manager\nfrom flask_migrate import Migrate, MigrateCommand\n"
    "from shop import app, db\nmanager = Manager(app)\n{}\nmanager.add_command('db', MigrateCommand)\n"
    "if __name__ == '__main__':\n    manager.run()\n"
)


@pytest.mark.parametrize(
    ("registers", "app"),
    [
        ("Migrate(app, db)", "manage:app"),
        ("migrate = Migrate(app, db)", "manage:app"),
        ("Migrate().run()", None),
    ],
)
def test_migrations_that_a_script_alone_registers_are_run_by_its_app(registers: str, app: str | None) -> None:
    """flask db finds them nowhere else: KeyError: 'migrate'."""
    files = {
        "requirements.txt": "flask\nflask-migrate\nflask-script\n",
        "shop/__init__.py": f"{FLASK_APP}\ndb = 1\n",
        "wsgi.py": "from shop import app\n",
        "manage.py": SCRIPT.format(registers),
        **history("migrations"),
    }
    (release,) = (one for one in planned(files).processes if one.name == "release")
    assert dict(release.environment).get("FLASK_APP") == app
    served = {**files, "wsgi.py": "from manage import app\n", "Procfile": "web: gunicorn wsgi:app\n"}
    (release,) = (one for one in planned(served).processes if one.name == "release")
    assert "FLASK_APP" not in dict(release.environment)


def test_a_release_of_alembic_without_its_file_gives_way_to_flask_migrate() -> None:
    app = "from flask import Flask\nfrom flask_migrate import Migrate\napp = Flask(__name__)\nMigrate(app)\n"
    stated = '{"scripts": {"postdeploy": "alembic upgrade head"}}'
    files = {"requirements.txt": "flask\nflask-migrate\n", "app.py": app, "app.json": stated}
    files |= history("migrations")
    plan = planned(files)
    assert commands(plan)["release"] == ("/opt/venv/bin/flask", "db", "upgrade")
    assert any("not run: release of app.json" in one.summary for one in plan.decisions)
    for there in ({"alembic.ini": "[alembic]\n"}, {"pyproject.toml": "[tool.alembic]\n"}):
        assert commands(planned({**files, **there}))["release"][0] == "/opt/venv/bin/alembic"


FACTORY = """\
from flask import Flask
from queue_of import celery
def create_app():
    app = Flask(__name__)
    celery.conf.update(app.config)
    return app
"""
BARE = {"shop.py": FACTORY, "queue_of.py": "from celery import Celery\ncelery = Celery()\n"}
LOADER = "from shop import create_app\nfrom queue_of import celery\napp = create_app()\n"
COMPOSED = """\
services:
  jobs:
    build: .
    command: {}
  cache:
    image: redis:7
"""


def with_compose(command: str, **files: str) -> Plan:
    every = {"requirements.txt": "flask\ncelery\nredis\n", **BARE, **files}
    return planned({**every, "docker-compose.yml": COMPOSED.format(command)})


@pytest.mark.parametrize(
    ("command", "argv"),
    [
        ("celery -A loads.celery worker -l info", ("-A", "loads.celery", "worker", "-l", "info", FEW)),
        ('["celery", "--app=loads", "worker"]', ("--app=loads", "worker", FEW)),
        ("bash -c 'sleep 5 && celery -A loads worker'", ("-A", "loads", "worker", FEW)),
        (
            "celery -A loads worker -B",
            ("-A", "loads", "worker", "-B", "--schedule=/tmp/celerybeat-schedule", FEW),
        ),
    ],
)
def test_a_service_that_is_built_here_and_starts_a_worker_is_one(command: str, argv: tuple[str, ...]) -> None:
    plan = with_compose(command, **{"loads.py": LOADER})
    assert commands(plan) == {"jobs": ("/opt/venv/bin/celery", *argv)}
    assert decision(plan, "processes.jobs.argv").evidence[0].path == "docker-compose.yml"


@pytest.mark.parametrize(
    "command",
    [
        "celery -A elsewhere.celery worker",
        "celery -A loads flower",
        "celery -A loads worker -Q $QUEUES",
        "python loads.py",
        "flask run",
    ],
)
def test_another_command_of_a_service_says_nothing_of_the_worker(command: str) -> None:
    plan = with_compose(command, **{"loads.py": LOADER})
    assert commands(plan)["worker"][:4] == ("/opt/venv/bin/celery", "-A", "loads:celery", "worker")


def test_a_worker_of_a_compose_file_leaves_the_schedule_of_the_code_its_beat() -> None:
    schedule = f"{LOADER}celery.conf.beat_schedule = {{}}\n"
    found = commands(with_compose("celery -A loads worker", **{"loads.py": schedule}))
    assert found["beat"][1:4] == ("-A", "loads", "beat")
    assert "beat" not in commands(with_compose("celery -A loads worker --beat", **{"loads.py": schedule}))


def test_a_service_of_another_image_is_no_process() -> None:
    other = COMPOSED.format("celery -A loads worker").replace("build: .", "image: other/app")
    plan = planned({"app.py": FLASK_APP, "requirements.txt": "flask\n", "docker-compose.yml": other})
    assert commands(plan) == {}


def test_a_beat_of_the_procfile_writes_where_it_may() -> None:
    plan = planned({"app.py": FLASK_APP, "jobs.py": CELERY, "Procfile": "beat: celery -A jobs beat\n"})
    assert commands(plan)["beat"][-2:] == ("--schedule=/tmp/celerybeat-schedule", "--pidfile=")


@pytest.mark.parametrize(
    ("path", "text", "reference"),
    [
        ("celery_worker.py", LOADER, "celery_worker:celery"),
        ("celery_worker.py", LOADER.replace("queue_of", "shop"), "celery_worker:celery"),
        ("boot.py", f"{LOADER}app.app_context().push()\n", "boot:celery"),
        ("boot.py", LOADER, "boot:celery"),
        ("celery_worker.py", "from queue_of import celery\n", "queue_of:celery"),
    ],
)
def test_a_module_that_makes_the_app_for_its_celery_is_what_the_worker_loads(
    path: str, text: str, reference: str
) -> None:
    assert commands(planned({**BARE, path: text}))["worker"][2] == reference


@pytest.mark.parametrize(
    "made",
    [
        "celery = Celery('x', broker='redis://queue')",
        "celery = Celery()\ncelery.conf.broker_url = 'redis://queue'",
    ],
)
def test_a_celery_that_knows_its_broker_needs_no_module_that_makes_the_app(made: str) -> None:
    files = {**BARE, "queue_of.py": f"from celery import Celery\n{made}\n", "boot.py": LOADER}
    assert commands(planned(files))["worker"][2] == "queue_of:celery"


@pytest.mark.parametrize(
    ("made", "worker"),
    [
        ('celery_app = app.extensions["celery"]', "jobs:celery_app"),
        ("celery = tasks.celery", "jobs:celery"),
        ("other = tasks.celery", ""),
    ],
)
def test_celery_is_taken_from_what_the_app_keeps_it_in(made: str, worker: str) -> None:
    jobs = f"import celery as one, tasks\nfrom shop import create_app\napp = create_app()\n{made}\n"
    found = commands(planned({"shop.py": FACTORY.replace("queue_of", "tasks"), "jobs.py": jobs}))
    assert found.get("worker", ("", "", ""))[2] == worker


def test_a_line_of_the_procfile_that_serves_the_app_is_no_worker() -> None:
    plan = with_procfile("flask: flask run\nqueue: flask --app app run-jobs\n")
    assert list(commands(plan)) == ["queue"]
    assert any("not run: flask" in one.summary for one in plan.decisions)


def test_a_beat_of_a_compose_file_has_a_worker_beside_it() -> None:
    """Where the worker's own service leaves its command to another Dockerfile."""
    compose = COMPOSED.format("null").replace("jobs", "beat").replace("null", "celery -A loads beat")
    files = {"requirements.txt": "flask\ncelery\nredis\n", **BARE, "loads.py": LOADER}
    found = commands(planned({**files, "docker-compose.yml": compose}))
    assert found["beat"][1:4] == ("-A", "loads", "beat")
    assert found["worker"][1:4] == ("-A", "loads", "worker")


ENDLESS = "import os, time\nplace = os.environ['FEED']\nwhile True:\n    time.sleep(1)\n"
OF_A_SCRIPT = """services:
  web: {{build: ., ports: ['5000:5000']}}
  feed: {{build: ., command: {}{}}}
"""


def of_a_script(command: str, more: str = "", **files: str) -> Plan:
    compose = OF_A_SCRIPT.format(command, more)
    return planned({"app.py": FLASK_APP, "docker-compose.yml": compose, **files})


@pytest.mark.parametrize("command", ["python feed.py", '["python", "-u", "./feed.py"]', "python3 -m feed"])
def test_a_script_without_an_end_that_a_compose_file_starts_is_a_worker(command: str) -> None:
    plan = of_a_script(command, **{"feed.py": ENDLESS})
    (worker,) = [one for one in plan.processes if one.name == "feed"]
    assert worker.type is ProcessType.WORKER and worker.argv[0] == "/opt/venv/bin/python"
    assert decision(plan, "processes.feed.argv").evidence[0].path == "docker-compose.yml"


def test_what_the_script_of_such_a_worker_reads_counts() -> None:
    plan = of_a_script("python -u feed.py", **{"feed.py": ENDLESS})
    assert "FEED" in [one.name for one in plan.environment]


def test_one_that_compose_keeps_up_is_a_worker_as_well() -> None:
    plan = of_a_script("python feed.py", ", restart: unless-stopped", **{"feed.py": "import app\n"})
    assert [one.name for one in plan.processes] == ["web", "feed"]


@pytest.mark.parametrize(
    ("command", "more", "text"),
    [
        ("python feed.py", "", "print('once')\n"),
        ("python feed.py", ", restart: on-failure", "print('until the database is there')\n"),
        ("python feed.py", ", restart: always", "from app import app\napp.run(port=7000)\n"),
        ("python feed.py", ", ports: ['7000:7000']", ENDLESS),
        ("python feed.py", ", profiles: [tools]", ENDLESS),
        ("python gone.py", ", restart: always", ENDLESS),
        ("python $SCRIPT", ", restart: always", ENDLESS),
        ("python feed.py && python app.py", ", restart: always", ENDLESS),
    ],
)
def test_a_script_that_ends_serves_or_is_run_by_hand_is_none(command: str, more: str, text: str) -> None:
    plan = of_a_script(command, more, **{"feed.py": text})
    assert [one.name for one in plan.processes] == ["web"]


@pytest.mark.parametrize(("module", "path"), [("jobs", "jobs/__main__.py"), ("jobs.mail", "jobs/mail.py")])
def test_a_module_of_the_project_is_run_as_its_procfile_says(module: str, path: str) -> None:
    plan = planned({"app.py": FLASK_APP, path: ENDLESS, "Procfile": f"worker: python -m {module} --all\n"})
    assert commands(plan)["worker"] == ("/opt/venv/bin/python", "-m", module, "--all")
    gone = planned({"app.py": FLASK_APP, "Procfile": f"worker: python -m {module}\n"})
    assert commands(gone) == {}


SCRIPTS = """\
services:
  web:
    build: {context: ., dockerfile: ./compose/Dockerfile}
    command: /start
    ports: ["5000:5000"]
  jobs:
    build: {context: ., dockerfile: ./compose/Dockerfile}
    command: COMMAND
    volumes: [".:/src"]
  redis:
    image: redis:7
"""
COPIES = """\
FROM python:3.13
COPY ./compose/celery/start /start-jobs
COPY --chown=django:django ./compose/celery/start /usr/local/bin/
WORKDIR /app
COPY . .
"""


@pytest.mark.parametrize(
    "command",
    [
        "/start-jobs",
        "bash /start-jobs",
        "/usr/local/bin/start",
        "./compose/celery/start",
        "/src/compose/celery/start",
    ],
)
@pytest.mark.parametrize(
    "started",
    [
        "exec celery -A loads worker -Q high",
        "watchfiles --filter python 'celery -A loads worker -Q high'",
        "exec watchfiles --filter python celery.__main__.main --args '-A loads worker -Q high'",
        "watchmedo auto-restart -d . -R -- celery -A loads worker -Q high",
    ],
)
def test_a_worker_that_a_script_of_the_project_starts_is_read_from_it(command: str, started: str) -> None:
    script = f"#!/bin/bash\n\nset -o errexit\n\nuntil nc -z redis 6379; do sleep 1; done\n{started}\n"
    files = {"requirements.txt": "flask\ncelery\nredis\n", **BARE, "loads.py": LOADER}
    files |= {"compose/celery/start": script, "compose/Dockerfile": COPIES}
    plan = planned({**files, "compose.yaml": SCRIPTS.replace("COMMAND", command)})
    assert commands(plan)["jobs"][1:] == ("-A", "loads", "worker", "-Q", "high", FEW)
    assert not [one for one in plan.decisions if "is not known" in one.summary]


@pytest.mark.parametrize("command", ["/start-others", "$START", "/start-jobs.py"])
def test_a_script_that_the_project_has_not_starts_nothing(command: str) -> None:
    files = {"app.py": FLASK_APP, "compose/Dockerfile": COPIES, "compose/celery/start": "#!/bin/sh\nls\n"}
    assert commands(planned({**files, "compose.yaml": SCRIPTS.replace("COMMAND", command)})) == {}


COMPOSED_WORD = """\
services:
  server: &own
    build: .
    command: dev_server
    ports: ["8000:8000"]
  scheduler:
    <<: *own
    command: dev_scheduler
    ports: []
  worker:
    build: {build}
    command: {command}
"""


@pytest.mark.parametrize(
    ("build", "command", "procfile", "warned"),
    [
        (".", "dev_worker", "", ["scheduler", "worker"]),
        (".", "dev_worker", "web: gunicorn app:app\nworker: rq worker\n", ["scheduler"]),
        (".", "celery -A app worker", "", ["scheduler"]),
        ("./other", "dev_worker", "", ["scheduler"]),
    ],
)
def test_a_worker_of_the_same_image_that_a_word_starts_is_warned_of(
    build: str, command: str, procfile: str, warned: list[str]
) -> None:
    composed = COMPOSED_WORD.format(build=build, command=command)
    files = {"app.py": FLASK_APP, "compose.yaml": composed, "Dockerfile": "FROM python:3.13\n"}
    plan = planned(files | ({"Procfile": procfile} if procfile else {}))
    said = [one for one in plan.decisions if one.field == "processes" and "is not known" in one.summary]
    assert [one.summary.split()[1] for one in said] == warned
    assert all(one.summary.startswith("Warning: ") and "Procfile" in one.summary for one in said)


COMPOSED_COMMAND = """\
services:
  web:
    build: .
    ports: ["5000:5000"]
  worker:
    build: .
    command: flask {name}
    restart: {restart}
"""


@pytest.mark.parametrize(
    ("name", "restart", "found"),
    [
        ("run-worker", "unless-stopped", True),
        ("run-worker", "on-failure", False),
        ("db-upgrade", "unless-stopped", False),
    ],
)
def test_a_command_that_the_project_gives_flask_is_a_worker_where_compose_keeps_it_up(
    name: str, restart: str, found: bool
) -> None:
    commanding = '@app.cli.command("run-worker")\ndef work():\n    listen()\n'
    composed = COMPOSED_COMMAND.format(name=name, restart=restart)
    plan = planned({"app.py": f"{FLASK_APP}\n{commanding}", "compose.yaml": composed})
    assert commands(plan) == ({"worker": ("/opt/venv/bin/flask", name)} if found else {})
    assert any("is not known" in one.summary for one in plan.decisions) is not found


@pytest.mark.parametrize(
    ("options", "configured", "added"),
    [
        ("-l info", "", [FEW]),
        ("-l info -c 8", "", []),
        ("-c8", "", []),
        ("--concurrency 4", "", []),
        ("--autoscale=4,1", "", []),
        ("--pool=gevent", "", []),
        ("-P solo", "", []),
        ("-l info", "celery.conf.worker_concurrency = 4\n", []),
    ],
)
def test_a_worker_of_celery_does_as_many_tasks_at_once_as_somebody_says_else_few(
    options: str, configured: str, added: list[str]
) -> None:
    """By itself it takes as many as the machine has CPUs, whatever the container's limits."""
    plan = planned(
        {
            "app.py": f"{FLASK_APP}import jobs\n",
            "jobs.py": CELERY + configured,
            "Procfile": f"worker: celery -A jobs worker {options}\n",
        }
    )
    assert list(commands(plan)["worker"][4 + len(options.split()) :]) == added


@pytest.mark.parametrize(
    "option", ["--logfile=logs/celery.log", "--logfile logs/celery.log", "-f celery.log"]
)
def test_what_celery_writes_into_a_log_file_goes_where_the_container_s_logs_are(option: str) -> None:
    lines = f"worker: celery -A jobs worker {option} -l info\nbeat: celery -A jobs beat {option}\n"
    plan = planned({"app.py": f"{FLASK_APP}import jobs\n", "jobs.py": CELERY, "Procfile": lines})
    assert commands(plan)["worker"][3:] == ("worker", "-l", "info", FEW)
    assert commands(plan)["beat"][3:] == ("beat", "--schedule=/tmp/celerybeat-schedule", "--pidfile=")


@pytest.mark.parametrize(
    ("command", "seconds"),
    [
        ("rq worker mails", 120),
        ("rq worker --worker-ttl 600 mails", 1200),
        ("rq worker --job-monitoring-interval=90 mails", 270),
        ("celery -A app.celery beat --max-interval 300", 900),
    ],
)
def test_a_worker_that_is_told_to_beat_less_often_is_given_that_time(command: str, seconds: int) -> None:
    celery = "from celery import Celery\ncelery = Celery('app')\n@celery.task\ndef task(): ...\n"
    files = {"app.py": f"{FLASK_APP}{celery}", "Procfile": f"web: gunicorn app:app\nother: {command}\n"}
    plan = planned({"requirements.txt": "flask\nrq\nredis\ncelery\n", **files})
    (probe,) = [one.probe for one in plan.processes if one.name == "other"]
    assert isinstance(probe, HeartbeatProbe) and probe.maximum_age_seconds == seconds


def test_tmp_has_the_size_that_a_setting_says_and_less_than_the_memory() -> None:
    plan = planned({"app.py": FLASK_APP})
    assert plan.tmp_bytes == 64 * 2**20
    plan = planned({"app.py": FLASK_APP, "okamochi.toml": 'tmp = "200M"\n'})
    assert plan.tmp_bytes == 200 * 2**20
    assert decision(plan, "tmp_bytes").evidence[0].path == "okamochi.toml"
    for size in ("1G", "0"):
        with pytest.raises(UsageError, match=f"/tmp cannot have {size}"):
            planned({"app.py": FLASK_APP}, tmp=size)
