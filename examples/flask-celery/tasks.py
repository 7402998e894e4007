"""What the worker does; it meets the web process at REDIS_URL."""

import os

from celery import Celery

REDIS_URL = os.environ["REDIS_URL"]

celery = Celery("tasks", broker=REDIS_URL, backend=REDIS_URL)


@celery.task
def cook(dish: str) -> str:
    return f"{dish}、お待たせしました"
