"""Texts for which a pattern could be tried in more ways than there is time."""

import re
import time
from collections.abc import Callable

import pytest

from okamochi.audit.rules.env import debug_in_production, read_literally
from okamochi.audit.rules.process import variable_in_exec_form
from okamochi.detect.variables import compose_variables
from okamochi.detect.files import ignore
from okamochi.detect.data import setup_commands
from okamochi.detect.files import supervisor_files
from okamochi.detect.frameworks import django
from okamochi.pypi import direct_references
from okamochi.workflows.from_source import git_checkouts


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(setup_commands.NAME, "init" + "_a" * 60 + "!"), (ignore.PLAIN, "a" * 100_000 + "?")],
    ids=["command", "ignored"],
)
def test_what_nearly_fits_is_refused_at_once(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.fullmatch(text) is None


@pytest.mark.parametrize(
    ("look", "text"),
    [
        (compose_variables.ENTRY.match, " " * 100_000),
        (django.SETTINGS.search, '"DJANGO_SETTINGS_MODULE",' + " " * 100_000),
        (read_literally.SAID.fullmatch, "a=" * 50_000),
        (variable_in_exec_form.REFERENCE.search, "${" + "a" * 100_000),
        (variable_in_exec_form.REFERENCE.search, "${a" * 150_000),
        (debug_in_production.OF_DESK.fullmatch, "aSETTINGS" * 40_000),
        (direct_references.LOCAL.fullmatch, "./a" + " " * 150_000 + "[b"),
        (supervisor_files.COMMENT.search, " " * 150_000),
        (supervisor_files.OWN.fullmatch, "/s" * 150_000),
    ],
    ids=["entry", "django", "said", "reference", "references", "settings", "local", "comment", "program"],
)
def test_a_long_line_takes_no_time_that_grows_with_its_square(
    look: Callable[[str], re.Match[str] | None], text: str
) -> None:
    begin = time.process_time()
    assert look(text) is None
    assert time.process_time() - begin < 2


def test_what_these_patterns_are_for_is_found_as_ever() -> None:
    entry = compose_variables.ENTRY.match('  - "DB_URL: ${URL:-x}"')
    assert entry is not None and (entry["name"], entry["from"], entry["rest"]) == ("DB_URL", "URL", ":-x")
    for line in ("A: $B", "  -A=${B}", "- 'A' : '${B}'"):
        assert (found := compose_variables.ENTRY.match(line)) is not None and found["from"] == "B"
    module = django.SETTINGS.search("os.environ[ 'DJANGO_SETTINGS_MODULE' ]  =  'a.b'")
    assert module is not None and module[1] == "a.b"
    local = direct_references.LOCAL.fullmatch("./lib [a,b] ; python_version < '4'")
    assert local is not None and local.group("path", "extras", "marker") == ("./lib ", "[a,b]", "python_version < '4'")
    assert direct_references.LOCAL.fullmatch("./lib") and direct_references.LOCAL.fullmatch("./lib ;x")
    assert supervisor_files.COMMENT.sub("", "command=a  ; note") == "command=a"
    assert supervisor_files.OWN.fullmatch("/opt/venv/bin/celery -A a") and supervisor_files.OWN.fullmatch("/a/b.py x")
    assert read_literally.SAID.fullmatch("A=b=c # note") and not read_literally.SAID.fullmatch("A=b#c")
    assert variable_in_exec_form.REFERENCE.search("x ${PORT:-80}")
    assert debug_in_production.OF_DESK.fullmatch("DJANGO_SETTINGS_MODULE=shop.settings.dev")
    assert not debug_in_production.OF_DESK.fullmatch("DJANGO_SETTINGS_MODULE=shop.settings")


def test_an_address_of_many_parts_is_read_at_once() -> None:
    found = git_checkouts.PLACE.fullmatch("git+https://host/project@" + "a/" * 60 + ":")
    assert found is not None and found["ref"] is None


def test_what_is_plain_in_an_ignore_file() -> None:
    plain = ["a", "a/", "*.py", "a*b/c", "!/a/b.c/", "a.b"]
    odd = ["a*", "*", "a**b", "a//b", "[a]", "a b", "", "*/a", "a/*"]
    assert [text for text in [*plain, *odd] if ignore.PLAIN.fullmatch(text)] == plain
