import errno
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from okamochi.debian.archives import resolve_base
from okamochi.debian.finishers import FINISHERS
from okamochi.debian.ld_cache import Library, find_libraries, ld_cache
from okamochi.debian.maintainer_scripts import HARMLESS_SNIPPETS, REVIEWED, remainder
from okamochi.debian.tree import BaseTree, base_tree
from okamochi.errors import BuildError, RegistryError
from okamochi.model.lock import LockedDeb
from okamochi.oci.entry import EntryKind, FileContent
from okamochi.oci.platform import LINUX_AMD64, LINUX_ARM64
from okamochi.system.world import World
from tests.debian.archive_maker import MadeDeb, Tree, make_deb, shared_library
from tests.debian.conftest import FIXTURE, NOW, Archive, MakeWorld

NO_APT = Path("/nonexistent")


def locked(world: World, *packages: str) -> tuple[LockedDeb, ...]:
    keys = ((FIXTURE / "key.pgp").read_bytes(),)
    resolved = resolve_base(
        world,
        suite="trixie",
        platform=LINUX_AMD64,
        packages=packages,
        keys=keys,
        now=lambda: NOW,
        apt_folder=NO_APT,
    )
    return resolved.debs


def fixture_tree(world: World) -> BaseTree:
    return base_tree(world, locked(world), LINUX_AMD64, apt_folder=NO_APT)


def locked_deb(deb: MadeDeb, archive: str = "debian") -> LockedDeb:
    name, version, architecture = Path(deb.filename).stem.split("_")
    return LockedDeb(
        name=name,
        version=version,
        architecture=architecture,
        archive=archive,
        filename=deb.filename,
        size_bytes=len(deb.content),
        sha256=hashlib.sha256(deb.content).hexdigest(),
    )


@pytest.fixture
def tree_of(make_world: MakeWorld, make_archive: Callable[..., Archive]) -> Callable[..., BaseTree]:
    def tree(*debs: MadeDeb) -> BaseTree:
        archive = make_archive(*debs)
        return base_tree(
            make_world(archive.folder), [locked_deb(deb) for deb in debs], LINUX_AMD64, apt_folder=NO_APT
        )

    return tree


def listing(tree: BaseTree) -> list[tuple[object, ...]]:
    return [
        (
            entry.path,
            entry.kind,
            entry.mode,
            entry.owner,
            entry.target,
            entry.content and entry.content.read(),
        )
        for entry in tree.entries
    ]


def paths(tree: BaseTree) -> dict[str, str]:
    return {entry.path: entry.owner for entry in tree.entries}


def test_the_tree_has_what_a_container_needs(make_world: MakeWorld) -> None:
    tree = fixture_tree(make_world())
    found = paths(tree)
    assert tree.python == "usr/bin/python3.13"
    assert tree.glibc_version == "2.41"
    assert found["usr/lib/python3.13/json/__init__.py"] == "deb:libpython3.13-stdlib"
    assert found["etc/ssl/certs/ca-certificates.crt"] == "deb:ca-certificates"
    assert found["etc/passwd"] == "kit"
    for folder in ("dev", "proc", "sys", "tmp", "var/tmp", "run"):
        assert found[folder] == "kit"
    for absent in ("usr/bin/getent", "etc/motd", "usr/share/doc/libc6/README", "usr/share/ca-certificates"):
        assert absent not in found
    assert not [path for path in found if path.endswith(".pyc") or "/idlelib" in path or "/test" in path]


def test_entries_are_sorted_owned_and_have_their_parents(make_world: MakeWorld) -> None:
    tree = fixture_tree(make_world())
    known = [entry.path for entry in tree.entries]
    assert known == sorted(known)
    assert len(known) == len(set(known))
    for entry in tree.entries:
        parent = entry.path.rpartition("/")[0]
        assert parent == "" or paths(tree)[parent]
        assert entry.owner == "kit" or entry.owner.removeprefix("deb:") in {
            one.name for one in tree.components
        }
        if entry.kind is EntryKind.FILE:
            assert isinstance(entry.content, FileContent)
            assert entry.content.path.stat().st_size == entry.size_bytes
            assert not entry.mode & 0o6022
        if entry.kind is EntryKind.SYMLINK:
            assert (tree.root / entry.path).is_symlink()
    modes = {entry.path: entry.mode for entry in tree.entries}
    assert (modes["tmp"], modes["root"], modes["usr"]) == (0o1777, 0o700, 0o755)


