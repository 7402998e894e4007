import json
import os

import pytest
from tests.system.faulty_server import Fault, Served, serving
from wheel_making import GLIBC, PYTHON, local_environ, make_wheel, make_world, package_index, sha256_of

from okamochi.errors import PlanError, RegistryError, TransientRegistryError, UnfitPythonError
from okamochi.model.plan import Dependencies, DependencyManager, LocalPackage
from okamochi.oci.platform import LINUX_AMD64, LINUX_ARM64
from okamochi.pypi.compilation import FAR_FUTURE, index_date
from okamochi.pypi.install import wheel_trees
from okamochi.pypi.requirement_line import ADDED, requirement_of
from okamochi.pypi.resolve import resolve_wheels
from okamochi.pypi.sdists import find_sdist
from okamochi.pypi.target import Target
from okamochi.pypi.wanted import Wanted
from okamochi.system.progress import SilentReporter
from okamochi.system.subprocess_runner import SubprocessRunner
from okamochi.system.world import World


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def links(tmp_path):
    folder = tmp_path / "links"
    folder.mkdir()
    return folder


@pytest.fixture
def resolve(tmp_path, project, links):
    def run(text, *, platform=LINUX_AMD64, environ=None, preferred=(), offline=False, cache="cache", **more):
        (project / "requirements.txt").write_text(text)
        world = make_world(
            tmp_path, environ or local_environ(tmp_path, links=links), offline=offline, cache=cache
        )
        dependencies = Dependencies(files=("requirements.txt",), **more)
        return resolve_wheels(world, wanted_of(project, dependencies, platform), preferred=preferred)

    return run


def wanted_of(project, dependencies, platform=LINUX_AMD64):
    return Wanted(root=project, dependencies=dependencies, target=Target(PYTHON, platform, GLIBC))


def names(wheels):
    return [f"{wheel.name}=={wheel.version}" for wheel in wheels]


def test_wheels_come_sorted_with_their_digest_and_without_an_address(resolve, links):
    make_wheel(links, "zebra", requires=("Apple_Pie",))
    apple = make_wheel(links, "Apple_Pie", "2.0")
    make_wheel(links, "Apple_Pie", "1.0")
    found = resolve("zebra\n")
    assert names(found) == ["apple-pie==2.0", "zebra==1.0"]
    assert (found[0].sha256, found[0].filename, found[0].url) == (sha256_of(apple), apple.name, "")


def test_the_best_wheel_for_the_image_is_chosen_whatever_the_host_is(resolve, links):
    for tag in (
        "py3-none-any",
        "cp311-cp311-manylinux_2_17_x86_64",
        "cp313-cp313-manylinux_2_17_x86_64",
        "cp313-cp313-manylinux_2_17_aarch64",
        "cp313-cp313-musllinux_1_2_x86_64",
        "cp313-cp313t-manylinux_2_17_x86_64",
        "cp313-cp313-macosx_11_0_arm64",
        "cp313-cp313-win_amd64",
    ):
        make_wheel(links, "native", tag=tag)
    assert resolve("native\n")[0].filename == "native-1.0-cp313-cp313-manylinux_2_17_x86_64.whl"
    arm = resolve("native\n", platform=LINUX_ARM64)
    assert arm[0].filename == "native-1.0-cp313-cp313-manylinux_2_17_aarch64.whl"


def test_a_stable_abi_wheel_serves(resolve, links):
    make_wheel(links, "native", tag="cp39-abi3-manylinux_2_28_x86_64")
    assert resolve("native\n")[0].filename == "native-1.0-cp39-abi3-manylinux_2_28_x86_64.whl"


def test_markers_are_evaluated_for_the_image(resolve, links):
    make_wheel(links, "always")
    make_wheel(links, "newer")
    text = (
        "always\nwinonly; sys_platform == 'win32'\nold; python_version < '3.12'\n"
        "newer; python_version >= '3.13' and platform_machine == 'x86_64'\n"
    )
    assert names(resolve(text)) == ["always==1.0", "newer==1.0"]


