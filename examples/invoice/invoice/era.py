"""Japanese era dates (和暦): 令和8年11月22日."""

from datetime import date

# First day of each era, newest first.
ERAS = (
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
)


def era_date(day: date) -> str:
    """The day in its era, the first year written 元年; before 昭和 the Western year stays."""
    for first_day, name in ERAS:
        if day >= first_day:
            year = day.year - first_day.year + 1
            return f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日"
    return f"{day.year}年{day.month}月{day.day}日"
