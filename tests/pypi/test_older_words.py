"""Which older version of a package still has a name."""

import pytest
from wheel_making import GLIBC, PYTHON, local_environ, make_wheel, make_world

from okamochi.model.plan import Dependencies
from okamochi.oci.platform import LINUX_AMD64
from okamochi.pypi.older_words import NowhereError, bound_with_word, day_has_word
from okamochi.pypi.target import Target
from okamochi.pypi.wanted import Wanted

TARGET = Target(PYTHON, LINUX_AMD64, GLIBC)


@pytest.fixture
def asked(tmp_path):
    """The bound for a word in a package whose versions hold these texts."""

    def bound(texts, word="first_request", installed="3.1", **more):
        links = tmp_path / "links"
        links.mkdir()
        for version, text in texts.items():
            make_wheel(links, "web", version, files={"web.py": text.encode()})
        world = make_world(tmp_path, local_environ(tmp_path, links=links))
        return bound_with_word(world, wanted_in(tmp_path), "web", installed, word, **more)

    return bound


def wanted_in(folder):
    return Wanted(root=folder, dependencies=Dependencies(), target=TARGET)


OLD, NEW = "def first_request(): ...\n", "def first_requests(): ...\n"


def test_the_version_before_the_installed_major_one_is_looked_at_first(asked):
    assert asked({"3.1": NEW, "2.3": OLD, "1.0": OLD}) == "3"


def test_then_those_before_its_last_minor_versions_and_before_its_major_one(asked):
    assert asked({"3.1": NEW, "2.3": NEW, "2.2": NEW, "2.1": OLD, "1.0": OLD}) == "2.2"


def test_then_those_before_a_few_major_versions_more(asked):
    assert asked({"3.1": NEW, "2.0": NEW, "1.4": OLD}, installed="4.0") == "2"


def test_one_that_was_lowered_goes_on_with_its_minor_versions(asked):
    assert asked({"2.3": NEW, "2.2": OLD, "1.0": OLD}, installed="2.3", lowered=True) == "2.3"


def test_a_name_that_none_of_them_has_is_nowhere(asked):
    with pytest.raises(NowhereError):
        asked({"3.1": NEW, "2.3": NEW, "2.2": NEW, "1.4": NEW})


def test_where_no_older_version_can_be_had_nothing_is_said(asked):
    assert asked({"3.1": NEW}) == ""


def test_the_text_of_compiled_modules_tells_nothing(tmp_path):
    links = tmp_path / "links"
    links.mkdir()
    make_wheel(links, "web", "2.0", files={"web.so": b"\x7fELF", "other.py": b""})
    world = make_world(tmp_path, local_environ(tmp_path, links=links))
    assert bound_with_word(world, wanted_in(tmp_path), "web", "3.1", "word") == ""
    assert day_has_word(world, wanted_in(tmp_path), "web", "2030-01-01T00:00:00Z", "word")


def test_the_package_of_a_day_has_the_name_or_not(tmp_path):
    links = tmp_path / "links"
    links.mkdir()
    make_wheel(links, "web", "2.0", files={"web.py": OLD.encode()})
    world = make_world(tmp_path, local_environ(tmp_path, links=links))
    assert day_has_word(world, wanted_in(tmp_path), "web", "2030-01-01T00:00:00Z", "first_request")
    assert not day_has_word(world, wanted_in(tmp_path), "web", "2030-01-01T00:00:00Z", "firstrequest")
