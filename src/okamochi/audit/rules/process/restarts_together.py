"""All workers may be replaced at the same moment.

`--max-requests` ends a worker after so many requests. Requests are shared out evenly, so that all
workers reach the number within moments, and nobody answers while they start.

Fix: `--max-requests-jitter`, a tenth of the number.

Okamochi: workers stay; GUNICORN_MAX_REQUESTS replaces them, spread by a tenth.

See: https://docs.gunicorn.org/en/stable/settings.html#max-requests-jitter
"""

from okamochi.audit.gunicorn_files import gunicorn_value
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import servers

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    for container in setup.production:
        for server in servers(container):
            if server.name != "gunicorn":
                continue
            option = gunicorn_value(server, "max-requests", setup).option
            if option is None or option.value in ("", "0"):
                continue
            if not gunicorn_value(server, "max-requests-jitter", setup).is_given:
                yield Found(
                    path=option.path,
                    line=option.line,
                    message=f"max-requests {option.value} without a jitter: all workers end at about "
                    "the same moment",
                    hint="max-requests-jitter, a tenth of it",
                )
