from pathlib import Path

import pytest

from okamochi.debian.sources import apt_proxies, find_mirrors, snapshot_uri
from okamochi.errors import UsageError


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_a_named_mirror_is_the_only_one_and_security_lies_beside_it(tmp_path: Path) -> None:
    write(tmp_path, "sources.list", "deb http://other.example/debian trixie main\n")
    mirrors = find_mirrors({"OKAMOCHI_DEBIAN_MIRROR": "https://m.example/debian/"}, tmp_path)
    assert (mirrors.main, mirrors.security) == (
        ("https://m.example/debian",),
        ("https://m.example/debian-security",),
    )
    assert mirrors.named


def test_security_updates_can_be_named_or_switched_off(tmp_path: Path) -> None:
    environ = {
        "OKAMOCHI_DEBIAN_MIRROR": "https://m.example/d",
        "OKAMOCHI_DEBIAN_SECURITY_MIRROR": "https://s.example/x",
    }
    assert find_mirrors(environ, tmp_path).of("debian-security") == ("https://s.example/x",)
    environ["OKAMOCHI_DEBIAN_SECURITY_MIRROR"] = "none"
    assert find_mirrors(environ, tmp_path).of("debian-security") == ()


def test_a_mirror_without_known_security_updates_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="security") as caught:
        find_mirrors({"OKAMOCHI_DEBIAN_MIRROR": "https://m.example/packages"}, tmp_path)
    assert "none" in caught.value.hint


def test_sources_of_the_host_are_read_in_both_formats(tmp_path: Path) -> None:
    write(
        tmp_path,
        "sources.list",
        "# deb http://commented.example/debian x main\n"
        "deb [arch=amd64 signed-by=/x.gpg] http://one.example/debian bookworm main # why\n"
        "deb-src http://source.example/debian bookworm main\n"
        "deb cdrom:[Debian]/ bookworm main\n",
    )
    write(
        tmp_path,
        "sources.list.d/debian.sources",
        "Types: deb deb-src\n# comment\nURIs: http://two.example/debian/\n http://three.example/debian\n"
        "Suites: x\n\n"
        "Types: deb\nURIs: http://two.example/debian-security\nSuites: y\n\n"
        "Types: deb-src\nURIs: http://source.example/debian\n\n"
        "Enabled: no\nTypes: deb\nURIs: http://off.example/debian\n",
    )
    mirrors = find_mirrors({}, tmp_path)
    assert mirrors.main == (
        "http://one.example/debian",
        "http://two.example/debian",
        "http://three.example/debian",
    )
    assert mirrors.security == tuple(f"{uri}-security" for uri in mirrors.main)
    assert not mirrors.named


def test_a_list_of_mirrors_in_a_file_is_followed(tmp_path: Path) -> None:
    write(
        tmp_path, "mirrors.txt", "# nearest\nhttp://a.example/debian priority:1\n\nhttp://b.example/debian\n"
    )
    write(tmp_path, "sources.list", f"deb mirror+file:{tmp_path}/mirrors.txt trixie main\n")
    assert find_mirrors({}, tmp_path).main == ("http://a.example/debian", "http://b.example/debian")


def test_a_host_without_apt_has_no_candidates(tmp_path: Path) -> None:
    assert find_mirrors({}, tmp_path / "none").main == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Acquire::http::Proxy "http://p.example:3128";', {"http_proxy": "http://p.example:3128"}),
        ('Acquire::http::Proxy "DIRECT";', {}),
        ('// Acquire::http::Proxy "http://p.example";', {}),
        ('# no\nacquire::HTTPS::proxy "http://q.example/";', {"https_proxy": "http://q.example/"}),
    ],
)
def test_simple_proxies_of_apt_are_found(tmp_path: Path, text: str, expected: dict[str, str]) -> None:
    write(tmp_path, "apt.conf.d/01proxy", text)
    assert apt_proxies(tmp_path) == expected


def test_the_snapshot_archive_is_asked_for_an_instant() -> None:
    assert snapshot_uri("debian", "2026-11-21T02:10:46Z").endswith("/archive/debian/20261121T021046Z")
