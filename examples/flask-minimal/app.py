"""The smallest app that is worth a container: one file, one dependency."""

from datetime import UTC, datetime

from flask import Flask, render_template_string

app = Flask(__name__)

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>flask-minimal</title>
<style>
  html { background: #f5f3ee; color: #1d2430; font: 18px/1.6 system-ui, "Noto Sans JP", sans-serif; }
  main { margin: 18vh auto 0; max-width: 30rem; padding: 0 1.5rem; text-align: center; }
  h1 { color: #b23a2e; font-size: 3rem; font-weight: 600; letter-spacing: .12em; margin: 0; }
  p { margin: .75rem 0; }
  small { color: #5f6878; }
</style>
<main>
  <h1>毎度あり</h1>
  <p>Your order has arrived. The same bowl, whatever the door.</p>
  <small>{{ now }} UTC</small>
</main>
</html>
"""


@app.get("/")
def index() -> str:
    return render_template_string(PAGE, now=datetime.now(UTC).strftime("%Y-%m-%d %H:%M"))


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
