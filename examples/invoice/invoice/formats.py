"""How amounts, quantities and dates are written, by the language of the reader."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.numbers import format_currency, format_decimal
from flask import Flask, current_app
from flask_babel import format_date, format_datetime, get_locale

from invoice.era import era_date


def today() -> date:
    """The date in the business's time zone, not in the server's."""
    return datetime.now(ZoneInfo(current_app.config["BABEL_DEFAULT_TIMEZONE"])).date()


def yen(amount: int) -> str:
    """¥1,234; the narrow sign in both languages, as invoices have it."""
    return format_currency(amount, "JPY", locale=get_locale()).replace("\N{FULLWIDTH YEN SIGN}", "¥")


def quantity(amount: Decimal) -> str:
    return format_decimal(amount, format="#,##0.###", locale=get_locale())


def short_date(day: date | None) -> str:
    return "–" if day is None else format_date(day, "medium")


def moment(seconds: int) -> str:
    """Date and time of day, in the business's time zone."""
    return format_datetime(datetime.fromtimestamp(seconds, UTC), "medium")


def long_date(day: date | None, *, era: bool = False) -> str:
    if day is None:
        return "–"
    return era_date(day) if era and get_locale().language == "ja" else format_date(day, "long")


def register(app: Flask) -> None:
    """Make the formats filters of the templates."""
    app.add_template_filter(yen)
    app.add_template_filter(quantity)
    app.add_template_filter(short_date)
    app.add_template_filter(long_date)
    app.add_template_filter(moment)
    app.add_template_global(today)
