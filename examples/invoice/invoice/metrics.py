"""/metrics for Prometheus: requests, PDFs, batches; summed over all workers of the server.

okamochi's server settings make the folder in which the workers' counters meet (PROMETHEUS_MULTIPROC_DIR).
The numbers tell a stranger how the business goes, so they are not for everybody: with INVOICE_METRICS_TOKEN
a bearer token is asked for; without, only requests that came through no proxy are answered.
"""

import hmac
import os
import time

from flask import Blueprint, Flask, Response, abort, current_app, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

REQUESTS = Counter("invoice_requests_total", "Answers given", ["method", "endpoint", "status"])
SECONDS = Histogram(
    "invoice_request_seconds",
    "Time from request to answer",
    ["endpoint"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
PDF_SECONDS = Histogram(
    "invoice_pdf_seconds", "Time to render a PDF", buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10)
)
BATCHES = Counter("invoice_batches_total", "Batches that ended", ["result"])
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
FORWARDED = ("X-Forwarded-For", "Forwarded", "Via")

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def metrics():
    token = current_app.config["METRICS_TOKEN"]
    if token and not hmac.compare_digest(request.headers.get("Authorization", ""), f"Bearer {token}"):
        abort(401)
    if not token and any(name in request.headers for name in FORWARDED):
        abort(404)
    return Response(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return registry


def register(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.begun = time.perf_counter()


def _end(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    method = request.method if request.method in METHODS else "other"
    REQUESTS.labels(method, endpoint, str(response.status_code)).inc()
    if "begun" in g:
        SECONDS.labels(endpoint).observe(time.perf_counter() - g.begun)
    return response