def test_extras_constraints_and_what_okamochi_adds_take_part(resolve, links, project):
    make_wheel(links, "web", requires=('extra-thing; extra == "fast"',))
    make_wheel(links, "extra-thing", "1.0")
    make_wheel(links, "extra-thing", "2.0")
    make_wheel(links, "server", "9.0")
    (project / "constraints.txt").write_text("extra-thing<2\n")
    found = resolve("-c constraints.txt\nweb[fast]\n", added=("server>=8",))
    assert names(found) == ["extra-thing==1.0", "server==9.0", "web==1.0"]


def test_an_older_locks_versions_are_kept_while_the_requirements_allow_them(resolve, links):
    for version in ("1.0", "1.5"):
        make_wheel(links, "lib", version)
    first = resolve("lib<1.5\n")
    assert names(resolve("lib\n", preferred=first)) == ["lib==1.0"]
    assert names(resolve("lib>1.0\n", preferred=first)) == ["lib==1.5"]
    assert names(resolve("lib\n")) == ["lib==1.5"]


def test_what_a_plugin_needs_of_the_project_itself_comes_from_no_index(resolve, links):
    make_wheel(links, "shop-plugin", requires=("shop>=2",))
    make_wheel(links, "shop", "2.0", requires=("elsewhere",))
    own = (LocalPackage(name="shop", path="", editable=True),)
    assert names(resolve("shop-plugin\n", local=own)) == ["shop-plugin==1.0"]


def test_a_package_that_does_not_exist_is_named_with_its_line(resolve, links):
    make_wheel(links, "lib")
    with pytest.raises(PlanError) as caught:
        resolve("lib\nnothing-like-this\n")
    assert caught.value.where == "requirements.txt:2"
    assert any("nothing-like-this" in line for line in caught.value.details)


def test_versions_that_exclude_each_other_are_explained(resolve, links):
    make_wheel(links, "web", requires=("lib>=2",))
    make_wheel(links, "lib", "1.0")
    make_wheel(links, "lib", "2.0")
    with pytest.raises(PlanError) as caught:
        resolve("web\nlib<2\n")
    assert "cannot be satisfied" in caught.value.message
    assert any("web" in line and "lib" in line for line in caught.value.details)
    assert caught.value.where.startswith("requirements.txt:")


def test_a_package_without_a_wheel_for_the_image_is_named_with_the_nearest_version_that_has_one(
    resolve, links
):
    make_wheel(links, "native", "1.0", tag="cp311-cp311-manylinux_2_17_x86_64")
    make_wheel(links, "native", "1.4", tag="cp313-cp313-manylinux_2_17_x86_64")
    make_wheel(links, "native", "2.0", tag="cp313-cp313-manylinux_2_17_x86_64")
    with pytest.raises(PlanError) as caught:
        resolve("# c\nnative==1.0\n")
    assert "native 1.0 has no wheel" in caught.value.message
    assert "cp313 manylinux_2_41_x86_64" in caught.value.message
    assert "native==1.4" in caught.value.hint
    assert caught.value.where == "requirements.txt:2"


def test_all_packages_without_a_wheel_are_told_in_one_error(resolve, links):
    for name in ("native", "other", "third"):
        make_wheel(links, name, "1.0", tag="cp311-cp311-manylinux_2_17_x86_64")
    make_wheel(links, "native", "1.4", tag="cp313-cp313-manylinux_2_17_x86_64")
    make_wheel(links, "pure", "1.0", requires=("third",))
    make_wheel(links, "fine", "1.0")
    with pytest.raises(PlanError) as caught:
        resolve("native==1.0\nfine\nother<2\npure\n")
    assert sorted(caught.value.packages) == ["native==1.0", "other==1.0", "third==1.0"]
    assert caught.value.pinned == ("native==1.0",)
    assert "3 packages have no wheel" in caught.value.message
    told = sorted(caught.value.details)
    assert [line.split()[0] for line in told] == ["native", "other", "third"]
    assert any("native 1.0 (requirements.txt:1): ask for native==1.4" in line for line in told)
    assert any("requirements.txt:3" in line for line in told)
    assert any("needed by pure" in line and "requirements.txt:4" in line for line in told)


