"""What is published today: needs the network."""

import os

import pytest
from wheel_making import GLIBC, PYTHON, make_world

from okamochi.errors import PlanError
from okamochi.model.plan import Dependencies
from okamochi.oci.platform import LINUX_AMD64, LINUX_ARM64
from okamochi.pypi.install import wheel_trees
from okamochi.pypi.resolve import resolve_wheels
from okamochi.pypi.target import Target
from okamochi.pypi.unpacked import LEFT_OUT
from okamochi.pypi.wanted import Wanted

pytestmark = pytest.mark.network
SITE = f"opt/venv/lib/python{PYTHON}/site-packages"


def build(tmp_path, text, platform=LINUX_AMD64):
    (tmp_path / "requirements.txt").write_text(text)
    world = make_world(tmp_path, dict(os.environ))
    target = Target(PYTHON, platform, GLIBC)
    dependencies = Dependencies(files=("requirements.txt",), added=("gunicorn>=25.1",))
    wheels = resolve_wheels(world, Wanted(root=tmp_path, dependencies=dependencies, target=target))
    return wheel_trees(world, wheels, target=target)


def every_path(trees):
    return [entry.path for tree in trees for entry in tree.entries if entry.content]


@pytest.mark.parametrize("platform", [LINUX_AMD64, LINUX_ARM64], ids=str)
def test_flask_and_gunicorn_are_unpacked_for_the_image_with_their_scripts(tmp_path, platform):
    trees = build(tmp_path, "flask\n", platform)
    found = every_path(trees)
    assert {"opt/venv/bin/flask", "opt/venv/bin/gunicorn", f"{SITE}/flask/app.py"} <= set(found)
    assert len(found) == len(set(found))
    assert not [path for path in found if LEFT_OUT.fullmatch(path.removeprefix("opt/venv/"))]
    (native,) = [tree for tree in trees if tree.wheel.name == "markupsafe"]
    assert f"cp313-manylinux_2_17_{platform.machine}" in native.wheel.filename.replace("2014", "_2_17")
    for tree in trees:
        for entry in tree.entries:
            if entry.content and entry.size_bytes < 100_000:
                assert str(tmp_path).encode() not in entry.content.read()


def test_a_set_with_native_libraries_keeps_its_shared_objects(tmp_path):
    trees = build(tmp_path, "weasyprint\npillow\nsqlalchemy\n")
    found = every_path(trees)
    assert [path for path in found if "/_cffi_backend" in path and path.endswith(".so")]
    assert [path for path in found if "/pillow.libs/" in path]


def test_an_old_version_without_a_wheel_is_told_with_the_nearest_that_has_one(tmp_path):
    with pytest.raises(PlanError) as caught:
        build(tmp_path, "flask\nmarkupsafe==2.1.0\n")
    assert caught.value.where == "requirements.txt:2"
    assert "markupsafe==3." in caught.value.hint.lower()
