"""Pages that send browsers to an address of the developer's own machine."""

import socket

import pytest

from okamochi.workflows.mending.asked_elsewhere import asked_elsewhere, parts_of

PAGE = '<script src="/static/jquery.min.js"></script><script defer src="static/app.js?v=2"></script>'
SCRIPTS = {
    "/static/app.js": "fetch('http://127.0.0.1:{port}/predict')",
    "/static/jquery.min.js": "'http://localhost:{port}/'",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("page", "place"),
    [
        (PAGE, "/static/app.js"),
        ("<script>const api = `http://localhost:{port}`;</script>", "/"),
        ('<script src="https://cdn.example.org/app.js"></script>', ""),
        ("<p>Then open http://localhost:{port}/ in your browser.</p>", ""),
        ('<script src="/static/jquery.min.js"></script>', ""),
    ],
)
def test_an_address_where_nothing_answers_is_told_with_its_place(page: str, place: str) -> None:
    port = free_port()

    def content(path: str) -> str:
        return SCRIPTS[path].replace("{port}", str(port))

    shown = [("/", page.replace("{port}", str(port)))]
    said = asked_elsewhere(shown, 8000, content)
    assert said.partition(" ")[0] == place
    assert (f"up --port {port}'" in said) == bool(place)
    # served there, or somebody else's
    assert asked_elsewhere(shown, port, content) == ""
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        assert asked_elsewhere(shown, 8000, content) == ""


def test_a_script_of_a_library_is_passed_over() -> None:
    pages = [("/", '<script src="/assets/index-1.js"></script><script src="/static/app.js"></script>')]
    texts = dict.fromkeys(
        ("/assets/index-1.js", "/static/app.js"), f"fetch('http://localhost:{free_port()}/')"
    )
    said = asked_elsewhere(pages, 8000, texts.__getitem__, lambda path: path.endswith("/app.js"))
    assert said.startswith("/static/app.js ")


def test_the_scripts_and_styles_of_a_page_are_its_parts() -> None:
    page = (
        '<link rel="icon" href="/i.png"><link href="../a.css" rel="stylesheet"><script src="b.js"></script>'
        '<script src="https://cdn.example.org/c.js"></script><link rel="stylesheet" href="data:text/css,x">'
    )
    assert parts_of([("/shop/new", page)]) == ("/shop/b.js", "/a.css")
