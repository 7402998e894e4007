"""A first page that answers 500 to everybody who is not logged in: it reads what only a login puts there."""

from okamochi.run.traces import last_trace, own_frame, own_line
from okamochi.system.patterns import regex

__all__ = ["logged_out"]

OF_A_SESSION = regex(r"\bsession\s*\[\s*(?P<key>[\"']\w+[\"'])\s*\]")


def logged_out(log: str) -> str:
    """What is to be said of such a page, "" for one that fails otherwise: `user = session["user_id"]`."""
    trace = last_trace(log)
    read = OF_A_SESSION.search(own_line(trace.text)) if trace is not None else None
    if trace is None or read is None or trace.error.strip() != f"KeyError: '{read['key'][1:-1]}'":
        return ""
    where = own_frame(trace.text).removeprefix("/app/")
    return (
        f"/ answers 500 to who is not logged in: {where} reads session[{read['key']}], which nothing has put "
        "there yet; session.get() and a redirect to the login would answer"
    )
