"""Locks that are no locks, and YAML that only costs time."""

import time

import pytest

from okamochi.pypi.asked import asked_of
from okamochi.system.project_files import MemoryProject
from okamochi.errors import DetectionError, PlanError, UsageError
from tests.bad_projects.conftest import MakeProject, Refusing
from tests.detect.plans import FLASK_APP, decision, planned

PROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\n'
POETRY = '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\nflask = "*"\n'
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(30)
)


@pytest.mark.parametrize(
    ("lock", "content", "manifest"),
    [
        ("uv.lock", b"\x00\xff\x01", PROJECT),
        ("uv.lock", b'package = "x"\n', PROJECT),
        ("uv.lock", b"x = " + b"[" * 100_000, PROJECT),
        ("poetry.lock", b'[[package]]\nname = "fla', POETRY),
        ("poetry.lock", b"package = 5\n", POETRY),
        ("pdm.lock", b'package = ["x"]\n', f"{PROJECT}[tool.pdm]\n"),
        ("pylock.toml", b"packages = 5\n", ""),
        ("Pipfile.lock", b"[]", ""),
        ("Pipfile.lock", b"[" * 100_000, ""),
        ("uv.lock", b".".join([b"a"] * 200_000) + b" = 1\n", PROJECT),
        ("uv.lock", b"x = {" + b".".join([b"'a'"] * 200_000) + b" = 1}\n", PROJECT),
        ("uv.lock", b"[" + b".".join([b"a"] * 200_000) + b"]\n", PROJECT),
        ("uv.lock", b"x = " + b"9" * 100_000 + b"\n", PROJECT),
        ("uv.lock", b"#" * 11_000_000, PROJECT),
        ("Pipfile.lock", b'{"x": ' + b"9" * 100_000 + b"}", ""),
    ],
)
def test_a_lock_that_is_none_is_an_error_that_names_it(lock: str, content: bytes, manifest: str) -> None:
    files: dict[str, str | bytes] = {"app.py": FLASK_APP, lock: content}
    if manifest:
        files["pyproject.toml"] = manifest
    with pytest.raises(DetectionError, match="damaged") as caught:
        planned(files)
    assert caught.value.where.startswith(lock) and "version control" in caught.value.hint


DB = "services:\n  db:\n    image: postgres:16\n"
OF_ALIASES = BOMB.splitlines(keepends=True)[:9]
MERGED = "a0: &a0 {x: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}], y: 1}}\n" for n in range(1, 90)
)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "- " * 50_000,
        BOMB,
        "x: y\n" * 200_000,
        f"{''.join(OF_ALIASES)}services:\n  web:\n    build: .\n    image: *i\n    command: *i\n",
        MERGED + DB,
        "services: &s\n  db:\n    image: postgres:16\n    environment: *s\n",
        DB + "x: !!bool x\n",
        DB + "x: 9" + "9" * 10_000,
        DB + "    image: postgres:17\n",
        "services:\n\tdb: {}\n",
        "<<<<<<< HEAD\n" + DB + "=======\n>>>>>>> other\n",
    ],
)
def test_yaml_that_cannot_be_read_is_no_evidence_and_the_plan_says_so(text: str) -> None:
    begin = time.process_time()
    plan = planned({"app.py": FLASK_APP, "requirements.txt": "flask\n", "compose.yaml": text})
    assert plan.services == ()
    assert "compose.yaml cannot be read" in decision(plan, "source").summary
    assert time.process_time() - begin < 5


def test_a_value_of_a_file_that_cannot_be_read_is_not_told() -> None:
    text = "PASSWORD: hunter2\nPASSWORD: hunter3\n"
    (evidence,) = decision(planned({"app.py": FLASK_APP, "compose.yaml": text}), "source").evidence
    assert "duplicate key" in evidence.reason and evidence.line == 2 and "hunter" not in str(evidence)


