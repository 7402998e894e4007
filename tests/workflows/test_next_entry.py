"""Which failures of an entry point make another one take its place."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from okamochi.run.proof.answer import Answer, Outcome, Verdict
from okamochi.run.traces import SEE_TRACEBACK, Cause
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.build import Building, BuildRequest
from okamochi.workflows.proving.next_entry import next_entry
from okamochi.workflows.proving.prove_entry import Proof
from tests.detect.plans import FLASK_APP, planned


class Asked(Exception):
    """Another entry point is looked for."""


def building() -> Building:
    def plan_now() -> None:
        raise Asked

    return cast(Building, SimpleNamespace(request=SimpleNamespace(locked=False), plan_now=plan_now))


def failed(cause: Cause) -> Proof:
    return Proof(Verdict(outcome=Outcome.FAILED, cause=cause))


def test_one_that_fails_for_want_of_a_variable_stays_for_any_other_needs_it_too() -> None:
    cause = Cause("the required variable GROQ_API_KEY is missing", "give it", variable="GROQ_API_KEY")
    assert next_entry(failed(cause), building()) is None


def test_one_that_fails_by_its_own_code_may_give_way() -> None:
    with pytest.raises(Asked):
        next_entry(failed(Cause("the app raises ZeroDivisionError", "see the log")), building())


OWN = 'Traceback (most recent call last):\n  File "/app/main.py", line 3, in <module>\n    {}\n'
LIBRARY = OWN.replace("/app/main.py", "/opt/venv/lib/python3.13/site-packages/x/y.py")


@pytest.mark.parametrize(("error", "text"), [("RuntimeError", OWN), ("SystemExit", OWN)])
def test_one_that_refuses_to_start_stays_for_it_says_what_it_wants(error: str, text: str) -> None:
    answer = Answer(outcome="failed", error=error, message="build the client first", text=text)
    cause = Cause(f"the app raises {error}: build the client first", "see the log")
    proof = Proof(Verdict(outcome=Outcome.FAILED, cause=cause), answer)
    assert next_entry(proof, building()) is None


@pytest.mark.parametrize(("error", "text"), [("RuntimeError", LIBRARY), ("OSError", OWN)])
def test_one_that_fails_otherwise_may_give_way(error: str, text: str) -> None:
    answer = Answer(outcome="failed", error=error, message="no", text=text)
    proof = Proof(Verdict(outcome=Outcome.FAILED, cause=Cause("the app raises", "see the log")), answer)
    with pytest.raises(Asked):
        next_entry(proof, building())


def test_one_whose_line_takes_what_nobody_gave_stays_for_any_other_needs_it_too() -> None:
    read = 'import os\nmail_server = os.environ.get("MAIL_SERVER")\n'
    plan = planned({"main.py": f"{read}{FLASK_APP}"})
    text = OWN.format('sender = "no-reply@" + mail_server') + "TypeError: can only concatenate str\n"
    answer = Answer(outcome="failed", error="TypeError", message="can only concatenate str", text=text)
    proof = Proof(Verdict(outcome=Outcome.FAILED, cause=Cause("the app raises", SEE_TRACEBACK)), answer)
    request = SimpleNamespace(locked=False)
    one = cast(Building, SimpleNamespace(request=request, plan_now=lambda: SimpleNamespace(plan=plan)))
    assert next_entry(proof, one, {}) is None
    with pytest.raises(AttributeError):  # what this building cannot do is to look for another
        next_entry(proof, one, {"MAIL_SERVER": "mail.example"})


def test_one_without_any_of_the_routes_does_not_take_the_place_of_another(tmp_path: Path) -> None:
    whole = {
        "main.py": "from shop import app, jobs, pages\n",
        "shop/__init__.py": FLASK_APP,
        "shop/pages.py": "from shop import app\n@app.route('/')\ndef home(): ...\n",
    }
    for path, text in whole.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    world = World.real({}, SilentReporter(), cache_root=tmp_path / "cache")
    one = Building.open(BuildRequest(path=tmp_path), world)
    assert one.plan_now().plan.application.object_reference == "main:app"
    proof = failed(Cause("an import fails: cannot import name 'jobs' from 'shop'", "see the log"))
    assert next_entry(proof, one) is None
    assert one.plan_now().plan.application.object_reference == "main:app"
    (tmp_path / "shop/__init__.py").write_text(f"{FLASK_APP}import shop.pages\n")
    other = Building.open(BuildRequest(path=tmp_path), world)
    assert next_entry(proof, other) is not None
    assert other.plan_now().plan.application.object_reference == "shop:app"


def test_no_third_is_tried_where_two_fail_in_the_same_way(tmp_path: Path) -> None:
    """main, shop, shop.carts and ten others import one library that cannot be imported."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").write_text(f"import uploads\n{FLASK_APP}import shop.carts, shop.orders\n")
    (tmp_path / "main.py").write_text("from shop import app\n")
    for name in ("carts", "orders"):
        (tmp_path / f"shop/{name}.py").write_text(
            f"from shop import app\n@app.route('/{name}')\ndef f(): ...\n"
        )
    world = World.real({}, SilentReporter(), cache_root=tmp_path / "cache")
    one = Building.open(BuildRequest(path=tmp_path), world)
    proof = failed(Cause("an import fails: uploads imports what werkzeug does not have", "see the log"))
    assert one.plan_now().plan.application.object_reference == "main:app"
    assert next_entry(proof, one) is not None
    assert one.plan_now().plan.application.object_reference == "shop:app"
    assert next_entry(proof, one) is None
    other = failed(Cause("the app raises ZeroDivisionError", "see the log"))
    assert next_entry(other, one) is not None


def test_a_third_is_tried_where_it_does_not_load_what_two_failed_in(tmp_path: Path) -> None:
    """wsgi, main and run load uploads.py, which fails; web does not."""
    files = {
        "uploads.py": "import gone\n",
        "shop_of_all.py": f"import uploads\n{FLASK_APP}",
        "wsgi.py": "from shop_of_all import app\n",
        "main.py": "from shop_of_all import app\n",
        "run.py": "from shop_of_all import app\n",
        "web.py": FLASK_APP,
    }
    for path, text in files.items():
        (tmp_path / path).write_text(text)
    world = World.real({}, SilentReporter(), cache_root=tmp_path / "cache")
    one = Building.open(BuildRequest(path=tmp_path), world)
    text = OWN.replace("main.py", "uploads.py").format("import gone")
    cause = Cause("the module gone is missing", SEE_TRACEBACK)
    answer = Answer(outcome="failed", error="ModuleNotFoundError", message="gone", text=text)
    proof = Proof(Verdict(outcome=Outcome.FAILED, cause=cause), answer)
    tried = []
    while next_entry(proof, one) is not None and len(tried) < 9:
        tried.append(one.plan_now().plan.application.object_reference)
    assert tried == ["main:app", "web:app"]
    passed = {one.value: one.reason for one in one.plan_now().corrections}
    assert passed["run:app"] == "run:app loads uploads.py, where others fail"
