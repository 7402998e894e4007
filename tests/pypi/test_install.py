import base64
import csv
import hashlib
import os
import warnings
import zipfile
from pathlib import Path

import msgspec
import pytest
from tests.recorded_runner import RecordedRunner
from wheel_making import GLIBC, PYTHON, local_environ, make_wheel, make_world, package_index, sha256_of

from okamochi.errors import BuildError, RegistryError
from okamochi.model.lock import LockedWheel
from okamochi.oci.entry import EntryKind
from okamochi.oci.platform import LINUX_AMD64
from okamochi.pypi.install import wheel_trees
from okamochi.pypi.target import Target

SITE = f"opt/venv/lib/python{PYTHON}/site-packages"


def locked(path):
    name, version = path.name.split("-")[:2]
    return LockedWheel(
        name=name.lower().replace("_", "-"), version=version, filename=path.name, sha256=sha256_of(path)
    )


@pytest.fixture
def links(tmp_path):
    folder = tmp_path / "links"
    folder.mkdir()
    return folder


@pytest.fixture
def install(tmp_path, links):
    def run(*paths, wheels=None, **world):
        return wheel_trees(
            make_world(tmp_path, local_environ(tmp_path, links=links), **world),
            wheels or tuple(locked(path) for path in paths),
            target=Target(PYTHON, LINUX_AMD64, GLIBC),
        )

    return run


def content(tree, path):
    return next(entry for entry in tree.entries if entry.path == path).content.read()


def paths(tree):
    return [entry.path for entry in tree.entries if entry.kind is EntryKind.FILE]


def test_each_wheel_becomes_a_tree_of_its_own_files(install, links):
    one = make_wheel(links, "one", files={"one/__init__.py": b"a = 1\n", "one/data.txt": b"x"})
    two = make_wheel(links, "Two_Words", files={"two.py": b"b = 2\n"})
    first, second = install(one, two)
    info = f"{SITE}/one-1.0.dist-info"
    assert paths(first) == [
        f"{info}/INSTALLER",
        f"{info}/METADATA",
        f"{info}/RECORD",
        f"{info}/WHEEL",
        f"{SITE}/one/__init__.py",
        f"{SITE}/one/data.txt",
    ]
    assert content(second, f"{SITE}/two.py") == b"b = 2\n"
    assert {entry.owner for entry in second.entries} == {"wheel:two-words"}
    assert content(first, f"{info}/INSTALLER") == b"okamochi\n"


def test_entries_are_sorted_with_their_folders_before_them(install, links):
    (tree,) = install(make_wheel(links, "one", files={"one/a/b.py": b"", "one.py": b""}))
    found = [entry.path for entry in tree.entries]
    assert found == sorted(found)
    assert found[:3] == ["opt", "opt/venv", "opt/venv/lib"]
    assert f"{SITE}/one/a" in found


def test_record_lists_every_file_with_its_own_digest(install, links):
    wheel = make_wheel(
        links, "one", files={"z.py": b"z", "a.py": b"a"}, entry_points="[console_scripts]\nrun = a:main\n"
    )
    (tree,) = install(wheel)
    info = f"{SITE}/one-1.0.dist-info"
    rows = list(csv.reader(content(tree, f"{info}/RECORD").decode().splitlines()))
    listed = {os.path.normpath(f"{SITE}/{name}") for name, _, _ in rows}
    assert listed == set(paths(tree))
    for name, digest, size in rows[:-1]:
        held = content(tree, os.path.normpath(f"{SITE}/{name}"))
        wanted = base64.urlsafe_b64encode(hashlib.sha256(held).digest()).rstrip(b"=").decode()
        assert (digest, size) == (f"sha256={wanted}", str(len(held)))
    assert rows[-1] == ["one-1.0.dist-info/RECORD", "", ""]


def test_console_scripts_start_the_images_python(install, links):
    wheel = make_wheel(links, "tool", entry_points="[console_scripts]\nMy-Tool = tool.cli:app.run [extra]\n")
    (tree,) = install(wheel)
    entry = next(entry for entry in tree.entries if entry.path == "opt/venv/bin/My-Tool")
    assert entry.mode == 0o755
    assert entry.content.read() == (
        b"#!/opt/venv/bin/python\nimport sys\nfrom tool.cli import app\n"
        b'if __name__ == "__main__":\n    sys.exit(app.run())\n'
    )
    assert [path for path in paths(tree) if "/bin/" in path] == ["opt/venv/bin/My-Tool"]