@pytest.mark.parametrize("path", ["fly.toml", "railway.json", "app.json", "render.yaml", "nixpacks.toml"])
def test_files_of_other_platforms_that_cannot_be_read_are_told(path: str) -> None:
    plan = planned({"app.py": FLASK_APP, path: "<<<<<<< HEAD\n{\n"})
    assert f"{path} cannot be read" in decision(plan, "source").summary


def test_aliases_and_merges_that_a_person_writes_are_read() -> None:
    text = "x-all: &all {restart: always}\nservices:\n" + "".join(
        f"  db{n}:\n    <<: *all\n    image: postgres:16\n" for n in range(250)
    )
    assert not [one for one in planned({"app.py": FLASK_APP, "compose.yaml": text}).decisions if one.field == "source"]


@pytest.mark.parametrize("lock", ["uv.lock", "Pipfile.lock"])
def test_a_lock_of_many_packages_takes_no_time_that_grows_with_their_square(lock: str) -> None:
    toml = "".join(f'[[package]]\nname = "p{n}"\nversion = "1"\n' for n in range(40_000))
    names = "".join(f'"p{n}": {{"version": "==1"}},\n' for n in range(40_000))
    text = LOCKED + toml if lock == "uv.lock" else '{"default": {\n' + names + '"flask": {"version": "==3"}}}'
    begin = time.process_time()
    plan = planned({"app.py": FLASK_APP, "pyproject.toml": PROJECT, lock: text})
    assert plan.dependencies.lock_file == lock
    assert time.process_time() - begin < 20


@pytest.mark.parametrize("path", ["pyproject.toml", "okamochi.toml", "environment.yml"])
def test_a_file_that_is_too_large_to_be_read_is_not_passed_over(path: str) -> None:
    with pytest.raises(DetectionError, match=f"{path} cannot be read: .* more than 4 MB"):
        planned({"app.py": "import flask\napp = flask.Flask(__name__)\n", "lists nothing": "", path: "#" * 5_000_000})


@pytest.mark.parametrize("value", ["5", "true", "1.5", "[5]", "{ a = 1 }"])
def test_values_of_another_kind_in_a_pipfile_do_no_harm(value: str) -> None:
    text = f'[packages]\nflask = {{ version = "*", extras = {value} }}\nclick = {value}\n'
    planned({"app.py": FLASK_APP, "Pipfile": text})


def test_a_number_where_conda_has_pips_list_does_no_harm() -> None:
    planned({"app.py": FLASK_APP, "environment.yml": "dependencies:\n- flask\n- pip: 5\n"})


def test_circular_includes_are_refused_with_what_to_do(refuses: Refusing, make_project: MakeProject) -> None:
    root = make_project({"more.txt": "click\n-r requirements.txt\n"}, requirements="flask\n-r more.txt\n")
    chain = "requirements.txt:2 -> more.txt:2 -> requirements.txt"
    refuses(root, 3, chain, "remove one of these lines", arguments=("plan", root))


def test_folders_that_ask_for_each_other_are_one_of_each() -> None:
    sources = "".join(f'{name} = {{ path = "../{name}" }}\n' for name in ("one", "two"))
    package = '[project]\nname = "NAME"\nversion = "1"\ndependencies = ["OTHER"]\n[tool.uv.sources]\n' + sources
    files: dict[str, str | bytes] = {
        "app.py": FLASK_APP,
        "requirements.txt": "flask\n-e ./one\n",
        "one/pyproject.toml": package.replace("NAME", "one").replace("OTHER", "two"),
        "one/one.py": "",
        "two/pyproject.toml": package.replace("NAME", "two").replace("OTHER", "one"),
        "two/two.py": "",
    }
    assert [one.name for one in planned(files).dependencies.local] == ["one", "two"]


def test_extras_that_ask_for_each_other_end() -> None:
    extras = '[project.optional-dependencies]\na = ["shop[b]"]\nb = ["shop[a]", "click"]\n'
    files = {"app.py": FLASK_APP, "requirements.txt": "-e .[a]\n", "pyproject.toml": PROJECT + extras}
    assert planned(files).dependencies.files == ("requirements.txt",)


