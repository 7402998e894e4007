"""What planning cannot see is built without planning, to the same image; any other change is planned."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows import plan
from okamochi.workflows.build import BuildRequest, build_image
from okamochi.workflows.layers import assemble
from okamochi.workflows.rebuilding.remembered import BuiltImage
from tests.workflows.conftest import cache_copy

pytestmark = pytest.mark.network

Make = Callable[[], BuiltImage]
SETTLE_SECONDS = 0.15


class Planned(Exception):
    pass


@pytest.fixture
def project(minimal: Path) -> Path:
    (minimal / "templates").mkdir()
    (minimal / "templates/page.html").write_text("<p>one</p>\n")
    (minimal / "static").mkdir()
    (minimal / "static/app.css").write_text("p { color: red }\n")
    return minimal


@pytest.fixture(scope="module")
def full_cache(okamochi_cache: Path, locked_minimal: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For builds from nothing but downloads: it knows no project that a test has, since each lies in a folder
    of its own, and has no layer that an incremental build made."""
    return cache_copy(okamochi_cache, tmp_path_factory.mktemp("full") / "cache")


@pytest.fixture
def make(project: Path, okamochi_cache: Path) -> Make:
    return lambda: made(project, okamochi_cache)


def made(project: Path, cache: Path) -> BuiltImage:
    # what changed a moment ago is not remembered: a second change could bear the same time stamp
    time.sleep(SETTLE_SECONDS)
    world = World.real(dict(os.environ), SilentReporter(), cache_root=cache)
    return build_image(BuildRequest(path=project), world)


def remembered(built: BuiltImage) -> object:
    """What the next build starts from, but where Python lies."""
    return json.loads(json.dumps({**built.rebuild, "interpreter": ""}))


def refuse_to_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    def planned(*_: object) -> None:
        raise Planned

    monkeypatch.setattr(plan, "plan_project", planned)


def edit_template(project: Path) -> None:
    (project / "templates/page.html").write_text("<p>two, and longer</p>\n")


def edit_style(project: Path) -> None:
    (project / "static/app.css").write_text("p { color: teal }\n" * 20)


def edit_sentence(project: Path) -> None:
    app = project / "app.py"
    app.write_text(app.read_text().replace("The smallest app", "The least app"))


def edit_page(project: Path) -> None:
    app = project / "app.py"
    app.write_text(app.read_text().replace("Your order has arrived", "Your order: redis://late"))


def edit_comment(project: Path) -> None:
    app = project / "app.py"
    app.write_text(
        app.read_text().replace("app = Flask(__name__)", "app = Flask(__name__)  # os.environ['X']")
    )


def edit_answer(project: Path) -> None:
    app = project / "app.py"
    app.write_text(app.read_text() + "\n\nEDITED = 2 + 3\n")


def edit_line_above(project: Path) -> None:
    app = project / "app.py"
    app.write_text(app.read_text().replace("app = Flask", "EDITED = 2\n\napp = Flask"))


def edit_routes(project: Path) -> None:
    app = project / "app.py"
    route = '@app.get("/more/<word>")\ndef more(word: str) -> str:\n    return f"one {word}"\n\n\n'
    app.write_text(app.read_text().replace('@app.get("/health")', route + '@app.get("/health")'))


IDLE = [edit_answer, edit_line_above, edit_routes]


