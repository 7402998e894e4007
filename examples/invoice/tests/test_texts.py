from datetime import date
from pathlib import Path

import invoice
import pytest
from babel.messages.pofile import read_po
from invoice import registration
from invoice.era import era_date

TRANSLATIONS = Path(invoice.__file__).parent / "translations"


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 11, 22), "令和8年11月22日"),
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(1989, 1, 7), "昭和64年1月7日"),
        (date(1920, 1, 2), "1920年1月2日"),
    ],
)
def test_era_dates_change_on_the_day_of_accession(day: date, text: str):
    assert era_date(day) == text


@pytest.mark.parametrize("typed", ["T1234567890123", "Ｔ１２３４５６７８９０１２３", "t1-2345-6789-0123 "])
def test_registration_numbers_are_taken_as_people_type_them(typed: str):
    assert registration.is_valid(registration.normalized(typed))


@pytest.mark.parametrize("typed", ["1234567890123", "T123456789012", "T12345678901234", "T123456789012x", ""])
def test_other_registration_numbers_are_refused(typed: str):
    assert not registration.is_valid(registration.normalized(typed))


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_text_is_translated_and_compiled(language: str):
    folder = TRANSLATIONS / language / "LC_MESSAGES"
    with (folder / "messages.po").open("rb") as file:
        catalog = read_po(file)
    assert [message.id for message in catalog if message.id and (not message.string or message.fuzzy)] == []
    assert (folder / "messages.mo").is_file()


def test_the_page_speaks_the_language_of_the_browser(browser):
    japanese = browser.get("/", headers={"Accept-Language": "ja,en;q=0.5"}).get_data(as_text=True)
    english = browser.get("/", headers={"Accept-Language": "en-GB,en"}).get_data(as_text=True)
    assert '<html lang="ja">' in japanese
    assert "請求書を作成" in japanese
    assert "New invoice" in english


def test_a_chosen_language_is_remembered(browser):
    browser.get("/?lang=en", headers={"Accept-Language": "ja"})
    assert "New invoice" in browser.get("/", headers={"Accept-Language": "ja"}).get_data(as_text=True)


def test_an_unknown_language_is_ignored(browser):
    response = browser.get("/?lang=xx", headers={"Accept-Language": "fr"})
    assert response.status_code == 200
    assert '<html lang="ja">' in response.get_data(as_text=True)
