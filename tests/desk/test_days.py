"""Dates as people type them."""

from __future__ import annotations

from datetime import date

import pytest

from kelisim.desk import days

LAST = date(2027, 12, 31)
SPELLINGS = [
    "31.12.2027", "31/12/2027", "31-12-2027", "31 12 2027", "2027-12-31", "2027.12.31", "31.12.27", " 31.12.2027 г.",
    "31 декабря 2027", "31 декабря 2027 г., пятница", "31 ДЕКАБРЯ 2027 года", "до 31 декабря 27",
    "31 желтоқсан 2027", "2027 ж. 31 желтоқсан", "2027 жылғы 31 желтоқсанға дейін", "31 желтоксан 2027",
    "31 December 2027", "December 31, 2027", "Dec 31 2027", "Friday 31 December 2027",
]  # fmt: skip


@pytest.mark.parametrize("typed", SPELLINGS)
def test_one_day_in_many_spellings(typed: str) -> None:
    assert days.read(typed) == LAST


@pytest.mark.parametrize(
    ("typed", "month"),
    [
        ("5 мая 2027", 5), ("5 май 2027", 5), ("5 мамыр 2027", 5), ("5 маусым 2027", 6), ("5 May 2027", 5),
        ("5 марта 2027", 3), ("5 наурыз 2027", 3), ("5 шілде 2027", 7), ("5 қыркүйек 2027", 9), ("5 қазан 2027", 10),
        ("5 қараша 2027", 11), ("5 қаңтар 2027", 1), ("5 ақпан 2027", 2), ("5 сәуір 2027", 4), ("5 тамыз 2027", 8),
    ],
)  # fmt: skip
def test_every_month_has_its_name(typed: str, month: int) -> None:
    assert days.read(typed) == date(2027, month, 5)


@pytest.mark.parametrize(
    "typed",
    ["", "завтра", "31.02.2027", "32 декабря 2027", "12.2027", "2027", "31.12", "декабрь 2027", "31.13.2027", "1" * 90,
     "0.0.0", "31.12.202", "после 18 лет"],
)  # fmt: skip
def test_what_is_no_day_is_asked_again(typed: str) -> None:
    with pytest.raises(days.NotADay):
        days.read(typed)


@pytest.mark.parametrize("typed", ["No end date", "бессрочно", "Мерзімсіз", "БЕССРОЧНАЯ доверенность"])
def test_no_end_is_understood(typed: str) -> None:
    assert days.endless(typed)
    assert not days.endless("31.12.2027")
