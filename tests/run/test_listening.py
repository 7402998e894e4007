"""Commands made for a container, on a machine whose network they share."""

import pytest

from okamochi.run.host.listening import Listening

MOVED = Listening(8000, "127.0.0.1", 8001)


@pytest.mark.parametrize(
    ("command", "moved"),
    [
        ("flask run --host 0.0.0.0 --port 8000", "flask run --host 127.0.0.1 --port 8001"),
        ("uvicorn app:app --host=0.0.0.0 --port=8000", "uvicorn app:app --host=127.0.0.1 --port=8001"),
        (
            "streamlit run a.py --server.address=0.0.0.0 --server.port=8000",
            "streamlit run a.py --server.address=127.0.0.1 --server.port=8001",
        ),
        (
            "panel serve a.py --address 0.0.0.0 --port 8000 --allow-websocket-origin=*",
            "panel serve a.py --address 127.0.0.1 --port 8001 --allow-websocket-origin=*",
        ),
        ("gunicorn -b :8000 -w 4 app:app", "gunicorn -b 127.0.0.1:8001 -w 4 app:app"),
        ("hypercorn --bind [::]:8000 app:app", "hypercorn --bind 127.0.0.1:8001 app:app"),
        ("waitress-serve --listen=*:8000 app:app", "waitress-serve --listen=127.0.0.1:8001 app:app"),
        ("daphne -b 0.0.0.0 -p 8000 app:app", "daphne -b 127.0.0.1 -p 8001 app:app"),
        ("python manage.py runserver 0.0.0.0:8000", "python manage.py runserver 127.0.0.1:8001"),
        ("python serve.py 0.0.0.0 8000", "python serve.py 127.0.0.1 8001"),
        ("uwsgi --http-socket 0.0.0.0:8000", "uwsgi --http-socket 127.0.0.1:8001"),
        # another port is another service's
        ("worker --metrics 0.0.0.0:9000 --max 8000", "worker --metrics 127.0.0.1:9000 --max 8000"),
        ("serve --database host:8000 --rate=8000", "serve --database host:8000 --rate=8000"),
    ],
)
def test_it_listens_where_an_engine_would_publish_it(command: str, moved: str) -> None:
    assert " ".join(MOVED.command(tuple(command.split()))) == moved
    # as one word of a program that starts it again
    assert MOVED.command(("watchfiles", f"python {command}")) == ("watchfiles", f"python {moved}")


def test_variables_that_say_where() -> None:
    given = {
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": "8000",
        "LIMIT": "8000",
        "DB_PORT": "5432",
    }
    moved = {
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": "8001",
        "LIMIT": "8000",
        "DB_PORT": "5432",
    }
    assert MOVED.environment(given | {"FORWARDED_ALLOW_IPS": "*"}) == moved | {"FORWARDED_ALLOW_IPS": "*"}
