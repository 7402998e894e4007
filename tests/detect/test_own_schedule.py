"""An app that runs a schedule in the process that serves it has one worker: each would do all of the jobs."""

import pytest

from tests.detect.plans import FLASK_APP, decision, planned

BACKGROUND = "from apscheduler.schedulers.background import BackgroundScheduler\n"
MADE = BACKGROUND + "scheduler = BackgroundScheduler(timezone='UTC')\nscheduler.add_job(print)\n"
LOOP = "import threading\ndef poll():\n    while True:\n        print(1)\n"
API = "from fastapi import FastAPI\napp = FastAPI()\n"


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"app.py": FLASK_APP + MADE + "scheduler.start()\n"}, "app.py:7"),
        ({"app.py": FLASK_APP + BACKGROUND + "BackgroundScheduler().start()\n"}, "app.py:5"),
        ({"app.py": FLASK_APP + "import jobs\njobs.scheduler.start()\n", "jobs.py": MADE}, "app.py:5"),
        (
            {
                "app.py": FLASK_APP + "from extra import s\ns.init_app(app)\ns.start()\n",
                "extra.py": "from flask_apscheduler import APScheduler\ns = APScheduler()\n",
            },
            "app.py:6",
        ),
        (
            {
                "app.py": API
                + "from apscheduler.schedulers.asyncio import AsyncIOScheduler\ns = AsyncIOScheduler()\n"
                "@app.on_event('startup')\ndef begin():\n    s.start()\n"
            },
            "app.py:7",
        ),
        (
            {
                "app.py": API + "from fastapi_utils.tasks import repeat_every\n"
                "@app.on_event('startup')\n@repeat_every(seconds=60)\nasync def tidy(): ...\n"
            },
            "app.py:5",
        ),
        ({"app.py": FLASK_APP + LOOP + "threading.Thread(target=poll, daemon=True).start()\n"}, "app.py:8"),
    ],
)
def test_one_worker_runs_the_schedule(files: dict[str, str], place: str) -> None:
    plan = planned(files)
    assert ("WEB_CONCURRENCY", "1") in plan.image_environment
    told = decision(plan, "processes.web.argv")
    assert "one worker" in told.summary and place in [f"{one.path}:{one.line}" for one in told.evidence]


@pytest.mark.parametrize(
    "more",
    [
        MADE,
        MADE + "if __name__ == '__main__':\n    scheduler.start()\n    app.run()\n",
        LOOP + "@app.route('/watch')\ndef watch():\n    threading.Thread(target=poll).start()\n",
        "import threading\ndef once():\n    print(1)\nthreading.Thread(target=once).start()\n",
        "class BackgroundScheduler:\n    def start(self): ...\nBackgroundScheduler().start()\n",
    ],
)
def test_what_no_worker_starts_by_itself_leaves_their_number_alone(more: str) -> None:
    assert "WEB_CONCURRENCY" not in dict(planned({"app.py": FLASK_APP + more}).image_environment)
