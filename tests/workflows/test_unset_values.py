"""Values that a client misses and that the code reads as if it could do without."""

from types import SimpleNamespace
from typing import cast

from msgspec.structs import replace

from okamochi.run.diagnose import exception
from okamochi.run.proof.answer import Outcome, Verdict
from okamochi.run.traces import SEE_TRACEBACK, Cause, own_line
from okamochi.system.project_files import MemoryProject
from okamochi.workflows.mending.failed import Failed, Mended
from okamochi.workflows.mending.hints.values.unset import hint, told_of_unset
from okamochi.workflows.mending.mends.told.value_nobody_gave import mend
from okamochi.workflows.plan import PlannedProject
from tests.detect.plans import FLASK_APP, planned

READS = """import os
account = os.environ.get("ACCOUNT_SID")
token = os.environ.get("AUTH_TOKEN")
region = os.environ.get("REGION", "us")
"""
TRACE = """Traceback (most recent call last):
  File "/app/app.py", line 9, in <module>
    client = Client(account_sid, auth_token, region)
             ~~~~~~^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/opt/venv/lib/python3.13/site-packages/phone/__init__.py", line 54, in __init__
    raise PhoneError("Credentials are required")
phone.PhoneError: Credentials are required
"""


def told(trace: str = TRACE, *given: str) -> str:
    cause = exception(trace)
    assert cause is not None
    return told_of_unset(cause, trace, planned({"app.py": READS + FLASK_APP}), given)


def test_what_the_failing_line_takes_and_nobody_gave_is_named() -> None:
    assert own_line(TRACE) == "client = Client(account_sid, auth_token, region)"
    assert told().endswith("with the lines ACCOUNT_SID=..., AUTH_TOKEN=...")
    assert told(TRACE, "ACCOUNT_SID").endswith("with the lines AUTH_TOKEN=...")


def test_where_the_line_takes_no_variable_or_more_is_known_nothing_is_told() -> None:
    assert told(TRACE, "ACCOUNT_SID", "AUTH_TOKEN") == ""
    assert told(TRACE.replace("account_sid, auth_token, region", "")) == ""
    known = replace(exception(TRACE) or Cause("", ""), hint="give it")
    assert told_of_unset(known, TRACE, planned({"app.py": READS + FLASK_APP}), ()) == ""


def test_of_a_start_that_failed_the_same_is_told() -> None:
    plan = planned({"app.py": READS + FLASK_APP})
    verdict = Verdict(outcome=Outcome.FAILED, cause=Cause("the app raises phone.PhoneError", SEE_TRACEBACK))
    for files, more in (({}, ""), ({"default.env": b"AUTH_TOKEN=x\n"}, "; default.env has some, if ")):
        project = cast(PlannedProject, SimpleNamespace(plan=plan, project=MemoryProject(files)))
        found = hint(Failed(verdict, None, project, log=TRACE, given=("ACCOUNT_SID",)))
        assert "with the lines AUTH_TOKEN=..." + more in found and found.endswith("...") is not bool(more)


def test_no_other_version_is_tried_of_what_misses_a_value_but_of_what_misses_a_name() -> None:
    plan = planned({"app.py": READS + FLASK_APP})
    project = cast(PlannedProject, SimpleNamespace(plan=plan, project=MemoryProject({})))

    def answered(error: str, *given: str) -> Mended:
        trace = TRACE.replace("phone.PhoneError: Credentials are required", error)
        cause = exception(trace)
        return mend(
            Failed(Verdict(outcome=Outcome.LIBRARY, cause=cause), None, project, log=trace, given=given)
        )

    assert answered("phone.PhoneError: Credentials are required") == ()
    assert answered("AttributeError: 'NoneType' object has no attribute 'split'") == ()
    for other in (
        "TypeError: Client.__init__() got an unexpected keyword argument 'proxies'",
        "AttributeError: module 'phone' has no attribute 'Line'",
        "ImportError: cannot import name 'Line' from 'phone'",
    ):
        assert answered(other) is None
    assert answered("phone.PhoneError: Credentials are required", "ACCOUNT_SID", "AUTH_TOKEN") is None


def test_what_a_release_says_of_web_stays_behind_it() -> None:
    cause = Cause("the release process failed", f"{SEE_TRACEBACK}; web waits")
    found = told_of_unset(cause, TRACE, planned({"app.py": READS + FLASK_APP}), ("ACCOUNT_SID",))
    assert found.endswith("with the lines AUTH_TOKEN=...; web waits")


def test_what_a_service_of_the_stack_tells_is_not_asked_for() -> None:
    source = f"{READS}import redis\nredis_url = os.environ.get('REDIS_URL')\n{FLASK_APP}"
    plan = planned({"app.py": source, "requirements.txt": "flask\nredis\n"})
    trace = TRACE.replace("account_sid, auth_token, region", "redis_url, auth_token")
    cause = exception(trace)
    assert cause is not None
    assert told_of_unset(cause, trace, plan, ()).endswith("with the lines AUTH_TOKEN=...")


def test_what_the_error_itself_names_comes_first() -> None:
    cause = Cause("the app raises ValueError: AUTH_TOKEN must be 'a' or 'b'", SEE_TRACEBACK)
    plan = planned({"app.py": READS + FLASK_APP})
    told = told_of_unset(cause, TRACE, plan, ())
    assert told.startswith("nobody gave what the app asks for") and told.endswith("the lines AUTH_TOKEN=...")
    assert told_of_unset(cause, TRACE, plan, ("AUTH_TOKEN", "ACCOUNT_SID")) == ""


NONE = """Traceback (most recent call last):
  File "/app/app.py", line 9, in <module>
    admin = User("admin", auth_token)
  File "/app/models.py", line 4, in __init__
    self.word = hashed(word)
                ^^^^^^^^^^^^
  File "/opt/venv/lib/python3.13/site-packages/werkzeug/security.py", line 39, in hashed
    return word.encode()
AttributeError: 'NoneType' object has no attribute 'encode'
"""


def test_a_value_that_is_none_is_followed_to_the_line_that_takes_the_variable() -> None:
    assert told(NONE).startswith("nobody gave what a line above it takes: ")
    assert told(NONE).endswith("with the lines AUTH_TOKEN=...")
    assert told(NONE, "AUTH_TOKEN") == ""
    assert told(NONE.replace("'NoneType'", "'int'")) == ""
