import io
import struct
import zlib

import pytest
from invoice.models import Company
from invoice.schema import upgrade_at_first_start
from PIL import Image
from PIL.PngImagePlugin import PngInfo

POSTS = (
    "/demo-data",
    "/invoices/new",
    "/invoices/6/edit",
    "/invoices/6/status",
    "/invoices/6/delete",
    "/customers/new",
    "/customers/1/edit",
    "/customers/1/delete",
    "/company",
    "/company/logo",
    "/company/logo/remove",
    "/batches",
    "/batches/1/again",
    "/logout",
)


def picture(*, size=(40, 20), form="PNG", **options) -> bytes:
    output = io.BytesIO()
    Image.new("RGB", size, "red").save(output, form, **options)
    return output.getvalue()


def noise() -> bytes:
    output = io.BytesIO()
    Image.effect_noise((60, 60), 90).save(output, "PNG")
    return output.getvalue()


def upload(browser, content: bytes, name: str = "logo.png"):
    return browser.submit("/company", {"logo": (io.BytesIO(content), name)}, to="/company/logo")


@pytest.mark.parametrize("path", POSTS)
def test_every_change_needs_a_csrf_token(browser, path):
    assert browser.client.post(path, data={"status": "paid"}).status_code == 400


def test_every_route_that_takes_a_post_is_in_the_list_above(seeded):
    found = {
        rule.rule.replace("<int:invoice_id>", "6")
        .replace("<int:customer_id>", "1")
        .replace("<batch_id>", "1")
        for rule in seeded.url_map.iter_rules()
        if "POST" in rule.methods
    }
    assert found == set(POSTS)


def test_pages_carry_the_headers(browser):
    headers = browser.get("/").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize(
    "page", ["/", "/customers", "/company", "/invoices/new", "/invoices/4", "/batches", "/nowhere"]
)
def test_pages_have_no_inline_script_or_style_and_nothing_foreign(browser, page):
    text = browser.get(page).get_data(as_text=True)
    assert "<style" not in text
    assert " style=" not in text
    assert "<script>" not in text
    assert "http://" not in text
    assert "https://" not in text


def test_the_session_cookie_is_hidden_from_scripts_and_secure_over_https(browser):
    plain = browser.get("/invoices/new").headers["Set-Cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    browser.client.delete_cookie("invoice_session")
    assert "Secure" in browser.get("/invoices/new", base_url="https://localhost").headers["Set-Cookie"]


def test_forwarded_headers_count_only_from_as_many_proxies_as_are_set(make_app, tmp_path, monkeypatch):
    sent = {"X-Forwarded-Proto": "https"}
    for hops, expected in (("0", False), ("1", True)):
        monkeypatch.setenv("TRUSTED_PROXY_HOPS", hops)
        app = make_app(tmp_path / hops)
        upgrade_at_first_start(app)
        headers = app.test_client().get("/", headers=sent).headers
        assert ("Strict-Transport-Security" in headers) is expected


def test_descriptions_are_shown_as_text(browser):
    browser.submit("/customers/new", {"name": "<b>bold</b>", "honorific": "様"})
    assert "<b>bold</b>" not in browser.get("/customers").get_data(as_text=True)


def test_a_logo_is_written_anew_without_what_came_along(browser, seeded):
    comment = PngInfo()
    comment.add_text("Comment", "taken at home")
    content = picture(size=(2000, 100), pnginfo=comment) + b"<script>trailing</script>"
    assert upload(browser, content).status_code == 302
    response = browser.get("/company/logo", buffered=True)
    stored = Image.open(io.BytesIO(response.data))
    assert stored.size == (800, 40)
    assert b"taken at home" not in response.data
    assert b"script" not in response.data
    assert response.mimetype == "image/png"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    with seeded.app_context():
        assert (seeded.config["UPLOAD_DIR"] / Company.current().logo).is_file()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"\x89PNG\r\n\x1a\n but nothing more",
        noise()[:900],
        picture(form="GIF"),
        picture(form="BMP"),
    ],
    ids=["empty", "svg", "only-a-signature", "cut-off", "gif", "bmp"],
)
def test_what_is_no_picture_of_the_three_formats_is_refused_whatever_its_name(browser, seeded, content):
    with seeded.app_context():
        before = Company.current().logo
    assert upload(browser, content).status_code == 422
    with seeded.app_context():
        assert Company.current().logo == before


def test_a_small_file_that_claims_a_huge_picture_is_refused(browser):
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0" * 99))
    assert upload(browser, bomb + chunk(b"IEND", b"")).status_code == 422


def test_a_file_that_is_too_large_is_refused(browser, seeded):
    content = picture() + b"0" * seeded.config["MAX_UPLOAD_BYTES"]
    assert upload(browser, content).status_code == 413
    assert upload(browser, content + b"0" * 10**6).status_code == 413


def test_without_a_logo_there_is_none(empty_browser):
    assert empty_browser.get("/company/logo").status_code == 404