def test_a_tree_is_the_same_in_every_cache_and_is_read_again_without_network(make_world: MakeWorld) -> None:
    world = make_world()
    debs = locked(world)
    first = base_tree(world, debs, LINUX_AMD64, apt_folder=NO_APT)
    again = base_tree(replace(world, environ={}, offline=True), debs, LINUX_AMD64, apt_folder=NO_APT)
    assert again == first
    other = base_tree(make_world(cache="other"), tuple(reversed(debs)), LINUX_AMD64, apt_folder=NO_APT)
    assert other.key == first.key
    assert listing(other) == listing(first)


def test_a_tree_near_another_is_the_same_and_shares_its_files(make_world: MakeWorld) -> None:
    world = make_world()
    debs = locked(world)
    small = base_tree(world, small_debs(debs), LINUX_AMD64, apt_folder=NO_APT)
    near = base_tree(world, debs, LINUX_AMD64, apt_folder=NO_APT, near=small)
    alone = base_tree(make_world(cache="other"), debs, LINUX_AMD64, apt_folder=NO_APT)
    assert listing(near) == listing(alone)
    assert shared(small, near) and not shared(small, alone)
    # what a finisher takes away, as it does with single certificates, is unpacked again for its next turn
    assert "etc/ssl/certs/ca-certificates.crt" not in shared(small, near)
    assert listing(small) == listing(base_tree(world, small_debs(debs), LINUX_AMD64, apt_folder=NO_APT))


def test_a_tree_near_another_is_a_copy_where_files_have_one_name_only(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "no second names here")

    world = make_world()
    debs = locked(world)
    small = base_tree(world, small_debs(debs), LINUX_AMD64, apt_folder=NO_APT)
    monkeypatch.setattr(os, "link", refuse)
    near = base_tree(world, debs, LINUX_AMD64, apt_folder=NO_APT, near=small)
    monkeypatch.undo()
    assert listing(near) == listing(
        base_tree(make_world(cache="other"), debs, LINUX_AMD64, apt_folder=NO_APT)
    )
    assert not shared(small, near)


def small_debs(debs: tuple[LockedDeb, ...]) -> list[LockedDeb]:
    return [deb for deb in debs if deb.name != "media-types"]


def shared(one: BaseTree, other: BaseTree) -> set[str]:
    """Paths of files that are the same file on the disk."""
    files = {entry.path for entry in one.entries if entry.kind is EntryKind.FILE}
    return {path for path in files & set(paths(other)) if (one.root / path).samefile(other.root / path)}


def test_of_two_packages_with_one_path_the_second_is_named_also_when_the_first_is_taken_over(
    make_world: MakeWorld, make_archive: Callable[..., Archive]
) -> None:
    first = make_deb("libone", tree=Tree({"usr/share/one": b"1"}))
    second = make_deb("libtwo", tree=Tree({"usr/share/one": b"1"}))
    archive = make_archive(first, second)
    world = make_world(archive.folder)
    small = base_tree(world, [locked_deb(first)], LINUX_AMD64, apt_folder=NO_APT)
    with pytest.raises(BuildError, match="has the path 'one'"):
        base_tree(world, [locked_deb(first), locked_deb(second)], LINUX_AMD64, apt_folder=NO_APT, near=small)


def test_the_digest_of_the_fixture_tree_is_golden(make_world: MakeWorld) -> None:
    """Changes here are changes of every image: say so in the change log."""
    text = "\n".join(map(str, listing(fixture_tree(make_world()))))
    assert hashlib.sha256(text.encode()).hexdigest() == GOLDEN


GOLDEN = "2996e874fcae90b2c6e80d8f671a946425bb8a79e8ba8bffd2678833587e96b5"


def test_package_records_lie_where_scanners_look(make_world: MakeWorld) -> None:
    tree = fixture_tree(make_world())
    status = (tree.root / "var/lib/dpkg/status").read_text()
    assert status.startswith("Package: base-files\nStatus: install ok installed\nVersion: 1.0-1\n")
    assert status.count("\n\nPackage: ") == len(tree.components) - 1
    sums = (tree.root / "var/lib/dpkg/info/libpython3.13-stdlib.md5sums").read_text()
    assert "usr/lib/python3.13/os.py" in sums
    assert "idlelib" not in sums


