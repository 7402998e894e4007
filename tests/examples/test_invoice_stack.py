"""examples/invoice as the whole stack: PostgreSQL, Redis, a worker, a login; used in a real browser."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from tests.cli.program import Program
from tests.examples.conftest import Serving, served
from tests.examples.test_invoice import text_of
from tests.images.stand_ins import ensure

pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.slow]

SCRIPT = Path(__file__).with_name("invoice_in_browser.py")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
# releases for every Python of ours: left open, each Python gets another provider with other pages
PROVIDER = ("oidc-provider-mock==0.3.4", "authlib<2")
PLAYWRIGHT = ("playwright==1.65.2",)
ALICE = {"sub": "alice", "name": "Alice Sato", "email": "alice@example.com", "email_verified": True}


def uv() -> str:
    import uv as package

    return package.find_uv_bin()


def with_packages(names: tuple[str, ...], *argv: str) -> tuple[str, ...]:
    """The command with these packages, on the Python of the tests, whatever PATH has first."""
    wanted = [part for name in names for part in ("--with", name)]
    python = ("--python", sys.executable)
    return (uv(), "run", "--no-project", "--isolated", "--quiet", *python, *wanted, *argv)


def bridge_address() -> str:
    """This machine, as containers and the browser both reach it."""
    argv = ("docker", "network", "inspect", "bridge", "--format", "{{json (index .IPAM.Config 0)}}")
    found = json.loads(subprocess.run(argv, capture_output=True, check=True, text=True).stdout)
    # older engines name no gateway: it is the first address of the network
    return str(found.get("Gateway") or ip_network(found["Subnet"])[1])


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """An OpenID provider that knows Alice."""
    host = bridge_address()
    with socket.socket() as found:
        found.bind((host, 0))
        port = found.getsockname()[1]
    options = ("--host", host, "--port", str(port), "--require-nonce", "true")
    options = (*options, "--user-claims", json.dumps(ALICE))
    process = subprocess.Popen(
        with_packages(PROVIDER, "oidc-provider-mock", *options),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(600):
            with socket.socket() as connection:
                if connection.connect_ex((host, port)) == 0:
                    break
            assert process.poll() is None, "the provider did not start"
            time.sleep(0.1)
        yield f"http://{host}:{port}"
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


@dataclass(frozen=True)
class Used:
    serving: Serving
    answers: dict[str, Any]
    folder: Path


@pytest.fixture(scope="module")
def used(
    private_program: Program,
    make_example: Callable[[str], Path],
    provider: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Used]:
    """One `up`, one walk through the app in the browser."""
    if not CHROMIUM:
        pytest.skip("there is no Chromium")
    for tag in ("postgres:17", "valkey/valkey:8.1"):
        ensure(tag)
    folder = tmp_path_factory.mktemp("browser")
    variables = folder / "env"
    variables.write_text(
        f"OIDC_DISCOVERY_URL={provider}/.well-known/openid-configuration\n"
        "OIDC_CLIENT_ID=invoice\nOIDC_CLIENT_SECRET=a-client-secret-of-the-tests\n"
    )
    for serving in served(private_program, make_example("invoice"), "docker", "--env-file", variables):
        walk = with_packages(PLAYWRIGHT, "python", str(SCRIPT), serving.url, CHROMIUM, str(folder))
        done = subprocess.run(walk, capture_output=True, text=True, timeout=400, check=False)
        assert done.returncode == 0, done.stderr[-4000:] + str(serving.execute("python", "-c", "").stderr)
        yield Used(serving, json.loads(done.stdout), folder)


def test_one_logs_in_at_the_provider_and_is_known_by_name(used: Used, provider: str) -> None:
    assert used.answers["provider"].startswith(f"{provider}/oauth2/authorize?")
    assert used.answers["who"] == "Alice Sato"


def test_an_invoice_and_an_uploaded_logo_are_in_the_pdf(used: Used, tmp_path: Path) -> None:
    text = text_of((used.folder / "invoice.pdf").read_bytes(), tmp_path)
    for part in ("ブラウザからの請求", "株式会社ブラウザ商会", "季節の弁当", "¥3,927", "¥4,241"):
        assert part in text
    assert b"/Image" in (used.folder / "invoice.pdf").read_bytes()
    assert used.answers["logo_width"] == 64


def test_the_batch_is_rendered_by_the_worker_and_the_page_shows_its_progress(used: Used) -> None:
    seen = used.answers["seen"]
    # The page asks once a second: a quick machine shows one number between none and all.
    assert seen == sorted(seen) and any(0 < number < 7 for number in seen), f"no progress was seen: {seen}"
    assert "A background worker renders them" in used.answers["batch"]
    with zipfile.ZipFile(used.folder / "batch.zip") as archive:
        assert len(archive.namelist()) == 7
        assert all(archive.read(name).startswith(b"%PDF-") for name in archive.namelist())


def test_the_logout_ends_at_the_provider_and_the_next_visit_asks_again(used: Used, provider: str) -> None:
    assert "You are logged out" in used.answers["logged_out"]
    assert used.answers["after"].startswith(provider)


def test_the_browser_found_nothing_to_complain_about(used: Used) -> None:
    assert used.answers["console_errors"] == []


def test_database_and_queue_are_ready_and_counters_are_those_of_all_workers(used: Used) -> None:
    found = json.loads(read(used.serving, "/readyz"))
    assert found == {"status": "ok", "database": "ok", "migrations": "current", "redis": "ok"}
    counted = [total(read(used.serving, "/metrics")) for _ in range(8)]
    assert counted == sorted(counted), "each scrape met another worker's own counters"


def total(text: str) -> float:
    lines = re.findall(r"^invoice_requests_total\{.*\} ([\d.]+)$", text, re.MULTILINE)
    return sum(float(one) for one in lines)


def read(serving: Serving, path: str) -> str:
    with urllib.request.urlopen(urljoin(serving.url, path), timeout=30) as answer:
        return str(answer.read().decode())
