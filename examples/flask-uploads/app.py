"""A wall of pictures: rows in PostgreSQL, a counter in Redis, files on a volume."""

import os
import uuid
from pathlib import Path

import redis
from flask import Flask, abort, redirect, render_template, request, send_from_directory, url_for
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text
from werkzeug.utils import secure_filename

ALLOWED = {".gif", ".jpeg", ".jpg", ".png", ".webp"}

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_pre_ping": True, "connect_args": {"connect_timeout": 5}}
app.config["MAX_CONTENT_LENGTH"] = 8 * 1024 * 1024
app.config["UPLOAD_FOLDER"] = os.path.join(app.root_path, "uploads")

db = SQLAlchemy(app)
Migrate(app, db)
cache = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=5)


class Picture(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(120), nullable=False)
    file = db.Column(db.String(120), nullable=False)
    taken_at = db.Column(db.DateTime(timezone=True), server_default=db.func.now())


@app.get("/healthz")
def healthz():
    """Ready when both services answer."""
    db.session.execute(text("SELECT 1 FROM picture LIMIT 1"))
    cache.ping()
    return {"status": "ok"}


@app.get("/")
def index():
    pictures = db.session.scalars(db.select(Picture).order_by(Picture.id.desc()).limit(50)).all()
    return render_template("index.html", pictures=pictures, visits=cache.incr("visits"))


@app.post("/pictures")
def add():
    sent = request.files.get("picture")
    suffix = Path(secure_filename(sent.filename or "")).suffix.lower() if sent else ""
    if suffix not in ALLOWED:
        abort(400, "choose a picture (gif, jpeg, png, webp)")
    name = f"{uuid.uuid4().hex}{suffix}"
    os.makedirs(app.config["UPLOAD_FOLDER"], exist_ok=True)
    sent.save(os.path.join(app.config["UPLOAD_FOLDER"], name))
    db.session.add(Picture(title=request.form.get("title") or "untitled", file=name))
    db.session.commit()
    return redirect(url_for("index"), 303)


@app.get("/pictures/<name>")
def picture(name):
    return send_from_directory(app.config["UPLOAD_FOLDER"], name)
