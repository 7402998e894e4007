"""What has no wheel for any of Debian's Pythons may have one for an image's, where nothing else serves."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from okamochi.errors import OkamochiError
from okamochi.oci.platform import LINUX_AMD64
from okamochi.workflows.from_source.python_attempts import on_another_python
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.plan import plan_project
from tests.bad_projects.conftest import FLASK_APP
from tests.pypi.wheel_making import local_environ, make_wheel, make_world
from tests.registries.fake import FakeRegistry, fake_registry
from tests.workflows.test_base_images import STATUS, regular, serve, tar_of
from tests.workflows.test_python_attempts import refusal

TAG = "cp312-cp312-manylinux_2_17_x86_64"


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with fake_registry() as served:
        yield served


@pytest.fixture
def opened(tmp_path: Path, fake: FakeRegistry) -> Callable[..., LockSession]:
    """Of a project that pins a package which has a wheel for Python 3.12 alone."""
    links = tmp_path / "links"
    make_wheel(links, "flask", "99.0")
    make_wheel(links, "native", "1.0", tag=TAG)

    def session(settings: str = "", python: str = ">=3.12") -> LockSession:
        root = tmp_path / "shop"
        root.mkdir(exist_ok=True)
        (root / "app.py").write_text(FLASK_APP)
        (root / "requirements.txt").write_text("flask\nnative==1.0\n")
        (root / "pyproject.toml").write_text(f'[project]\nrequires-python = "{python}"\n')
        (root / "okamochi.toml").write_text(f"gunicorn = false\n{settings}")
        environ = local_environ(tmp_path, links=links)
        mirror = {"OKAMOCHI_REGISTRY_MIRRORS": f"docker.io=http://{fake.host}"}
        world = make_world(tmp_path, {**environ, **mirror})
        return LockSession.open(world, plan_project(root, world), LINUX_AMD64, LockMode.KEEP)

    return session


def served(fake: FakeRegistry) -> None:
    serve(fake, tar_of(regular("var/lib/dpkg/status", STATUS.encode())))


def test_the_python_of_an_image_is_taken_where_only_that_has_the_wheels(
    opened: Callable[..., LockSession], fake: FakeRegistry
) -> None:
    served(fake)
    session = opened()
    found = on_another_python(session, refusal(session))
    plan = found.planned.plan
    assert (plan.python_version, plan.base.image) == ("3.12", "python:3.12-slim")
    assert [one.filename for one in found.wheels()][1] == f"native-1.0-{TAG}.whl"
    (told,) = session.world.reporter.notes  # type: ignore[attr-defined]
    assert told.startswith("Python 3.12 instead of 3.13: native 1.0 has no wheel")
    found.save(found.result((), "2026-01-01T00:00:00Z", found.wheels()), required=True)
    again = plan_project(found.planned.root, session.world)
    assert again.plan == plan
    assert LockSession.open(session.world, again, LINUX_AMD64, LockMode.LOCKED).wheels() == found.wheels()


@pytest.mark.parametrize(
    ("settings", "python"), [('python = "3.13"\n', ">=3.12"), ('base = "debian"\n', ">=3.12"), ("", ">=3.13")]
)
def test_nobody_is_given_one_who_chose_or_does_not_admit_it(
    settings: str, python: str, opened: Callable[..., LockSession], fake: FakeRegistry
) -> None:
    served(fake)
    session = opened(settings, python)
    with pytest.raises(OkamochiError, match=r"native 1\.0 has no wheel") as caught:
        on_another_python(session, refusal(session))
    assert not any("3.12" in line for line in caught.value.details)


def test_where_the_image_cannot_be_had_that_is_told_beside_what_is_missing(
    opened: Callable[..., LockSession],
) -> None:
    session = opened()
    with pytest.raises(OkamochiError, match=r"native 1\.0 has no wheel") as caught:
        on_another_python(session, refusal(session))
    assert any(line.startswith("Python 3.12: ") for line in caught.value.details)
