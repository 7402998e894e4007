"""What goes wrong is told without the values of secrets: apps print them, and CI keeps what is told."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import quote, unquote, urlsplit

from okamochi.errors import OkamochiError, UnhealthyError
from okamochi.run.state import AppState

__all__ = ["secrets_untold"]

LEAST_CHARACTERS = 8
LEAST_LETTERS = 12
MARK = "***"


@contextmanager
def secrets_untold(state: AppState) -> Iterator[None]:
    """An error passes without the secrets that the app has then."""
    try:
        yield
    except OkamochiError as error:
        values = written_forms(state.secrets().values())
        error.message = without_values(error.message, values)
        error.args = (error.message,)
        error.where, error.hint = (without_values(text, values) for text in (error.where, error.hint))
        error.details = tuple(without_values(line, values) for line in error.details)
        if isinstance(error, UnhealthyError):
            error.log = without_values(error.log, values)
        raise


def without_values(text: str, values: tuple[str, ...]) -> str:
    for value in values:
        text = text.replace(value, MARK)
    return text


def written_forms(secrets: Iterable[str]) -> tuple[str, ...]:
    """How each may stand in a line, the longest first: itself, lines of a key, the password of an address.
    Short ones and plain words are left: they stand everywhere (`postgres`)."""
    forms: set[str] = set()
    for secret in secrets:
        password = password_in(secret)
        forms.update((*secret.split("\n"), password, quote(password, safe=""), unquote(password)))
        forms.add(repr(secret)[1:-1])
    return tuple(sorted((one.strip() for one in forms if is_telling(one.strip())), key=len, reverse=True))


def password_in(address: str) -> str:
    try:
        return urlsplit(address).password or ""
    except ValueError:
        return ""


def is_telling(text: str) -> bool:
    least = LEAST_LETTERS if text.isalpha() else LEAST_CHARACTERS
    return len(text) >= least and not text.startswith("-----")
