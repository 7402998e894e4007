"""What the kit learns of a database's address."""

import pytest

from okamochi.kit.schema_state import address_of

WHOLE = "postgresql://shop:s3cret@db/shop"


class Url:
    """As SQLAlchemy has it since 1.4."""

    def render_as_string(self, *, hide_password: bool) -> str:
        return WHOLE.replace("s3cret", "***") if hide_password else WHOLE

    def __str__(self) -> str:
        return self.render_as_string(hide_password=True)


class OldUrl:
    """As before 1.4, which has no other way to its password."""

    def __str__(self) -> str:
        return WHOLE


@pytest.mark.parametrize("url", [Url(), OldUrl()])
def test_an_address_is_known_with_its_password_in_every_sqlalchemy(url: object) -> None:
    assert address_of(url) == WHOLE
