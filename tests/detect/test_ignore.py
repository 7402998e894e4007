"""Which files stay out of the image."""

import pytest
from pathspec import GitIgnoreSpec

from okamochi.detect.ignore import dockerignore_patterns, gitignore_patterns
from okamochi.errors import UsageError
from tests.detect.plans import FLASK_APP, decision, planned


def excluded(path: str, **files: str) -> bool:
    patterns = planned({"app.py": FLASK_APP, **files}).source.exclude
    return GitIgnoreSpec.from_lines(patterns).match_file(path)


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "sub/.env.production",
        ".git/config",
        "pkg/__pycache__/a.cpython-313.pyc",
        "certs/server.key",
        "id_rsa",
        "venv/bin/python",
        "web/node_modules/x/index.js",
        "Dockerfile.dev",
        "docker-compose.prod.yml",
        "okamochi.lock",
        "instance/shop.sqlite3",
        "data-dev.sqlite",
        ".github/workflows/ci.yml",
        "logs/app.log",
        "tests/test_app.py",
        "requirements.txt",
    ],
)
def test_built_in_patterns_keep_it_out(path: str) -> None:
    assert excluded(path)


@pytest.mark.parametrize(
    "path",
    [
        "app.py",
        "README.md",
        "templates/index.html",
        "static/app.js",
        "migrations/env.py",
        "environment.py",
        "pkg/secrets/__init__.py",
        "pkg/compose.py",
        "pkg/instance/x.py",
        "pkg/tests/data.py",
        "pkg/requirements.txt",
    ],
)
def test_the_app_itself_stays(path: str) -> None:
    assert not excluded(path)


def test_gitignore_counts_but_for_what_is_generated() -> None:
    rules = "*.tmp\n/local/\nstatic/dist/\n*.mo\n# comment\n"
    assert excluded("a/b.tmp", **{".gitignore": rules})
    assert excluded("local/x", **{".gitignore": rules})
    assert not excluded("static/dist/app.js", **{".gitignore": rules})
    assert not excluded("locale/ja/messages.mo", **{".gitignore": rules})


def test_dockerignore_is_anchored_at_the_root() -> None:
    rules = "tests\n**/notes.txt\n./big/\n/rooted\n!tests/keep.py\n"
    assert dockerignore_patterns(rules) == ("/tests", "**/notes.txt", "/big", "/rooted", "!/tests/keep.py")
    assert excluded("tests/test_a.py", **{".dockerignore": rules})
    assert not excluded("pkg/tests/test_a.py", **{".dockerignore": rules})
    assert excluded("pkg/notes.txt", **{".dockerignore": rules})


def test_an_ignore_file_does_not_let_secrets_in() -> None:
    assert excluded(".env", **{".dockerignore": "*\n!.env\n!app.py\n"})


def test_the_setting_has_the_last_word() -> None:
    assert not excluded(
        "data/cities.sqlite", **{"okamochi.toml": 'exclude = ["!data/cities.sqlite", "big/"]\n'}
    )
    assert excluded("big/x", **{"okamochi.toml": 'exclude = ["big/"]\n'})


def test_an_invalid_pattern_is_told_with_its_line() -> None:
    with pytest.raises(UsageError) as caught:
        planned({"app.py": FLASK_APP, "okamochi.toml": 'exclude = ["!"]\n'})
    assert caught.value.where == "okamochi.toml:1"


def test_comments_and_blank_lines_are_no_patterns() -> None:
    assert gitignore_patterns("# a\n\n  \n*.x  \n") == ("*.x",)


def test_the_plan_names_the_sources_of_its_patterns() -> None:
    plan = planned({"app.py": FLASK_APP, ".gitignore": "a\n", ".dockerignore": "b\n"})
    assert [one.path for one in decision(plan, "source.exclude").evidence] == [
        "",
        ".gitignore",
        ".dockerignore",
    ]
