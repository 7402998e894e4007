"""Where the source of a package is fetched from, and with what."""

import pytest

from okamochi.pypi.sdists import with_credentials

INDEX = {"UV_DEFAULT_INDEX": "https://me:half@idx.example/simple"}


@pytest.mark.parametrize(
    ("url", "fetched"),
    [
        ("https://idx.example/f/tiny-1.tar.gz", "https://me:half@idx.example/f/tiny-1.tar.gz"),
        ("https://idx.example:443/f/tiny-1.tar.gz", "https://me:half@idx.example:443/f/tiny-1.tar.gz"),
        ("http://idx.example/f/tiny-1.tar.gz", "http://idx.example/f/tiny-1.tar.gz"),
        ("https://idx.example:8443/f/tiny-1.tar.gz", "https://idx.example:8443/f/tiny-1.tar.gz"),
        ("https://other.example/f/tiny-1.tar.gz", "https://other.example/f/tiny-1.tar.gz"),
        ("https://idx.example:x/f/tiny-1.tar.gz", "https://idx.example:x/f/tiny-1.tar.gz"),
    ],
)
def test_an_indexs_password_goes_to_its_own_server_alone(url: str, fetched: str) -> None:
    assert with_credentials(url, INDEX) == fetched
