"""Downloads from a real server on the loopback interface that misbehaves on demand."""

import dataclasses
import email.utils
import hashlib
import io
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from okamochi.errors import RegistryError, TransientRegistryError, UsageError
from okamochi.system.cache import Cache
from okamochi.system.http import TRIES, UrllibTransport
from okamochi.system.http_pace import Pace
from okamochi.system.network_settings import NetworkSettings
from okamochi.system.retry import Retry, retry_after_seconds, whole_number

from .faulty_server import Fault, Served, serving

BODY = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(BODY).hexdigest()


class Waits:
    """Stands in for sleep, and remembers how long it was asked to wait."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def server() -> Iterator[Served]:
    with serving(Served({"file.whl": BODY, "small": b"hello"})) as served:
        yield served


@pytest.fixture
def waits() -> Waits:
    return Waits()


def tries(sleep: Callable[[float], None]) -> Retry:
    return replace(TRIES, sleep=sleep, chance=lambda: 0.5)


def transport(
    environ: Mapping[str, str] | None = None,
    *,
    sleep: Waits | None = None,
    offline: bool = False,
    read_seconds: float = 10,
) -> UrllibTransport:
    made = UrllibTransport.of(environ or {}, offline=offline, connect_seconds=5, read_seconds=read_seconds)
    return UrllibTransport(made.exchange, made.offline, tries(sleep or Waits()))


def download(url: str, *, by: UrllibTransport, size_bytes: int | None = None) -> bytes:
    content = io.BytesIO()
    assert by.download(url, content, size_bytes=size_bytes) == hashlib.sha256(content.getvalue()).hexdigest()
    return content.getvalue()


def test_a_file_is_streamed_and_hashed(server: Served) -> None:
    assert download(f"{server.url}/file.whl", by=transport(), size_bytes=len(BODY)) == BODY


def test_a_small_answer_is_given_whole_with_the_headers_asked_for(server: Served) -> None:
    assert transport().get(f"{server.url}/small", limit_bytes=5, headers={"Accept": "x/y"}) == b"hello"
    headers = server.requests[0][1]
    assert headers["accept"] == "x/y"
    assert headers["user-agent"].startswith("okamochi/")
    assert headers["accept-encoding"] == "identity"


def test_a_connection_is_used_again(server: Served) -> None:
    one = transport()
    for _ in range(3):
        download(f"{server.url}/file.whl", by=one)
    pool = one.exchange.pools[""].connection_from_url(server.url)
    assert pool.num_connections == 1
    assert pool.num_requests == 3


def test_a_cut_download_goes_on_where_it_stopped(server: Served, waits: Waits) -> None:
    server.faults = [Fault(cut_after_bytes=300_000), Fault(cut_after_bytes=1000)]
    assert download(f"{server.url}/file.whl", by=transport(sleep=waits)) == BODY
    asked = [(headers.get("range"), headers.get("if-range")) for _, headers in server.requests]
    assert asked == [(None, None), ("bytes=300000-", '"one"'), ("bytes=301000-", '"one"')]
    assert len(waits.seconds) == 2


def test_a_cut_download_from_a_server_without_ranges_starts_again(server: Served) -> None:
    server.ranges = False
    server.faults = [Fault(cut_after_bytes=300_000)]
    assert download(f"{server.url}/file.whl", by=transport()) == BODY


def test_a_cut_chunked_answer_goes_on(server: Served) -> None:
    server.faults = [Fault(chunked=True, cut_after_bytes=5000), Fault(chunked=True)]
    assert download(f"{server.url}/file.whl", by=transport()) == BODY


def test_a_file_that_changes_between_two_tries_is_an_error(server: Served) -> None:
    def change(_: float) -> None:
        server.content["file.whl"] = b"other" * 200_000
        server.etag = '"two"'

    server.faults = [Fault(cut_after_bytes=300_000)]
    made = transport()
    with pytest.raises(RegistryError, match="changed while"):
        UrllibTransport(made.exchange, False, tries(change)).download(f"{server.url}/file.whl", io.BytesIO())


def test_a_download_that_is_always_cut_is_given_up_as_transient(server: Served) -> None:
    server.faults = [Fault(cut_after_bytes=0)] * 30
    with pytest.raises(TransientRegistryError) as raised:
        transport().download(f"{server.url}/file.whl", io.BytesIO())
    assert raised.value.exit_code == 75
    assert "cut" in raised.value.message
    assert len(server.requests) == 4


def test_a_server_that_stops_answering_is_left_and_asked_for_the_rest(server: Served) -> None:
    server.faults = [Fault(pause_seconds=3)]
    assert download(f"{server.url}/file.whl", by=transport(read_seconds=0.5)) == BODY
    assert server.requests[1][1]["range"].startswith("bytes=")


def test_a_slow_server_is_waited_for(server: Served) -> None:
    server.faults = [Fault(pause_seconds=0.5)]
    assert download(f"{server.url}/file.whl", by=transport(read_seconds=5)) == BODY
    assert len(server.requests) == 1


def paced(made: UrllibTransport, floor: float, window_seconds: float) -> UrllibTransport:
    exchange = dataclasses.replace(made.exchange, pace=Pace(floor, window_seconds))
    return UrllibTransport(exchange, made.offline, tries(Waits()))


def test_a_server_that_sends_a_byte_from_time_to_time_is_given_up(server: Served) -> None:
    server.faults = [Fault(trickle_seconds=0.02)] * 9
    by = paced(transport(), floor=1000, window_seconds=0.5)
    began = time.monotonic()
    with pytest.raises(TransientRegistryError) as raised:
        download(f"{server.url}/file.whl", by=by)
    assert time.monotonic() - began < 20
    assert raised.value.exit_code == 75
    assert "bytes a second, less than 1,000" in raised.value.message and "mirror" in raised.value.hint
    assert len(server.requests) == 4
    assert server.requests[1][1]["range"].startswith("bytes=")


def test_a_slow_try_is_followed_by_one_for_the_rest(server: Served) -> None:
    server.faults = [Fault(trickle_seconds=0.02)]
    assert download(f"{server.url}/file.whl", by=paced(transport(), floor=1000, window_seconds=0.5)) == BODY


def test_a_head_that_comes_byte_by_byte_is_given_up(server: Served) -> None:
    server.faults = [Fault(trickle_seconds=0.2, from_the_head=True)] * 9
    began = time.monotonic()
    with pytest.raises(TransientRegistryError, match="stopped answering"):
        download(f"{server.url}/file.whl", by=transport(read_seconds=0.5))
    assert time.monotonic() - began < 20
    assert len(server.requests) == 4


@pytest.mark.parametrize("status", [401, 403, 404, 410, 418])
def test_a_refusal_is_final_and_has_a_hint(server: Served, status: int) -> None:
    server.faults = [Fault(status=status)]
    with pytest.raises(RegistryError, match=str(status)) as raised:
        transport().get(f"{server.url}/small", limit_bytes=100)
    assert raised.value.exit_code == 6
    assert raised.value.hint
    assert len(server.requests) == 1


def test_a_server_error_passes_when_the_next_try_succeeds(server: Served, waits: Waits) -> None:
    server.faults = [Fault(status=500), Fault(status=503)]
    assert download(f"{server.url}/small", by=transport(sleep=waits)) == b"hello"
    assert waits.seconds == [0.5, 1.0]


def test_a_server_that_asks_to_wait_is_obeyed(server: Served, waits: Waits) -> None:
    server.faults = [Fault(status=429, headers=(("Retry-After", "7"),))]
    assert download(f"{server.url}/small", by=transport(sleep=waits)) == b"hello"
    assert waits.seconds == [pytest.approx(7.35)]


@pytest.mark.parametrize(
    "asked", ["3600", email.utils.formatdate(time.time() + 3600, usegmt=True)], ids=["seconds", "date"]
)
def test_a_server_that_asks_to_wait_for_an_hour_is_not_waited_for(
    server: Served, waits: Waits, asked: str
) -> None:
    server.faults = [Fault(status=429, headers=(("Retry-After", asked),))]
    with pytest.raises(TransientRegistryError, match="429"):
        download(f"{server.url}/small", by=transport(sleep=waits))
    assert waits.seconds == []


@pytest.mark.parametrize("expected_bytes", [len(BODY) - 1, len(BODY) + 1])
def test_another_size_than_announced_is_refused_before_the_body_is_read(
    server: Served, expected_bytes: int
) -> None:
    content = io.BytesIO()
    with pytest.raises(RegistryError, match="wrong size"):
        transport().download(f"{server.url}/file.whl", content, size_bytes=expected_bytes)
    assert content.getvalue() == b""


def test_a_longer_body_than_announced_is_refused_without_a_length_too(server: Served) -> None:
    server.faults = [Fault(chunked=True)]
    with pytest.raises(RegistryError, match="wrong size"):
        transport().download(f"{server.url}/file.whl", io.BytesIO(), size_bytes=1000)


@pytest.mark.parametrize("chunked", [False, True])
def test_an_answer_above_the_limit_is_refused(server: Served, chunked: bool) -> None:
    server.faults = [Fault(chunked=chunked)]
    content = io.BytesIO()
    with pytest.raises(RegistryError, match="larger than the 1,000 bytes"):
        transport().download(f"{server.url}/file.whl", content, limit_bytes=1000)
    assert len(content.getvalue()) <= 1000


def test_offline_nothing_is_asked_and_the_error_says_what_was_needed(server: Served) -> None:
    with pytest.raises(RegistryError) as raised:
        transport(offline=True).get(f"{server.url}/small", limit_bytes=100)
    assert raised.value.where == f"{server.url}/small"
    assert "--offline" in raised.value.message
    assert server.requests == []


def test_a_server_of_this_machine_that_is_not_there_is_transient_and_the_hint_names_it() -> None:
    with serving(Served({})) as served:
        url = served.url
    with pytest.raises(TransientRegistryError) as raised:
        transport().get(f"{url}/small", limit_bytes=100)
    assert f"nothing listens on {urlsplit(url).netloc}" in raised.value.hint


def test_a_name_that_nobody_knows_is_transient() -> None:
    with pytest.raises(TransientRegistryError, match="name of the server") as raised:
        transport().get("http://no-such-host.invalid/small", limit_bytes=100)
    assert "network" in raised.value.hint


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "no-address", "http://", "http://[::1/x"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(RegistryError) as raised:
        transport().get(url, limit_bytes=100)
    assert raised.value.hint


def test_a_file_address_is_read_offline_too(tmp_path: Path) -> None:
    (tmp_path / "a b.deb").write_bytes(BODY)
    url = (tmp_path / "a b.deb").as_uri()
    assert download(url, by=transport(offline=True), size_bytes=len(BODY)) == BODY
    with pytest.raises(RegistryError, match="wrong size"):
        transport().download(url, io.BytesIO(), size_bytes=3)
    with pytest.raises(RegistryError, match="larger than"):
        transport().get(url, limit_bytes=3)
    with pytest.raises(RegistryError, match="cannot be read"):
        transport().get((tmp_path / "none").as_uri(), limit_bytes=3)
    with pytest.raises(RegistryError, match="cannot be read"):
        transport().get(tmp_path.as_uri(), limit_bytes=3)


def test_a_redirect_is_followed_without_taking_credentials_to_another_server(server: Served) -> None:
    with serving(Served({})) as first:
        first.faults = [Fault(status=302, headers=(("Location", f"{server.url}/small"),))]
        url = first.url.replace("http://", "http://me:pass%20word@")
        assert transport().get(f"{url}/start", limit_bytes=100) == b"hello"
        assert first.requests[0][1]["authorization"] == "Basic bWU6cGFzcyB3b3Jk"
    assert "authorization" not in server.requests[0][1]


def test_a_redirect_within_a_server_keeps_credentials_and_may_be_relative(server: Served) -> None:
    server.faults = [Fault(status=301, headers=(("Location", "/small"),))]
    url = server.url.replace("http://", "http://me:pw@")
    assert transport().get(f"{url}/start", limit_bytes=100) == b"hello"
    assert all("authorization" in headers for _, headers in server.requests)


def test_redirects_without_end_are_an_error(server: Served) -> None:
    server.faults = [Fault(status=302, headers=(("Location", "/again"),))] * 50
    with pytest.raises(RegistryError, match="without end"):
        transport().get(f"{server.url}/start", limit_bytes=100)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://[::1/x", "http://a:port/x", "ftp://a/x"])
def test_a_redirect_to_what_is_no_web_address_is_refused(server: Served, target: str) -> None:
    server.faults = [Fault(status=302, headers=(("Location", target),))]
    with pytest.raises(RegistryError, match="unsafe"):
        transport().get(f"{server.url}/start", limit_bytes=100)


def test_passwords_are_not_shown_in_errors(server: Served) -> None:
    url = server.url.replace("http://", "http://me:secret@")
    with pytest.raises(RegistryError) as raised:
        transport().get(f"{url}/none?token=secret", limit_bytes=100)
    assert "secret" not in raised.value.where
    assert raised.value.where == f"{server.url}/none"


def test_a_proxy_from_the_environment_is_used_with_its_password(server: Served) -> None:
    with serving(Served({"file": b"by proxy"})) as proxy:
        environ = {"http_proxy": proxy.url.replace("http://", "http://me:pw@")}
        assert transport(environ).get("http://archive.invalid/file", limit_bytes=100) == b"by proxy"
    path, headers = proxy.requests[0]
    assert path == "http://archive.invalid/file"
    assert headers["proxy-authorization"] == "Basic bWU6cHc="


def test_no_proxy_is_honoured(server: Served) -> None:
    environ = {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "example.org, 127.0.0.0/8"}
    assert transport(environ).get(f"{server.url}/small", limit_bytes=100) == b"hello"


def test_a_proxy_that_is_not_there_is_named_as_the_cause() -> None:
    with pytest.raises(TransientRegistryError, match="proxy") as raised:
        transport({"HTTP_PROXY": "http://127.0.0.1:9"}).get("http://archive.invalid/file", limit_bytes=100)
    assert "HTTP_PROXY" in raised.value.hint


@pytest.mark.parametrize(
    ("no_proxy", "url", "direct"),
    [
        ("example.org", "https://example.org/x", True),
        ("example.org", "https://files.example.org/x", True),
        (".example.org", "https://files.example.org/x", True),
        ("*.example.org", "https://files.example.org/x", True),
        ("example.org", "https://badexample.org/x", False),
        ("example.org:443", "https://example.org/x", True),
        ("example.org:8443", "https://example.org/x", False),
        ("*", "https://anything/x", True),
        ("10.0.0.0/8", "https://10.1.2.3/x", True),
        ("10.0.0.0/8", "https://11.1.2.3/x", False),
        ("::1", "https://[::1]:8443/x", True),
        ("[::1]:8443", "https://[::1]:8443/x", True),
        ("", "https://example.org/x", False),
        (" , ", "https://example.org/x", False),
    ],
)
def test_no_proxy_is_read_as_other_programs_read_it(no_proxy: str, url: str, direct: bool) -> None:
    settings = NetworkSettings.of({"HTTPS_PROXY": "proxy:3128", "NO_PROXY": no_proxy})
    assert settings.proxy_for(url) == ("" if direct else "http://proxy:3128")


def test_a_proxy_of_an_unknown_kind_is_wrong_usage_without_its_password() -> None:
    with pytest.raises(UsageError) as raised:
        NetworkSettings.of({"ALL_PROXY": "socks5://me:secret@proxy:1080"})
    assert "secret" not in raised.value.where


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ca.pem, and the certificate that it gave to localhost: server.pem, server.key."""
    folder = tmp_path_factory.mktemp("authority")
    names = folder / "names"
    names.write_text("subjectAltName=DNS:localhost\n")
    new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    signs = "-addext keyUsage=critical,keyCertSign,cRLSign"  # Python 3.13 asks for it
    steps = (
        f"req -x509 {new_key} -days 2 -subj /CN=test-authority {signs} -keyout ca.key -out ca.pem",
        f"req -new {new_key} -subj /CN=localhost -keyout server.key -out server.csr",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -days 2 -extfile names -out server.pem",
    )
    for step in steps:
        subprocess.run(("openssl", *step.split()), cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def safe_server(authority: Path) -> Iterator[Served]:
    served = Served({"small": b"hello"})
    with serving(served, certificate=authority / "server.pem", key=authority / "server.key"):
        yield served


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_ca_of_a_company_is_trusted_when_a_variable_names_it(
    safe_server: Served, authority: Path, variable: str
) -> None:
    environ = {variable: str(authority / "ca.pem")}
    assert transport(environ).get(f"{safe_server.url}/small", limit_bytes=100) == b"hello"


def test_an_unknown_ca_is_a_final_error_that_names_the_variable(safe_server: Served) -> None:
    with pytest.raises(RegistryError, match="not trusted") as raised:
        transport().get(f"{safe_server.url}/small", limit_bytes=100)
    assert "SSL_CERT_FILE" in raised.value.hint
    assert raised.value.exit_code == 6


def test_a_redirect_from_https_to_http_is_refused(
    safe_server: Served, server: Served, authority: Path
) -> None:
    safe_server.faults = [Fault(status=302, headers=(("Location", f"{server.url}/small"),))]
    environ = {"SSL_CERT_FILE": str(authority / "ca.pem")}
    with pytest.raises(RegistryError, match="unsafe"):
        transport(environ).get(f"{safe_server.url}/small", limit_bytes=100)
    assert server.requests == []


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_bundle_that_is_missing_or_none_is_wrong_usage(tmp_path: Path, content: str | None) -> None:
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_text(content)
    with pytest.raises(UsageError) as raised:
        transport({"SSL_CERT_FILE": str(bundle)}).get("https://localhost:9/x", limit_bytes=100)
    assert raised.value.where == f"SSL_CERT_FILE={bundle}"


def test_many_threads_may_download_at_once_into_a_cache(server: Served, tmp_path: Path) -> None:
    cache = Cache.open(tmp_path)
    one = transport()
    server.content.update({f"{number}.deb": bytes([number]) * 100_000 for number in range(12)})
    found: list[str] = []

    def fetch(number: int) -> None:
        url = f"{server.url}/{number}.deb"
        sha256 = hashlib.sha256(bytes([number]) * 100_000).hexdigest()
        found.append(cache.put_stream(lambda stream: into(stream, one, url), sha256=sha256)[0])

    threads = [threading.Thread(target=fetch, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 12
    assert all(cache.blob(sha256) for sha256 in found)


def into(stream: BinaryIO, one: UrllibTransport, url: str) -> None:
    one.download(url, stream, size_bytes=100_000)


@pytest.mark.parametrize(
    ("said", "number"),
    [("12", 12), (" 0 ", 0), ("", None), ("-1", None), ("1.5", None), ("²", None), ("9" * 5000, None)],
)
def test_a_header_that_says_no_number_says_nothing(said: str, number: int | None) -> None:
    """The last two are digits to Python, and no number that it reads."""
    assert whole_number(said) == number
    assert retry_after_seconds(said) == (number or 0)
