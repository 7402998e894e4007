import io
import time
import zipfile

import pytest
from invoice import batches
from invoice.extensions import db
from invoice.models import Batch, BatchStatus
from pypdf import PdfReader


def ended(browser, address):
    for _ in range(300):
        found = browser.get(f"{address}/progress").json
        if found["state"] not in ("waiting", "running"):
            return found
        time.sleep(0.1)
    raise AssertionError("the batch did not end")


def started(browser, **data):
    answer = browser.submit("/?lang=ja", data, to="/batches")
    assert answer.status_code == 302
    return answer.headers["Location"]


def test_a_batch_holds_the_pdf_of_every_invoice_of_the_filter(browser):
    address = started(browser, status="paid", q="")
    assert ended(browser, address) == {"state": "done", "done": 2, "total": 2}
    archive = zipfile.ZipFile(io.BytesIO(browser.get(f"{address}/download").data))
    assert len(archive.namelist()) == 2
    texts = ["".join(p.extract_text() for p in PdfReader(archive.open(n)).pages) for n in archive.namelist()]
    assert all("請求書" in text for text in texts)


def test_the_page_says_who_renders(browser):
    address = started(browser, status="draft")
    ended(browser, address)
    page = browser.get(f"{address}?lang=en").get_data(as_text=True)
    assert "There is no Redis" in page
    assert "Download ZIP" in page
    assert address in browser.get("/batches").get_data(as_text=True)


def test_an_empty_list_makes_no_batch(browser):
    assert started(browser, status="paid", q="nobody by that name") == "/"


def test_a_batch_that_fails_is_told_and_can_be_started_again(browser, seeded, monkeypatch):
    def broken(*_):
        raise RuntimeError("no paper")

    with monkeypatch.context() as patch:
        patch.setattr(batches, "_render", broken)
        patch.setattr("threading.excepthook", lambda _: None)
        address = started(browser, status="draft")
        assert ended(browser, address)["state"] == "failed"
    assert browser.get(f"{address}/download").status_code == 404
    assert browser.submit(address, {}, to=f"{address}/again").status_code == 302
    assert ended(browser, address)["state"] == "done"


def test_a_batch_whose_process_was_stopped_is_seen_as_interrupted(browser, seeded):
    with seeded.app_context():
        batch = batches.create([1], "ja")
        batch.status, batch.updated_at = BatchStatus.RUNNING, int(time.time()) - 1000
        db.session.commit()
        address = f"/batches/{batch.id}"
    assert browser.get(f"{address}/progress").json["state"] == "interrupted"


def test_old_batches_and_their_files_go(seeded):
    with seeded.app_context():
        first = batches.create([1], "ja")
        batches.render(seeded, first.id)
        path = batches.file_of(seeded, first.id)
        assert path.is_file()
        for number in range(batches.KEPT):
            batches.create([1], "ja").created_at += number + 1
            db.session.commit()
        batches.create([1], "ja")
        assert not path.exists()
        assert db.session.query(Batch).count() <= batches.KEPT + 1


def test_a_queue_that_is_away_is_told(make_app, tmp_path, monkeypatch, browser):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    app = make_app(browser.client.application.config["DATA_DIR"])
    other = type(browser)(app.test_client())
    other.get("/?lang=en")
    answer = other.submit("/", {"status": "draft"}, to="/batches")
    page = other.get(answer.headers["Location"]).get_data(as_text=True)
    assert "The queue does not answer" in page
    assert "Start again" in page


@pytest.mark.parametrize("path", ["", "/progress", "/download"])
def test_a_batch_that_is_not_there_is_404(browser, path):
    assert browser.get(f"/batches/nothing{path}").status_code == 404