def test_certificates_are_one_bundle_where_openssl_looks(make_world: MakeWorld) -> None:
    tree = fixture_tree(make_world())
    bundle = (tree.root / "usr/lib/ssl/cert.pem").read_text()
    assert bundle.count("BEGIN CERTIFICATE") == 2
    assert next(one.target for one in tree.entries if one.path == "usr/lib/ssl/cert.pem") == (
        "/etc/ssl/certs/ca-certificates.crt"
    )


def test_updates_of_the_suite_are_in_the_tree(make_world: MakeWorld) -> None:
    tree = fixture_tree(make_world())
    assert (tree.root / "etc/localtime").read_bytes() == b"TZif3"


def test_a_lying_mirror_is_caught_by_the_digest(
    make_world: MakeWorld, make_archive: Callable[..., Archive]
) -> None:
    deb = make_deb("libdemo")
    archive = make_archive(deb)
    place = archive.folder / "debian" / deb.filename
    place.write_bytes(place.read_bytes()[:-1] + b"!")
    with pytest.raises(RegistryError, match="libdemo") as caught:
        base_tree(make_world(archive.folder), [locked_deb(deb)], LINUX_AMD64, apt_folder=NO_APT)
    assert caught.value.details


def test_the_next_mirror_is_tried(
    make_world: MakeWorld, make_archive: Callable[..., Archive], tmp_path: Path
) -> None:
    deb = make_deb("libdemo")
    archive = make_archive(deb)
    world = make_world(archive.folder)
    empty = (tmp_path / "empty").as_uri()
    environ = {
        **world.environ,
        "OKAMOCHI_DEBIAN_MIRROR": f"{empty} {world.environ['OKAMOCHI_DEBIAN_MIRROR']}",
    }
    tree = base_tree(replace(world, environ=environ), [locked_deb(deb)], LINUX_AMD64, apt_folder=NO_APT)
    assert "usr/share/doc/libdemo/copyright" in paths(tree)


def test_offline_all_that_is_missing_is_said_at_once(make_world: MakeWorld) -> None:
    debs = [locked_deb(make_deb(name)) for name in ("liba", "libb")]
    with pytest.raises(RegistryError, match="2 Debian packages") as caught:
        base_tree(make_world(offline=True), debs, LINUX_AMD64, apt_folder=NO_APT)
    assert caught.value.details == ("liba 1.0-1", "libb 1.0-1")


def test_an_unknown_maintainer_script_stops_the_build(tree_of: Callable[..., BaseTree]) -> None:
    script = "#!/bin/sh\nset -e\nuseradd demo\n"
    with pytest.raises(BuildError, match="demo") as caught:
        tree_of(make_deb("demo", scripts={"postinst": script}))
    assert caught.value.details == ("demo: postinst: useradd demo",)


def test_a_script_that_cannot_be_replaced_comes_with_advice(tree_of: Callable[..., BaseTree]) -> None:
    with pytest.raises(BuildError) as caught:
        tree_of(make_deb("locales", scripts={"postinst": "#!/bin/sh\nlocale-gen\n"}))
    assert "locales-all" in caught.value.hint


HARMLESS = """\
#!/bin/sh
set -e
case "$1" in
    configure)
    ;;
    abort-upgrade|abort-remove|abort-deconfigure)
    ;;
    *)
        echo "postinst called with unknown argument \\`$1'" >&2
        exit 1
    ;;
esac
# Automatically added by dh_installdeb/13.11.4
dpkg-maintscript-helper rm_conffile /etc/old.conf 2.37-7\\~ -- "$@"
# End automatically added section
exit 0
"""


def test_scripts_of_debhelper_alone_are_harmless() -> None:
    assert remainder(HARMLESS) == ()
    assert remainder(HARMLESS.replace("dh_installdeb/13", "dh_sysuser/13"))
    assert remainder(HARMLESS.replace("exit 0", "rm -rf /")) == ("rm -rf /",)


