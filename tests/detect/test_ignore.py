"""Which files stay out of the image."""

import random

import pytest
from pathspec import GitIgnoreSpec

from okamochi.detect.files.ignore import (
    PLAIN,
    anchored,
    dockerignore_patterns,
    gitignore_lines,
    is_build_output,
    is_of_migrations,
)
from okamochi.detect.files.left_out import left_out
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
        ".git-credentials",
        "deploy/.pgpass",
        "infra/terraform.tfstate.backup",
        "infra/prod.tfvars",
        "upload.keystore",
        "office.ovpn",
        "service-account-prod.json",
        ".env-prod",
        ".env_local",
    ],
)
def test_built_in_patterns_keep_it_out(path: str) -> None:
    assert excluded(path)


def test_files_that_were_rendered_stay_out_and_secrets_among_code_too() -> None:
    record = {
        "deploy/x/.okamochi/rendered.json": "{}",
        "deploy/x/secrets/.gitignore": "**/*\n!**/.gitignore\n",
    }
    for path in ("deploy/x/kubernetes/web.yaml", "deploy/x/.okamochi/kit/sizing.py", "deploy/x/secrets/KEY"):
        assert excluded(path, **record)
    assert not excluded("deploy/other.txt", **record)
    code = {**record, "deploy/x/models.py": ""}
    assert not excluded("deploy/x/models.py", **code)
    assert excluded("deploy/x/.okamochi/kit/sizing.py", **code)
    assert excluded("deploy/x/secrets/KEY", **code)


def test_a_folder_of_rendered_files_alone_is_left_out_whole() -> None:
    assert excluded("kubernetes/") and excluded("ecs/") and excluded("swarm/")
    assert excluded("kubernetes/", **{"kubernetes/web.yaml": "", "kubernetes/config.env": ""})
    for own in ("kubernetes/__init__.py", "kubernetes/overlays/prod/web.yaml"):
        files = {"kubernetes/web.yaml": "", own: ""}
        assert not excluded("kubernetes/", **files) and not excluded(own, **files)
        assert excluded("kubernetes/web.yaml", **files) and excluded("ecs/", **files)
    taken_back = {"swarm/stack.yaml": "", ".dockerignore": "!swarm/stack.yaml\n"}
    assert not excluded("swarm/", **taken_back) and not excluded("swarm/stack.yaml", **taken_back)


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


@pytest.mark.parametrize(
    "pattern",
    [
        "static/uploads/",
        "public-data/",
        "config/public-api-secret.json",
        "static/",
        "/public",
        "assets/*",
        "static/**",
        "media/",
        "private/",
        "customers-bundle/",
        "invoices/generated/",
        "/build/",
        "*.js",
        "!static/dist/keep",
        "*",
        "/",
    ],
)
def test_what_may_be_private_stays_out_as_gitignore_says(pattern: str) -> None:
    assert not is_build_output(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "*.mo",
        "translations/*/LC_MESSAGES/messages.mo",
        "*.min.js",
        "app.bundle.css",
        "/staticfiles/",
        "dist/",
        "frontend/build",
        "static/dist/*",
        "/shop/static/gen/**",
        "static/css/*.css",
    ],
)
def test_build_outputs_of_other_tools_are_spared(pattern: str) -> None:
    assert is_build_output(pattern)


def test_a_bare_dist_means_the_packages_at_the_root() -> None:
    rules = {".gitignore": "dist/\nbuild\n"}
    assert excluded("dist/shop-1.0-py3-none-any.whl", **rules)
    assert excluded("build/lib/shop.py", **rules)
    assert not excluded("static/dist/app.js", **rules)


def test_outputs_below_a_nested_gitignore_are_spared() -> None:
    assert not excluded("frontend/dist/app.js", **{"frontend/.gitignore": "/dist\n"})
    assert excluded("uploads/card.png", **{"uploads/.gitignore": "*\n!.gitignore\n"})


def test_files_that_a_spared_pattern_lets_in_are_warned_about() -> None:
    plan = planned({"app.py": FLASK_APP, ".gitignore": "*.mo\nstatic/dist/\n", "static/dist/app.js": "x"})
    shown = decision(plan, "source.exclude")
    assert "Warning: static/dist/ of .gitignore not taken" in shown.summary
    assert [(one.line, one.reason.split()[0]) for one in shown.evidence if one.line] == [
        (1, "*.mo"),
        (2, "static/dist/"),
    ]


def test_what_lies_in_a_folder_that_is_left_out_lets_nothing_in() -> None:
    files = {"web/dist/app.js": "", ".gitignore": "web/dist/\n"}
    inside = 'exclude = ["!/web/dist/app.js"]\n'
    around = 'exclude = ["/web/", "!/web/dist/app.js"]\n'
    told = [
        "Warning"
        in decision(planned({"app.py": FLASK_APP, **files, "okamochi.toml": text}), "source.exclude").summary
        for text in (inside, around)
    ]
    assert told == [True, False]


def test_a_spared_pattern_that_matches_nothing_gives_no_warning() -> None:
    plan = planned({"app.py": FLASK_APP, ".gitignore": "*.mo\n", "venv2/x.mo": "", ".dockerignore": "venv2"})
    assert "Warning" not in decision(plan, "source.exclude").summary


def test_gitignore_files_of_folders_count_below_their_folder() -> None:
    rules = {"shop/.gitignore": "/uploads/\nraw/data.csv\n*.bak\n"}
    assert excluded("shop/uploads/card.png", **rules)
    assert excluded("shop/raw/data.csv", **rules)
    assert excluded("shop/a/b/old.bak", **rules)
    assert not excluded("uploads/card.png", **rules)
    assert not excluded("shop/a/raw/data.csv", **rules)
    assert not excluded("old.bak", **rules)


