"""A page that hands its slow part to a worker and shows the result once it is there."""

from celery.result import AsyncResult
from flask import Flask, redirect, url_for
from tasks import celery, cook
from werkzeug import Response

app = Flask(__name__)


@app.get("/")
def index() -> str:
    return '<h1>毎度あり</h1><form method="post" action="/orders"><button>注文</button></form>'


@app.post("/orders")
def order() -> Response:
    return redirect(url_for("show", number=cook.delay("かけそば").id))


@app.get("/orders/<number>")
def show(number: str) -> str:
    result = AsyncResult(number, app=celery)
    return str(result.result) if result.ready() else "調理中"


@app.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}