def test_scripts_headers_and_data_of_a_wheel_are_spread(install, links):
    files = {
        "one.py": b"",
        "one-1.0.data/scripts/plain": b"#!python\nprint(1)\n",
        "one-1.0.data/scripts/viaenv": b"#!/usr/bin/env python3\nprint(2)\n",
        "one-1.0.data/scripts/shell": b"#!/bin/sh\necho 3\n",
        "one-1.0.data/data/share/one/icon.svg": b"<svg/>",
        "one-1.0.data/data/share/man/man1/one.1": b".TH",
        "one-1.0.data/headers/one.h": b"int x;",
        "one-1.0.data/platlib/more.py": b"m = 1\n",
    }
    (tree,) = install(make_wheel(links, "one", files=files))
    found = [path for path in paths(tree) if "dist-info" not in path]
    assert found == [
        "opt/venv/bin/plain",
        "opt/venv/bin/shell",
        "opt/venv/bin/viaenv",
        f"{SITE}/more.py",
        f"{SITE}/one.py",
        "opt/venv/share/one/icon.svg",
    ]
    assert content(tree, "opt/venv/bin/plain") == b"#!/opt/venv/bin/python\nprint(1)\n"
    assert content(tree, "opt/venv/bin/viaenv") == b"#!/opt/venv/bin/python\nprint(2)\n"
    assert content(tree, "opt/venv/bin/shell") == b"#!/bin/sh\necho 3\n"


def test_modes_are_fixed_but_for_what_the_wheel_marks_as_executable(install, links):
    wheel = make_wheel(
        links, "one", files={"one/tool": b"\x7fELF", "one/x.py": b""}, executable=frozenset({"one/tool"})
    )
    (tree,) = install(wheel)
    modes = {entry.path: entry.mode for entry in tree.entries}
    assert (modes[f"{SITE}/one/tool"], modes[f"{SITE}/one/x.py"], modes[f"{SITE}/one"]) == (
        0o755,
        0o644,
        0o755,
    )


def test_two_caches_and_another_umask_give_the_same_trees(install, links):
    wheel = make_wheel(
        links, "one", files={"one.py": b"x"}, entry_points="[console_scripts]\none = one:main\n"
    )

    def told(tree):
        return [(e.path, e.mode, e.content.read() if e.content else None) for e in tree.entries]

    first = told(install(wheel)[0])
    before = os.umask(0o077)
    try:
        second = told(install(wheel, cache="second")[0])
    finally:
        os.umask(before)
    assert first == second
    assert not any(str(Path.cwd()).encode() in (held or b"") for _, _, held in first)


def test_shipped_bytecode_goes_unless_there_is_no_source(install, links):
    files = {
        "one/__init__.py": b"",
        "one/__pycache__/__init__.cpython-313.pyc": b"stale",
        "one/__init__.pyc": b"stale",
        "one/secret.pyc": b"sourceless",
    }
    (tree,) = install(make_wheel(links, "one", files=files))
    assert [path for path in paths(tree) if path.endswith(".pyc")] == [f"{SITE}/one/secret.pyc"]


def test_the_c_text_of_a_built_module_goes_and_other_c_files_stay(install, links):
    files = {
        "one/fast.c": b"/* generated */",
        "one/fast.cpython-313-x86_64-linux-gnu.so": b"\x7fELF",
        "one/template.c": b"/* read at run time */",
        "one/fast.pyx": b"# for tracebacks",
    }
    (tree,) = install(make_wheel(links, "one", files=files))
    found = [path.rpartition("/")[2] for path in paths(tree) if "dist-info" not in path]
    assert found == ["fast.cpython-313-x86_64-linux-gnu.so", "fast.pyx", "template.c"]


def test_a_second_time_no_program_is_started(install, links):
    wheel = make_wheel(links, "one")
    first = install(wheel)
    runner = RecordedRunner(answers={})
    again = install(wheel, runner=runner)
    assert again == first
    assert not runner.calls


def test_only_missing_wheels_are_fetched(install, links):
    one, two = make_wheel(links, "one"), make_wheel(links, "two")
    install(one)
    one_locked, two_locked = locked(one), locked(two)
    one.unlink()
    assert [tree.wheel for tree in install(wheels=(one_locked, two_locked))] == [one_locked, two_locked]


def test_a_wheel_with_an_address_of_its_own_is_fetched_from_there(install, links, tmp_path):
    wheel = make_wheel(tmp_path / "elsewhere", "direct", files={"direct.py": b"d"})
    with package_index(tmp_path / "index", wheel) as (port, _):
        address = f"http://127.0.0.1:{port}/simple/direct/{wheel.name}"
        held = LockedWheel(
            name="direct", version="1.0", filename=wheel.name, sha256=sha256_of(wheel), url=address
        )
        (tree,) = install(wheels=(held,))
    assert content(tree, f"{SITE}/direct.py") == b"d"
    assert not [path for path in paths(tree) if path.endswith("direct_url.json")]