def test_the_nearer_gitignore_wins() -> None:
    rules = {".gitignore": "*.csv\n", "shop/.gitignore": "!cities.csv\n"}
    assert excluded("shop/people.csv", **rules)
    assert not excluded("shop/cities.csv", **rules)
    assert excluded("cities.csv", **rules)


def test_a_folder_s_name_is_no_pattern() -> None:
    assert anchored("/x", "a[1] *") == "/a\\[1\\]\\ \\*/x"
    assert excluded("a[1] b/x", **{"a[1] b/.gitignore": "x\n"})


def test_invalid_lines_of_a_gitignore_are_passed_over() -> None:
    assert gitignore_lines("!\n[z-a]\n*.x\n") == ((3, "*.x"),)


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
    assert gitignore_lines("# a\n\n  \n*.x  \n") == ((4, "*.x"),)


def test_the_plan_names_the_sources_of_its_patterns() -> None:
    plan = planned({"app.py": FLASK_APP, ".gitignore": "a\n", ".dockerignore": "b\n"})
    assert [one.path for one in decision(plan, "source.exclude").evidence] == [
        "",
        ".gitignore",
        ".dockerignore",
    ]


def test_ignore_files_of_rendered_folders_are_not_the_project_s_word() -> None:
    files = {"app.py": FLASK_APP, ".devcontainer/.gitignore": "/ssh-agent\n", "secrets/.gitignore": "*\n"}
    assert planned(files).source == planned({"app.py": FLASK_APP}).source


def test_what_is_taken_for_a_valid_pattern_unseen_is_one() -> None:
    dice = random.Random(7)
    texts = {"".join(dice.choices("ab._-*/!1 [\\", k=dice.randrange(1, 9))) for _ in range(8000)}
    plain = [text for text in texts if PLAIN.fullmatch(text)]
    assert len(plain) > 500
    assert len(GitIgnoreSpec.from_lines(plain).patterns) == len(plain)


def test_what_the_app_imports_from_its_tests_is_in_the_image_and_the_tests_are_not() -> None:
    files = {
        "app.py": f"{FLASK_APP}from tests.data import rows\nfrom tests.test_shop import more\n",
        "tests/__init__.py": "",
        "tests/data/__init__.py": "rows = 1\n",
        "tests/data/rows.json": "{}",
        "tests/conftest.py": "",
        "tests/test_shop.py": "more = 1\n",
        "tests/deep/test_all.py": "",
    }
    plan = planned(files)
    out = left_out(plan.source.exclude)
    assert [path for path in files if out(path)] == ["tests/conftest.py", "tests/deep/test_all.py"]


@pytest.mark.parametrize(
    ("path", "text", "taken"),
    [
        ("shop/views.py", "from tests.utils.helpers import initials\n", True),
        ("shop/views.py", "import tests.utils.helpers\n", True),
        ("shop/views.py", "def check():\n    from tests.utils.helpers import initials\n", False),
        ("shop/views.py", "from teststore import initials\n", False),
        ("shop/test_views.py", "from tests.utils.helpers import initials\n", False),
        ("shop/tests/views.py", "from tests.utils.helpers import initials\n", False),
        ("run_all.py", "from tests.utils.helpers import initials\n", False),
    ],
)
def test_tests_that_a_module_imports_to_which_no_import_leads_are_taken(
    path: str, text: str, taken: bool
) -> None:
    helpers = {"tests/__init__.py": "", "tests/utils/__init__.py": "", "tests/utils/helpers.py": ""}
    plan = planned({"app.py": FLASK_APP, "shop/__init__.py": "", path: text, **helpers})
    assert GitIgnoreSpec.from_lines(plan.source.exclude).match_file("tests/utils/helpers.py") is not taken


@pytest.mark.parametrize(
    "pattern", ["migrations/", "/migrations", "**/migrations/*.py", "migrations/versions/*"]
)
def test_migrations_that_gitignore_names_are_taken_where_they_are_run(pattern: str) -> None:
    project = {
        "app.py": f"{FLASK_APP}from flask_migrate import Migrate\nmigrate = Migrate(app, None)\n",
        "requirements.txt": "flask\nflask-migrate\n",
        "migrations/env.py": "",
        "migrations/versions/1.py": "revision = '1'\ndown_revision = None\n",
        ".gitignore": f"{pattern}\n*.tmp\n",
    }
    plan = planned(project)
    assert pattern not in plan.source.exclude and "*.tmp" in plan.source.exclude
    evidence = decision(plan, "source.exclude").evidence
    assert any("runs the migrations" in one.reason and one.line == 1 for one in evidence)
    without = {path: text for path, text in project.items() if not path.startswith("migrations/")}
    assert pattern in planned(without).source.exclude


def test_only_patterns_that_end_at_migrations_are_of_them() -> None:
    assert not is_of_migrations("!migrations/")
    assert not is_of_migrations("migrations/*.log")
    assert not is_of_migrations("*.py")


def test_a_dockerignore_that_docker_refuses_is_refused_here() -> None:
    files = {"app.py": FLASK_APP, "requirements.txt": "flask\n", ".dockerignore": "data\nlogs[9-0]\n"}
    with pytest.raises(UsageError, match=r"invalid pattern: 'logs\[9-0\]'") as caught:
        planned(files)
    assert caught.value.where == ".dockerignore"
