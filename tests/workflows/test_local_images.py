"""Bases that lie on this machine: an OCI layout beside the project, an image of docker or podman."""

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from okamochi.build.components import Component
from okamochi.build.inventory import Part
from okamochi.build.package_urls import package_url
from okamochi.build.provenance import dependency
from okamochi.errors import OkamochiError, PlanError, UsageError
from okamochi.model.local_base import LocalBase, local_base
from okamochi.model.lock_check import is_base_name
from okamochi.model.python_base import base_of
from okamochi.oci.image import Image
from okamochi.oci.layout import blob_path, write_layout
from okamochi.oci.platform import LINUX_AMD64, LINUX_ARM64
from okamochi.render.dockerfile import DockerfileRenderer
from okamochi.render.rendering import Language
from okamochi.system.process import Completed
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.layers.base_image import base_image, for_platform, resolve_for
from okamochi.workflows.plan import plan_project
from tests.bad_projects.conftest import FLASK_APP
from tests.detect.plans import planned
from tests.oci.oci_samples import sample_image
from tests.oci.test_saved_archive import CONFIG, DIFF_IDS, OF_DOCKER, archive
from tests.recorded_runner import RecordedRunner, answer

ANSWERS = {
    ("docker", "info"): answer('{"ServerVersion": "20.10"}'),
    ("docker", "image", "inspect", "--format", "{{.Id}}", "python:3.12-slim"): answer("sha256:1"),
    ("docker", "image", "inspect"): answer(returncode=1),
    ("docker", "save", "python:3.12-slim"): answer(archive(OF_DOCKER).getvalue()),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "app.py").write_text(FLASK_APP)
    (folder / "requirements.txt").write_text("flask\n")
    return folder


def world_of(tmp_path: Path, answers: dict[tuple[str, ...], Completed] = ANSWERS) -> World:
    real = World.real({}, SilentReporter(), cache_root=tmp_path / "cache", offline=True)
    return World(RecordedRunner(answers), real.transport, real.cache, real.clock, real.environ, real.reporter)


def set_base(project: Path, base: str) -> None:
    (project / "okamochi.toml").write_text(f'python = "3.12"\nbase = "{base}"\n')


def test_an_image_of_the_engine_is_pinned_by_its_id_and_kept(project: Path, tmp_path: Path) -> None:
    set_base(project, "docker:python:3.12-slim")
    world = world_of(tmp_path)
    plan = plan_project(project, world).plan
    assert (plan.base.kind, plan.base.image) == ("image", "docker:python:3.12-slim")
    told = next(one for one in plan.decisions if one.field == "base.image")
    assert told.summary == "docker's image python:3.12-slim, pinned by digest in the lock"
    locked = resolve_for(world, plan, LINUX_AMD64, project)
    base = base_image(world, locked, LINUX_AMD64, project)
    assert base.image.config_bytes == CONFIG and str(base.image.image_id) == locked.digest
    assert [str(layer.diff_id) for layer in base.image.layers] == DIFF_IDS
    assert base.place("one").stat().st_size == 5000
    # the lock and the cache are enough: the engine is not asked again
    assert base_image(world_of(tmp_path, {}), locked, LINUX_AMD64, project).root == base.root


def test_an_image_that_the_engine_has_not_or_of_another_machine_is_an_error(
    project: Path, tmp_path: Path
) -> None:
    world = world_of(tmp_path)
    set_base(project, "docker:python:3.11")
    with pytest.raises(PlanError, match="the engine has no such image"):
        resolve_for(world, plan_project(project, world).plan, LINUX_AMD64, project)
    set_base(project, "docker:python:3.12-slim")
    plan = plan_project(project, world).plan
    with pytest.raises(PlanError, match="it is for linux/amd64, not for linux/arm64"):
        resolve_for(world, plan, LINUX_ARM64, project)


def layout(folder: Path, image: Image, tag: str) -> Path:
    write_layout(image, folder, reference=tag)
    return folder


def test_a_layout_beside_the_project_is_read_and_pinned(project: Path, tmp_path: Path) -> None:
    image = sample_image(tmp_path)
    folder = layout(tmp_path / "base", image, "slim")
    set_base(project, "layout:../base")
    world = world_of(tmp_path)
    locked = resolve_for(world, plan_project(project, world).plan, LINUX_AMD64, project)
    assert (locked.name, locked.manifest) == ("layout:../base", str(image.digest))
    assert for_platform(world, locked, LINUX_AMD64, project).image.digest == image.digest
    # another image in its place is another base
    other = replace(image, config=replace(image.config, user="7:7"))
    again = World.real({}, SilentReporter(), cache_root=tmp_path / "other-cache")
    layout(folder, other, "slim")
    with pytest.raises(PlanError, match=r"is not the one that okamochi\.lock names") as caught:
        base_image(again, locked, LINUX_AMD64, project)
    assert "lock --upgrade" in caught.value.hint


