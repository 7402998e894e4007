"""Facts about images of databases."""

import pytest

from okamochi.audit.images import database_of
from okamochi.model.service_images import data_folder


@pytest.mark.parametrize(
    ("image", "folder"),
    [
        ("postgres:16", "/var/lib/postgresql/data"),
        ("postgres:17.2-alpine", "/var/lib/postgresql/data"),
        ("pgvector/pgvector:pg16", "/var/lib/postgresql/data"),
        ("timescale/timescaledb:latest-pg17", "/var/lib/postgresql/data"),
        ("timescale/timescaledb:2.24.0-pg18", "/var/lib/postgresql"),
        ("postgres:18", "/var/lib/postgresql"),
        ("postgres", "/var/lib/postgresql"),
        ("mysql:8.4", "/var/lib/mysql"),
    ],
)
def test_a_volume_belongs_where_that_version_keeps_its_data(image: str, folder: str) -> None:
    kind = database_of(image)
    assert kind is not None
    assert data_folder(kind, image) == folder
