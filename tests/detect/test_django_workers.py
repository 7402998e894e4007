"""Workers and schedulers that a Django project starts by a command of manage.py."""

import pytest

from okamochi.model.process import HeartbeatProbe, ProcessType
from tests.detect.plans import planned
from tests.detect.test_frameworks import DJANGO
from tests.detect.test_processes import commands

MANAGE = ("/opt/venv/bin/python", "manage.py")


def with_app(name: str, more: str = "", **files: str) -> dict[str, tuple[str, ...]]:
    settings = f"{DJANGO['shop/settings.py']}INSTALLED_APPS = ['{name}']\n{more}"
    found = commands(planned({**DJANGO, "shop/settings.py": settings, **files}))
    return {process: argv for process, argv in found.items() if process != "release"}


@pytest.mark.parametrize(
    ("app", "command"),
    [
        ("django_q", ("qcluster",)),
        ("huey.contrib.djhuey", ("run_huey",)),
        ("django_dramatiq", ("rundramatiq", "--processes", "1", "--threads", "4")),
        ("background_task", ("process_tasks",)),
        ("django_tasks_db", ("db_worker",)),
    ],
)
def test_an_installed_package_of_tasks_has_its_worker(app: str, command: tuple[str, ...]) -> None:
    assert with_app(app) == {"worker": (*MANAGE, *command)}


@pytest.mark.parametrize(
    "more",
    ["INSTALLED_APPS += ['django_q']\n", "INSTALLED_APPS.append('django_q')\n", "APPS = A + ['django_q']\n"],
)
def test_an_app_may_be_added_to_the_list(more: str) -> None:
    assert with_app("shop", more) == {"worker": (*MANAGE, "qcluster")}


def test_rq_works_for_the_queues_of_the_settings() -> None:
    assert with_app("django_rq") == {"worker": (*MANAGE, "rqworker", "default")}
    queues = "RQ_QUEUES = {'high': {'URL': 'redis://queue'}, 'low': {'URL': 'redis://queue'}}\n"
    assert with_app("django_rq", queues) == {"worker": (*MANAGE, "rqworker", "high", "low")}


def test_what_is_no_app_of_the_settings_or_has_a_worker_already_adds_none() -> None:
    assert with_app("shop") == {}
    assert with_app("shop", "# 'django_q'\n") == {}
    assert with_app("shop", "print('django_q')\nCACHES = {'django_q': 'none'}\n") == {}
    procfile = {"Procfile": "web: gunicorn shop.wsgi\nworker: python manage.py qcluster --run-once\n"}
    assert with_app("django_q", **procfile) == {"worker": (*MANAGE, "qcluster", "--run-once")}


def test_a_command_that_blocks_on_apscheduler_is_the_scheduler() -> None:
    command = (
        "from apscheduler.schedulers.blocking import BlockingScheduler\n"
        "from django.core.management.base import BaseCommand\n"
        "class Command(BaseCommand):\n    def handle(self, *args, **options):\n"
        "        scheduler = {}Scheduler()\n        scheduler.start()\n"
    )
    path = "shop/management/commands/runapscheduler.py"
    found = with_app("django_apscheduler", **{path: command.format("Blocking")})
    assert found == {"scheduler": (*MANAGE, "runapscheduler")}
    assert with_app("django_apscheduler", **{path: command.format("Background")}) == {}


@pytest.mark.parametrize(("app", "told"), [("django_rq", True), ("django_q", False)])
def test_health_is_shown_by_what_works_in_the_process_of_the_command(app: str, told: bool) -> None:
    settings = f"{DJANGO['shop/settings.py']}INSTALLED_APPS = ['{app}']\n"
    plan = planned({**DJANGO, "shop/settings.py": settings})
    worker = next(one for one in plan.processes if one.type is ProcessType.WORKER)
    assert isinstance(worker.probe, HeartbeatProbe) is told