def test_a_wheel_with_another_digest_than_locked_is_refused(install, links):
    wheel = make_wheel(links, "one")
    held = locked(wheel)
    make_wheel(links, "one", files={"one.py": b"tampered\n"})
    with pytest.raises(RegistryError):
        install(wheels=(held,))


def test_offline_lists_what_is_missing(tmp_path, install):
    held = LockedWheel(name="one", version="1.0", filename="one-1.0-py3-none-any.whl", sha256="0" * 64)
    with pytest.raises(RegistryError) as caught:
        install(wheels=(held,), offline=True)
    assert caught.value.details == (f"one-1.0-py3-none-any.whl (sha256:{'0' * 64})",)


def test_files_that_record_forgets_still_belong_to_their_wheel(install, links):
    one = make_wheel(
        links, "one", files={"one/a.py": b"", "one/b.py": b"b"}, unrecorded=frozenset({"one/b.py"})
    )
    two = make_wheel(links, "two")
    first, second = install(one, two)
    assert f"{SITE}/one/b.py" in paths(first)
    assert f"{SITE}/one/b.py" not in paths(second)


def test_a_record_that_claims_anothers_files_gets_none_of_them(install, links):
    one = make_wheel(links, "one", files={"one.py": b"1"})
    thief = make_wheel(links, "thief", files={"thief.py": b"2"}, claimed=("one.py",))
    first, second = install(one, thief)
    assert f"{SITE}/one.py" in paths(first)
    assert f"{SITE}/one.py" not in paths(second)


@pytest.mark.parametrize("claim", ["../../../../../etc/passwd", "/etc/passwd"])
def test_a_record_that_claims_files_of_the_host_moves_none(install, links, claim):
    wheel = make_wheel(links, "one", claimed=(claim,))
    try:
        (tree,) = install(wheel)
    except BuildError:
        return
    assert not [path for path in paths(tree) if "passwd" in path]


def test_a_package_that_vendors_others_with_their_metadata_is_one_wheel(install, links):
    files = {"apkg/__init__.py": b"", "apkg/_vendor/zed-1.0.dist-info/METADATA": b"Name: zed\n"}
    (tree,) = install(make_wheel(links, "apkg", files=files))
    assert f"{SITE}/apkg/_vendor/zed-1.0.dist-info/METADATA" in paths(tree)


def test_equal_files_of_two_wheels_count_once(install, links):
    one = make_wheel(links, "one", files={"ns/__init__.py": b"same", "ns/one.py": b"1"})
    two = make_wheel(links, "two", files={"ns/__init__.py": b"same", "ns/two.py": b"2"})
    second, first = install(two, one)
    assert f"{SITE}/ns/__init__.py" in paths(first)
    assert f"{SITE}/ns/__init__.py" not in paths(second)
    assert content(second, f"{SITE}/ns/two.py") == b"2"


def test_of_different_files_of_two_wheels_the_first_names_count_and_both_are_named(tmp_path, links):
    one = make_wheel(links, "one", files={"shared.py": b"1", "shared_too.py": b"1"})
    two = make_wheel(links, "two", files={"shared.py": b"2", "shared_too.py": b"2", "own.py": b"2"})
    world = make_world(tmp_path, local_environ(tmp_path, links=links))
    arguments = {"target": Target(PYTHON, LINUX_AMD64, GLIBC)}
    second, first = wheel_trees(world, (locked(two), locked(one)), **arguments)
    assert content(first, f"{SITE}/shared.py") == b"1"
    assert {f"{SITE}/shared.py", f"{SITE}/shared_too.py"}.isdisjoint(paths(second))
    assert content(second, f"{SITE}/own.py") == b"2"
    (told,) = [note for note in world.reporter.notes if "both bring" in note]
    assert "one 1.0 and two 1.0 both bring" in told and "1 more that differ" in told
    (alone,) = wheel_trees(world, (locked(two),), **arguments)
    assert content(alone, f"{SITE}/shared.py") == b"2"


def test_stray_files_and_old_namespaces_may_differ(tmp_path, links):
    mark = b"__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
    one = make_wheel(
        links, "one", files={"tests/t.py": b"1", "LICENSE": b"MIT", "ns/__init__.py": mark + b"# one"}
    )
    two = make_wheel(
        links, "two", files={"tests/t.py": b"2", "LICENSE": b"BSD", "ns/__init__.py": mark + b"# two"}
    )
    world = make_world(tmp_path, local_environ(tmp_path, links=links))
    arguments = {"target": Target(PYTHON, LINUX_AMD64, GLIBC)}
    first, second = wheel_trees(world, (locked(one), locked(two)), **arguments)
    assert content(first, f"{SITE}/LICENSE") == b"MIT"
    assert {f"{SITE}/LICENSE", f"{SITE}/tests/t.py"}.isdisjoint(paths(second))
    assert [note for note in world.reporter.notes if "both bring" in note and "LICENSE" in note]


