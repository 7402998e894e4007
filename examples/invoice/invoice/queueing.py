"""The queue in Redis, when there is one."""

from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue

NAME = "batches"
CONNECT_SECONDS = 3
ANSWER_SECONDS = 5


class QueueError(RuntimeError):
    """The queue does not answer."""


def register(app: Flask) -> None:
    """Prepare the connection; nothing is sent before it is used."""
    url = app.config["REDIS_URL"]
    app.extensions["redis"] = (
        Redis.from_url(url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS)
        if url
        else None
    )


def queue_of(app: Flask) -> Queue | None:
    redis = app.extensions["redis"]
    return None if redis is None else Queue(NAME, connection=redis)


def answers(app: Flask) -> bool | None:
    """Whether Redis answers; None when the app has none."""
    redis = app.extensions["redis"]
    if redis is None:
        return None
    try:
        return bool(redis.ping())
    except (RedisError, OSError):
        return False
