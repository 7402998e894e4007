"""Causes of a start that failed for want of a value: a variable of the environment that nobody gave."""

import re

from okamochi.run.traces import Cause, last, own_frame, told_by
from okamochi.system.patterns import regex

__all__ = [
    "missing_database_address",
    "missing_google_credentials",
    "missing_variable",
    "required_variable_said",
]

MISSING_VARIABLE = regex(r"os\.environ\[|environ\.__getitem__|File \"<frozen os>\"|/os\.py\"")
NAME = r"(?P<name>[A-Z][A-Z0-9]*_[A-Z0-9_]+)"
RAISED = r"^[\w.]*(?:Error|Exception): .*?\b"
SAID = (
    # "Value 'SECRET_KEY' is required to be set as the environment variable 'DJANGO_SECRET_KEY'"
    rf"{RAISED}required\b.*?environment variable \W?{NAME}",
    rf"{RAISED}{NAME}\b.*?(?:is |are )?(?:not set|required|missing|must be set|unset)",
    # "... or by setting the OPENAI_API_KEY environment variable": the clients of language models
    rf"{RAISED}(?:set|setting|define|provide|export) (?:the |an? )?\W?{NAME}\b.*?environment",
)
OF_FLASK_SQLALCHEMY = r"^RuntimeError: Either 'SQLALCHEMY_DATABASE_URI' or 'SQLALCHEMY_BINDS' must be set"


@told_by(r"^KeyError: '(?P<name>[A-Za-z_][A-Za-z0-9_]*)'")
def missing_variable(found: re.Match[str], log: str) -> Cause | None:
    if MISSING_VARIABLE.search(log) is None:
        return None
    return cause_of(found["name"], log)


def required_variable_said(log: str) -> Cause | None:
    found = next((match for one in SAID if (match := last(one, log)) is not None), None)
    return cause_of(found["name"], log) if found is not None else None


def cause_of(name: str, log: str) -> Cause:
    return Cause(
        f"the required variable {name} is missing",
        f"give it: okamochi up --env-file FILE, with a line {name}=...",
        own_frame(log),
        variable=name,
    )


@told_by(r"DefaultCredentialsError: ")
def missing_google_credentials(found: re.Match[str], log: str) -> Cause | None:
    """Of the libraries of Google's cloud: without a variable they look for a file of this machine's user.
    https://cloud.google.com/docs/authentication/application-default-credentials"""
    return Cause(
        "there are no credentials of Google's cloud, and the app is given none of this machine's user",
        "give the path of a key file: okamochi up --env-file FILE, with a line "
        "GOOGLE_APPLICATION_CREDENTIALS=/path/of/key.json; the app gets it as a secret",
        own_frame(log),
        variable="GOOGLE_APPLICATION_CREDENTIALS",
    )


@told_by(OF_FLASK_SQLALCHEMY)
def missing_database_address(found: re.Match[str], log: str) -> Cause | None:
    """Flask-SQLAlchemy misses a key of the app's configuration, which no variable of that name sets."""
    return Cause(
        "the app has no address of its database: nothing sets SQLALCHEMY_DATABASE_URI in its configuration",
        "give the variable from which the code takes it with --env-file (okamochi plan names those that it "
        "reads); what lines below the main guard set, let the app's modules set",
        own_frame(log),
    )
