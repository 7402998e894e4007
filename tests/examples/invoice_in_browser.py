"""What a person does with examples/invoice, in Chromium; a program of its own, which answers with JSON.

Log in, write an invoice, upload a logo, take the PDF, make a batch of them, log out.

python invoice_in_browser.py URL CHROMIUM FOLDER
"""

import json
import struct
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Error, Page, Request, sync_playwright

PATIENCE_MILLISECONDS = 60_000
TRIES = 5
NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED"
CUSTOMER = "株式会社ブラウザ商会"


def picture() -> bytes:
    """A red square as PNG."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + b"\xc8\x32\x28" * 64 for _ in range(64))
    header = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def visit(page: Page, address: str) -> None:
    """Load the page whole.

    Chromium breaks off what it loads when an address of the machine comes or goes, as with each container
    that another test starts or ends; then the page is loaded again.
    """
    broken: list[str] = []

    def note(request: Request) -> None:
        if NETWORK_CHANGED in str(request.failure):
            broken.append(request.url)

    page.on("requestfailed", note)
    for _ in range(TRIES):
        broken.clear()
        try:
            page.goto(address)
        except Error as error:
            if NETWORK_CHANGED not in str(error):
                raise
            continue
        if not broken:
            break
    page.remove_listener("requestfailed", note)


def log_in(page: Page, url: str) -> dict[str, Any]:
    visit(page, f"{url}/?lang=en")
    provider = page.url
    page.locator("button[name=sub][value=alice]").click()
    page.wait_for_url(f"{url}/**")
    return {"provider": provider, "who": page.locator(".who span").inner_text()}


def write_invoice(page: Page, url: str) -> dict[str, Any]:
    visit(page, f"{url}/customers/new")
    page.get_by_label("Name").fill(CUSTOMER)
    page.get_by_role("button", name="Save").click()
    visit(page, f"{url}/invoices/new")
    page.locator("[name=customer_id]").select_option(label=CUSTOMER)
    page.locator("[name=subject]").fill("ブラウザからの請求")
    page.locator("[name=lines-0-description]").fill("季節の弁当")
    page.locator("[name=lines-0-quantity]").fill("33")
    page.locator("[name=lines-0-unit_price_yen]").fill("119")
    page.locator("[name=lines-0-tax_rate]").select_option("8")
    page.locator("[data-total]").filter(has_text="4,241").wait_for()  # the script adds up while one types
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_url("**/invoices/*")
    return {"invoice": page.url, "shown": page.locator(".paper").inner_text()}


def upload_logo(page: Page, url: str) -> dict[str, Any]:
    visit(page, f"{url}/company")
    page.locator("input[type=file]").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": picture()}
    )
    page.get_by_role("button", name="Upload").click()
    page.locator("img.logo-large").wait_for()
    width = page.locator("img.logo-large").evaluate("picture => picture.naturalWidth")
    return {"logo_width": width}


def take_pdf(page: Page, address: str, folder: Path) -> dict[str, Any]:
    answer = page.request.get(f"{address}/pdf?lang=ja")
    (folder / "invoice.pdf").write_bytes(answer.body())
    return {"pdf": answer.headers["content-type"]}


def make_batch(page: Page, url: str, folder: Path) -> dict[str, Any]:
    """`seen` are the numbers that the page showed while the batch was rendered."""
    visit(page, url)
    page.get_by_role("button", name="as ZIP").click()
    seen = [int(page.locator("[data-done]").inner_text())]
    page.screenshot(path=folder / "batch.png")
    link = page.get_by_role("link", name="Download ZIP")
    ends = time.monotonic() + PATIENCE_MILLISECONDS / 1000 * 3
    while not link.is_visible() and time.monotonic() < ends:
        # the page loads itself anew at the end: a locator waits for that, an evaluation breaks off
        number = int(page.locator("[data-done]").inner_text())
        if number != seen[-1]:
            seen.append(number)
        page.wait_for_timeout(100)
    text = page.locator(".batch").inner_text()
    with page.expect_download() as download:
        link.click()
    download.value.save_as(folder / "batch.zip")
    return {"seen": seen, "batch": text}


def log_out(page: Page, url: str) -> dict[str, Any]:
    visit(page, url)
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/oauth2/end_session*")
    page.locator("button[type=submit], button").first.click()
    page.wait_for_url(f"{url}/logged-out*")
    text = page.locator("main").inner_text()
    visit(page, url)
    return {"logged_out": text, "after": page.url}


def is_ours(message: ConsoleMessage, url: str) -> bool:
    """An error on a page of the app that is not this machine's."""
    place = message.location.get("url", "")
    return message.type == "error" and place.startswith(url) and NETWORK_CHANGED not in message.text


@contextmanager
def told(page: Page) -> Iterator[None]:
    """What stops the walk is told with the page it stopped at."""
    try:
        yield
    except Error:
        print(f"stopped at {page.url}:\n{page.locator('body').inner_text()[:2000]}", file=sys.stderr)
        raise


def main(url: str, chromium: str, folder: Path) -> dict[str, Any]:
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1180, "height": 900})
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        # the provider's pages want their styles from elsewhere, which may answer late or never
        page.route("https://**", lambda route: route.abort())
        page.on("console", lambda message: errors.append(message.text) if is_ours(message, url) else None)
        with told(page):
            found = log_in(page, url)
            page.get_by_role("button", name="Load sample data").click()
            page.get_by_role("heading", name="Invoices").wait_for()
            found |= write_invoice(page, url)
            found |= upload_logo(page, url)
            found |= take_pdf(page, found["invoice"], folder)
            for language in ("en", "ja"):
                visit(page, f"{url}/?lang={language}")
                page.screenshot(path=folder / f"list-{language}.png")
            visit(page, f"{url}/?lang=en")
            found |= make_batch(page, url, folder)
            found |= log_out(page, url)
        browser.close()
    return {**found, "console_errors": errors}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1].rstrip("/"), sys.argv[2], Path(sys.argv[3])), ensure_ascii=False))