@pytest.mark.parametrize(
    "member", ["../evil.py", "/tmp/evil.py", "one/../../../evil.py", "a/..\\..\\evil.py"]
)
@pytest.mark.parametrize("listed", [True, False])
def test_a_wheel_that_reaches_out_of_its_tree_is_refused_each_time_and_writes_nothing_there(
    install, links, tmp_path, member, listed
):
    hidden = frozenset() if listed else frozenset({member})
    wheel = make_wheel(links, "one", files={"one.py": b"", member: b"evil"}, unrecorded=hidden)
    other = make_wheel(links, "two")
    for _ in range(2):
        with pytest.raises(BuildError) as caught:
            install(wheel, other)
        if not listed:
            assert "one" in caught.value.where and "evil.py" in caught.value.message and caught.value.hint
    assert not [path for path in tmp_path.rglob("evil.py") if "links" not in path.parts]


def test_a_wheel_that_reaches_out_is_named_also_where_an_address_asks_for_it(install, links, tmp_path):
    wheel = make_wheel(tmp_path / "elsewhere", "one", files={"one.py": b"", "../evil.py": b"evil"})
    address = wheel.as_uri()
    with pytest.raises(BuildError, match=r"'\.\./evil\.py'") as caught:
        install(wheels=(msgspec.structs.replace(locked(wheel), url=address),))
    assert caught.value.where.startswith("one")


def test_a_wheel_with_two_members_of_one_name_is_refused_by_its_name(install, links):
    wheel = make_wheel(links, "one", files={"one.py": b"good"})
    with warnings.catch_warnings(), zipfile.ZipFile(wheel, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("one.py", b"evil")
    with pytest.raises(BuildError, match=r"cannot be unpacked: .* multiple entries") as caught:
        install(wheel)
    assert caught.value.where == wheel.name


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="nobody counts what a program writes")
def test_a_wheel_that_grows_beyond_reason_is_given_up_and_nothing_of_it_is_kept(
    install, links, tmp_path, monkeypatch
):
    wheel = make_wheel(links, "one")
    with zipfile.ZipFile(wheel, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("zeros", bytes(400_000_000))
    monkeypatch.setattr("okamochi.pypi.uv_program.MOST_WRITTEN_BYTES", 10_000_000)
    with pytest.raises(BuildError, match="wrote more than 10,000,000 bytes"):
        install(wheel)
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size > 10_000_000]
    assert kept == []


def test_a_link_in_a_wheel_never_leads_out(install, links):
    wheel = make_wheel(links, "one", files={"one.py": b"", "link.py": b"/etc/passwd"})
    held = [
        (entry, archive.read(entry)) for archive in [zipfile.ZipFile(wheel)] for entry in archive.infolist()
    ]
    with zipfile.ZipFile(wheel, "w") as archive:
        for entry, text in held:
            if entry.filename == "link.py":
                entry.external_attr = 0o120777 << 16
            archive.writestr(entry, text)
    try:
        (tree,) = install(wheel)
    except BuildError:
        return
    assert content(tree, f"{SITE}/link.py") == b"/etc/passwd"


def test_names_outside_ascii_survive(install, links):
    (tree,) = install(make_wheel(links, "one", files={"one/納品書.txt": "税".encode(), "one/a,b.txt": b"x"}))
    assert content(tree, f"{SITE}/one/納品書.txt") == "税".encode()
    assert f"{SITE}/one/a,b.txt" in paths(tree)


@pytest.mark.parametrize("field", ["name", "version", "url", "sha256"])
@pytest.mark.parametrize("more", [" --no-binary :all:", "\n--index-url=x", "\x0b", "\x00", "\u2028"])
def test_what_would_be_more_than_one_requirement_never_reaches_uv(install, links, field, more):
    wheel = locked(make_wheel(links, "one"))
    runner = RecordedRunner({})
    told = f"https://example.org/x{more}" if field == "url" else f"x{more}"
    with pytest.raises(BuildError) as caught:
        install(wheels=(msgspec.structs.replace(wheel, **{field: told}),), runner=runner)
    assert not runner.calls and "version control" in caught.value.hint


def test_a_variable_that_only_the_lock_names_is_never_sent(install, links):
    wheel = locked(make_wheel(links, "one"))
    address = f"http://127.0.0.1:9/${{HOME}}/{wheel.filename}"
    runner = RecordedRunner({})
    with pytest.raises(BuildError, match="no requirement of the project"):
        install(wheels=(msgspec.structs.replace(wheel, url=address),), runner=runner)
    assert not runner.calls
