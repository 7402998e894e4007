"""Logs and metrics."""

import io
import json
import logging
import re

import structlog
from invoice import logs


def test_metrics_count_requests_by_endpoint(browser):
    browser.get("/healthz")
    text = browser.get("/metrics").get_data(as_text=True)
    assert re.search(
        r'invoice_requests_total\{endpoint="health.healthz",method="GET",status="200"\} \d', text
    )


def test_metrics_are_not_for_those_who_come_through_a_proxy(browser):
    assert browser.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404


def test_a_token_opens_the_metrics_to_who_knows_it(make_app, tmp_path, monkeypatch):
    monkeypatch.setenv("INVOICE_METRICS_TOKEN", "a-token-for-prometheus")
    client = make_app(tmp_path).test_client()
    headers = {"X-Forwarded-For": "203.0.113.9"}
    assert client.get("/metrics", headers=headers).status_code == 401
    headers["Authorization"] = "Bearer a-token-for-prometheus"
    assert client.get("/metrics", headers=headers).status_code == 200


def test_log_lines_are_json_with_the_id_of_their_request(app):
    shown = io.StringIO()
    (handler,) = (one for one in logging.getLogger().handlers if one.get_name() == logs.HANDLER)
    handler.setStream(shown)

    @app.get("/told")
    def told():
        structlog.get_logger("shop").info("something happened", amount=3)
        app.logger.warning("by the standard library")
        return ""

    answer = app.test_client().get("/told", headers={"X-Request-ID": "abc-1"})
    assert answer.headers["X-Request-ID"] == "abc-1"
    lines = [json.loads(line) for line in shown.getvalue().splitlines() if line.startswith("{")]
    told_lines = [line for line in lines if line.get("request_id") == "abc-1"]
    assert [line["event"] for line in told_lines] == ["something happened", "by the standard library"]
    assert told_lines[0]["amount"] == 3


def test_an_id_that_is_not_fit_for_a_log_is_replaced(browser):
    given = browser.get("/healthz", headers={"X-Request-ID": 'x" injected'}).headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", given)