@pytest.mark.parametrize("edit", [edit_template, edit_style, edit_sentence, edit_page, edit_comment, *IDLE])
def test_the_image_is_that_of_a_full_build(
    edit: Callable[[Path], None],
    project: Path,
    make: Make,
    full_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = make()
    edit(project)
    full = made(project, full_cache)
    refuse_to_plan(monkeypatch)
    again = make()
    assert again.image.digest == full.image.digest != before.image.digest
    assert again.image.config_bytes == full.image.config_bytes
    assert again.components == full.components
    assert again.plan == full.plan, "with its evidence, whose lines may have moved"
    assert remembered(again) == remembered(full)


def test_one_change_after_another_is_built_without_planning(
    project: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    refuse_to_plan(monkeypatch)
    digests = set()
    for number in range(3):
        (project / "templates/page.html").write_text(f"<p>{number}</p>\n" * 50)
        (project / "static/app.css").write_text(f"p {{ margin: {number}px }}\n")
        app = project / "app.py"
        app.write_text(app.read_text().replace("app = Flask", f"EDITED_{number} = 2\n\napp = Flask"))
        digests.add(make().image.digest)
    assert len(digests) == 3


def test_what_is_no_python_any_more_is_judged_by_a_full_build(
    project: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    app = project / "app.py"
    app.write_bytes(app.read_bytes().replace(b"The smallest app", b"The smallest app \xff"))
    refuse_to_plan(monkeypatch)
    with pytest.raises(Planned):
        make()


def edit_code(project: Path) -> None:
    app = project / "app.py"
    app.write_text(app.read_text() + "\n\ndef added() -> str:\n    return 'more'\n")


def test_changed_code_that_leaves_the_plan_alone_is_packed_and_nothing_else(
    project: Path, make: Make, full_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = make()
    app = project / "app.py"
    app.write_text(app.read_text().replace("app = Flask", "LINES = 'two'\n\napp = Flask"))
    full = made(project, full_cache)

    def assembled(*_: object) -> None:
        raise Planned

    monkeypatch.setattr(assemble, "assemble", assembled)
    again = make()
    assert again.image.digest == full.image.digest != before.image.digest
    assert again.plan == full.plan, "with its evidence, whose lines have moved"
    assert again.plan != before.plan
    assert again.proved_as == str(before.image.digest), "it imports the same"
    assert all(again.rebuild[name] == full.rebuild[name] for name in ("read", "gists", "entries"))
    refuse_to_plan(monkeypatch)
    edit_sentence(project)
    assert make().image.digest not in (before.image.digest, again.image.digest)


def test_another_import_is_proved_anew(project: Path, make: Make) -> None:
    before = make()
    app = project / "app.py"
    app.write_text(app.read_text() + "\nimport math\n")
    after = make()
    assert after.proved_as == "" and after.image.digest != before.image.digest


def test_changed_code_that_changes_the_plan_is_not_matched_against_patterns(
    project: Path, make: Make, full_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = make()
    app = project / "app.py"
    app.write_text(app.read_text() + "\nimport os\nKEY = os.environ['PAYMENT_KEY']\n")
    full = made(project, full_cache)

    def walked(*_: object) -> None:
        raise Planned

    monkeypatch.setattr(assemble, "read_source", walked)
    again = make()
    assert again.image.digest == full.image.digest != before.image.digest
    assert again.plan == full.plan


def test_changed_patterns_decide_anew(project: Path, make: Make, full_cache: Path) -> None:
    (project / ".dockerignore").write_text("drafts\n")
    before = make()
    (project / ".dockerignore").write_text("static\n")
    edit_code(project)
    assert make().image.digest == made(project, full_cache).image.digest != before.image.digest


def test_code_that_does_not_compile_is_told_once(project: Path, okamochi_cache: Path) -> None:
    class Listening(SilentReporter):
        def warn(self, text: str) -> None:
            told.append(text)

    told: list[str] = []
    (project / "scripts").mkdir()
    for text in ("x = 1\n", f"x = = 1  # {project}\n"):  # a cache that has seen this text tells it no more
        (project / "scripts/job.py").write_text(text)
        time.sleep(SETTLE_SECONDS)
        build_image(BuildRequest(path=project), World.real({}, Listening(), cache_root=okamochi_cache))
    assert len([text for text in told if "not compiled" in text]) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app.py", "import os\nfrom flask import Flask\napp = Flask(__name__)\nos.environ['TOKEN']\n"),
        ("requirements.txt", "flask==3.1.3\n\n"),
        ("templates/new.html", "<p>new</p>\n"),
        (".dockerignore", "templates\n"),
        ("Procfile", "web: gunicorn app:app\n"),
        ("okamochi.toml", "port = 9000\n"),
        ("app.py", "# flask_sqlalchemy\nfrom flask import Flask\napp = Flask(__name__)\n"),
    ],
)
def test_what_planning_may_see_is_planned(
    path: str, text: str, project: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    (project / path).write_text(text)
    refuse_to_plan(monkeypatch)
    with pytest.raises(Planned):
        make()


def test_a_file_that_becomes_executable_is_planned(
    project: Path, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    (project / "templates/page.html").chmod(0o755)
    refuse_to_plan(monkeypatch)
    with pytest.raises(Planned):
        make()


def test_an_empty_folder_that_comes_is_seen(project: Path, make: Make, full_cache: Path) -> None:
    before = make()
    (project / "static/fonts").mkdir()
    assert make().image.digest == made(project, full_cache).image.digest != before.image.digest


def test_a_file_that_planning_read_through_a_link_is_planned(project: Path, make: Make) -> None:
    (project / "reqs").mkdir()
    (project / "requirements.txt").rename(project / "reqs/base.txt")
    (project / "requirements.txt").symlink_to("reqs/base.txt")
    before = make()
    (project / "reqs/base.txt").write_text("flask==3.1.3\npackaging==25.0\n")
    after = make()
    assert {one.name for one in after.components} - {one.name for one in before.components} == {"packaging"}


def test_a_folder_that_an_exclude_setting_brings_back_is_watched(project: Path, okamochi_cache: Path) -> None:
    (project / "node_modules").mkdir()
    (project / "node_modules/a.js").write_text("1")
    digests = set()
    for text in ("1", "2"):
        (project / "node_modules/a.js").write_text(text)
        time.sleep(SETTLE_SECONDS)
        world = World.real(
            {"OKAMOCHI_EXCLUDE": "!node_modules/"}, SilentReporter(), cache_root=okamochi_cache
        )
        digests.add(build_image(BuildRequest(path=project), world).image.digest)
    assert len(digests) == 2


def test_what_a_build_left_in_the_project_is_no_part_of_the_next_image(project: Path, make: Make) -> None:
    from okamochi.oci.archive import write_archive
    from okamochi.oci.layout import write_layout
    from okamochi.oci.reference import Reference

    first = make()
    write_layout(first.image, project / "image", reference="a")
    with (project / "image.tar").open("wb") as stream:
        write_archive(first.image, stream, reference=Reference.parse("shop:1"))
    assert make().image.digest == first.image.digest


def test_the_name_of_the_folder_makes_no_difference(project: Path, make: Make, okamochi_cache: Path) -> None:
    first = make()
    elsewhere = project.rename(project.with_name("another-name"))
    assert made(elsewhere, okamochi_cache).image.digest == first.image.digest
