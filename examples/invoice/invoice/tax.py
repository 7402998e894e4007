"""Consumption tax of one qualified invoice (適格請求書).

Amounts are whole yen, quantities are decimals, nothing is ever a float. The tax is rounded once per rate
and invoice, on the sum of the lines of that rate, never line by line: National Tax Agency, Q&A on the
qualified invoice system, 端数処理.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from enum import IntEnum, StrEnum
from typing import Protocol


class TaxRate(IntEnum):
    """Percent."""

    STANDARD = 10
    REDUCED = 8

    @property
    def mark(self) -> str:
        """What the law asks to print at each line of the reduced rate."""
        return "※" if self is TaxRate.REDUCED else ""


class Rounding(StrEnum):
    """How a fraction of a yen ends; a credit (negative) is rounded as the charge it takes back."""

    FLOOR = "floor"
    HALF_UP = "half_up"
    CEILING = "ceiling"

    @property
    def decimal_mode(self) -> str:
        """The mode of the decimal module: towards zero, half away from zero, away from zero."""
        return {
            Rounding.FLOOR: ROUND_DOWN,
            Rounding.HALF_UP: ROUND_HALF_UP,
            Rounding.CEILING: ROUND_UP,
        }[self]

    def to_yen(self, amount: Decimal) -> int:
        """Whole yen."""
        return int(amount.quantize(Decimal(1), rounding=self.decimal_mode))


class TaxedLine(Protocol):
    """What the tax needs to know of a line."""

    @property
    def net_yen(self) -> int: ...

    @property
    def tax_rate(self) -> TaxRate: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTotal:
    """The part of an invoice that one rate covers."""

    rate: TaxRate
    net_yen: int
    tax_yen: int

    @property
    def total_yen(self) -> int:
        return self.net_yen + self.tax_yen


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceTotals:
    """Sums of an invoice; by_rate is ordered from the higher rate to the lower, unused rates left out."""

    by_rate: tuple[RateTotal, ...]

    @property
    def net_yen(self) -> int:
        return sum(part.net_yen for part in self.by_rate)

    @property
    def tax_yen(self) -> int:
        return sum(part.tax_yen for part in self.by_rate)

    @property
    def total_yen(self) -> int:
        return self.net_yen + self.tax_yen


def line_net_yen(quantity: Decimal, unit_price_yen: int, rounding: Rounding) -> int:
    """Amount of a line before tax, in whole yen."""
    return rounding.to_yen(quantity * unit_price_yen)


def invoice_totals(lines: Iterable[TaxedLine], rounding: Rounding) -> InvoiceTotals:
    """Subtotal and tax per rate, the tax rounded once for each rate."""
    nets: dict[TaxRate, int] = {}
    for line in lines:
        nets[line.tax_rate] = nets.get(line.tax_rate, 0) + line.net_yen
    return InvoiceTotals(
        by_rate=tuple(_rate_total(rate, nets[rate], rounding) for rate in sorted(nets, reverse=True))
    )


def _rate_total(rate: TaxRate, net_yen: int, rounding: Rounding) -> RateTotal:
    tax = rounding.to_yen(Decimal(net_yen) * rate / 100)
    return RateTotal(rate=rate, net_yen=net_yen, tax_yen=tax)