def test_of_several_images_in_a_layout_the_tag_chooses(project: Path, tmp_path: Path) -> None:
    image = sample_image(tmp_path)
    other = replace(image, config=replace(image.config, user="7:7"))
    layout(layout(tmp_path / "base", image, "slim"), other, "full")
    world = world_of(tmp_path)
    set_base(project, "layout:../base")
    with pytest.raises(PlanError, match="2 images for linux/amd64") as caught:
        resolve_for(world, plan_project(project, world).plan, LINUX_AMD64, project)
    assert caught.value.hint == "name one: layout:DIR:TAG"
    set_base(project, "layout:../base:full")
    plan = plan_project(project, world).plan
    assert resolve_for(world, plan, LINUX_AMD64, project).manifest == str(other.digest)
    with pytest.raises(PlanError, match="none for linux/arm64, but for linux/amd64"):
        resolve_for(world, plan, LINUX_ARM64, project)


def test_a_damaged_layout_is_refused(project: Path, tmp_path: Path) -> None:
    image = sample_image(tmp_path)
    folder = layout(tmp_path / "base", image, "slim")
    set_base(project, "layout:../base")
    plan = plan_project(project, world_of(tmp_path)).plan
    blob = folder / blob_path(image.layers[0].descriptor.digest)
    content = blob.read_bytes()
    blob.unlink()
    blob.write_bytes(content[:-1] + b"?")
    clean = World.real({}, SilentReporter(), cache_root=tmp_path / "other-cache")
    with pytest.raises(OkamochiError, match="digest"):
        resolve_for(clean, plan, LINUX_AMD64, project)
    blob.unlink()
    os.mkfifo(blob)
    with pytest.raises(PlanError, match="a layer is missing, or is no file"):
        resolve_for(clean, plan, LINUX_AMD64, project)
    with pytest.raises(PlanError, match="not an OCI image layout"):
        resolve_for(clean, replace(plan, base=base_of("3.12", image="layout:nowhere")), LINUX_AMD64, project)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("layout:../base", LocalBase("../base")),
        ("layout:base:3.12", LocalBase("base", tag="3.12")),
        ("docker:python:3.12-slim", LocalBase("python:3.12-slim", engine="docker")),
        ("podman:localhost/own:1", LocalBase("localhost/own:1", engine="podman")),
        ("docker.io/library/python:3.12", None),
        ("python:3.12", None),
        ("docker:--all", None),
        ("layout:", None),
    ],
)
def test_names_of_local_bases_are_written_as_sinks_are(name: str, expected: LocalBase | None) -> None:
    assert local_base(name) == expected


@pytest.mark.parametrize(
    ("name", "url", "source"),
    [
        ("docker:shop/python:3.12", "pkg:oci/python@", "docker:shop/python:3.12"),
        ("layout:../base:slim", "pkg:oci/base@", "layout:../base:slim"),
        ("registry.example/python:3.12", "pkg:oci/python@", "oci://registry.example/python:3.12"),
    ],
)
def test_documents_call_a_base_by_its_own_name(name: str, url: str, source: str) -> None:
    digest = "sha256:" + "1" * 64
    component = Component(kind="image", name=name, version=digest, sha256="1" * 64, owner="base")
    assert package_url(Part(component=component, files=()), "debian-13").startswith(url)
    assert dependency(component)["uri"] == source


@pytest.mark.parametrize("name", ["layout:a\nb", "layout:", "docker:-v", "../etc", "podman:a b"])
def test_a_lock_may_not_name_what_is_no_image(name: str) -> None:
    assert not is_base_name(name)


def test_what_is_neither_is_told_with_the_setting(project: Path, tmp_path: Path) -> None:
    set_base(project, "docker:-v")
    with pytest.raises(UsageError):
        plan_project(project, world_of(tmp_path))


@pytest.mark.parametrize(
    ("base", "image", "warned"),
    [
        ("docker:shop/base:1", "shop/base:1", False),
        ("layout:../base", "python:3.12-slim", True),
    ],
)
def test_a_dockerfile_names_the_engines_image_and_warns_of_a_layout(
    base: str, image: str, warned: bool
) -> None:
    plan = planned({"app.py": FLASK_APP, "okamochi.toml": f'python = "3.12"\nbase = "{base}"\n'})
    rendering = DockerfileRenderer().render(plan, Language.ENGLISH)
    text = next(one.content.decode() for one in rendering.files if one.path == "Dockerfile")
    assert f"FROM {image} AS base" in text
    assert any(one.rule == "dockerfile/base-of-a-layout" for one in rendering.findings) == warned