def test_setuptools_that_a_package_asks_for_still_has_pkg_resources(resolve, links):
    make_wheel(links, "setuptools", "80.9.0")
    make_wheel(links, "setuptools", "82.0.0")
    make_wheel(links, "server", requires=("setuptools>=3",))
    make_wheel(links, "modern", requires=("setuptools>=81",))
    assert names(resolve("server\n")) == ["server==1.0", "setuptools==80.9.0"]
    assert names(resolve("server\nsetuptools\n")) == ["server==1.0", "setuptools==82.0.0"]
    assert names(resolve("modern\n")) == ["modern==1.0", "setuptools==82.0.0"]


def test_a_package_with_a_source_archive_only_is_refused_and_never_built(resolve, links, tmp_path):
    trap = tmp_path / "executed"
    source = tmp_path / "sdist/onlysource-1.0"
    source.mkdir(parents=True)
    (source / "setup.py").write_text(f"open({str(trap)!r}, 'w')\nfrom setuptools import setup\nsetup()\n")
    (source / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: onlysource\nVersion: 1.0\n")
    import tarfile

    with tarfile.open(links / "onlysource-1.0.tar.gz", "w:gz") as archive:
        archive.add(source, "onlysource-1.0")
    make_wheel(links, "web", requires=("onlysource",))
    with pytest.raises(PlanError) as caught:
        resolve("web\n")
    assert "onlysource" in caught.value.message and "needed by web" in caught.value.message
    assert not trap.exists()


def test_a_wheel_with_another_digest_than_the_file_allows_is_refused(resolve, links):
    make_wheel(links, "lib")
    with pytest.raises(RegistryError) as caught:
        resolve(f"lib==1.0 --hash=sha256:{'0' * 64}\n")
    assert caught.value.where == "requirements.txt:1"


def make_source(links, name):
    import tarfile

    source = links.parent / f"sources/{name}-1.0"
    source.mkdir(parents=True)
    (source / "setup.py").write_text("from setuptools import setup\nsetup()\n")
    (source / "PKG-INFO").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    with tarfile.open(links / f"{name}-1.0.tar.gz", "w:gz") as archive:
        archive.add(source, f"{name}-1.0")
    return links / f"{name}-1.0.tar.gz"


def test_where_only_the_source_is_among_the_digests_it_is_to_be_built(resolve, links):
    make_wheel(links, "lib")
    source = make_source(links, "lib")
    with pytest.raises(UnfitPythonError) as caught:
        resolve(f"lib==1.0 --hash=sha256:{sha256_of(source)}\n")
    assert caught.value.packages == ("lib==1.0",)


def test_a_source_whose_digest_is_not_listed_is_not_to_be_built(resolve, links, project, tmp_path):
    make_wheel(links, "lib")
    source = make_source(links, "lib")
    with pytest.raises(RegistryError, match="another digest"):
        resolve(f"lib==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(RegistryError, match="the digest of its source is not listed") as caught:
        find_sdist(
            make_world(tmp_path, local_environ(tmp_path, links=links)),
            "lib==1.0",
            wanted_of(project, Dependencies(files=("requirements.txt",))),
        )
    assert sha256_of(source) in caught.value.details[0]


@pytest.mark.parametrize("listed", [False, True])
def test_a_source_whose_digest_a_lock_does_not_list_is_not_to_be_built(links, project, tmp_path, listed):
    source = make_source(links, "lib")
    digest = sha256_of(source) if listed else "0" * 64
    entry = {"version": "==1.0", "hashes": [f"sha256:{digest}"]}
    (project / "Pipfile.lock").write_text(json.dumps({"default": {"lib": entry}}))

    def found():
        dependencies = Dependencies(manager=DependencyManager.PIPENV, lock_file="Pipfile.lock")
        world = make_world(tmp_path, local_environ(tmp_path, links=links))
        return find_sdist(world, "lib==1.0", wanted_of(project, dependencies))

    if listed:
        assert found().sha256 == digest
        return
    with pytest.raises(RegistryError, match="the digest of its source is not listed") as caught:
        found()
    assert caught.value.where.startswith("Pipfile.lock")


def test_among_wheels_only_those_that_the_file_allows_are_taken(resolve, links):
    make_wheel(links, "lib", tag="cp313-cp313-manylinux_2_17_x86_64")
    plain = make_wheel(links, "lib", tag="py3-none-any")
    found = resolve(f"lib==1.0 --hash=sha256:{sha256_of(plain)}\n")
    assert found[0].filename == plain.name


def test_find_links_of_the_project_serve_and_are_found_again_at_the_install(resolve, project, tmp_path):
    wheel = make_wheel(project / "vendor", "inhouse")
    found = resolve("--no-index\n--find-links vendor\ninhouse\n", environ=local_environ(tmp_path))
    assert (found[0].sha256, found[0].url) == (sha256_of(wheel), "")
    trees = wheel_trees(
        make_world(tmp_path, local_environ(tmp_path), cache="other"),
        found,
        target=Target(PYTHON, LINUX_AMD64, GLIBC),
        project_root=project,
        dependencies=Dependencies(files=("requirements.txt",)),
    )
    assert trees[0].wheel == found[0]


def test_a_project_that_asks_for_nothing_needs_no_uv(resolve):
    assert resolve("# nothing yet\n") == ()


def test_the_projects_own_uv_settings_do_not_count_but_its_indexes_do(resolve, project, links, tmp_path):
    wheel = make_wheel(links, "lib")
    with package_index(tmp_path / "index", wheel) as (port, seen):
        (project / "pyproject.toml").write_text(
            f"""[project]
name = "shop"
version = "1"
[tool.uv]
python-preference = "only-managed"
required-version = "==0.0.1"
[[tool.uv.index]]
name = "house"
url = "http://127.0.0.1:{port}/simple/"
default = true
"""
        )
        assert names(resolve("lib\n", environ=local_environ(tmp_path))) == ["lib==1.0"]
        assert "/simple/lib/" in seen


def test_a_package_tied_to_an_index_comes_from_there(resolve, project, links, tmp_path):
    make_wheel(links, "lib", "9.0")
    own = make_wheel(tmp_path / "own", "lib", "1.0")
    with package_index(tmp_path / "index", own) as (port, _):
        (project / "pyproject.toml").write_text(
            f"""[tool.uv]
index = [{{ name = "house", url = "http://127.0.0.1:{port}/simple/", explicit = true }}]
[tool.uv.sources]
lib = {{ index = "house" }}
"""
        )
        environ = local_environ(tmp_path) | {"PIP_FIND_LINKS": str(links)}
        assert names(resolve("", environ=environ, inline=("lib",))) == ["lib==1.0"]


def test_a_package_tied_to_a_folder_is_refused(resolve, project):
    (project / "pyproject.toml").write_text('[tool.uv.sources]\nlib = { path = "../lib" }\n')
    with pytest.raises(PlanError, match="lib"):
        resolve("", inline=("lib",))


@pytest.mark.parametrize("way", ["variable", "requirement file", "netrc", "named index", "keyring"])
def test_a_private_index_works_and_leaves_no_credentials_behind(resolve, links, project, tmp_path, way):
    wheel = make_wheel(links, "inhouse", files={"inhouse.py": b"x = 1\n"})
    with package_index(tmp_path / "index", wheel, user="me", password="s3cretpw") as (port, seen):
        environ = local_environ(tmp_path)
        text = "inhouse\n"
        if way == "variable":
            environ["PIP_INDEX_URL"] = f"http://me:s3cretpw@127.0.0.1:{port}/simple/"
        elif way == "netrc":
            environ["PIP_INDEX_URL"] = f"http://127.0.0.1:{port}/simple/"
            netrc = tmp_path / "home/.netrc"
            netrc.write_text("machine 127.0.0.1 login me password s3cretpw\n")
            netrc.chmod(0o600)
            environ["NETRC"] = str(netrc)
        elif way == "named index":
            environ |= {"UV_INDEX_INHOUSE_USERNAME": "me", "UV_INDEX_INHOUSE_PASSWORD": "s3cretpw"}
            index = f'name = "inhouse"\nurl = "http://127.0.0.1:{port}/simple/"\ndefault = true\n'
            (project / "pyproject.toml").write_text(f"[[tool.uv.index]]\n{index}")
        elif way == "keyring":
            program = tmp_path / "home/bin/keyring"
            program.parent.mkdir()
            program.write_text('#!/bin/sh\n[ "$3" = me ] && echo s3cretpw\n')
            program.chmod(0o755)
            environ["PATH"] = f"{program.parent}:{environ['PATH']}"
            environ["UV_KEYRING_PROVIDER"] = "subprocess"
            environ["PIP_INDEX_URL"] = f"http://me@127.0.0.1:{port}/simple/"
        else:
            environ["INDEX_PASSWORD"] = "s3cretpw"
            text = f"--index-url http://me:${{INDEX_PASSWORD}}@127.0.0.1:{port}/simple/\ninhouse\n"
        found = resolve(text, environ=environ)
        trees = wheel_trees(
            make_world(tmp_path, environ),
            found,
            target=Target(PYTHON, LINUX_AMD64, GLIBC),
            project_root=project,
            dependencies=Dependencies(files=("requirements.txt",)),
        )
    assert "/simple/inhouse/" in seen
    written = repr(found).encode() + b"".join(
        entry.content.read() for tree in trees for entry in tree.entries if entry.content
    )
    assert b"s3cretpw" not in written and b"127.0.0.1" not in written


def test_wrong_credentials_are_told_without_the_password(resolve, links, tmp_path):
    wheel = make_wheel(links, "inhouse")
    with package_index(tmp_path / "index", wheel, user="me", password="right") as (port, _):
        environ = local_environ(tmp_path) | {"PIP_INDEX_URL": f"http://me:wr0ng@127.0.0.1:{port}/simple/"}
        with pytest.raises(RegistryError) as caught:
            resolve("inhouse\n", environ=environ)
    told = " ".join((caught.value.message, caught.value.where, caught.value.hint, *caught.value.details))
    assert "401" in told and "wr0ng" not in told


def test_an_index_that_does_not_answer_is_transient(resolve, tmp_path):
    environ = local_environ(tmp_path) | {"PIP_INDEX_URL": "http://127.0.0.1:9/simple/"}
    with pytest.raises(TransientRegistryError) as caught:
        resolve("lib\n", environ=environ)
    assert caught.value.where.startswith("http://127.0.0.1:9/")
    assert "the package index 127.0.0.1 cannot" in caught.value.message
    assert "take its line out" not in caught.value.hint


def test_an_index_that_the_project_itself_names_is_told_to_be_its_own(resolve, tmp_path):
    with pytest.raises(TransientRegistryError) as caught:
        resolve("--extra-index-url http://127.0.0.1:9/gone/\nlib\n", environ=local_environ(tmp_path))
    assert "take its line out" in caught.value.hint


def test_offline_without_a_cache_says_what_to_do(resolve, tmp_path):
    with pytest.raises(RegistryError) as caught:
        resolve("lib\n", environ=local_environ(tmp_path), offline=True)
    assert "--offline" in caught.value.hint
    assert not any("TOML" in line for line in caught.value.details)


def test_a_direct_reference_keeps_its_address_without_user_and_password(resolve, links, tmp_path):
    wheel = make_wheel(links, "direct")
    with package_index(tmp_path / "index", wheel, user="me", password="s3cretpw") as (port, _):
        address = f"127.0.0.1:{port}/simple/direct/{wheel.name}"
        found = resolve(f"direct @ http://me:s3cretpw@{address}\n", environ=local_environ(tmp_path))
    assert found[0].url == f"http://{address}"
    assert (found[0].sha256, found[0].filename) == (sha256_of(wheel), wheel.name)


def test_the_value_of_a_variable_in_an_address_is_not_in_the_lock_and_serves_again(
    resolve, project, tmp_path
):
    wheel = make_wheel(tmp_path / "made", "direct", files={"direct.py": b"d"})
    place = tmp_path / "index/s3crettok3n"
    place.mkdir(parents=True)
    (place / wheel.name).write_bytes(wheel.read_bytes())
    with package_index(tmp_path / "index") as (port, _):
        environ = local_environ(tmp_path) | {"TOKEN": "s3crettok3n"}
        address = f"http://127.0.0.1:{port}/${{TOKEN}}/{wheel.name}"
        found = resolve(f"direct @ {address}\n", environ=environ)
        assert found[0].url == address
        (tree,) = wheel_trees(
            make_world(tmp_path, environ, cache="other"),
            found,
            target=Target(PYTHON, LINUX_AMD64, GLIBC),
            project_root=project,
            dependencies=Dependencies(files=("requirements.txt",)),
        )
    assert "direct.py" in [entry.path.rpartition("/")[2] for entry in tree.entries]


def test_user_and_password_of_an_address_serve_at_the_install_and_are_not_in_the_lock(
    resolve, project, tmp_path
):
    wheel = make_wheel(tmp_path / "made", "direct")
    with package_index(tmp_path / "index", wheel, user="me", password="s3cretpw") as (port, _):
        environ = local_environ(tmp_path) | {"PASSWORD": "s3cretpw"}
        place = f"127.0.0.1:{port}/simple/direct/{wheel.name}"
        found = resolve(f"direct @ http://me:${{PASSWORD}}@{place}\n", environ=environ)
        assert found[0].url == f"http://{place}"
        (tree,) = wheel_trees(
            make_world(tmp_path, environ, cache="other"),
            found,
            target=Target(PYTHON, LINUX_AMD64, GLIBC),
            project_root=project,
            dependencies=Dependencies(files=("requirements.txt",)),
        )
    assert tree.files


@pytest.mark.parametrize(
    "query", ["sig=s3cret", "a=1&X-Amz-Signature=s3cret", "access_token=s3cret", "apiKey="]
)
def test_a_secret_written_out_in_a_query_is_refused_before_anything_is_asked(resolve, tmp_path, query):
    with pytest.raises(PlanError) as caught:
        resolve(
            f"direct @ http://127.0.0.1:9/direct-1.0-py3-none-any.whl?{query}\n",
            environ=local_environ(tmp_path),
        )
    told = " ".join((caught.value.message, caught.value.where, caught.value.hint, *caught.value.details))
    assert "requirements.txt:1" in told and "s3cret" not in told


@pytest.mark.network
def test_as_of_a_day_the_index_has_nothing_newer_but_what_okamochi_adds(tmp_path, project):
    (project / "requirements.txt").write_text("click\n")
    dependencies = Dependencies(
        files=("requirements.txt",), added=("gunicorn>=26.1",), exclude_newer="2021-06-01T00:00:00Z"
    )
    world = World.real(os.environ, SilentReporter(), cache_root=tmp_path / "cache")
    wheels = resolve_wheels(world, wanted_of(project, dependencies))
    found = {wheel.name: wheel.version for wheel in wheels}
    assert found["click"] == "8.0.1" and int(found["gunicorn"].split(".")[0]) >= 26


def test_of_two_indexes_with_a_kept_version_the_one_with_the_wheel_serves(resolve, tmp_path):
    few, all_of_them = tmp_path / "few", tmp_path / "all"
    make_wheel(few / "native", "native", tag="cp311-cp311-manylinux_2_17_x86_64")
    make_wheel(few / "other", "other")
    for name in ("native", "other"):
        make_wheel(all_of_them / name, name, tag="cp313-cp313-manylinux_2_17_x86_64")
    text = f"--index-url {all_of_them.as_uri()}\n--extra-index-url {few.as_uri()}\nnative\nother\n"
    for folder in (*few.iterdir(), *all_of_them.iterdir()):
        links = "".join(
            f'<a href="{wheel.as_uri()}#sha256={sha256_of(wheel)}">{wheel.name}</a>'
            for wheel in folder.iterdir()
        )
        (folder / "index.html").write_text(f"<!DOCTYPE html><html><body>{links}</body></html>")
    alone = local_environ(tmp_path)
    first = resolve(text, environ=alone)
    assert first[0].filename == "native-1.0-cp313-cp313-manylinux_2_17_x86_64.whl"
    again = resolve(text, environ=alone, preferred=first)
    assert (again[0], names(again)) == (first[0], ["native==1.0", "other==1.0"])


def test_of_two_indexes_with_a_kept_version_the_one_that_tells_its_day_serves(resolve, tmp_path):
    """Of a day: a mirror that tells none stands first."""
    timeless = tmp_path / "timeless"
    wheel = make_wheel(timeless / "other", "other")
    link = f'<a href="{wheel.as_uri()}#sha256={sha256_of(wheel)}">{wheel.name}</a>'
    (timeless / "other/index.html").write_text(f"<!DOCTYPE html><html><body>{link}</body></html>")
    with package_index(tmp_path / "index", wheel, uploaded="2025-01-01T00:00:00Z") as (port, _):
        index = f"http://127.0.0.1:{port}/simple"
        text = f"--index-url {index}\n--extra-index-url {timeless.as_uri()}\nother\n"
        day = {"environ": local_environ(tmp_path), "exclude_newer": "2025-06-01T00:00:00Z"}
        first = resolve(text, **day)
        assert resolve(text, **day, preferred=first) == first


def test_what_the_project_asks_for_itself_is_taken_of_the_day_whatever_okamochi_adds_to_it():
    asked = [requirement_of("chainlit", path="requirements.txt"), requirement_of("chainlit>=0.5", path=ADDED)]
    alone = [requirement_of("gunicorn>=26.1", path=ADDED)]
    day = "2025-05-10T00:00:00Z"
    assert index_date(day, (*asked, *alone)) == (
        "--exclude-newer",
        day,
        "--exclude-newer-package",
        f"gunicorn={FAR_FUTURE}",
    )


def test_a_release_in_the_place_of_a_pinned_one_may_be_younger_than_the_day():
    pinned = [requirement_of("django==1.11.29", path="requirements.txt")]
    options = index_date("2017-04-27T00:00:00Z", pinned, ("django==1.11.29",))
    assert options[2:] == ("--exclude-newer-package", f"django={FAR_FUTURE}")


def test_an_index_that_sends_a_byte_from_time_to_time_is_given_up(tmp_path, project):
    (project / "requirements.txt").write_text("apple\n")
    page = b"<a href='apple-1.0-py3-none-any.whl'>apple</a>" * 50
    fault = Fault(trickle_seconds=0.05, headers=(("Content-Type", "text/html"),))
    with serving(Served({"simple/apple/": page}, faults=[fault] * 9)) as index:
        environ = {**local_environ(tmp_path), "PIP_INDEX_URL": f"{index.url}/simple/"}
        world = make_world(tmp_path, environ, runner=SubprocessRunner(trickle_window_seconds=1.5))
        with pytest.raises(TransientRegistryError) as raised:
            resolve_wheels(world, wanted_of(project, Dependencies(files=("requirements.txt",))))
    assert raised.value.exit_code == 75 and "bytes a second" in raised.value.message
