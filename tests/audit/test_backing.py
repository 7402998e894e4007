"""Facts about images of databases."""

import pytest

from okamochi.audit.backing import data_folder, database_of


@pytest.mark.parametrize(
    ("image", "folder"),
    [
        ("postgres:16", "/var/lib/postgresql/data"),
        ("postgres:17.2-alpine", "/var/lib/postgresql/data"),
        ("pgvector/pgvector:pg16", "/var/lib/postgresql/data"),
        ("postgres:18", "/var/lib/postgresql"),
        ("postgres", "/var/lib/postgresql"),
        ("mysql:8.4", "/var/lib/mysql"),
    ],
)
def test_a_volume_belongs_where_that_version_keeps_its_data(image: str, folder: str) -> None:
    kind = database_of(image)
    assert kind is not None
    assert data_folder(kind, image) == folder
