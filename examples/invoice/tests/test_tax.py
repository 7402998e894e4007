from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoice.tax import Rounding, TaxRate, invoice_totals, line_net_yen


@dataclass(frozen=True)
class Line:
    net_yen: int
    tax_rate: TaxRate


lines = st.lists(
    st.builds(Line, st.integers(-(10**9), 10**9), st.sampled_from(TaxRate)), min_size=1, max_size=30
)


def test_the_tax_is_rounded_once_per_rate_and_not_once_per_line():
    # Three lines of 13 yen: 1.04 each; line by line that would be 3, on the sum of 39 it is 3.12.
    # With 119 yen: 9.52 each; line by line 27, on the sum of 357 it is 28.56, so 28.
    totals = invoice_totals([Line(119, TaxRate.REDUCED)] * 3, Rounding.FLOOR)
    assert totals.tax_yen == 28


def test_each_rate_is_rounded_on_its_own():
    totals = invoice_totals([Line(105, TaxRate.STANDARD), Line(107, TaxRate.REDUCED)], Rounding.FLOOR)
    # 10.5 and 8.56: 10 + 8, not 19.06.
    assert [part.tax_yen for part in totals.by_rate] == [10, 8]
    assert totals.total_yen == 105 + 107 + 18


def test_rates_are_listed_from_the_higher_to_the_lower_and_unused_ones_left_out():
    both = invoice_totals([Line(1, TaxRate.REDUCED), Line(1, TaxRate.STANDARD)], Rounding.FLOOR)
    assert [part.rate for part in both.by_rate] == [TaxRate.STANDARD, TaxRate.REDUCED]
    one = invoice_totals([Line(1, TaxRate.REDUCED)], Rounding.FLOOR)
    assert [part.rate for part in one.by_rate] == [TaxRate.REDUCED]


@pytest.mark.parametrize(
    ("rounding", "tax"), [(Rounding.FLOOR, 10), (Rounding.HALF_UP, 11), (Rounding.CEILING, 11)]
)
def test_the_setting_decides_what_becomes_of_half_a_yen(rounding: Rounding, tax: int):
    assert invoice_totals([Line(105, TaxRate.STANDARD)], rounding).tax_yen == tax


def test_a_quantity_with_decimals_gives_a_whole_amount():
    assert line_net_yen(Decimal("12.5"), 97, Rounding.FLOOR) == 1212
    assert line_net_yen(Decimal("0.1"), 3, Rounding.FLOOR) == 0


def test_the_reduced_rate_alone_is_marked():
    assert (TaxRate.REDUCED.mark, TaxRate.STANDARD.mark) == ("※", "")


@given(lines, st.sampled_from(Rounding))
def test_rounded_tax_is_within_a_yen_of_the_exact_tax_for_each_rate(all_lines, rounding):
    for part in invoice_totals(all_lines, rounding).by_rate:
        exact = Decimal(part.net_yen) * part.rate / 100
        assert abs(part.tax_yen - exact) < 1


@given(lines, st.sampled_from(Rounding))
def test_sums_add_up_and_do_not_depend_on_the_order_of_lines(all_lines, rounding):
    totals = invoice_totals(all_lines, rounding)
    assert totals.net_yen == sum(line.net_yen for line in all_lines)
    assert totals.total_yen == sum(part.total_yen for part in totals.by_rate)
    assert totals == invoice_totals(all_lines[::-1], rounding)


@given(lines, st.sampled_from(Rounding))
def test_a_credit_takes_back_exactly_what_was_charged(all_lines, rounding):
    credit = [Line(-line.net_yen, line.tax_rate) for line in all_lines]
    charged, returned = invoice_totals(all_lines, rounding), invoice_totals(credit, rounding)
    assert charged.total_yen == -returned.total_yen


@given(lines)
def test_down_is_never_more_than_half_up_and_half_up_never_more_than_up(all_lines):
    down, half, up = (
        [abs(part.tax_yen) for part in invoice_totals(all_lines, rounding).by_rate]
        for rounding in (Rounding.FLOOR, Rounding.HALF_UP, Rounding.CEILING)
    )
    assert all(a <= b <= c for a, b, c in zip(down, half, up, strict=True))
