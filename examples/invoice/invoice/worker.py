"""The background worker's side of the queue: `rq worker --config invoice.worker batches`.

RQ imports this module once and forks for each job, so that a job finds the application ready and gives all
its memory back at its end.
"""

import os

from invoice import batches, create_app

REDIS_URL = os.environ.get("REDIS_URL", "")

app = create_app()


def render_batch(batch_id: str) -> None:
    """The job: every PDF of a batch, into one file."""
    batches.render(app, batch_id)
