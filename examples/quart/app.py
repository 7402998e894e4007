"""One coroutine for each page."""

from quart import Quart

app = Quart(__name__)


@app.get("/")
async def index() -> str:
    return "<h1>毎度あり</h1>"


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}