@pytest.mark.parametrize(
    ("line", "harmless"),
    [
        ("update-alternatives --install /usr/bin/mpi mpi /usr/bin/mpi.openmpi 50{slaves}", True),
        ("update-alternatives --install /usr/bin/mpi mpi /usr/bin/mpi.openmpi 50{slaves} || true", False),
        ("if {tests}; then", True),
        ("if {tests}; then rm `which x`; fi", False),
    ],
)
def test_a_long_statement_is_judged_at_once(line: str, harmless: bool) -> None:
    """Each further slave or condition took twice as long: with forty, for ever."""
    slaves = "".join(f" --slave /usr/bin/mpi{n} mpi{n} /usr/bin/mpi{n}.openmpi" for n in range(40))
    tests = " && ".join(f'[ -x "/usr/bin/mpi{n}" ]' for n in range(40))
    assert (remainder(line.format(slaves=slaves, tests=tests)) == ()) is harmless


def test_every_review_says_what_was_found() -> None:
    assert len({name for name, _ in REVIEWED}) == len(REVIEWED)
    assert all(reason for _, reason in (*REVIEWED, *HARMLESS_SNIPPETS))
    assert len(set(FINISHERS)) == len(FINISHERS)


def test_alternatives_are_linked_to_the_chosen_library(tree_of: Callable[..., BaseTree]) -> None:
    folder = "usr/lib/x86_64-linux-gnu"
    slow = Tree({f"{folder}/blas/libblas.so.3": shared_library("libblas.so.3")})
    fast = Tree({f"{folder}/openblas-pthread/libblas.so.3": shared_library("libblas.so.3")})
    tree = tree_of(
        make_deb("libblas3", tree=slow, scripts={"postinst": "#!/bin/sh\nupdate-alternatives --install\n"}),
        make_deb("libopenblas0-pthread", tree=fast, scripts={"postinst": "#!/bin/sh\nupdate-alternatives\n"}),
    )
    link = next(entry for entry in tree.entries if entry.path == f"{folder}/libblas.so.3")
    assert link.target == f"/{folder}/openblas-pthread/libblas.so.3"
    assert (tree.root / link.path).resolve().parent.name == "openblas-pthread"
    assert b"libblas.so.3" in (tree.root / "etc/ld.so.cache").read_bytes()


def test_the_newest_of_a_programs_versions_is_on_path_without_the_script_that_would_choose(
    tree_of: Callable[..., BaseTree],
) -> None:
    programs = {f"usr/lib/postgresql/{version}/bin/pg_dump": b"\x7fELF" for version in (16, 17)}
    tree = tree_of(
        make_deb("postgresql-client-17", tree=Tree(programs, programs=frozenset(programs))),
        make_deb("chooser", tree=Tree({"usr/bin/pg_dump": b"#!/usr/bin/perl"})),
    )
    (link,) = [entry for entry in tree.entries if entry.path == "usr/bin/pg_dump"]
    assert link.kind is EntryKind.SYMLINK and link.target == "/usr/lib/postgresql/17/bin/pg_dump"
    assert (tree.root / "usr/bin/pg_dump").read_bytes() == b"\x7fELF"


def test_a_package_that_has_what_okamochi_writes_is_refused(tree_of: Callable[..., BaseTree]) -> None:
    with pytest.raises(BuildError, match="demo has /etc/passwd"):
        tree_of(make_deb("demo", tree=Tree({"etc/passwd": b"evil"})))


@pytest.mark.parametrize(
    "said",
    [
        {"name": "libother"},
        {"version": "2.0-1"},
        {"architecture": "all"},
    ],
)
def test_a_file_of_another_package_than_the_lock_says_is_refused(
    make_world: MakeWorld, make_archive: Callable[..., Archive], said: dict[str, str]
) -> None:
    deb = make_deb("libdemo")
    world = make_world(make_archive(deb).folder)
    with pytest.raises(BuildError, match="is another package") as caught:
        base_tree(world, [msgspec.structs.replace(locked_deb(deb), **said)], LINUX_AMD64, apt_folder=NO_APT)
    assert "package: 'libdemo'" in caught.value.details


@pytest.mark.parametrize("more", ["\nVersion: 9", "\n\nPackage: second\nVersion: 1", "\npackage:second"])
def test_a_package_that_says_of_itself_that_it_is_two_is_refused(
    tree_of: Callable[..., BaseTree], more: str
) -> None:
    with pytest.raises(BuildError, match="is another package"):
        tree_of(make_deb("libdemo", provides=f"x{more}"))


