"""Environment files as editors and shells of several systems save them."""

from pathlib import Path

import pytest

from okamochi.errors import UsageError
from okamochi.workflows.starting.env_values import text_of


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_its_mark_tells_the_encoding(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "prod.env"
    file.write_bytes("A=é\r\nB=2".encode(encoding))
    assert text_of(file) == "A=é\nB=2"


@pytest.mark.parametrize("content", [b"A=\xe9\n", "A=é\n".encode("utf-16")[:-1]])
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "prod.env"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="no text in UTF-8"):
        text_of(file)
