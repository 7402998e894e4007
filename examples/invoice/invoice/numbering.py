"""Invoice numbers: 2026-0001, counted per year of issue."""

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.exc import IntegrityError

from invoice.extensions import db
from invoice.models import Invoice

ATTEMPTS = 10
YEAR_PREFIX_LENGTH = 5


def add_numbered(invoice: Invoice) -> None:
    """Store a new invoice under the next free number; two at once get two numbers."""
    for attempt in range(1, ATTEMPTS + 1):
        invoice.number = next_number(invoice.issue_date.year)
        db.session.add(invoice)
        try:
            db.session.commit()
        except IntegrityError:
            db.session.rollback()
            if attempt == ATTEMPTS:
                raise
        else:
            return


def next_number(year: int) -> str:
    serial = cast(func.substr(Invoice.number, YEAR_PREFIX_LENGTH + 1), Integer)
    last = db.session.scalar(select(func.max(serial)).where(Invoice.number.startswith(f"{year:04d}-")))
    return f"{year:04d}-{(last or 0) + 1:04d}"