@pytest.mark.parametrize(
    ("link", "target"),
    [("etc", "/srv"), ("tmp", "/srv"), ("var/lib/dpkg", "../../../srv"), ("etc/passwd", "/srv/x")],
)
def test_nothing_of_okamochis_own_is_written_through_a_packages_link(
    tree_of: Callable[..., BaseTree], link: str, target: str
) -> None:
    with pytest.raises(BuildError, match=r"symbolic link|has a link at|which okamochi writes"):
        tree_of(make_deb("demo", tree=Tree({"srv/x": b"x"}, {link: target})))


@pytest.mark.parametrize("target", ["../share/less/lessc", "/usr/share/less/lessc"])
def test_a_program_that_begins_with_env_finds_one(
    tree_of: Callable[..., BaseTree], tmp_path: Path, target: str
) -> None:
    files = {"usr/bin/python3": b"", "usr/bin/tool": b"#!/usr/bin/python3\n"}
    assert "usr/bin/env" not in {one.path for one in tree_of(make_deb("demo", tree=Tree(files))).entries}
    script = {"usr/share/less/lessc": b"#!/usr/bin/env -S node --quiet\n"}
    tree = tree_of(make_deb("demo", tree=Tree({**files, **script}, {"usr/bin/lessc": target})))
    python = os.path.realpath(sys.executable)  # a folder with a space in its name ends a first line
    program = (tree.root / "usr/bin/env").read_text().replace("/usr/bin/python3", python)
    (tmp_path / "env").write_text(program)
    (tmp_path / "env").chmod(0o755)
    for words, told in (
        (["-S echo -n", "a b"], "a b"),
        (["N=7", "sh", "-c", "echo -n $N"], "7"),
    ):
        done = subprocess.run([tmp_path / "env", *words], capture_output=True, text=True, check=True)
        assert done.stdout == told
    gone = subprocess.run([tmp_path / "env", "nowhere"], capture_output=True, text=True, check=False)
    assert (gone.returncode, gone.stderr) == (127, "env: nowhere: No such file or directory\n")


LDCONFIG = shutil.which("ldconfig", path="/usr/sbin:/sbin:/usr/bin")


@pytest.mark.skipif(LDCONFIG is None, reason="this machine has no ldconfig")
def test_the_loader_cache_is_what_ldconfig_prints(make_world: MakeWorld, tmp_path: Path) -> None:
    tree = fixture_tree(make_world())
    command = [str(LDCONFIG), "-p", "-C", str(tree.root / "etc/ld.so.cache")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[1:]
    assert printed == [
        "\tlibz.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libz.so.1",
        "\tlibstdc++.so.6 (libc6,x86-64) => /lib/x86_64-linux-gnu/libstdc++.so.6",
        "\tlibssl.so.3 (libc6,x86-64) => /lib/x86_64-linux-gnu/libssl.so.3",
        "\tlibgcc_s.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libgcc_s.so.1",
        "\tlibc.so.6 (libc6,x86-64) => /lib/x86_64-linux-gnu/libc.so.6",
    ]


def test_numbers_in_names_of_libraries_are_compared_by_value() -> None:
    names = ("liba.so.10", "liba.so.9", "libab.so.1", "liba.so", "liba-2.so.1")
    content = ld_cache([Library(name, f"/lib/{name}") for name in names], LINUX_ARM64)
    order = sorted(
        names,
        key=lambda name: content.index(f"\0{name}\0".encode() if name != "libab.so.1" else b"libab.so.1\0"),
    )
    assert order == ["libab.so.1", "liba.so.10", "liba.so.9", "liba.so", "liba-2.so.1"]


def test_only_names_that_programs_ask_for_are_in_the_loader_cache(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    for name, content in (
        ("libx.so.1.2", shared_library("libx.so.1")),
        ("libx.so.1", shared_library("libx.so.1")),
        ("libx.so", shared_library("libx.so.1")),
        ("libscript.so", b"INPUT ( libx.so.1 )"),
        ("libempty.so.1", b""),
        ("plugin.so", shared_library("plugin.so")),
    ):
        (tmp_path / "lib" / name).write_bytes(content)
    assert find_libraries(tmp_path, ("lib",)) == (Library("libx.so.1", "/lib/libx.so.1"),)
