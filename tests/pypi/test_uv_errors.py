import re

import pytest
from wheel_making import local_environ, make_world

from okamochi.errors import BuildError, ConflictError, RegistryError, TransientRegistryError
from okamochi.pypi.requirement_line import ADDED, requirement_of
from okamochi.pypi.uv_errors import Explained, explained_lines, no_wheel_for, uv_failure
from okamochi.pypi.uv_program import uv_version
from okamochi.system.process import Completed


def failed(text):
    return Completed(("uv",), 1, b"", text.encode())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Because psycopg2==2.9.10 has no usable wheels and you require x", ("psycopg2", "2.9.10")),
        ("Because all versions of my-pkg have no usable wheels and", ("my-pkg", "")),
        ("Because a.b>=0.3.3 has no usable wheels and web<=3 depends on a.b>=0.3.3", ("a.b", "")),
        ("Because native==1.0 has no wheels with a matching Python ABI tag", ("native", "1.0")),
        (
            "Because p>=0.3 has no usable wheels\n\nhint: Wheels are required for `p` because of x",
            ("p", ""),
        ),
        ("Because there is no version of flask==99", ("", "")),
    ],
)
def test_the_package_without_a_wheel_is_found_in_the_explanation(text, wanted):
    assert no_wheel_for(Explained(failed(text))) == wanted


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("error: x\n  cause: client error (Connect)\n  cause: dns error", TransientRegistryError),
        ("error: x\n  cause: HTTP status server error (503 Service Unavailable)", TransientRegistryError),
        (
            "error: error sending request\n  cause: invalid peer certificate: UnknownIssuer",
            RegistryError,
        ),
        ("error: x\n  cause: HTTP status client error (403 Forbidden) for url (https://i/)", RegistryError),
        ("error: Failed to download\n  cause: Hash mismatch for `flask==3.1.3`", RegistryError),
        ("error: No solution found when resolving dependencies\n  cause: Because x", ConflictError),
        ("error: something new", BuildError),
    ],
)
def test_each_failure_has_its_own_kind(text, kind):
    assert type(uv_failure(failed(text), lines=(), doing="resolving", offline=False)) is kind


@pytest.mark.parametrize(
    ("reason", "wanted"),
    [("UnknownIssuer", "ca-certificates"), ("Expired", "clock"), ("NotValidYet", "clock")],
)
def test_a_certificate_that_is_not_trusted_is_no_matter_of_trying_later(reason, wanted):
    told = f"error: sending request for url (https://i/simple/)\n  cause: invalid peer certificate: {reason}"
    failure = uv_failure(failed(told), lines=(), doing="resolving", offline=False)
    assert f"of the package index i is not trusted ({reason})" in failure.message
    assert wanted in failure.hint


def test_the_explanation_loses_colours_passwords_and_progress():
    told = Explained(
        failed("Using CPython 3.11\n\x1b[31merror\x1b[0m: no\n  cause: https://me:pw@host/simple/ refused\n")
    )
    assert told.lines == ("no", "https://host/simple/ refused")


def test_a_long_derivation_keeps_its_beginning_and_its_conclusion():
    told = Explained(failed("\n".join(f"step {number}" for number in range(100))))
    assert (told.causes[0], told.causes[-1], "…" in told.causes) == ("step 0", "step 99", True)
    assert len(told.causes) < 20


def test_the_line_named_is_the_one_whose_package_the_explanation_mentions_first():
    lines = tuple(
        requirement_of(text, path="r.txt", line=number)
        for number, text in enumerate(("flask", "flask-login", "web_kit"), start=1)
    )
    told = Explained(failed("Because Flask-Login==9 and web-kit depend on flask"))
    assert told.mentioned(lines).where == "r.txt:2"


def test_uv_comes_with_okamochi_and_tells_its_version(tmp_path):
    assert re.fullmatch(r"uv \d+\.\d+\.\d+\S*", uv_version(make_world(tmp_path, local_environ(tmp_path))))


def test_a_conflict_with_what_okamochi_adds_says_whose_it_is():
    lines = (
        requirement_of("gunicorn==19.9.0", path="r.txt", line=15),
        requirement_of("uvicorn-worker>=0.3", path=ADDED),
    )
    said = failed(
        "No solution found when resolving dependencies\n"
        "cause: Because uvicorn-worker>=0.3 depends on gunicorn>=20.1 and you require gunicorn==19.9.0"
    )
    told = uv_failure(said, lines=lines, doing="resolving", offline=False)
    assert told.hint.endswith("uvicorn-worker>=0.3 is what okamochi adds to serve the app")
    own = uv_failure(said, lines=lines[:1], doing="resolving", offline=False)
    assert "okamochi" not in own.hint


def test_a_version_whose_metadata_cannot_be_read_is_the_one_to_leave():
    said = failed(
        "No solution found\ncause: Because ipykernel==6.0.1 has invalid metadata and you require it"
    )
    assert uv_failure(said, lines=(), doing="resolving", offline=False).hint == (
        "ask for another version of ipykernel: what was published of this one cannot be read"
    )


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://me:hunter2@host:8080/simple", "http://host:8080/simple"),
        ("http://me:hunter2@more@host/simple", "http://host/simple"),
        ("http://me:hunter2/more@host/simple", "http://host/simple"),
        ("http://me:hunter2", "http://"),
        ("http://host:8080/a@b", "http://host:8080/a@b"),
        ("http://[::1]:8080/simple", "http://[::1]:8080/simple"),
    ],
)
def test_no_form_of_a_login_is_shown(address: str, shown: str) -> None:
    said = f"error: invalid value '{address}' for '--default-index': invalid port number\n"
    lines = explained_lines(Completed(("uv",), 2, b"", said.encode()))
    assert f"'{shown}'" in lines[0]
    assert "hunter2" not in lines[0]