@pytest.mark.parametrize(
    ("encoding", "line"), [("cp932", "# -*- coding: cp932 -*-\n"), ("latin-1", "# coding: latin-1\n"), ("utf-8", "")]
)
def test_sources_in_the_encoding_that_they_name_are_read(encoding: str, line: str) -> None:
    word = "é" if encoding == "latin-1" else "請求"
    source = f"{line}WORD = '{word}'\n{FLASK_APP}".encode(encoding)
    assert planned({"app.py": source}).application.object_reference == "app:app"


def test_requirements_of_powershell_are_read() -> None:
    plan = planned({"app.py": FLASK_APP, "requirements.txt": "flask==3.1.0\r\ngunicorn\r\n".encode("utf-16")})
    assert plan.dependencies.added == ()


LOCKED = """
version = 1
[[package]]
name = "shop"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "flask" }]
[[package]]
name = "flask"
version = "3.1.0"
source = { registry = "https://index.example/simple" }
"""


def test_what_the_manifest_asks_for_and_an_older_lock_lacks_is_told_and_resolved_beside_it() -> None:
    manifest = PROJECT.replace('["flask"]', '["flask", "requests[socks]>=2"]')
    files = {"app.py": FLASK_APP, "pyproject.toml": manifest, "uv.lock": LOCKED}
    plan = planned(files)
    told = [one.summary for one in plan.decisions if one.field == "dependencies"]
    assert any("Warning: uv.lock has no requests" in one and "(uv lock)" in one for one in told)
    lines = asked_of(MemoryProject(files), plan.dependencies).lines
    assert [one.specifier for one in lines] == ["flask==3.1.0", "requests[socks]>=2"]


@pytest.mark.parametrize("key", ['git = "https://git.example/requests"', 'index = "ours"', "workspace = true"])
def test_what_an_older_lock_lacks_and_no_public_index_has_is_an_error(key: str) -> None:
    manifest = PROJECT.replace('["flask"]', '["flask", "requests"]')
    manifest += f"[tool.uv.sources]\nrequests = {{ {key} }}\n"
    with pytest.raises(PlanError, match=r"uv\.lock has no requests, which pyproject\.toml asks for"):
        planned({"app.py": FLASK_APP, "pyproject.toml": manifest, "uv.lock": LOCKED})


def test_a_version_that_the_manifest_does_not_admit_is_said() -> None:
    manifest = PROJECT.replace('["flask"]', '["flask<3"]')
    plan = planned({"app.py": FLASK_APP, "pyproject.toml": manifest, "uv.lock": LOCKED})
    told = str(decision(plan, "dependencies.lock_file").evidence)
    assert "asks for flask<3, but uv.lock has 3.1.0" in told


LINES = "flask\\n--index-url=https://evil.example/"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", f'[project]\nname = "shop"\ndependencies = ["flask", "{LINES}"]\n'),
        ("pyproject.toml", f'[tool.poetry.dependencies]\nflask = "*"\n"{LINES}" = "*"\n'),
        ("Pipfile", f'[packages]\nflask = "*"\n"{LINES}" = "*"\n'),
        ("Pipfile", f'[packages]\nflask = "*"\nx = {{ file = "{LINES}" }}\n'),
    ],
)
def test_no_entry_of_a_manifest_becomes_a_line_of_its_own(path: str, text: str) -> None:
    with pytest.raises(DetectionError, match="it has several lines") as caught:
        planned({"app.py": FLASK_APP, path: text})
    assert caught.value.hint


def test_a_setting_that_names_no_requirement_file_is_refused() -> None:
    with pytest.raises(UsageError, match="names no file") as caught:
        planned({"app.py": FLASK_APP, "requirements.txt": "flask\n", "okamochi.toml": "requirements = []\n"})
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("path", ["requirements.txt", "setup.cfg"])
def test_a_list_that_is_no_file_is_told_before_the_imports_are_guessed_at(path: str) -> None:
    with pytest.raises(DetectionError, match=f"{path} cannot be read: it is no regular file"):
        planned({"app.py": FLASK_APP, "lists nothing": "", f"{path}/inside": ""})
