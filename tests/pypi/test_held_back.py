"""Requirements that come out old because newer versions ask for what is published as source only."""

import msgspec
import pytest
from wheel_making import GLIBC, PYTHON, local_environ, make_source, make_wheel, make_world

from okamochi.model.plan import Dependencies
from okamochi.oci.platform import LINUX_AMD64
from okamochi.pypi.held_back import HeldBack, held_back
from okamochi.pypi.resolve import resolve_wheels
from okamochi.pypi.target import Target
from okamochi.pypi.wanted import Wanted
from okamochi.system.subprocess_runner import SubprocessRunner


class CountingRunner(SubprocessRunner, frozen=True):
    calls: list = msgspec.field(default_factory=list)

    def run(self, argv, **more):
        self.calls.append(tuple(argv))
        return super().run(argv, **more)


@pytest.fixture
def links(tmp_path):
    folder = tmp_path / "links"
    folder.mkdir()
    return folder


@pytest.fixture
def runner():
    return CountingRunner()


@pytest.fixture
def held(tmp_path, links, runner):
    """What is held back of these requirements; `runner` then holds the calls of that question alone."""

    def ask(text, *, preferred=(), **more):
        project = tmp_path / "project"
        project.mkdir(exist_ok=True)
        (project / "requirements.txt").write_text(text)
        world = make_world(tmp_path, local_environ(tmp_path, links=links), runner=runner)
        dependencies = Dependencies(files=("requirements.txt",), **more)
        target = Target(PYTHON, LINUX_AMD64, GLIBC)
        wanted = Wanted(root=project, dependencies=dependencies, target=target)
        found = resolve_wheels(world, wanted, preferred=preferred)
        runner.calls.clear()
        return held_back(world, wanted, found, preferred=preferred)

    return ask


@pytest.fixture
def words(links):
    """Two versions of a package: the newer one asks for what is only source."""
    make_wheel(links, "words", "1.0")
    make_wheel(links, "words", "2.0", requires=("doc-opt>=0.6",))
    make_source(links, "doc-opt", "0.5")
    make_source(links, "doc-opt", "0.6.2")


def test_a_requirement_that_is_old_for_want_of_a_wheel_is_told_with_the_source_that_it_lacks(held, words):
    assert held("# texts\nwords\n") == (
        HeldBack("words", "1.0", "2.0", "requirements.txt:2", ("doc-opt==0.6.2",)),
    )


def test_the_source_may_be_deeper_and_there_may_be_several(held, links, words):
    make_wheel(links, "app-kit", "0.1")
    make_wheel(links, "app-kit", "3.0", requires=("middle", "sync-er==2.0"))
    make_wheel(links, "middle", requires=("words>=2",))
    make_source(links, "sync-er", "2.0")
    (found,) = held("app-kit\n")
    assert (found.found, found.newest) == ("0.1", "3.0")
    assert sorted(found.sources) == ["doc-opt==0.6.2", "sync-er==2.0"]


def test_only_as_new_as_the_line_and_the_constraints_admit(held, links, words, tmp_path):
    make_wheel(links, "words", "3.0", requires=("doc-opt",))
    assert held("words<3\n")[0].newest == "2.0"
    (tmp_path / "project" / "constraints.txt").write_text("words<2\n")
    assert held("-c constraints.txt\nwords\n") == ()


def test_a_contradiction_among_the_requirements_is_not_the_want_of_a_wheel(held, links):
    make_wheel(links, "web", "1.4", requires=("tools<2",))
    make_source(links, "web", "0.1")  # of which uv speaks, too
    make_source(links, "web", "1.4")
    make_wheel(links, "tools", "1.0")
    make_wheel(links, "tools", "2.0")
    assert held("web<2\ntools\n") == ()


def test_an_older_source_beside_a_wheel_is_not_what_is_lacking(held, links):
    make_wheel(links, "web", "1.0")
    make_wheel(links, "web", "2.0", requires=("tools",))
    make_wheel(links, "tools", "2.0", requires=("base>=2",))
    make_source(links, "tools", "1.0")
    make_source(links, "tools", "2.0")
    make_wheel(links, "base", "1.0")
    make_wheel(links, "base", "2.0")
    assert held("web\nbase<2\n") == ()


def test_what_is_not_published_at_all_is_not_to_be_built(held, links):
    make_wheel(links, "web", "1.0")
    make_wheel(links, "web", "2.0", requires=("never-published",))
    assert held("web\n") == ()


def test_where_everything_is_as_new_as_it_can_be_uv_is_asked_once_and_no_index(held, links, runner):
    make_wheel(links, "web", "2.0", requires=("tools<2",))
    make_wheel(links, "tools", "1.0")
    assert held("web\n") == ()
    (call,) = runner.calls
    assert "--no-deps" in call and "--offline" in call
    make_wheel(links, "tools", "2.0")  # bounded by what asks for it, which one run more tells
    assert held("web\n") == ()
    assert len(runner.calls) == 2 and all("--offline" in call for call in runner.calls)


def test_where_everything_is_pinned_uv_is_not_asked(held, links, runner, words):
    assert held("words==1.0\n") == ()
    assert runner.calls == []


def test_what_an_older_lock_has_is_new_enough_and_asks_nobody(held, links, runner, words, tmp_path):
    old = resolved(tmp_path, links, "words<2\n")
    assert held("words\n", preferred=old) == ()
    assert runner.calls == []


def test_an_older_locks_version_that_lacks_its_wheel_now_is_what_is_wanted(held, links, words, tmp_path):
    make_wheel(links, "words", "3.0", requires=("doc-opt",))
    old = tuple(msgspec.structs.replace(one, version="2.0") for one in resolved(tmp_path, links, "words<2\n"))
    (found,) = held("words\n", preferred=old)
    assert (found.found, found.newest, found.sources) == ("1.0", "2.0", ("doc-opt==0.6.2",))


def resolved(tmp_path, links, text):
    folder = tmp_path / "before"
    folder.mkdir(exist_ok=True)
    (folder / "requirements.txt").write_text(text)
    dependencies = Dependencies(files=("requirements.txt",))
    wanted = Wanted(root=folder, dependencies=dependencies, target=Target(PYTHON, LINUX_AMD64, GLIBC))
    return resolve_wheels(make_world(tmp_path, local_environ(tmp_path, links=links)), wanted)


def test_what_a_requirement_brings_along_may_be_held_back_too(held, links, words):
    make_wheel(links, "phrases", "1.0", requires=("words",))
    assert held("phrases\n") == (HeldBack("words", "1.0", "2.0", "", ("doc-opt==0.6.2",)),)
    assert held("phrases==1.0\n") == (HeldBack("words", "1.0", "2.0", "", ("doc-opt==0.6.2",)),)


def test_what_brings_it_along_may_ask_for_an_older_one(held, links, words):
    make_wheel(links, "phrases", "1.0", requires=("words",))
    make_wheel(links, "phrases", "2.0", requires=("words<2",))
    assert held("phrases\n") == ()


def test_one_run_answers_where_all_that_comes_along_is_new(held, links, runner):
    make_wheel(links, "phrases", "1.0", requires=("words",))
    make_wheel(links, "words", "2.0")
    assert held("phrases\n") == ()
    assert len(runner.calls) == 1
